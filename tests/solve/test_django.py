"""Django: fields, relations, managers, querysets, views, forms, receivers, and REST framework, read and never imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Returned = Callable[..., str]
Shop = Any  # see conftest


ORDER = "an instance of `Order` (a Django model)"
PERSON = "an instance of `Person` (a Django model)"
LINE = "an instance of `Line` (a Django model)"
CASES = [
    # fields
    ("return Order.objects.get(pk=p).total", "a Decimal"),
    ("return Order.objects.get(pk=p).number", "an int"),
    ("return Order.objects.get(pk=p).note", "a str | None"),
    ("return Order.objects.get(pk=p).status", "a str"),
    ("return Order.objects.get(pk=p).get_status_display()", "a str"),
    ("return Order.objects.get(pk=p).created", "an aware datetime"),
    ("return Order.objects.get(pk=p).wait", "a timedelta"),
    ("return Order.objects.get(pk=p).token", "..."),
    ("return Order.objects.get(pk=p).extra", "..."),
    ("return Order.objects.get(pk=p).owner", "..."),
    ("return Order.objects.get(pk=p).words", "a list"),
    ("return Order.objects.get(pk=p).words[0]", "a str"),
    ("return Order.objects.get(pk=p).slip", "an instance of `FieldFile`"),
    ("return Order.objects.get(pk=p).LIMIT", "30 | ..."),
    ("return Order.objects.get(pk=p).no_such_thing", "..."),
    # keys
    ("return Order.objects.get(number=p).pk", "an int"),
    ("return Order.objects.get(number=p).id", "an int"),
    ("return Order.objects.get(number=p).customer_id", "a UUID"),
    ("return Order.objects.get(number=p).customer.pk", "a UUID"),
    ("return Order.objects.get(number=p).parent_id", "an int | None"),
    ("return Line.objects.get(pk=p).pk", "a str"),
    ("return Gift.objects.get(pk=p).pk", "a str"),
    ("return Line.objects.get(pk=p).id", "..."),
    ("return Shelf.objects.get(pk=p).pk", "..."),
    ("return Cheap.objects.first().pk", "an int"),
    # relations
    ("return Order.objects.get(number=p).customer", PERSON),
    ("return Order.objects.get(number=p).parent", f"{ORDER} | None"),
    ("return Order.objects.get(number=p).parent.parent.customer.nickname", "a str | None"),
    ("return Order.objects.get(number=p).buyer.email", "a str"),
    ("return Order.objects.get(number=p).first_line", f"{LINE} | None"),
    ("return Order.objects.get(number=p).lines", "a model manager"),
    ("return Order.objects.get(number=p).lines.all()[0]", LINE),
    ("return [line.code for line in Order.objects.get(number=p).lines.filter(code=1)]", "a list"),
    ("return Order.objects.get(number=p).children.first()", f"{ORDER} | None"),
    ("return Order.objects.get(number=p).shipment_set.get()", "an instance of `Shipment` (a Django model)"),
    ("return Order.objects.get(number=p).tags.get()", "an instance of `Tag` (a Django model)"),
    ("return Tag.objects.get().orders.get()", ORDER),
    ("return Tag.objects.get().shelf.row", "an int"),
    ("return Person.objects.get().profile.bio", "a str"),
    ("return Person.objects.get().passport", "an instance of `Passport` (a Django model)"),
    ("return Cheap.objects.get().lines.get()", LINE),
    # managers and querysets
    ("return Order.objects", "a model manager"),
    ("return Order.objects.all()", "a QuerySet"),
    ("return Order.objects.filter(a=1)[:5]", "a QuerySet"),
    ("return Order.objects.filter(a=1)[0]", ORDER),
    ("return Order.objects.all() | Order.objects.none()", "a QuerySet"),
    ("return Order.objects.create(number=1)", ORDER),
    ("return Order.objects.get_or_create(number=1)[0]", ORDER),
    ("order, made = Order.objects.update_or_create(number=1)\n    return order", ORDER),
    ("return list(Order.objects.all())[0]", ORDER),
    ("return {o.pk: o for o in Order.objects.all()}[1]", f"{ORDER} | ..."),
    ("return Order.objects.in_bulk()[1]", f"{ORDER} | ..."),
    ("return Order.objects.count()", "an int"),
    ("return Order.objects.filter(a=1).exists()", "a bool"),
    ("return Order.objects.filter(a=1).update(b=2)", "an int"),
    ("return Order.objects.aggregate(n=1)", "a dict"),
    ("return Order.objects.iterator()", "an iterator"),
    ("return [o for o in Order.objects.iterator()][0]", ORDER),
    ("return Order.objects.bulk_create([])[0]", ORDER),
    ("return Order.objects.dates('created', 'year')[0]", "a date"),
    ("return Order.objects.raw('select')[0]", ORDER),
    ("return Order.everything.paid()", "a QuerySet"),
    ("return Order.everything.paid().newest()", f"{ORDER} | None"),
    ("return Order.everything.paid_twice().get()", ORDER),
    ("return Order.everything.emails()[0]", "a str"),
    ("return Order.made.paid().get()", ORDER),
    ("return Order.objects.all().paid().get()", ORDER),
    ("return Order.objects.open_one(number=1)", ORDER),
    ("return Order.objects.wide().get()", ORDER),
    ("return Order.objects.no_such_method()", "..."),
    ("return Cheap.everything.paid().get()", "an instance of `Cheap` (a Django model)"),
    ("return Order.objects.get(number=p).children.all().paid().get()", ORDER),
    ("return Order._default_manager.get()", ORDER),
    ("return OrderQuerySet(Order).paid().get()", ORDER),
    ("x = Order.objects.select_for_update().get()\n    return x", ORDER),
    # rows of values
    ("return Order.objects.values_list('pk', flat=True)[0]", "an int"),
    ("return list(Order.objects.values_list('customer', flat=True))[0]", "a UUID"),
    ("return Order.objects.values_list('customer_id', flat=True)[0]", "a UUID"),
    ("return Order.objects.values_list('customer__born', flat=True).first()", "a date | None"),
    ("return Order.objects.values_list('parent__total', flat=True)[0]", "a Decimal | None"),
    ("return Order.objects.values_list('annotated', flat=True)[0]", "..."),
    ("return Order.objects.values_list('number', 'total')[0]", "a tuple"),
    ("return Order.objects.values_list('number', 'total')[0][1]", "a Decimal"),
    ("return Order.objects.values('number', 'total')[0]['total']", "a Decimal"),
    ("return Order.objects.values()[0]", "a dict"),
    ("return Order.objects.values('total').get()['total']", "a Decimal"),
    # what is unknown, and explained by its relation's name
    ("return p.lines.filter(code=1)", "a QuerySet | ..."),
    ("return p.lines.all()[0]", f"{LINE} | ..."),
    ("return p.lines.filter(other=1)", "..."),
    ("return p.lines", "..."),
    ("return p.nothing_of_that_name.all()", "..."),
    ("return p.status.filter(code=1)", "..."),
    ("return Order.objects.get().__class__.objects.get()", ORDER),
    # async twins
    ("return Order.objects.aget(pk=p)", "an un-awaited coroutine"),
    # users, apps, shortcuts
    ("return get_user_model().objects.get(pk=p)", PERSON),
    ("return get_user_model()(nickname='x')", PERSON),
    ("return User.objects.get(pk=p)", "an instance of `User` (a Django model)"),
    ("return User.objects.get(pk=p).email", "a str"),
    ("return User.objects.get(pk=p).is_authenticated", "a bool"),
    ("return Group.objects.first()", "an instance of `Group` (a Django model) | None"),
    ("return apps.get_model('shop', 'Order').objects.get()", ORDER),
    ("return apps.get_model('shop.order').objects.get()", ORDER),
    ("return p.get_model('shop', 'Order').objects.get()", "..."),
    ("return get_object_or_404(Order, pk=p)", ORDER),
    ("return get_object_or_404(Order.objects.filter(a=1), pk=p)", ORDER),
    ("return get_list_or_404(Order, number=p)[0]", ORDER),
    ("try:\n        return 1\n    except Order.DoesNotExist as e:\n        return e", "1 | an instance of `ObjectDoesNotExist`"),
]


@pytest.mark.parametrize(("body", "wanted"), CASES, ids=[c[0] for c in CASES])
def test_values(body: str, wanted: str, returned: Returned, shop: Shop) -> None:
    assert returned(f"{shop.head}\ndef f(p, q=None):\n    {body}\n", shop.files) == wanted


FUNCTIONS = [
    # requests
    ("def f(request):\n    request.GET['x']\n    return request.user", f"{PERSON} | ..."),
    ("def f(request):\n    return request.user", "..."),
    ("class A:\n    def f(self, request):\n        return request.POST", "..."),
    ("def f(request: HttpRequest):\n    return request.user", PERSON),
    ("def f(request: HttpRequest):\n    return request.POST", "a QueryDict"),
    ("def f(request: HttpRequest):\n    return request.FILES['x']", "an uploaded file | ..."),
    ("def f(n, request):\n    return request", "..."),
    ("@task\ndef f(request):\n    return request", "..."),
    ("def f(orders: QuerySet):\n    return orders.filter(a=1)", "a QuerySet"),
    ("def f(orders: 'QuerySet[Order]'):\n    return orders.filter(a=1).first()", f"{ORDER} | None"),
    ("def f(orders: OrderQuerySet):\n    return orders.paid().first()", "a database record | None"),
    ("def f(user: User):\n    return user.email", "a str"),
    ("def f(user):\n    if isinstance(user, User):\n        return user", "an instance of `User` (a Django model) | None"),
    # receivers
    ("@receiver(post_save, sender=Order)\ndef f(sender, instance, **kwargs):\n    return instance", ORDER),
    ("@receiver(post_save, sender='shop.Order')\ndef f(sender, instance, **kwargs):\n    return instance.total", "a Decimal"),
    ("@receiver([post_save, post_delete])\ndef f(sender, instance, **kwargs):\n    return instance", "a database record"),
    ("@receiver(post_save, sender=settings.AUTH_USER_MODEL)\ndef f(sender, instance, **kwargs):\n    return instance", PERSON),
    ("@receiver(user_logged_in)\ndef f(sender, instance, **kwargs):\n    return instance", "..."),
    ("def f(sender, instance, created, **kwargs):\n    return instance", "a database record"),
    ("def f(sender, instance):\n    return instance", "..."),
]


@pytest.mark.parametrize(("source", "wanted"), FUNCTIONS, ids=[c[0] for c in FUNCTIONS])
def test_parameters(source: str, wanted: str, returned: Returned, shop: Shop) -> None:
    assert returned(f"{shop.head}{source}\n", shop.files) == wanted


CLASSES = [
    # forms
    ("def f():\n    return OrderForm().save()", ORDER),
    ("def f():\n    return OrderForm().save(commit=False)", ORDER),
    ("def f():\n    return OrderForm().instance", ORDER),
    ("def f():\n    return OrderForm().cleaned_data", "a dict"),
    ("def f():\n    return OrderForm().cleaned_data['voucher']", "an uploaded file"),
    ("def f():\n    return OrderForm().cleaned_data['gift']", "an instance of `Tag` (a Django model)"),
    ("def f():\n    return OrderForm().cleaned_data['gifts']", "a QuerySet"),
    ("def f():\n    return OrderForm().cleaned_data['day']", "a date | None"),
    ("def f():\n    return OrderForm().cleaned_data['customer']", PERSON),
    ("def f():\n    return OrderForm().cleaned_data['total']", "a Decimal"),
    ("class A(OrderForm):\n    def save(self):\n        return 5\n\ndef f():\n    return A().save()", "5"),
    ("class A(OrderForm):\n    def f(self):\n        return super().save()", ORDER),
    # serializers
    ("def f():\n    return LineSerializer(data={}).save()", LINE),
    ("def f():\n    return LineSerializer(data={}).instance", LINE),
    ("def f():\n    return LineSerializer(data={}).data", "a dict"),
    ("def f():\n    return LineSerializer(data={}).validated_data['order']", ORDER),
    ("def f():\n    return LineSerializer(data={}).validated_data['kinds']", "..."),
    ("class A(LineSerializer):\n    def f(self):\n        return self.context['request'].user", PERSON),
    (
        "class A(LineSerializer):\n    def create(self, data):\n        return data\n\ndef f():\n    return A().create({})['order']",  # noqa: E501
        ORDER,
    ),
    # views
    ("class A(DetailView):\n    model = Order\n    def f(self):\n        return self.get_object()", ORDER),
    ("class A(DetailView):\n    queryset = Order.objects.filter(a=1)\n    def f(self):\n        return self.object", ORDER),
    ("class A(UpdateView):\n    form_class = OrderForm\n    def f(self):\n        return self.object", ORDER),
    ("class A(ListView):\n    model = Order\n    def f(self):\n        return self.get_queryset()", "a QuerySet"),
    (
        "class A(ListView):\n    def get_queryset(self):\n        return Order.objects.all()\n    def f(self):\n        return self.object_list",  # noqa: E501
        "a QuerySet",
    ),
    ("class A(View):\n    def f(self):\n        return self.request.user", PERSON),
    ("class A(View):\n    def f(self):\n        return self.kwargs", "a dict"),
    (
        "class A(FormView):\n    form_class = OrderForm\n    def form_valid(self, form):\n        return form.save()\n    def f(self):\n"  # noqa: E501
        "        return self.form_valid(None)",
        ORDER,
    ),
    (
        "class A(UpdateView):\n    model = Order\n    def get_object(self):\n        return 1\n    def f(self):\n"
        "        return self.get_object()",
        "1",
    ),
    (
        "class A(UpdateView):\n    model = Order\n    def get_object(self):\n        return super().get_object()\n    def f(self):\n"  # noqa: E501
        "        return self.get_object()",
        ORDER,
    ),
    ("class A(UpdateView):\n    def f(self):\n        return self.get_object()", "..."),
    (
        "class A(viewsets.ModelViewSet):\n    queryset = Order.objects.all()\n    def f(self):\n        return self.get_object()",
        ORDER,
    ),
    (
        "class A(viewsets.ModelViewSet):\n    serializer_class = LineSerializer\n    def perform_create(self, serializer):\n"
        "        return serializer.save()\n    def f(self):\n        return self.perform_create(1)",
        LINE,
    ),
    (
        "class A(generics.CreateAPIView):\n    queryset = Order.objects.all()\n    def perform_destroy(self, instance):\n"
        "        return instance\n    def f(self):\n        return self.perform_destroy(1)",
        ORDER,
    ),
    (
        "class A(APIView):\n    def post(self, request):\n        return request.user\n    def f(self):\n        return self.post(1)",  # noqa: E501
        PERSON,
    ),
    (
        "class A(generics.ListAPIView):\n    queryset = Order.objects.all()\n    def f(self):\n"
        "        return self.filter_queryset(self.get_queryset())",
        "a QuerySet",
    ),
    # admins
    (
        "@admin.register(Order)\nclass A(admin.ModelAdmin):\n    def save_model(self, request, obj, form, change):\n        return obj\n"  # noqa: E501
        "    def f(self):\n        return self.save_model(1, 2, 3, 4)",
        ORDER,
    ),
    (
        "class A(admin.ModelAdmin):\n    def pay(self, request, queryset):\n        return queryset\n    def f(self):\n"
        "        return self.pay(1, 2)[0]\n\nadmin.site.register(Order, A)",
        ORDER,
    ),
    ("class A(object):\n    def f(self):\n        return self.request", "..."),
]


@pytest.mark.parametrize(("source", "wanted"), CLASSES, ids=[c[0] for c in CLASSES])
def test_classes(source: str, wanted: str, returned: Returned, shop: Shop) -> None:
    assert returned(f"{shop.head}{shop.forms}\n{source}\n", shop.files) == wanted
