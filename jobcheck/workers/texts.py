"""The shell text in a file that is not Python: each piece with its place, as far as the file's format tells it apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from jobcheck.values import dataclass

_CONTINUED = re.compile(rb"\\[ \t]*\r?\n")
# A YAML file that is a template of one: what a worker is started with is decided elsewhere.
_TEMPLATE = re.compile(rb"\{\{|\{%")
# Keys of the two halves of one command, in Kubernetes and in compose files.
_FIRST, _REST = ("entrypoint", "command"), ("command", "args")
_DEEPEST = 60
_UNIT = re.compile(rb"^[ \t]*(?:ExecStart|command|cmd)[ \t]*=[ \t]*", re.MULTILINE)
_NAMED = re.compile(rb"^[ \t]*[\w-]+[ \t]*:[ \t]+", re.MULTILINE)
_QUOTED = re.compile(rb"\"\"\"(.*?)\"\"\"|'''(.*?)'''|\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One command or script: its text, or its words where the file has them apart; `start`, `end` are byte offsets."""

    start: int
    end: int
    text: str = ""
    words: tuple[str, ...] = ()


def pieces(filename: str, data: bytes) -> list[Piece] | None:
    """What a file has the shell run; None when it cannot be told."""
    name = filename.rpartition("/")[2]
    if name.endswith((".yml", ".yaml")):
        return _of_yaml(data)
    if name.endswith(".toml"):
        return [_piece(data, m.start(m.lastindex or 0), m.end(m.lastindex or 0)) for m in _QUOTED.finditer(data)]
    if name.endswith((".service", ".conf", ".ini", ".cfg")):
        return list(_after(_UNIT, data, indented=not name.endswith(".service")))
    if name.startswith("Procfile"):
        return list(_after(_NAMED, data, indented=False))
    return list(_lines(data))


def _piece(data: bytes, start: int, end: int) -> Piece:
    return Piece(start, end, _CONTINUED.sub(b" ", data[start:end]).decode("utf-8", "replace"))


def _lines(data: bytes) -> Iterator[Piece]:
    """The lines of a script, each with those that continue it; comments left out."""
    start = 0
    while start < len(data):
        end = _line_end(data, start)
        while data[start:end].rstrip(b" \t\r").endswith(b"\\") and end < len(data):
            end = _line_end(data, end + 1)
        if not data[start:end].lstrip().startswith(b"#"):
            yield _piece(data, start, end)
        start = end + 1


def _line_end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def _after(head: re.Pattern[bytes], data: bytes, indented: bool) -> Iterator[Piece]:
    """What follows a key to the end of its line; `indented`: and on lines below that begin with a blank."""
    for match in head.finditer(data):
        end = _line_end(data, match.end())
        while end < len(data):
            following = data[end + 1 : end + 2]
            if not data[match.end() : end].rstrip(b" \t\r").endswith(b"\\") and not (indented and following in (b" ", b"\t")):
                break
            end = _line_end(data, end + 1)
        text = data[match.end() : end]
        if indented:
            text = text.replace(b"\n", b" ")
        yield Piece(match.start(), end, _CONTINUED.sub(b" ", text).decode("utf-8", "replace"))


def _of_yaml(data: bytes) -> list[Piece] | None:
    if _TEMPLATE.search(data):
        return None
    try:
        text = data.decode("utf-8")
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    found: list[Piece] = []
    pending = [(node, 0) for node in reversed(documents) if node is not None]
    seen: set[int] = set()
    offsets = _Offsets(text)
    while pending:
        node, depth = pending.pop()
        if id(node) in seen or depth > _DEEPEST:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            found.append(Piece(*offsets.of(node), node.value))
        elif isinstance(node, yaml.SequenceNode):
            words = _words(node)
            if words is not None:
                found.append(Piece(*offsets.of(node), words=tuple(words)))
            pending += [(item, depth + 1) for item in reversed(node.value)]
        elif isinstance(node, yaml.MappingNode):
            whole = _whole(node, offsets)
            if whole is not None:
                found.append(whole[0])
                seen.update(whole[1])
            pending += [(value, depth + 1) for _, value in reversed(node.value)]
    return found


class _Offsets:
    """Byte offsets of YAML's marks, which count characters."""

    def __init__(self, text: str) -> None:
        self.text, self.plain = text, text.isascii()

    def of(self, node: yaml.Node) -> tuple[int, int]:
        start, end = node.start_mark.index, node.end_mark.index
        while end > start and self.text[end - 1].isspace():
            end -= 1
        if self.plain:
            return start, end
        first = len(self.text[:start].encode())
        return first, first + len(self.text[start:end].encode())


def _words(node: yaml.Node) -> list[str] | None:
    """A list of words: `["celery", "-A", "shop"]`."""
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return None
    return [str(item.value) for item in node.value]


def _whole(node: yaml.MappingNode, offsets: _Offsets) -> tuple[Piece, set[int]] | None:
    """A command that stands under two keys, as one, with the nodes it was made of."""
    parts = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    for first, rest in zip(_FIRST, _REST, strict=True):
        if first in parts and rest in parts:
            halves = [parts[first], parts[rest]]
            words = [_words(half) if isinstance(half, yaml.SequenceNode) else _split(half) for half in halves]
            if words[0] is None or words[1] is None:
                return None
            inner = {id(half) for half in halves}
            return Piece(*offsets.of(halves[1]), words=(*words[0], *words[1])), inner
    return None


def _split(node: yaml.Node) -> list[str] | None:
    from jobcheck.workers.words import split

    return split(node.value) if isinstance(node, yaml.ScalarNode) else None
