"""The arguments of a call that enqueues: which are the job, which are its arguments, which are options."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared.spec import Form
from jobcheck.registry import Enqueue
from jobcheck.solve.binding import handed
from jobcheck.solve.defs import ExprDef
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


@dataclass(slots=True)
class Given:
    """The arguments of a call, told apart."""

    job: ir.Expr | None = None
    rest: list[ir.Arg] = field(default_factory=list)
    options: list[ir.Arg] = field(default_factory=list)
    open: bool = False


def told_apart(form: Form, call: ir.Call) -> Given:
    """Which parts of a call are the job, its arguments, and options."""
    given = Given()
    lead = len(form.lead)
    position = 0
    for arg in call.args:
        if arg.keyword is not None:
            if arg.keyword in form.job_names and form.job_at is not None:
                if given.job is None:
                    given.job = arg.value
                else:  # beside the job by position: the call's own name, given twice
                    given.options.append(arg)
            elif arg.keyword in form.swallowed or arg.keyword in form.lead:
                given.options.append(arg)
            else:
                given.rest.append(arg)
            continue
        if arg.star or given.open:
            given.open = given.open or arg.star == "*"
            given.rest.append(arg)
            continue
        if form.job_at is not None and position == form.job_at:
            given.job = arg.value
        elif position >= lead + (form.job_at is not None):
            given.rest.append(arg)
        else:
            name = form.lead[position - (form.job_at is not None and position > form.job_at)]
            given.options.append(ir.Arg(arg.start, arg.end, arg.value, name))
        position += 1
    return given


def fill(solver: Solver, made: Enqueue, form: Form, given: Given) -> None:
    """Give an enqueue the arguments and options of its call."""
    env = made.site.env
    made.options, _ = arguments.options_of(solver, given.options, env)
    keywords = {a.keyword: a for a in made.site.call.args if a.keyword is not None}
    as_lists = form.takes == "lists" or (form.takes == "either" and any(name in keywords for name in form.lists))
    if as_lists:
        _fill_lists(solver, made, form, given, keywords)
        return
    by_name = form.takes == "keywords" or bool(form.unplaced)
    rest = [a for a in given.rest if not by_name or a.keyword is not None or a.star == "**"]
    found = arguments.from_call(solver, rest, env)
    made.arguments, made.open_args, made.open_kwargs = found.arguments, found.open_args, found.open_kwargs
    if by_name:
        lost = arguments.from_call(solver, [a for a in given.rest if a not in rest and not a.star], env)
        made.unplaced, made.unplaced_happens = lost.arguments, form.unplaced
        made.open_kwargs = made.open_kwargs or bool(lost.arguments)  # what is missing was meant by them
    _take_spread(solver, made, form, [a for a in rest if a.star == "**"])


def _take_spread(solver: Solver, made: Enqueue, form: Form, spread: list[ir.Arg]) -> None:
    """`enqueue(f, **options)`: the names that the form takes for itself are options there, too."""
    taken = form.swallowed | frozenset(form.lead)
    options, _ = arguments.options_of(solver, spread, made.site.env)
    made.options |= {name: option for name, option in options.items() if name in taken and name not in made.options}
    if form.takes == "either" and any(a.name in form.lists for a in made.arguments):
        _take_parts(solver, made, form, spread)
        return
    made.arguments = [a for a in made.arguments if a.name not in taken]


def _take_parts(solver: Solver, made: Enqueue, form: Form, spread: list[ir.Arg]) -> None:
    """`enqueue(f, **parts)` where a caller of the forwarder gave `args=` and `kwargs=`: these are the job's."""
    written = {name: given for arg in spread for name, given in handed(arg.value, made.site.env)}
    found, unseen = arguments.Given(), {a.name for a in made.arguments if not isinstance(written.get(a.name or ""), ExprDef)}
    for index, name in enumerate(form.lists):
        part = written.get(name)
        if isinstance(part, ExprDef):
            args, kwargs = (part.node, None) if index == 0 else (None, part.node)
            arguments.from_parts(solver, args, kwargs, part.env, found)
    made.arguments, made.malformed = found.arguments, found.malformed
    made.open_args = made.open_args or found.open_args or form.lists[0] in unseen
    made.open_kwargs = made.open_kwargs or found.open_kwargs or form.lists[1] in unseen


def _fill_lists(solver: Solver, made: Enqueue, form: Form, given: Given, keywords: dict[str, ir.Arg]) -> None:
    env = made.site.env
    parts: list[ir.Expr | None] = []
    positional = [a.value for a in given.rest if a.keyword is None and not a.star]
    for index, name in enumerate(form.lists):
        at = form.lists_at[index] if form.lists_at is not None else -1
        arg = keywords.get(name)
        parts.append(arg.value if arg is not None else positional[at] if 0 <= at < len(positional) else None)
    found = arguments.from_parts(solver, parts[0], parts[1], env)
    made.arguments, made.open_args, made.open_kwargs = found.arguments, found.open_args, found.open_kwargs
    made.malformed = found.malformed
    for wrong in made.malformed:
        wrong.happens = form.malformed or wrong.happens
    rest = [] if form.merges else given.rest
    if form.merges:
        beside = arguments.from_call(solver, given.rest, env)
        made.arguments, made.open_kwargs = made.arguments + beside.arguments, made.open_kwargs or beside.open_kwargs
    others, is_open = arguments.options_of(solver, rest, env, frozenset(form.lists))
    if form.drops:
        made.lost, made.lost_happens = [o for o in others.values() if o.name not in form.swallowed], form.drops
    made.options |= {name: option for name, option in others.items() if option not in made.lost}
    made.open_options = is_open
    made.open_args = made.open_args or given.open or (is_open and parts[0] is None)
    made.open_kwargs = made.open_kwargs or given.open or (is_open and parts[1] is None)
    surplus = [a for a in given.rest if a.keyword is None and not a.star][max(form.lists_at or (-1,)) + 1 :]
    if form.surplus and surplus:
        made.unplaced = arguments.from_call(solver, surplus, env).arguments
        made.unplaced_happens, made.listed = form.surplus, True
        made.open_args = made.open_kwargs = True  # what is missing was meant by them
