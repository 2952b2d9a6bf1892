"""What the standard library and a few libraries around it return, as data: names to kinds.

Names are full (`module.attribute`). A value names a Plain kind; several alternatives are joined by `|`; `self` is the
kind of the receiver. Sources: the Python 3.13 library reference and, for Django, its 5.2 reference.
"""

from __future__ import annotations

CALLS: dict[str, str] = {
    "uuid.UUID": "uuid", "uuid.uuid1": "uuid", "uuid.uuid3": "uuid", "uuid.uuid4": "uuid", "uuid.uuid5": "uuid",
    "uuid.uuid6": "uuid", "uuid.uuid7": "uuid",
    "decimal.Decimal": "decimal", "fractions.Fraction": "fraction",
    "pathlib.Path": "path", "pathlib.PurePath": "path", "pathlib.PosixPath": "path", "pathlib.PurePosixPath": "path",
    "pathlib.Path.cwd": "path", "pathlib.Path.home": "path",
    "re.compile": "pattern", "re.match": "match|none", "re.search": "match|none", "re.fullmatch": "match|none",
    "re.sub": "str", "re.escape": "str",
    "datetime.date": "date", "datetime.date.today": "date", "datetime.date.fromisoformat": "date",
    "datetime.date.fromtimestamp": "date", "datetime.time": "time", "datetime.timedelta": "timedelta",
    "datetime.datetime.utcnow": "datetime_naive", "datetime.datetime.today": "datetime_naive",
    "datetime.datetime.utcfromtimestamp": "datetime_naive", "datetime.datetime.strptime": "datetime",
    "datetime.datetime.fromisoformat": "datetime", "datetime.datetime.combine": "datetime",
    "datetime.timezone": "zoneinfo", "zoneinfo.ZoneInfo": "zoneinfo", "pytz.timezone": "zoneinfo",
    "time.time": "float", "time.monotonic": "float", "time.perf_counter": "float", "time.time_ns": "int",
    "time.strftime": "str", "calendar.timegm": "int",
    "json.dumps": "str", "os.getcwd": "str", "os.getpid": "int", "os.getenv": "str|none", "os.environ.get": "str|none",
    "os.path.join": "str", "os.path.abspath": "str", "os.path.basename": "str", "os.path.dirname": "str",
    "os.path.realpath": "str", "os.path.exists": "bool", "os.path.isfile": "bool", "os.path.isdir": "bool",
    "os.path.getsize": "int", "os.path.expanduser": "str",
    "socket.socket": "socket", "socket.create_connection": "socket", "socket.gethostname": "str",
    "threading.Lock": "lock", "threading.RLock": "lock", "threading.Event": "lock", "threading.Semaphore": "lock",
    "threading.Condition": "lock", "threading.Thread": "thread", "threading.get_ident": "int",
    "multiprocessing.Lock": "lock", "asyncio.Lock": "lock", "asyncio.Event": "lock",
    "logging.getLogger": "logger", "contextvars.ContextVar": "contextvar", "weakref.ref": "weakref",
    "io.BytesIO": "bytesio", "io.StringIO": "stringio", "io.open": "file",
    "tempfile.NamedTemporaryFile": "tempfile", "tempfile.TemporaryFile": "tempfile",
    "tempfile.SpooledTemporaryFile": "tempfile", "tempfile.mkdtemp": "str", "tempfile.mktemp": "str",
    "tempfile.gettempdir": "str",
    "ipaddress.ip_address": "ip", "ipaddress.IPv4Address": "ip", "ipaddress.IPv6Address": "ip",
    "random.randint": "int", "random.random": "float", "random.randrange": "int", "random.uniform": "float",
    "secrets.token_hex": "str", "secrets.token_urlsafe": "str", "secrets.token_bytes": "bytes",
    "base64.b64encode": "bytes", "base64.b64decode": "bytes", "base64.urlsafe_b64encode": "bytes",
    "math.ceil": "int", "math.floor": "int", "math.sqrt": "float",
    "operator.attrgetter": "sentinel", "itertools.chain": "iterator", "itertools.chain.from_iterable": "iterator",
    "itertools.islice": "iterator", "itertools.cycle": "iterator", "itertools.count": "iterator",
    "itertools.groupby": "iterator", "itertools.product": "iterator", "itertools.zip_longest": "iterator",
    "traceback.format_exc": "str", "urllib.parse.urljoin": "str", "urllib.parse.quote": "str",
    "urllib.parse.urlencode": "str",
    "types.SimpleNamespace": "sentinel",
    "django.utils.timezone.now": "datetime_aware", "django.utils.timezone.localtime": "datetime_aware",
    "django.utils.timezone.make_aware": "datetime_aware", "django.utils.timezone.make_naive": "datetime_naive",
    "django.utils.timezone.localdate": "date", "django.utils.translation.gettext_lazy": "lazy_str",
    "django.utils.translation.ngettext_lazy": "lazy_str", "django.utils.translation.pgettext_lazy": "lazy_str",
    "django.utils.translation.gettext": "str", "django.utils.translation.get_language": "str",
    "django.utils.safestring.mark_safe": "safe_str", "django.utils.html.format_html": "safe_str",
    "django.utils.encoding.force_str": "str", "django.utils.encoding.smart_str": "str",
    "django.utils.crypto.get_random_string": "str", "django.urls.reverse": "str",
    "django.urls.reverse_lazy": "lazy_str", "django.template.loader.render_to_string": "safe_str",
    "flask_babel.lazy_gettext": "lazy_str", "django.utils.translation.ugettext_lazy": "lazy_str",
    "django.utils.translation.ungettext_lazy": "lazy_str", "django.utils.translation.npgettext_lazy": "lazy_str",
    "django.utils.text.format_lazy": "lazy_str",
    "bson.ObjectId": "object_id", "bson.objectid.ObjectId": "object_id",
    "redis.Redis": "redis_client", "redis.StrictRedis": "redis_client", "redis.from_url": "redis_client",
    "redis.Redis.from_url": "redis_client",
    "numpy.array": "np_array", "numpy.zeros": "np_array", "numpy.ones": "np_array", "numpy.asarray": "np_array",
    "numpy.arange": "np_array", "numpy.int64": "np_scalar_int", "numpy.int32": "np_scalar_int",
    "numpy.float64": "np_scalar_float", "numpy.float32": "np_scalar_float",
    "pandas.DataFrame": "pd_frame", "pandas.read_csv": "pd_frame", "pandas.read_excel": "pd_frame",
    "pandas.read_sql": "pd_frame", "pandas.Timestamp": "pd_timestamp",
}  # fmt: skip

# Values of module attributes that are not calls.
ATTRIBUTES: dict[str, str] = {
    "os.sep": "str", "os.name": "str", "sys.argv": "str", "sys.platform": "str", "math.inf": "inf", "math.nan": "nan",
    "math.pi": "float", "datetime.timezone.utc": "zoneinfo", "datetime.UTC": "zoneinfo", "pytz.utc": "zoneinfo",
    "pytz.UTC": "zoneinfo",
}  # fmt: skip

_STR = {
    **dict.fromkeys(
        "capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix "
        "replace rjust rstrip strip swapcase title translate upper zfill".split(), "str"),
    **dict.fromkeys("count find index rfind rindex".split(), "int"),
    **dict.fromkeys("endswith startswith isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace "
                    "isupper".split(), "bool"),
    **dict.fromkeys("split rsplit splitlines".split(), "list[str]"),
    "encode": "bytes",
}  # fmt: skip
_DATETIME = {
    "isoformat": "str", "strftime": "str", "ctime": "str", "timestamp": "float", "date": "date", "time": "time",
    "weekday": "int", "isoweekday": "int", "toordinal": "int", "replace": "datetime", "astimezone": "datetime_aware",
}  # fmt: skip

# Methods: what calling `kind.name()` gives.
METHODS: dict[str, dict[str, str]] = {
    "str": _STR,
    "safe_str": _STR,
    "lazy_str": _STR,
    "bytes": {"decode": "str", "hex": "str", "strip": "bytes", "split": "list[bytes]", "replace": "bytes"},
    "bytearray": {"decode": "str", "hex": "str"},
    "int": {"bit_length": "int", "to_bytes": "bytes"},
    "float": {"is_integer": "bool", "hex": "str"},
    "decimal": {"quantize": "decimal", "normalize": "decimal", "to_integral_value": "decimal"},
    "datetime": _DATETIME,
    "datetime_naive": {**_DATETIME, "replace": "datetime"},
    "datetime_aware": {**_DATETIME, "replace": "datetime_aware"},
    "date": {"isoformat": "str", "strftime": "str", "ctime": "str", "weekday": "int", "isoweekday": "int",
             "toordinal": "int", "replace": "date"},
    "time": {"isoformat": "str", "strftime": "str"},
    "timedelta": {"total_seconds": "float"},
    "path": {
        **dict.fromkeys("absolute resolve joinpath with_name with_suffix with_stem relative_to expanduser".split(), "path"),
        "as_posix": "str", "as_uri": "str", "read_text": "str", "read_bytes": "bytes", "exists": "bool",
        "is_file": "bool", "is_dir": "bool", "open": "file", "glob": "generator", "rglob": "generator",
        "iterdir": "generator",
    },
    "match": {"group": "str", "groups": "tuple[str]", "groupdict": "dict", "start": "int", "end": "int"},
    "file": {"read": "str|bytes", "readline": "str|bytes", "fileno": "int"},
    "tempfile": {"read": "bytes|str", "readline": "bytes|str", "fileno": "int"},
    "bytesio": {"read": "bytes", "getvalue": "bytes"},
    "stringio": {"read": "str", "getvalue": "str"},
}  # fmt: skip

# Attributes that are not methods.
FIELDS: dict[str, dict[str, str]] = {
    "uuid": {"hex": "str", "int": "int", "urn": "str", "bytes": "bytes", "version": "int"},
    **{
        name: dict.fromkeys(("year", "month", "day", "hour", "minute", "second", "microsecond"), "int")
        for name in ("datetime", "datetime_naive", "datetime_aware")
    },
    "date": {"year": "int", "month": "int", "day": "int"},
    "timedelta": {"days": "int", "seconds": "int", "microseconds": "int"},
    "path": {"name": "str", "stem": "str", "suffix": "str", "parent": "path", "anchor": "str"},
    "tempfile": {"name": "str"},
    "file": {"name": "str"},
    "int": {"real": "int", "numerator": "int"},
}  # fmt: skip

# Annotations and isinstance tests: the kinds that a class outside the project stands for.
CLASSES: dict[str, str] = {
    "int": "int", "float": "float", "bool": "bool", "str": "str", "bytes": "bytes", "bytearray": "bytearray",
    "memoryview": "memoryview", "complex": "complex", "range": "range", "slice": "slice", "object": "",
    "None": "none",
    "decimal.Decimal": "decimal", "fractions.Fraction": "fraction", "uuid.UUID": "uuid",
    "datetime.datetime": "datetime", "datetime.date": "date", "datetime.time": "time",
    "datetime.timedelta": "timedelta", "pathlib.Path": "path", "pathlib.PurePath": "path",
    "zoneinfo.ZoneInfo": "zoneinfo", "re.Pattern": "pattern", "typing.Pattern": "pattern",
    "ipaddress.IPv4Address": "ip", "ipaddress.IPv6Address": "ip", "io.BytesIO": "bytesio", "io.StringIO": "stringio",
    "typing.BinaryIO": "file", "typing.TextIO": "file", "typing.IO": "file", "threading.Lock": "lock",
    "logging.Logger": "logger", "typing.Text": "str", "typing.LiteralString": "str",
    "django.http.HttpRequest": "request", "django.http.request.HttpRequest": "request",
    "rest_framework.request.Request": "request", "django.core.handlers.wsgi.WSGIRequest": "request",
    "django.http.HttpResponse": "response", "django.http.QueryDict": "querydict",
    "django.db.models.QuerySet": "queryset", "django.db.models.query.QuerySet": "queryset",
    "django.core.files.uploadedfile.UploadedFile": "uploaded_file",
    "starlette.requests.Request": "request", "fastapi.Request": "request", "flask.Request": "request",
    "pandas.DataFrame": "pd_frame", "pandas.Timestamp": "pd_timestamp", "numpy.ndarray": "np_array",
    "redis.Redis": "redis_client", "bson.ObjectId": "object_id", "bson.objectid.ObjectId": "object_id",
}  # fmt: skip

# Container classes by the names under which annotations spell them.
SEQUENCES: dict[str, str] = {
    "list": "list", "typing.List": "list", "set": "set", "typing.Set": "set", "frozenset": "frozenset",
    "typing.FrozenSet": "frozenset", "tuple": "tuple", "typing.Tuple": "tuple", "collections.deque": "deque",
    "typing.Deque": "deque", "collections.abc.Set": "set", "typing.AbstractSet": "set",
}  # fmt: skip
MAPPINGS: dict[str, str] = {
    "dict": "dict", "typing.Dict": "dict", "collections.OrderedDict": "OrderedDict",
    "collections.defaultdict": "defaultdict", "typing.DefaultDict": "defaultdict", "collections.Counter": "Counter",
    "typing.OrderedDict": "OrderedDict",
}  # fmt: skip

BUILTIN_EXCEPTIONS = frozenset(
    "BaseException Exception ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError BufferError "
    "ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError EOFError "
    "EnvironmentError FileExistsError FileNotFoundError FloatingPointError GeneratorExit IOError ImportError IndexError "
    "InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError "
    "NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError RecursionError "
    "ReferenceError RuntimeError StopAsyncIteration StopIteration SyntaxError SystemError SystemExit TimeoutError "
    "TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError ZeroDivisionError "
    "ExceptionGroup BaseExceptionGroup".split()
)
# Those that are no Exception: `except Exception` lets them pass.
BASE_ONLY = frozenset({"BaseException", "GeneratorExit", "KeyboardInterrupt", "SystemExit", "BaseExceptionGroup"})

# Builtin functions whose result does not depend on more than their name.
BUILTIN_CALLS: dict[str, str] = {
    "str": "str", "repr": "str", "ascii": "str", "chr": "str", "format": "str", "hex": "str", "bin": "str", "oct": "str",
    "input": "str", "int": "int", "len": "int", "ord": "int", "id": "int", "hash": "int", "float": "float",
    "bool": "bool", "all": "bool", "any": "bool", "isinstance": "bool", "issubclass": "bool", "hasattr": "bool",
    "callable": "bool", "bytes": "bytes", "bytearray": "bytearray", "memoryview": "memoryview", "complex": "complex",
    "open": "file", "range": "range", "slice": "slice", "object": "sentinel", "map": "map", "filter": "map",
    "zip": "zip", "enumerate": "enumerate", "iter": "iterator", "reversed": "iterator", "print": "none",
}  # fmt: skip
