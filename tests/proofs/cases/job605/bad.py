from celery import Celery

app = Celery("shop", broker="memory://")


@app.task(name="orders.remind")
def remind_buyer(order_id):
    return order_id


@app.task(name="orders.remind")
def remind_seller(order_id):
    return order_id


JOBS = [remind_buyer, remind_seller]
