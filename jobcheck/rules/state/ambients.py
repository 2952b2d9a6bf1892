"""What libraries keep for the request being served: how it is read, and what sets it in a worker, as data.

Sources: Flask 3.1 and Flask-Login 0.6, -Security 5, -JWT-Extended 4; django-crum 0.7; django-currentuser 0.8;
django-threadlocals; Django 5.2 (translation, time zone); Pyramid 2.0.
"""

from __future__ import annotations

from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Ambient:
    """One thing that is there while a request is served.

    `what` names it in a message, `without` says what a worker gets instead, `setters` are names of which one is mentioned
    where the worker's side is set up. `kept_by` names the frameworks that send it along with a message and put it in force
    again around the run. `made_with`: what the app that runs the jobs is made with; where nobody mentions it, as in a
    library, the app is somebody else's, and may set it around each run.
    """

    what: str
    without: str
    setters: tuple[str, ...]
    kept_by: tuple[str, ...] = ()
    made_with: tuple[tuple[str, str], ...] = ()


_PUSHED = (
    "app_context", "test_request_context", "request_context", "FlaskTask", "ContextTask", "flask_celeryext", "flask_rq2",
    "AppContext",
)  # fmt: skip
_REQUEST = ("test_request_context", "request_context", "RequestContextTask")
_RAISES = "outside of an application context it raises RuntimeError"
_WITH = (("celery", "Celery"),)
_APP = Ambient("the application that Flask has pushed", _RAISES, _PUSHED, made_with=_WITH)
_G = Ambient("Flask's `g`", _RAISES, _PUSHED, made_with=_WITH)
_FLASK = Ambient("the request that Flask serves", "a worker serves none, and it raises RuntimeError", _REQUEST, made_with=_WITH)
_NOBODY = "no request sets it in a worker, and it is None"
_CRUM = Ambient("the current user", _NOBODY, ("set_current_user", "impersonate", "set_current_request"))
_USER = Ambient(
    "the current user", _NOBODY,
    ("set_current_user", "_set_current_user", "set_current_request", "_do_set_current_user", "impersonate", "login_user"),
)  # fmt: skip
_PYRAMID = Ambient(
    "Pyramid's current request", "a worker serves none, and it is None", ("prepare", "threadlocal_manager", "RequestContext")
)
_DEFAULT = "a worker has the settings' default"
_ACTIVATED = ("activate", "override")
_LANGUAGE = Ambient("the language of the request", _DEFAULT, (*_ACTIVATED, "force_locale"), kept_by=("reference",))
_BABEL = Ambient("the language of the request", _DEFAULT, ("force_locale", *_ACTIVATED, "register_ambient"))
_ZONE = Ambient("the time zone of the request", _DEFAULT, _ACTIVATED, kept_by=("reference",))

# Objects that stand for it.
OBJECTS: dict[str, Ambient] = {
    "flask.g": _G, "flask.globals.g": _G, "flask.current_app": _APP, "flask.globals.current_app": _APP,
    "flask.request": _FLASK, "flask.globals.request": _FLASK, "flask.session": _FLASK, "flask.globals.session": _FLASK,
    "flask_login.current_user": _FLASK, "flask_login.utils.current_user": _FLASK, "flask_security.current_user": _FLASK,
    "flask_jwt_extended.current_user": _FLASK, "quart.request": _FLASK, "quart.g": _G, "quart.current_app": _APP,
}  # fmt: skip
# Functions that give it.
CALLS: dict[str, Ambient] = {
    "crum.get_current_user": _CRUM, "crum.get_current_request": _CRUM,
    "django_currentuser.middleware.get_current_user": _USER,
    "django_currentuser.middleware.get_current_authenticated_user": _USER,
    "threadlocals.threadlocals.get_current_user": _USER, "threadlocals.threadlocals.get_current_request": _USER,
    "django_middleware_global_request.get_request": _USER, "django_userforeignkey.request.get_current_user": _USER,
    "pyramid.threadlocal.get_current_request": _PYRAMID,
    "flask_jwt_extended.get_jwt_identity": _FLASK, "flask_jwt_extended.get_current_user": _FLASK,
    "flask_jwt_extended.get_jwt": _FLASK,
    "django.utils.translation.get_language": _LANGUAGE, "django.utils.translation.get_language_bidi": _LANGUAGE,
    "flask_babel.get_locale": _BABEL, "django.utils.timezone.get_current_timezone": _ZONE,
    "django.utils.timezone.get_current_timezone_name": _ZONE,
}  # fmt: skip
# A function that asks whether it is there has an answer for when it is not.
ASKS = frozenset({"has_request_context", "has_app_context", "hasattr", "getattr", "get_or_none"})
# Identifiers of which a file must hold one.
WORDS = frozenset(name.rpartition(".")[2] for name in (*OBJECTS, *CALLS))
