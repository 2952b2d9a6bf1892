from celery import Celery

app = Celery("shop", broker="memory://")


@app.task(name="orders.remind_buyer")
def remind_buyer(order_id):
    return order_id


@app.task(name="orders.remind_seller")
def remind_seller(order_id):
    return order_id


JOBS = [remind_buyer, remind_seller]
