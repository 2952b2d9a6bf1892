"""Words of shell text: one list for each command in it, what is quoted inside another command included."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

# What ends a command, and what a variable looks like: the shell's, a template's, supervisor's, systemd's.
_ENDS = frozenset({";", "&&", "||", "|", "&", "(", ")", "\n", ";;", "|&", "<", ">", ">>", "<<", "<<<", ">&", "&>"})
VARIABLE = re.compile(r"[$`*?]|\{\{|\{%|%\(|%[A-Za-z]\b")
_EXPANDED = re.compile(r"%\(\w+\)s")
_DEEPEST = 3
# Programs whose arguments are looked for or shown, and not run; and those that run a command given as one word.
_NAMING = frozenset(
    "echo printf grep egrep pgrep pkill kill killall ps which pip pip3 apt apt-get apk rm cp mv mkdir cat tail test [ [[ "
    "systemctl service supervisorctl chown chmod sed awk export alias log info warn".split()
)
_CONTAINERS = frozenset("docker docker-compose podman podman-compose kubectl oc heroku".split())
_RUNS_WORD = frozenset(
    "watchfiles watchmedo eval exec gosu su runuser tini dumb-init start-stop-daemon honcho concurrently ssh".split()
)
_SHELL_OPTION = re.compile(r"-[a-z]*c|--command")


def split(text: str) -> list[str] | None:
    """The words of one command; None when its quotes do not close."""
    try:
        lexer = shlex.shlex(_EXPANDED.sub("${}", text), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = "#"
        return list(lexer)
    except ValueError:
        return None


def commands(text: str, words: tuple[str, ...] = (), depth: int = 0) -> Iterator[list[str]]:
    """Every command in a text or a list of words; one whose quotes do not close ends where the text does."""
    if words:
        yield from _of_words(list(words), depth)
        return
    for line in text.replace("\\\n", " ").splitlines() if depth == 0 or "\n" in text else [text]:
        found = split(line)
        yield from _of_words(found if found is not None else _unquoted(line), depth)


def _unquoted(line: str) -> list[str]:
    """The words of a line of a script whose quotes open or close on another one: `bash -c "` above, `-Q mails"` below."""
    return [word for word in (part.strip("\"'") for part in line.split()) if word]


def _of_words(words: list[str], depth: int) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word in _ENDS:
            if command:
                yield command
            command = []
            continue
        if depth < _DEEPEST and " " in word.strip() and _runs_word(command):  # `sh -c "celery worker"`
            yield from commands(word, depth=depth + 1)
        command.append(word)
    if command:
        yield command


def _runs_word(before: list[str]) -> bool:
    """Whether what follows these words is a command in one word."""
    return bool(before) and (_SHELL_OPTION.fullmatch(before[-1]) is not None or bool(_RUNS_WORD & set(before)))


def is_run(before: list[str]) -> bool:
    """Whether the words before a program run it: not those of `pkill -f celery`, nor of `docker restart celery`."""
    names = {word.rpartition("/")[2] for word in before}
    return not names & _NAMING and (not names & _CONTAINERS or bool(names & {"run", "exec", "run:detached"}))
