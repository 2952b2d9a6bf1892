"""Which files are imported with others, by the import statements in them."""

from pathlib import Path

import pytest

from jobcheck.files import FileSet
from jobcheck.project.modules import Project
from jobcheck.project.reached import imported, reached

TREE = ("shop/__init__.py", "shop/a.py", "shop/b.py", "shop/deep/__init__.py", "shop/deep/c.py", "other/d.py", "json.py")


def project(**texts: str) -> Project:
    files = dict.fromkeys(TREE, b"") | {name.replace("__", "/") + ".py": text.encode() for name, text in texts.items()}
    root = Path("nowhere")
    return Project(root, FileSet(root, sorted(files), []), overlay=files)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import shop.a", {"shop/a.py"}),
        ("import os, shop.a as x, shop.deep.c", {"shop/a.py", "shop/deep/c.py"}),
        ("from shop import a, b as c", {"shop/__init__.py", "shop/a.py", "shop/b.py"}),
        ("from shop import (\n    a,  # not b\n    deep,\n)", {"shop/__init__.py", "shop/a.py", "shop/deep/__init__.py"}),
        ("from shop import a, \\\n    b", {"shop/__init__.py", "shop/a.py", "shop/b.py"}),
        ("from shop.a import thing", {"shop/a.py"}),
        ("def f():\n    from shop.deep import c", {"shop/deep/__init__.py", "shop/deep/c.py"}),
        ("from other import d", {"other/d.py"}),
        ("from shop import *", {"shop/__init__.py"}),
        ("import os\nfrom django import shop", set()),
        ("x = 'import shop.a'", set()),
    ],
)
def test_imports_of_a_file(text, found):
    assert set(imported(project(main=text), "main.py")) == found


def test_relative_imports():
    tree = project(shop__a="from . import b\nfrom .deep.c import x")
    assert set(imported(tree, "shop/a.py")) == {"shop/__init__.py", "shop/b.py", "shop/deep/c.py"}


def test_packages_come_with_their_modules():
    files, whole = reached(project(main="import shop.deep.c"), ["main.py"], {"shop/a.py"})
    assert files == {"main.py", "shop/__init__.py", "shop/deep/__init__.py", "shop/deep/c.py"}
    assert not whole


def test_what_is_imported_imports():
    tree = project(main="import shop.a", shop__a="import shop.b", shop__b="import shop.a")
    assert reached(tree, ["main.py"], {"shop/b.py"})[1]
