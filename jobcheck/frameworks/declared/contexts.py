"""Whether a job takes the context that its declaration asks for."""

from __future__ import annotations

from jobcheck.frameworks import arguments
from jobcheck.registry import Job


def misbound(job: Job, option: str, happens: str, name: str = "") -> str:
    """What becomes of a job that asks for a context and has no place for it; "" where it has one, or nobody can say.

    `name` is how the framework wants the parameter to be called, where it minds.
    """
    if arguments.truth(job.options.get(option)) is not True or job.decl is None or job.signature is None:
        return ""
    first = next((p for p in job.decl.params if p.kind in ("posonly", "arg")), None)
    if first is None:
        open_ended = not name and any(p.kind == "vararg" for p in job.decl.params)
        return "" if open_ended else f"has no parameter for the context that `{option}=True` asks for: {happens}"
    if name and first.name != name:
        return f"has `{option}=True`, and its first parameter is `{first.name}` instead of `{name}`: {happens}"
    return ""
