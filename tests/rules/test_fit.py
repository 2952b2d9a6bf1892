"""The binding of JOB201 agrees with Python's own on every call that can be seen whole, and is silent about the rest."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jobcheck.registry import Argument, Enqueue, Parameter, Signature
from jobcheck.rules.calls.fit import misfits
from jobcheck.solve.kinds import UNKNOWN, Origin

HERE = Origin("a.py", 0, 1)
NAMES = ("a", "b", "c", "d")


@st.composite
def signatures(draw):
    """Parameters in an order that Python allows."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    posonly = draw(st.integers(0, len(names)))
    kwonly = draw(st.integers(0, len(names) - posonly))
    positional = len(names) - kwonly
    first_default = draw(st.integers(0, positional))
    found = []
    for index, name in enumerate(names):
        if index >= positional:
            found.append(Parameter(name, "kwonly", draw(st.booleans())))
        else:
            found.append(Parameter(name, "posonly" if index < posonly else "arg", index < first_default))
    return Signature(tuple(found), draw(st.sampled_from((None, "rest"))), draw(st.sampled_from((None, "more"))))


def source(signature: Signature) -> str:
    parts = [p.name + ("" if p.required else "=None") for p in signature.positional]
    posonly = sum(p.role == "posonly" for p in signature.parameters)
    if posonly:
        parts.insert(posonly, "/")
    keyword_only = [p.name + ("" if p.required else "=None") for p in signature.parameters if p.role == "kwonly"]
    if signature.vararg or keyword_only:
        parts.append(f"*{signature.vararg or ''}")
    parts += keyword_only
    if signature.kwarg:
        parts.append(f"**{signature.kwarg}")
    return ", ".join(parts)


def call(positional: int, keywords: set[str], **said) -> Enqueue:
    arguments = [Argument(UNKNOWN, HERE) for _ in range(positional)]
    arguments += [Argument(UNKNOWN, HERE, name) for name in sorted(keywords)]
    return Enqueue("celery", "delay", None, HERE, arguments=arguments, **said)


def binds(signature: Signature, positional: int, keywords: set[str]) -> bool:
    function = eval(f"lambda {source(signature)}: None")
    try:
        function(*range(positional), **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True


keywords = st.sets(st.sampled_from((*NAMES, "z")), max_size=4)


@given(signatures(), st.integers(0, 5), keywords)
@settings(max_examples=500, deadline=None)
def test_agrees_with_python(signature, positional, names):
    assert bool(misfits(call(positional, names), signature)) == (not binds(signature, positional, names))


@given(signatures(), st.integers(0, 4), keywords, st.integers(0, 2), keywords)
@settings(max_examples=500, deadline=None)
def test_what_cannot_be_seen_is_taken_to_be_right(signature, positional, names, unseen, unseen_names):
    """A call of which a part is hidden is never blamed when there is a whole call that binds."""
    enqueue = call(positional, names, open_args=True, open_kwargs=True)
    if binds(signature, positional + unseen, names | unseen_names):
        assert not misfits(enqueue, signature)


@given(signatures(), st.integers(0, 4), keywords, st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_results_before_the_arguments_count(signature, positional, names, before):
    enqueue = call(positional, names, prepended=before)
    assert bool(misfits(enqueue, signature)) == (not binds(signature, positional + before, names))


@given(signatures(), st.integers(0, 4), keywords, st.integers(0, 2), keywords)
@settings(max_examples=500, deadline=None)
def test_a_signature_may_still_get_more(signature, positional, names, unseen, unseen_names):
    enqueue = call(positional, names, partial=True, prepended=None)
    if binds(signature, positional + unseen, names | unseen_names):
        assert not misfits(enqueue, signature)
