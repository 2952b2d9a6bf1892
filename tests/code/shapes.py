"""Sources that nest, each by how deep: the ways in which code can be too much for libcst."""

from __future__ import annotations

from collections.abc import Callable

Shape = Callable[[int], str]
MOST_BLOCKS = 99  # Python's own limit of indentation


def nest(before: str, middle: str, after: str = "", start: str = "", end: str = "") -> Shape:
    """`before` and `after` repeated around `middle`."""
    return lambda depth: start + before * depth + middle + after * depth + end


def case(before: str, middle: str, after: str = "") -> Shape:
    """The same as a pattern."""
    return nest(before, middle, after, "match a:\n case ", ": pass")


def blocks(*lines: str, last: str = "pass", closing: str = "") -> Shape:
    """Nested blocks, each opened by `lines` and closed by `closing`."""

    def source(depth: int) -> str:
        depth = min(depth, MOST_BLOCKS)
        opened = [" " * level + line for level in range(depth) for line in lines]
        closed = [" " * level + closing for level in reversed(range(depth)) if closing]
        return "\n".join([*opened, " " * depth + last, *closed])

    return source


SHAPES: dict[str, Shape] = {
    "paren": nest("(", "1", ")"),
    "list": nest("[", "1", "]"),
    "dict": nest("{1:", "1", "}"),
    "set": nest("{", "1", "}"),
    "tuple": nest("(", "1", ",)"),
    "call": nest("f(", "1", ")"),
    "call with keyword": nest("f(a=", "1", ")"),
    "call with star": nest("f(*", "a", ")"),
    "call with dict": nest("f({'a': ", "1", "})"),
    "chained calls": nest(".b()", "", start="a"),
    "attributes": nest(".b", "", start="a"),
    "subscripts": nest("[0]", "", start="a"),
    "calls of calls": nest("()", "", start="a"),
    "nested subscripts": nest("a[", "0", "]"),
    "subscripts with tuples": nest("a[", "b", ",c]"),
    "targets": nest("a = ", "1"),
    "quotes": nest("'", ""),
    "lambdas": nest("lambda: ", "1"),
    "lambdas in parens": nest("(lambda: ", "1", ")"),
    "lambda defaults": nest("(lambda a=", "1", ": 0)"),
    "sum": nest(" + 1", "", start="1"),
    "power": nest(" ** 1", "", start="1"),
    "and": nest(" and a", "", start="a"),
    "and or": nest(" and b or c", "", start="a"),
    "not": nest("not ", "a"),
    "minus": nest("-", "a"),
    "await": nest("await (", "a", ")", "async def f():\n  "),
    "yield": nest("(yield ", "1", ")", "def f():\n  "),
    "conditional": nest("a if b else ", "c"),
    "conditional to the left": nest("(", "a", " if b else c)"),
    "walrus": nest("(a := ", "1", ")"),
    "strings": nest("'a' ", "'b'"),
    "f-strings": nest("f'{a}' ", "f'b'"),
    "nested f-strings": nest("f'{", "a", "}'"),
    "nested format specs": nest("{a:", "", "}", "f'", "'"),
    "elif": nest("elif b: pass\n", "", start="if a: pass\n"),
    "clauses": nest(" for a in b", "", start="[a", end="]"),
    "comprehensions": nest("[", "a", " for a in b]"),
    "comprehensions of comprehensions": nest("[a for a in ", "b", "]"),
    "set comprehensions": nest("{", "a", " for a in b}"),
    "generators": nest("(", "a", " for a in b)"),
    "import": nest(".a", "", start="import a"),
    "from": nest(".a", "", start="from a", end=" import b"),
    "annotation": nest("a[", "b", "]", "x: "),
    "type parameters": nest("a[", "0", "]", "def f[T: ", "](): pass"),
    "del": nest("(", "a", ")", "del "),
    "del tuple": nest("(", "a", ",)", "del "),
    "del list": nest("[", "a", "]", "del "),
    "target": nest("[", "a", "]", end=" = b"),
    "target in parens": nest("(", "a", ",)", end=" = b"),
    "target subscript": nest("a[", "b", "]", end=" = 1"),
    "loop target": nest("(", "a", ",)", "for ", " in b: pass"),
    "with in parens": nest("(", "a", ")", "with ", ": pass"),
    "with tuple": nest("(", "a", ", b)", "with ", ": pass"),
    "match is a name": nest("match(", "a", ")"),
    "match is a name, subscripts": nest("match[", "a", "]"),
    "list pattern": case("[", "1", "]"),
    "paren pattern": case("(", "1", ")"),
    "tuple pattern": case("(", "1", ",)"),
    "class pattern": case("A(", "1", ")"),
    "keyword pattern": case("A(x=", "1", ")"),
    "mapping pattern": case("{1:", "a", "}"),
    "or pattern": case("{1: 2|", "a", "}"),
    "as pattern": case("(", "1", " as b)"),
    "mixed pattern": case("{1: [A(", "1", ")]}"),
    "dotted pattern": nest(".a", "", start="match a:\n case a", end=": pass"),
    "unclosed": nest("(", ""),
    "unclosed, mixed": nest("([{", ""),
    "unclosed calls": nest("f(", ""),
    "unclosed subscripts": nest("a[", ""),
    "unclosed f-strings": nest("f'{", ""),
    "unclosed pattern": case("[", "1"),
    "unclosed mapping pattern": case("{1:", "1"),
    "closers": nest(")", ""),
    "chain and more": nest(".b()", " b", start="a"),
    "sum and more": nest(" + 1", " )", start="1"),
    "lambda without end": nest("lambda: ", ""),
    "conditional without end": nest("a if b else ", ""),
    "two values in parens": nest("(", "1 2", ")"),
    "two values in lists": nest("[", "1 2", "]"),
    "two values in sets": nest("{", "1 2", "}"),
    "two values in calls": nest("f(a=", "1 2", ")"),
    "two values in subscripts": nest("a[", "1 2", "]"),
    "two values in del": nest("(", "1 2", ")", "del "),
    "two values in with": nest("(", "1 2", ")", "with ", ": pass"),
    "two values in a pattern": case("[", "1 2", "]"),
    "two values in a mapping pattern": case("{1: ", "1 2", "}"),
    "two values in a loop target": nest("(", "1 2", ")", "for ", " in a: pass"),
    "new syntax and parens": nest("(", "1", ")", "try: pass\nexcept a, b: "),
    "line joins": nest("a \\\n", ""),
    "if": blocks("if a:"),
    "else": blocks("if a: pass", "else:"),
    "elif blocks": blocks("if a: pass", "elif b:"),
    "def": blocks("def f():"),
    "async def": blocks("async def f():"),
    "decorated def": blocks("@a", "def f():"),
    "decorated class": blocks("@a", "class f:"),
    "for": blocks("for a in b:", closing="else: pass"),
    "while": blocks("while a:"),
    "with": blocks("with (a as b):"),
    "finally": blocks("try:", closing="finally: pass"),
    "except": blocks("try:", closing="except a: pass"),
    "except star": blocks("try:", closing="except* a: pass"),
    "bad if": blocks("if a:", last="1 2"),
    "bad def": blocks("def f():", last="1 2"),
    "bad class": blocks("class A:", last="1 2"),
    "bad try": blocks("try:", last="1 2"),
}

FLAT: dict[str, Shape] = {
    "comparison": nest(" < a", "", start="a"),
    "conditions": nest(" if c", "", start="[a for a in b", end="]"),
    "dots": nest(".", " import b", start="from "),
    "decorators": nest("@a\n", "def f(): pass"),
    "alternatives": nest("|1", "", start="match a:\n case 1", end=": pass"),
    "cases": nest(" case 1: pass\n", "", start="match a:\n"),
    "with items": nest(", a as b", "", start="with (a as b", end="): pass"),
    "arguments": nest("a, ", "", start="f(", end=")"),
    "slices": nest(":,", "", start="a[", end="]"),
    "handlers": nest("except a: pass\n", "", start="try: pass\n"),
    "semicolons": nest("a; ", "a"),
    "names": nest(", a", "", start="global a"),
    "strings in a list": nest("'a', ", "", start="[", end="]"),
}
"""What is long without being deep."""
