"""Django's settings: for the Django kinds everywhere, and for the frameworks that are Django's."""

import os

from boxes.base import folder

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"timeout": 20}}
POSTGRES = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": "127.0.0.1"}


def configure(*apps, migrates=False, **more):
    try:
        import django
        from django.conf import settings
    except ImportError:
        return
    port = os.environ.get("CONFORMANCE_POSTGRES")
    database = {**POSTGRES, "PORT": port} if port else {**SQLITE, "NAME": str(folder() / "django.sqlite3")}
    settings.configure(
        SECRET_KEY="x" * 50, USE_TZ=True, TIME_ZONE="UTC", DATABASES={"default": database}, ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", **more,
    )  # fmt: skip
    django.setup()
    if migrates:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
