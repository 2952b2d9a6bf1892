from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property

from .base import Stamped


class OrderQuerySet(models.QuerySet):
    def paid(self):
        return self.filter(paid=True)

    def newest(self):
        return self.order_by("-created").first()

    def emails(self):
        return self.values_list("customer__email", flat=True)

    def paid_twice(self):
        return self.paid().paid()


class OrderManager(models.Manager):
    def get_queryset(self):
        return OrderQuerySet(self.model, using=self._db).filter(deleted=False)

    def open_one(self, **kwargs):
        order = self.model(**kwargs)
        order.save(using=self._db)
        return order

    def wide(self):
        return super().get_queryset().select_related("customer")


class Status(models.TextChoices):
    NEW = "n", "New"
    PAID = "p", "Paid"


class MoneyField(models.DecimalField):
    pass


class TokenField(models.CharField):
    def from_db_value(self, value, expression, connection):
        return str(value)


class Order(Stamped):
    LIMIT = 30
    objects = OrderManager()
    everything = OrderQuerySet.as_manager()
    made = models.Manager.from_queryset(OrderQuerySet)()
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    tags = models.ManyToManyField("Tag", related_name="orders")
    status = models.CharField(max_length=1, choices=Status.choices, default=Status.NEW)
    total = MoneyField(max_digits=9, decimal_places=2)
    token = TokenField(max_length=9)
    number = models.PositiveIntegerField(unique=True)
    note = models.TextField(null=True, blank=True)
    words = ArrayField(models.CharField(max_length=9))
    extra = models.JSONField()
    slip = models.FileField()
    wait = models.DurationField()
    owner = GenericForeignKey("content_type", "object_id")

    @property
    def buyer(self):
        return self.customer

    @cached_property
    def first_line(self):
        return self.lines.first()

    def __str__(self):
        return self.get_status_display()


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    code = models.CharField(max_length=9, primary_key=True)


class Gift(Line):
    wrap = models.BooleanField()


class Shipment(models.Model):
    order = models.ForeignKey("shop.Order", on_delete=models.CASCADE)


class Tag(models.Model):
    name = models.CharField(max_length=9)
    shelf = models.ForeignKey("stock.shelf", on_delete=models.CASCADE)


class Cheap(Order):
    class Meta:
        proxy = True
