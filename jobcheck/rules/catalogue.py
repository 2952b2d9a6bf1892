"""Every rule there is or will be: code, name, one-line summary, whether it is on. Static data, cheap to import."""

from __future__ import annotations

import difflib
import re
from functools import cache

from jobcheck.values import dataclass

DOCS_URL: str | None = None
"""Where the pages of the rules are published, with `{name}` for the rule; None as long as they are not."""

EVERYTHING = "ALL"
_LOOKALIKES = str.maketrans("OIL", "011")
_PREFIX = re.compile(r"JOB\d{0,3}")


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What is known of a rule without importing it. `fixable` is "no", "safe" or "unsafe": the best it offers now."""

    code: str
    name: str
    summary: str
    default: bool = True
    fixable: str = "no"
    implemented: bool = False

    @property
    def url(self) -> str | None:
        return DOCS_URL.format(name=self.name) if DOCS_URL else None


class UnknownRuleError(LookupError):
    """No rule has this code, name or prefix. The message names the nearest one."""


_ON, _OPT_IN = True, False
_IMPLEMENTED = frozenset(
    f"JOB{number:03}"
    for number in (
        *(1, 2, 3, 9),
        *(101, 102, 103, 104, 105, 106, 108, 109, 110, 111),
        *(201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214),
        *(301, 302, 303, 304, 305, 306, 307, 308),
        *(401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411),
        *(501, 502, 503, 504, 505, 506, 507),
        *(601, 602, 603, 604, 605, 606, 607),
    )
)

_FIXED = frozenset({"JOB002"})
"""Rules that offer the fix which their row plans."""

_ROWS = (
    (1, "unreadable-file", "a file that cannot be decoded or parsed; the parts that can be are checked", _ON, "no"),
    (2, "unused-suppression", "an ignore comment or baseline entry that hides nothing", _ON, "safe"),
    (3, "unknown-suppression", "an ignore comment that names no rule, or a marker without its reason", _ON, "no"),
    (9, "internal-error", "a rule or the analysis of one place failed; the rest of the run stands", _ON, "no"),
    (101, "unserializable-argument", "an argument that the queue's serializer cannot carry", _ON, "unsafe"),
    (102, "lossy-argument", "an argument that arrives as another type or value than the job expects", _ON, "no"),
    (103, "record-argument", "a database record that travels as a copy and is stale on arrival", _ON, "unsafe"),
    (104, "non-string-key", "a dict argument with keys that do not stay what they are on the way", _ON, "no"),
    (105, "key-mismatch", "the job reads a dict argument by a key that cannot be there after the trip", _ON, "safe"),
    (106, "oversized-argument", "a whole document, file or table as an argument", _ON, "no"),
    (107, "secret-in-argument", "a password, token or key in a message that is stored and shown", _ON, "no"),
    (108, "host-bound-argument", "a local path, handle or process id that means nothing on another host", _ON, "no"),
    (109, "unserializable-result", "a job that returns what its result backend cannot store", _ON, "no"),
    (110, "unpicklable-exception", "an exception of a job that cannot be rebuilt from its message", _ON, "safe"),
    (111, "mutated-argument", "a job that changes its argument, so that a retry sends the changed one", _ON, "no"),
    (201, "signature-mismatch", "an enqueue whose arguments do not fit the job's parameters", _ON, "no"),
    (202, "keyword-arguments", "keyword arguments where the transport carries none, or the reverse", _ON, "safe"),
    (203, "option-as-argument", "an enqueue option passed where the job's own arguments go", _ON, "safe"),
    (204, "argument-as-option", "an argument of the job that the enqueue call keeps as its own option", _ON, "no"),
    (205, "malformed-args", "`args=` or `kwargs=` that is not the tuple or dict it has to be", _ON, "safe"),
    (206, "direct-call", "a job called like a plain function: it runs here and now", _ON, "unsafe"),
    (207, "value-not-call", "a function where its value was meant, or a call where the function was", _ON, "safe"),
    (208, "bind-mismatch", "`bind=True` and the `self` or `ctx` parameter do not go together", _ON, "safe"),
    (209, "async-mismatch", "a coroutine that no one awaits, in a job or at the enqueue", _ON, "safe"),
    (210, "never-sent", "a message that is built and dropped", _ON, "safe"),
    (211, "decorator-order", "a decorator above the job's own wraps the job object, not the run", _ON, "unsafe"),
    (212, "not-a-job", "an enqueue on a plain function, or on a name the module does not have", _ON, "no"),
    (213, "unknown-option", "a misspelt or meaningless option that is silently accepted", _ON, "safe"),
    (214, "canvas-misuse", "chains, chords and groups whose parts do not fit each other", _ON, "no"),
    (301, "stale-read", "the job reports a field that may have changed since it was enqueued", _ON, "unsafe"),
    (302, "mutable-module-state", "module state that changes at run time, read in another process", _ON, "no"),
    (303, "ambient-context", "request, user, language or tenant read where no one has set it", _ON, "no"),
    (304, "instance-state", "an attribute of the job object that is not there in the worker", _ON, "no"),
    (305, "lost-update", "a row fetched early and written whole over what others wrote", _ON, "unsafe"),
    (306, "vanished-record", "a record fetched in a job with no way for it to be gone", _OPT_IN, "no"),
    (307, "clock-read", "the time of the run taken where the time of the enqueue was meant", _OPT_IN, "no"),
    (308, "closed-resource", "a file or record that is gone before the job runs", _ON, "no"),
    (401, "missing-idempotency-marker", "an effect that doubles in a job that may run again", _ON, "unsafe"),
    (402, "replayed-effect", "an effect that a later failure and a retry do twice", _ON, "no"),
    (403, "endless-retry", "retries without a bound on errors that never heal", _ON, "no"),
    (404, "swallowed-retry", "a retry or failure that a broad `except` in the same job swallows", _ON, "no"),
    (405, "retry-misuse", "retry arguments that do not mean what they seem to", _ON, "safe"),
    (406, "late-redelivery", "a delay beyond what the broker or a lock waits for", _ON, "no"),
    (407, "waits-for-job", "a job that waits for another job's result", _ON, "no"),
    (408, "sleeps", "a job that holds a worker while it sleeps or blocks", _OPT_IN, "no"),
    (409, "check-then-act", "a check and an act that jobs side by side both pass", _OPT_IN, "no"),
    (410, "shadowed-handler", "an error handler that can never run", _ON, "no"),
    (411, "require-marker", "a job that does not say whether it is idempotent", _OPT_IN, "no"),
    (501, "enqueue-in-transaction", "enqueued inside a transaction that has not committed yet", _ON, "safe"),
    (502, "enqueue-before-save", "the id of a row is enqueued before the row is saved", _ON, "no"),
    (503, "late-binding", "a callback for later that sees the last value of a loop or name", _ON, "safe"),
    (504, "naive-eta", "a naive or past date where the framework reads another zone", _ON, "no"),
    (505, "enqueue-at-import", "a module that enqueues when it is imported", _ON, "no"),
    (506, "enqueue-in-loop", "one message per row where the framework sends many at once", _OPT_IN, "no"),
    (507, "deferred-never-runs", "a commit hook that never comes to run", _ON, "no"),
    (601, "unknown-job", "a job name that no one declares", _ON, "no"),
    (602, "unconsumed-queue", "a queue that is written to and that no worker reads", _ON, "no"),
    (603, "unregistered-module", "a job module that no worker imports", _ON, "no"),
    (604, "unimportable-job", "a job that the worker cannot import by its name", _ON, "no"),
    (605, "duplicate-name", "two jobs under one name", _ON, "no"),
    (606, "schedule-pitfall", "a schedule that means something else than it says", _ON, "unsafe"),
    (607, "schedule-arguments", "a periodic entry whose arguments do not fit its job", _ON, "no"),
    (608, "unsafe-serializer", "pickle accepted from a queue that others can write to", _OPT_IN, "no"),
    (701, "slow-work-in-request", "mail, third-party HTTP or report work in a view", _OPT_IN, "no"),
    (702, "enqueue-from-view", "enqueued from a view instead of the model or service layer", _OPT_IN, "no"),
    (801, "job-removed-or-renamed", "a job is gone while messages in flight name it", _ON, "no"),
    (802, "signature-changed", "a signature that messages in flight no longer fit", _ON, "no"),
    (803, "wire-changed", "a queue, serializer or kind changed under messages in flight", _ON, "no"),
)


@cache
def catalogue() -> dict[str, RuleInfo]:
    """All rules by code, in the order of their codes."""
    rules = {}
    for number, name, summary, default, fixable in _ROWS:
        code = f"JOB{number:03}"
        fix = fixable if code in _FIXED else "no"
        rules[code] = RuleInfo(code, name, summary, default, fix, code in _IMPLEMENTED)
    return rules


@cache
def _by_name() -> dict[str, RuleInfo]:
    return {rule.name: rule for rule in catalogue().values()}


def find(word: str) -> RuleInfo | None:
    """The rule with this code (in any case) or name; None when there is none."""
    return catalogue().get(word.upper()) or _by_name().get(word.lower())


def nearest(word: str) -> str | None:
    """The code or name that `word` was probably meant to be, in the form (code or name) it was written in."""
    if re.fullmatch(r"[A-Za-z]*\d+|JOB\w+", word, re.IGNORECASE):
        code = word[:3].upper() + word[3:].upper().translate(_LOOKALIKES)
        if code in catalogue():
            return code
        # "JOB999" resembles dozens of codes equally: name one only for a slip within its group.
        close = difflib.get_close_matches(code, [*catalogue()], n=3, cutoff=0.83)
        return next((other for other in close if other[:4] == code[:4]), None)
    return next(iter(difflib.get_close_matches(word.lower(), [*_by_name()], n=1, cutoff=0.6)), None)


def codes_for(selector: str) -> frozenset[str]:
    """The codes that a selector means: a code, a name, a prefix such as "JOB1" or "JOB10", or "ALL".

    Raises UnknownRuleError, whose message names the nearest valid one.
    """
    word = selector.strip()
    if word.upper() == EVERYTHING:
        return frozenset(catalogue())
    rule = find(word)
    if rule:
        return frozenset({rule.code})
    if _PREFIX.fullmatch(word.upper()):
        codes = frozenset(code for code in catalogue() if code.startswith(word.upper()))
        if codes:
            return codes
    raise UnknownRuleError(f"there is no rule {word!r}{hint(word)}")


def hint(word: str) -> str:
    """The end of an error message about an unknown rule."""
    close = nearest(word)
    return f"; did you mean {close!r}?" if close else " (`jobcheck rules` lists all)"


def breadth(selector: str) -> int:
    """How exact a selector is: 0 for ALL, the length of a prefix, and 6 for a code or name."""
    word = selector.strip().upper()
    return 0 if word == EVERYTHING else len(word) if find(word) is None else 6
