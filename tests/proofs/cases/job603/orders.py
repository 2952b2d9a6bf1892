from deploy import app


@app.task
def settle(order_id):
    return order_id
