"""Which code runs only while a request is served: middleware, and what it alone calls."""

from __future__ import annotations

from jobcheck.project.shape import FunctionDecl
from jobcheck.rules.base import Context
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.units import Unit

DEEPEST = 2
_HOOKS = frozenset({
    "process_request", "process_view", "process_response", "process_exception", "dispatch", "process_template_response",
})  # fmt: skip
# Decorators, by their last word, of functions that frameworks call for a request.
_ROUTES = frozenset({
    "route", "before_request", "after_request", "teardown_request", "before_app_request", "after_app_request", "get", "post",
    "put", "patch", "delete", "middleware", "api_view", "login_required", "require_POST", "require_GET", "require_http_methods",
    "csrf_exempt", "expose", "action", "view_config", "websocket", "errorhandler",
})  # fmt: skip
_BASES = (
    "View", "ViewSet", "APIView", "Resource", "MethodView", "RequestHandler", "HTTPEndpoint", "Middleware", "MiddlewareMixin",
)  # fmt: skip


def serves(context: Context, unit: Unit, depth: int = DEEPEST) -> bool:
    """Whether a function surely runs for requests and nothing else, as far as its own words and its callers say."""
    if unit.qualname.endswith("__init__"):
        return False  # when the program starts, for all that is known
    if _is_middleware(context, unit) or _is_view(context, unit):
        return True
    if depth <= 0 or not unit.qualname:
        return False
    calls = context.solver.callers.of(FunctionRef(unit.filename, unit.qualname, unit.offset))
    if not calls.complete or not calls.calls:
        return False
    return all(serves(context, call.site.unit, depth - 1) for call in calls.calls)


def _is_middleware(context: Context, unit: Unit) -> bool:
    names = [unit.qualname, unit.filename.rpartition("/")[2]]
    if any("middleware" in name.lower() for name in names):
        return True
    return unit.cls is not None and (_is_of(context, unit) or unit.qualname.rpartition(".")[2] in _HOOKS)


def _is_of(context: Context, unit: Unit) -> bool:
    """Whether the class that a method belongs to serves requests."""
    info = context.solver.classes.info(unit.cls) if unit.cls is not None else None
    return info is not None and any(a.name.endswith(_BASES) for a in info.ancestors)


def _is_view(context: Context, unit: Unit) -> bool:
    """Whether a function is decorated as one that answers requests, or takes the request first."""
    found = context.solver.function_at(unit.filename, unit.offset) if unit.qualname else None
    decl = found[0] if found is not None else None
    if not isinstance(decl, FunctionDecl):
        return False
    if any(d.dotted.rpartition(".")[2] in _ROUTES for d in decl.decorators):
        return True
    function = unit.function
    params = function.params.args if function is not None else []
    index = 1 if unit.cls is not None else 0
    return len(params) > index and params[index].name == "request" and not _is_job(context, unit)


def _is_job(context: Context, unit: Unit) -> bool:
    return any(
        job.function is not None and (job.function.filename, job.function.start) == (unit.filename, unit.offset)
        for job in context.registry.jobs
    )
