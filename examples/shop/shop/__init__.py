"""The Django project: settings, addresses, and the Celery application."""
