from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")
app.conf.task_serializer = "pickle"
app.conf.accept_content = ["pickle"]


@app.task
def charge(order_id):
    order = Order.objects.get(pk=order_id)
    order.charged = True
    order.save(update_fields=["charged"])


def run():
    order = Order.objects.create(status="new")
    charge.delay(order.pk)
    Order.objects.filter(pk=order.pk).update(status="cancelled")  # meanwhile, by the customer


def after():
    return f"the order is {Order.objects.get().status}"
