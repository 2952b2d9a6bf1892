"""Settings of the shop."""

import os

from celery.schedules import crontab

SECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "only for the example")
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "orders"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
ROOT_URLCONF = "shop.urls"
USE_TZ = True

CELERY_BROKER_URL = os.environ.get("SHOP_BROKER", "redis://localhost/0")
CELERY_RESULT_BACKEND = os.environ.get("SHOP_RESULTS", "redis://localhost/1")
CELERY_TASK_SERIALIZER = "json"

CELERY_BEAT_SCHEDULE = {
    # Every full hour: both fields are given.
    "refresh-rates": {
        "task": "orders.tasks.refresh_rates",
        "schedule": crontab(minute=0, hour="*"),
    },
    # Once in the night was meant. Without a minute it is every minute from three to four: sixty reports.
    "sales-report": {
        "task": "orders.reports.sales_report",
        "schedule": crontab(hour=3),
    },
}
