"""Which names and objects are a framework's, by its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.frameworks.declared import unmade
from jobcheck.frameworks.declared.spec import Declares, Form, Makes, Meaning, Spec
from jobcheck.frameworks.hinges import Hinges, of_call
from jobcheck.registry import Job
from jobcheck.solve.kinds import External, FrameworkValue, FunctionRef, Instance, Kind, Value, known

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class Roles(NoJobs):
    """Reads one Spec: its names, and the roles of its objects."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.name = spec.name
        self.display = spec.display
        self.modules = spec.modules
        self.seeds = spec.seeds
        self.marks = spec.marks
        self.makers = spec.makers
        self.jobs: dict[tuple[str, int], Job] = {}
        self._by: dict[tuple[str, int], str] = {}
        self._handing: dict[tuple[str, int], FunctionRef] = {}
        forms = [m for table in spec.attributes.values() for n, m in table.items() if isinstance(m, Form)]
        names = {n for table in spec.attributes.values() for n, m in table.items() if isinstance(m, Form)}
        built = {q.rpartition(".")[2] for q, m in spec.functions.items() if not isinstance(m, Declares) and _is_verb(m)}
        self.verbs = spec.verbs | names | built | unmade.OTHERS
        assert forms or spec.functions
        self.forms: dict[str, list[Form]] = {}
        for name, meaning in (*(pair for t in spec.attributes.values() for pair in t.items()), *spec.functions.items()):
            if isinstance(meaning, Form) and not meaning.immediate:
                self.forms.setdefault(name.rpartition(".")[2], []).append(meaning)
        self.forwarded = frozenset(self.forms)

    def hinges(self, call: ir.Call, verb: str) -> Hinges:
        """See Framework."""
        forms = self.forms.get(verb, [])
        found = of_call(call, owner=any(form.job_at is None for form in forms))
        positional = [a.value for a in call.args if a.keyword is None and not a.star]
        keywords = {a.keyword: a.value for a in call.args if a.keyword is not None}
        for form in forms:
            if form.job_at is not None:
                found.jobs += positional[form.job_at : form.job_at + 1]
                found.jobs += [keywords[name] for name in form.job_names if name in keywords]
            if form.takes != "call":
                found.lists += [keywords[name] for name in form.lists if name in keywords]
        return found

    def knows(self, qualname: str) -> bool:
        """See Framework."""
        return any(qualname.startswith(f"{module}.") for module in self.modules)

    def meaning(self, qualname: str) -> Meaning | None:
        """What calling a name from outside the project does or gives."""
        return self.spec.functions.get(qualname)

    def annotated_as(self, qualname: str) -> Value | None:
        """See Framework."""
        made = self.meaning(qualname)
        return self._made(made.role) if isinstance(made, Makes) else None

    def _made(self, role: str, data: object = None) -> Value:
        return known(FrameworkValue(self.name, role, data))

    def _mine(self, kind: Kind) -> FrameworkValue | None:
        return kind if isinstance(kind, FrameworkValue) and kind.framework == self.name else None

    def _role_of(self, solver: Solver, kind: Kind) -> str | None:
        """The role of an object: one of the framework's, or an instance of a project's class that derives from one."""
        mine = self._mine(kind)
        if mine is not None:
            return mine.role
        if isinstance(kind, External):
            return self.spec.objects.get(kind.qualname)
        if isinstance(kind, Instance):
            info = solver.classes.info(kind.cls)
            names = info.externals if info is not None else {kind.cls.qualname}
            for name in sorted(names):
                made = self.meaning(name)
                if isinstance(made, Makes):
                    return made.role
        return None


def _is_verb(meaning: Form | Makes) -> bool:
    return isinstance(meaning, Form) or bool(meaning.unsent)
