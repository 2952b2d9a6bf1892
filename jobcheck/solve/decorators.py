"""Decorators of other libraries that jobcheck understands, by full name."""

from __future__ import annotations

# Decorators that leave what a function returns, and how it is called, as they are.
TRANSPARENT = frozenset({
    "staticmethod", "classmethod", "functools.lru_cache", "functools.cache", "functools.wraps", "abc.abstractmethod",
    "typing.override", "typing.overload", "typing.final", "jobcheck.runtime.idempotent", "django.db.transaction.atomic",
    "django.db.transaction.non_atomic_requests", "django.utils.functional.classproperty",
    "django.views.decorators.csrf.csrf_exempt", "django.contrib.auth.decorators.login_required",
    "django.contrib.auth.decorators.permission_required", "django.views.decorators.http.require_POST",
    "django.views.decorators.http.require_GET", "django.dispatch.receiver", "rest_framework.decorators.action",
    "rest_framework.decorators.api_view", "dishka.integrations.taskiq.inject",
    "litestar_saq.monitored_job", "rest_framework.decorators.permission_classes",
    "frappe.whitelist",
    *(f"odoo.api.{name}" for name in (
        "model", "multi", "returns", "depends", "constrains", "onchange", "ondelete", "model_create_multi", "private", "readonly",
    )),
    "odoo.addons.queue_job.job.job", "odoo.addons.queue_job.job.related_action",
})  # fmt: skip
PROPERTIES = frozenset({
    "property", "functools.cached_property", "django.utils.functional.cached_property",
    "werkzeug.utils.cached_property", "sqlalchemy.ext.hybrid.hybrid_property", "abc.abstractproperty",
})  # fmt: skip
# The same of a class: `Model.label` is what the function returns. (`@classmethod` above `@property` was one up to Python 3.12.)
CLASS_PROPERTIES = frozenset({"django.utils.functional.classproperty"})
CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
