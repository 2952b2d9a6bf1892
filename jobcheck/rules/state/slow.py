"""Calls that take their time: another machine, another program or a clock has to answer first."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.rules.base import Context
from jobcheck.solve import effect_calls
from jobcheck.solve.effect_names import full_names
from jobcheck.solve.kinds import FunctionRef, Origin
from jobcheck.solve.newness import only_new
from jobcheck.solve.sites import Flow, Site

_WAITING = frozenset({
    "time.sleep", "asyncio.sleep", "gevent.sleep", "eventlet.sleep", "subprocess.run", "subprocess.call", "subprocess.check_call",
    "subprocess.check_output", "subprocess.Popen.communicate", "subprocess.Popen().communicate", "os.system", "os.popen",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "subprocess.Popen().wait", "shutil.make_archive",
})  # fmt: skip
# Words of storages that are another machine's.
_STORAGES = (
    "storages", "S3Boto3Storage", "S3Boto3StorageFile", "S3Storage", "GoogleCloudStorage", "AzureStorage", "SFTPStorage",
    "DropBoxStorage", "MinioStorage", "minio_storage", "django_s3_storage", "MediaCloudinaryStorage", "SwiftStorage",
)  # fmt: skip
# A file of a row lies with a storage, which may be another machine's: to read it, or to have the storage work with it.
_ROW_FILE = "django.db.models.fields.files.FieldFile."
_READING = frozenset({"open", "read", "chunks", "storage.open"})
_SAYING = frozenset({"url", "path", "name", "size", "get_valid_name", "generate_filename", "get_available_name", "exists"})
_LAST = frozenset(name.rpartition(".")[2] for name in _WAITING)
DEEPEST = 3


class Slow:
    """Which calls of a function are slow, through the functions that it calls. Answers are remembered."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.solver = context.solver
        self._known: dict[FunctionRef, tuple[int, Origin | None]] = {}

    def call(self, site: Site, depth: int = DEEPEST) -> Origin | None:
        """Where the waiting is done that a call leads to; None when none is seen."""
        if self._waits(site):
            return site.unit.origin(site.call)
        if depth <= 0:
            return None
        found = (self._within(ref, depth - 1) for ref in self.solver.reach.called(site))
        return next((origin for origin in found if origin is not None), None)

    def _within(self, ref: FunctionRef, depth: int) -> Origin | None:
        known = self._known.get(ref)
        if known is not None and (known[0] >= depth or known[1] is not None):
            return known[1]
        self._known[ref] = (depth, None)  # a function that calls itself
        unit = self.solver.function_unit(ref)
        if unit is not None and not unit.refused and unit.function is not None:
            self._known[ref] = (depth, self._in_flow(self.solver.flow(unit), depth))
        return self._known[ref][1]

    def _in_flow(self, flow: Flow, depth: int) -> Origin | None:
        found = ((site, self.call(site, depth)) for site in flow.sites if not site.deferred)
        # a row that was fetched is not made once more
        return next((o for site, o in found if o is not None and not only_new(self.solver, site.around, site.env)), None)

    def _waits(self, site: Site) -> bool:
        func = site.call.func
        name = getattr(func, "attr", getattr(func, "id", ""))
        if name in _LAST and any(full in _WAITING for full in full_names(self.solver, site.call, site.env)):
            return True
        return self._reads_file(site) or bool(effect_calls.network(self.solver, site))

    def _reads_file(self, site: Site) -> bool:
        if not isinstance(site.call.func, ir.Attribute):
            return False
        if not self.context.once("files-elsewhere", self._files_elsewhere):
            return False
        names = (n.removeprefix(_ROW_FILE) for n in full_names(self.solver, site.call, site.env) if n.startswith(_ROW_FILE))
        return any(n in _READING or (n.startswith("storage.") and n.rpartition(".")[2] not in _SAYING) for n in names)

    def _files_elsewhere(self) -> bool:
        """Whether the project says anywhere that files of rows lie with another machine: else Django keeps them here."""
        return any(self.solver.callers.mentions.files(word) for word in _STORAGES)
