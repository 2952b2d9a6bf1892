import asyncio

from celery import Celery, shared_task
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")


async def fetch(user_id):
    await asyncio.sleep(0)
    send_mail("Calendar", f"That of {user_id} is new.", None, ["ada@example.org"])


@shared_task
def sync_calendar(user_id):
    asyncio.run(fetch(user_id))


def run():
    sync_calendar.delay(7)
