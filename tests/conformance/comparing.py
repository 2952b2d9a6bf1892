"""Whether what arrived is what was sent, and the words for it when it is not."""

import math
import re

import measure

DEPTH = 4


def verdict(value, got):
    """["same"], or ["changed", type, repr, why]."""
    try:
        if same(value, got):
            return ["same"]
        why = measure.why_not(value, got)
    except Exception as error:
        why = f"comparing raises {type(error).__name__}"
    return ["changed", measure.type_name(got), shown(got), why]


def shown(value):
    try:
        text = repr(value)
    except Exception as error:
        text = f"repr raises {type(error).__name__}"
    text = re.sub(r" at 0x[0-9a-f]+", "", text)[:90]
    return re.sub(r"'/[^']*/([^/']+)'", r"'\1'", text).encode("ascii", "backslashreplace").decode()


def same(a, b):
    """`measure.same`, and the types of third parties that do not compare themselves."""
    if a is b:
        return True
    if {type(a).__name__, type(b).__name__} == {"__proxy__"}:  # django: a class for each lazy()
        return str(a) == str(b)
    if type(a) is not type(b):
        return False
    by_type = OF_TYPE.get(type(a).__name__)
    if by_type is not None and not type(a).__module__.startswith("builtins"):
        return bool(by_type(a, b))
    if hasattr(getattr(a, "_meta", None), "concrete_fields"):  # a Django record
        return [getattr(a, f.attname) for f in a._meta.fields] == [getattr(b, f.attname) for f in b._meta.fields]
    if hasattr(a, "_sa_instance_state"):
        return attributes(a) == attributes(b)
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or a == b
    return measure.same(a, b)


def attributes(record):
    return {name: value for name, value in vars(record).items() if name != "_sa_instance_state"}


def same_file(a, b):
    return a.name == b.name and a.read() == b.read()


OF_TYPE = {
    "QueryDict": lambda a, b: dict(a.lists()) == dict(b.lists()),
    "QuerySet": lambda a, b: str(a.query) == str(b.query),
    "WSGIRequest": lambda a, b: (a.path, a.GET) == (b.path, b.GET),
    "HttpResponse": lambda a, b: a.content == b.content,
    "SimpleUploadedFile": same_file,
    "TemporaryUploadedFile": same_file,
    "ContentFile": same_file,
    "DataFrame": lambda a, b: a.equals(b),
    "ndarray": lambda a, b: a.dtype == b.dtype and (a == b).all(),
}


def words(error):
    """The chain of exceptions, outermost first, without addresses, paths and the names of the measurement."""
    chain, seen = [], set()
    while error is not None and id(error) not in seen and len(chain) < DEPTH:
        seen.add(id(error))
        text = re.sub(r"\b(kinds|measure|trip)\.(?!job)", "matrix.", measure.error_words(error))
        chain.append(re.sub(r"'/[^']*/([^/']+)'", r"'\1'", text))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain
