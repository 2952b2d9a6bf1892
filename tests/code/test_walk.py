"""Walking the IR."""

import msgspec

from jobcheck.code import ir, walk
from jobcheck.code.lower import lower

SOURCE = b"""
@deco(1)
def outer(a: int = b, *args, c=d) -> e:
    with f as g:
        @h
        def inner(x=y): z()
        k = lambda m=n: o
    {p: q for r in s if t}
    u if v else w
    class K(L): M
"""


def names(*, into_functions: bool) -> str:
    found = walk.walk(lower(SOURCE).body[0], into_functions=into_functions)
    return " ".join(node.id for node in found if isinstance(node, ir.Name))


def test_source_order():
    assert names(into_functions=True) == "deco int b d e f g h y z k n o p q r s t u v w L M"


def test_bodies_of_functions_below_can_be_left_out():
    assert names(into_functions=False) == "deco int b d e f g h y k n p q r s t u v w L M"


def test_all_nodes_start_in_order():
    nodes = list(walk.walk(lower(SOURCE).body))
    starts = [node.start for node in nodes]
    assert starts == sorted(starts)


def test_every_field_that_holds_nodes_is_walked():
    kinds = [kind for kind in vars(ir).values() if isinstance(kind, type) and issubclass(kind, ir.Node) and kind is not ir.Node]
    for kind in kinds:
        fields = {
            field.name
            for field in msgspec.structs.fields(kind)
            if any(word in str(field.type) for word in ("jobcheck.code.ir", "Union[Name", "ForwardRef"))
        }
        assert fields == set(walk._PARTS.get(kind, ())), kind
