"""The project: names of modules, and what names mean across them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobcheck.files import FileSet, find_files
from jobcheck.project.modules import (
    Ambiguous,
    Declared,
    External,
    Missing,
    Module,
    Package,
    Project,
    Unknown,
    candidates,
)
from jobcheck.project.shape import AssignDecl
from jobcheck.project.source import UnreadableSource


def project(files: dict[str, str | bytes], others: list[str] | None = None) -> Project:
    """A project that is nowhere on disk."""
    root = Path("/nowhere/at/all")
    data = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    return Project(root, FileSet(root, [], others or []), overlay=data)


def meaning(found: object) -> str:
    """A resolution in one line."""
    if isinstance(found, Declared):
        names = [d.names[0] if isinstance(d, AssignDecl) else d.qualname for d in found.decls]
        return f"{found.filename}: {' '.join(names)}"
    if isinstance(found, Module):
        return f"module {found.dotted} {found.filename or 'namespace'}"
    if isinstance(found, External):
        return f"external {found.qualname}"
    if isinstance(found, Missing):
        return f"missing {found.name} in {found.filename}"
    if isinstance(found, Ambiguous):
        return " | ".join(meaning(c) for c in found.candidates)
    return "unknown"


APP = {
    "app/__init__.py": "from .tasks import send\nfrom . import util as u\nVERSION = 1\n",
    "app/tasks.py": "from celery import shared_task as job\nimport celery\n@job\ndef send(x): pass\nalias = send\n",
    "app/util.py": "from app import send as s\nimport app.tasks\nimport app.tasks as q\nfrom . import tasks, nope\n",
    "app/deep/__init__.py": "",
    "app/deep/er.py": "from ...app import x\nfrom .. import send\nfrom ..tasks import alias, gone\n",
}


@pytest.mark.parametrize(
    ("filename", "dotted", "expected"),
    [
        ("app/__init__.py", "send", "app/tasks.py: send"),
        ("app/__init__.py", "u", "module app.util app/util.py"),
        ("app/__init__.py", "u.s", "app/tasks.py: send"),
        ("app/__init__.py", "VERSION", "app/__init__.py: VERSION"),
        ("app/__init__.py", "tasks", "module app.tasks app/tasks.py"),
        ("app/__init__.py", "deep", "module app.deep app/deep/__init__.py"),
        ("app/__init__.py", "gone", "missing gone in app/__init__.py"),
        ("app/tasks.py", "job", "external celery.shared_task"),
        ("app/tasks.py", "celery.app.task", "external celery.app.task"),
        ("app/tasks.py", "alias", "app/tasks.py: send"),
        ("app/tasks.py", "len", "external builtins.len"),
        ("app/tasks.py", "__name__", "unknown"),
        ("app/tasks.py", "send.delay", "unknown"),
        ("app/util.py", "s", "app/tasks.py: send"),
        ("app/util.py", "app.tasks.alias", "app/tasks.py: send"),
        ("app/util.py", "app.send", "app/tasks.py: send"),
        ("app/util.py", "q.job", "external celery.shared_task"),
        ("app/util.py", "tasks.send", "app/tasks.py: send"),
        ("app/util.py", "nope", "missing nope in app/__init__.py"),
        ("app/deep/er.py", "send", "app/tasks.py: send"),
        ("app/deep/er.py", "alias", "app/tasks.py: send"),
        ("app/deep/er.py", "gone", "missing gone in app/tasks.py"),
    ],
)
def test_resolves(filename: str, dotted: str, expected: str) -> None:
    assert meaning(project(APP).resolve_dotted(filename, dotted)) == expected


def test_class_members() -> None:
    found = project({"a.py": "class A:\n  x = 1\n  class B:\n    def m(self): pass\n"})
    assert meaning(found.resolve_dotted("a.py", "A.B.m")) == "a.py: A.B.m"
    assert meaning(found.resolve_dotted("a.py", "A.x")) == "a.py: x"
    assert meaning(found.resolve_dotted("a.py", "A.y")) == "unknown"


def test_prefix_keeps_what_cannot_be_said() -> None:
    found = project({"a.py": "from celery import Celery\napp = Celery()\n", "b.py": "import a as c\n"})
    resolution, rest = found.resolve_prefix("b.py", "c.app.task.x")
    assert (meaning(resolution), rest) == ("a.py: app", ("task", "x"))
    assert found.resolve_prefix("b.py", "c") == (Module("a.py", "a"), ())


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("try:\n  import ujson as j\nexcept ImportError:\n  import json as j\n", "j", "external json | external ujson"),
        ("try:\n  from x import y\nexcept ImportError:\n  y = None\n", "y", "m.py: y | external x.y"),
        ("if T:\n  def f(): pass\nelse:\n  def f(a): pass\n", "f", "m.py: f f"),
        ("def f(): pass\ndef f(a): pass\n", "f", "m.py: f"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from z import K\n", "K", "external z.K"),
        ("x = []\nx += [1]\n", "x", "m.py: x x"),
        ("x: int\nx = 1\n", "x", "m.py: x"),
        ("x: int\n", "x", "missing x in m.py"),
        ("a = b\nb = a\n", "a", "m.py: b"),
        ("a = a\n", "a", "m.py: a"),
        ("a = None\n", "a", "m.py: a"),
        ("a = len\n", "a", "external builtins.len"),
        ("for i in x: pass\nwith y as k: pass\n", "k", "m.py: k"),
        ("def f():\n  global g\n", "g", "unknown"),
        ("def __getattr__(n): pass\n", "g", "unknown"),
        ("from os import *\n", "g", "unknown"),
        ("from os import *\n", "print", "external builtins.print"),
        ("globals().update(a=1)\n", "a", "unknown"),
        ("def f(:\n", "f", "unknown"),
        (b"\xff", "f", "unknown"),
        ("type X = int\n", "X", "external builtins.int"),
    ],
)
def test_bindings(code: str | bytes, name: str, expected: str) -> None:
    assert meaning(project({"m.py": code}).resolve("m.py", name)) == expected


def test_the_last_of_several_declarations_comes_first() -> None:
    found = project({"m.py": "try:\n  def f(a): pass\nfinally:\n  def f(b): pass\n"}).resolve("m.py", "f")
    assert isinstance(found, Declared)
    assert [d.start for d in found.decls] == sorted((d.start for d in found.decls), reverse=True)
    assert candidates(found) == (found,)


STARS = {
    "p/__init__.py": "from .a import *\nfrom .b import *\n",
    "p/a.py": "__all__ = ['x', '_y']\nx = 1\n_y = 2\nhidden = 3\n",
    "p/b.py": "from .c import *\nz = 1\n_w = 2\n",
    "p/c.py": "from .b import *\ndeep = 1\n",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "p/a.py: x"),
        ("_y", "p/a.py: _y"),
        ("hidden", "missing hidden in p/__init__.py"),
        ("z", "p/b.py: z"),
        ("_w", "missing _w in p/__init__.py"),
        ("deep", "p/c.py: deep"),
    ],
)
def test_star_imports(name: str, expected: str) -> None:
    assert meaning(project(STARS).resolve("p/__init__.py", name)) == expected


def test_cycles_and_fans_end() -> None:
    files = {f"m{i}.py": "".join(f"from m{j} import *\n" for j in range(40)) for i in range(40)}
    files |= {"a.py": "from b import x\n", "b.py": "from a import x\n"}
    files |= {f"c{i}.py": f"from c{i + 1} import y\n" for i in range(500)} | {"c500.py": "y = 1\n"}
    found = project(files)
    assert isinstance(found.resolve("m0.py", "nothing"), Unknown)
    assert isinstance(found.resolve("a.py", "x"), Unknown)
    assert isinstance(found.resolve("c0.py", "y"), Unknown)
    assert meaning(found.resolve("c480.py", "y")) == "c500.py: y"
    attributes = ".".join(["x"] * 5000)
    assert isinstance(found.resolve_dotted("a.py", attributes), Unknown)


def test_a_package_that_imports_its_own_submodule() -> None:
    found = project({"p/__init__.py": "from . import sub\nfrom p import other\n", "p/sub.py": "", "p/other.py": ""})
    assert meaning(found.resolve("p/__init__.py", "sub")) == "module p.sub p/sub.py"
    assert meaning(found.resolve("p/__init__.py", "other")) == "module p.other p/other.py"


def test_a_module_may_import_itself_by_its_full_name() -> None:
    found = project({"p/__init__.py": "", "p/jobs.py": "import p.jobs as me\nfrom p.jobs import f as g\ndef f(): pass\n"})
    assert found.find_module("p.jobs", "p/jobs.py") == "p/jobs.py"
    assert meaning(found.resolve_dotted("p/jobs.py", "me.f")) == "p/jobs.py: f"
    assert meaning(found.resolve("p/jobs.py", "g")) == "p/jobs.py: f"


def test_an_attribute_beats_a_submodule() -> None:
    found = project({"p/__init__.py": "from .f import f\n", "p/f.py": "def f(): pass\n", "m.py": "from p import f\n"})
    assert meaning(found.resolve("m.py", "f")) == "p/f.py: f"


def test_modules_that_are_not_among_the_files_are_unknown() -> None:
    found = project({"p/__init__.py": "", "m.py": "from p.gone import x\nimport p.gone2\nfrom .rel import y\n"})
    assert meaning(found.resolve("m.py", "x")) == "unknown"
    assert meaning(found.resolve("m.py", "y")) == "unknown"
    assert meaning(found.resolve_dotted("m.py", "p.gone2")) == "missing gone2 in p/__init__.py"


def test_what_lies_on_disk_is_not_missing(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for name in ("__init__.py", "excluded.py", "compiled.cpython-311-x86_64-linux-gnu.so"):
        (tmp_path / "p" / name).write_text("")
    (tmp_path / "m.py").write_text("import p\n")
    found = Project(tmp_path, find_files(tmp_path, ["p/excluded.py"]))
    assert meaning(found.resolve_dotted("m.py", "p.excluded")) == "unknown"
    assert meaning(found.resolve_dotted("m.py", "p.compiled")) == "unknown"
    assert meaning(found.resolve_dotted("m.py", "p.gone")) == "missing gone in p/__init__.py"


@pytest.mark.parametrize(
    ("files", "others", "filename", "name"),
    [
        (["app/__init__.py", "app/a.py"], [], "app/a.py", "app.a"),
        (["app/__init__.py"], [], "app/__init__.py", "app"),
        (["app/__init__.py", "app/__main__.py"], [], "app/__main__.py", "app.__main__"),
        (["src/app/__init__.py", "src/app/a.py"], [], "src/app/a.py", "app.a"),
        (["src/ns/app/__init__.py", "src/ns/app/a.py"], [], "src/ns/app/a.py", "ns.app.a"),
        (["src/ns/a.py"], [], "src/ns/a.py", "ns.a"),
        (["ns/sub/a.py"], [], "ns/sub/a.py", "ns.sub.a"),
        (["a.py"], [], "a.py", "a"),
        (["backend/app/__init__.py", "backend/app/a.py"], [], "backend/app/a.py", "app.a"),
        (["backend/manage.py", "backend/jobs/a.py"], [], "backend/jobs/a.py", "jobs.a"),
        (["one/src/p/a.py"], ["one/pyproject.toml"], "one/src/p/a.py", "p.a"),
        (["__init__.py", "a.py"], [], "a.py", "a"),
    ],
)
def test_module_names(files: list[str], others: list[str], filename: str, name: str) -> None:
    found = project(dict.fromkeys(files, ""), others)
    assert found.module_name(filename) == name
    if name != "a":
        assert found.find_module(name, filename) == filename or filename == found.find_module(name, None)


def test_imports_decide_between_namespace_and_root() -> None:
    files = {"services/pay/__init__.py": "", "services/pay/jobs.py": "", "run.py": "from services.pay import jobs\n"}
    assert project(files).module_name("services/pay/jobs.py") == "services.pay.jobs"
    files["run.py"] = "import pay.jobs\n"
    assert project(files).module_name("services/pay/jobs.py") == "pay.jobs"


def test_a_package_that_its_code_imports_from_is_a_root() -> None:
    files = {f"shop/{name}/__init__.py": "" for name in ("core", "pay", "redis")} | {"shop/__init__.py": ""}
    files |= {"shop/core/jobs.py": "from pay.models import P\nfrom core.util import U\n"}
    files |= {"shop/pay/models.py": "class P: pass\n", "shop/core/util.py": "class U: pass\n"}
    assert meaning(project(files).resolve("shop/core/jobs.py", "P")) == "shop/pay/models.py: P"
    files |= {"shop/core/jobs.py": "from core.api import U\nfrom pay import P\nfrom shop.pay import models\n"}
    found = project(files)
    assert meaning(found.resolve("shop/core/jobs.py", "P")) == "external pay.P"
    assert meaning(found.resolve("shop/core/jobs.py", "U")) == "external core.api.U"
    assert found.module_name("shop/core/jobs.py") == "shop.core.jobs"


def test_a_package_with_manage_py_is_a_root() -> None:
    files = {"ls/__init__.py": "", "ls/manage.py": "", "ls/tests/__init__.py": "", "ls/tests/conf.py": "x = 1\n"}
    files |= {"ls/io/__init__.py": "", "ls/io/tests/__init__.py": "", "ls/io/tests/m.py": "from tests.conf import x\n"}
    found = project(files)
    assert meaning(found.resolve("ls/io/tests/m.py", "x")) == "ls/tests/conf.py: x"
    assert found.module_name("ls/io/tests/m.py") == "io.tests.m"


def test_a_package_with_setup_py_is_a_root_where_imports_say_so() -> None:
    files = {"back/__init__.py": "", "back/setup.py": "", "back/shop/__init__.py": "", "back/shop/lib/__init__.py": ""}
    files |= {"back/shop/lib/queue.py": "q = 1\n", "back/shop/jobs.py": "from shop.lib.queue import q\n"}
    found = project(files)
    assert meaning(found.resolve("back/shop/jobs.py", "q")) == "back/shop/lib/queue.py: q"
    assert found.module_name("back/shop/jobs.py") == "shop.jobs"
    files["back/shop/jobs.py"] = "from back.shop.lib.queue import q\n"
    found = project(files)
    assert meaning(found.resolve("back/shop/jobs.py", "q")) == "back/shop/lib/queue.py: q"
    assert found.module_name("back/shop/jobs.py") == "back.shop.jobs"


@pytest.mark.parametrize(
    "put", ['sys.path.insert(0, join(BASE, "apps"))', "sys.path.append(\n    str(BASE / 'shop' / 'apps')\n)"]
)
def test_a_package_that_settings_put_on_the_path_is_a_root_for_all(put: str) -> None:
    files = dict.fromkeys(
        ["shop/__init__.py", "shop/apps/__init__.py", "shop/apps/mail/__init__.py", "shop/apps/stock/__init__.py"], ""
    )
    files |= {"shop/apps/mail/jobs.py": "from stock.rows import row\n", "shop/apps/stock/rows.py": "import mail.jobs\nrow = 1\n"}
    files |= {"shop/celery.py": "from mail.jobs import row\n", "manage.py": ""}
    assert meaning(project(files).resolve("shop/celery.py", "row")) == "external mail.jobs.row"
    files["shop/settings.py"] = f"import sys\n{put}\n"
    assert meaning(project(files).resolve("shop/celery.py", "row")) == "shop/apps/stock/rows.py: row"


def test_imports_from_a_root_that_is_guessed_are_not_missing() -> None:
    files = {
        "plugins/slack/__init__.py": "",
        "plugins/slack/client.py": "from slack import WebClient\nimport slack.rtm\n",
    }
    assert meaning(project(files).resolve("plugins/slack/client.py", "WebClient")) == "unknown"
    assert meaning(project(files).resolve("plugins/slack/client.py", "slack.rtm.x")) != "missing rtm"


def test_the_nearest_root_wins() -> None:
    files = {f"{s}/{f}": "" for s in ("one", "two") for f in ("app/__init__.py", "app/tasks.py", "main.py")}
    found = project(files, ["one/pyproject.toml", "two/pyproject.toml"])
    assert found.find_module("app.tasks", "one/main.py") == "one/app/tasks.py"
    assert found.find_module("app.tasks", "two/app/__init__.py") == "two/app/tasks.py"


def test_namespace_packages() -> None:
    found = project({"ns/a/x.py": "v = 1\n", "m.py": "import ns.a.x\nfrom ns.a import x, y\nfrom ns import a\n"})
    assert found.find_module("ns.a", "m.py") == Package("ns.a", ("ns/a",))
    assert meaning(found.resolve_dotted("m.py", "ns.a.x.v")) == "ns/a/x.py: v"
    assert meaning(found.resolve("m.py", "x")) == "module ns.a.x ns/a/x.py"
    assert meaning(found.resolve("m.py", "a")) == "module ns.a namespace"
    assert meaning(found.resolve("m.py", "y")) == "external ns.a.y"


def test_a_folder_called_like_a_framework_is_not_the_framework() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": "from celery import Celery\nimport redis\n",
        "shop/redis.py": "import redis\n",
        "contrib/celery/__init__.py": "from celery import Task\n",
        "docker/celery/run.py": "import celery\n",
    }
    found = project(files)
    assert meaning(found.resolve("shop/celery.py", "Celery")) == "external celery.Celery"
    assert meaning(found.resolve("shop/celery.py", "redis")) == "external redis"
    assert meaning(found.resolve("shop/redis.py", "redis")) == "external redis"
    assert meaning(found.resolve("contrib/celery/__init__.py", "Task")) == "external celery.Task"
    assert meaning(found.resolve("docker/celery/run.py", "celery")) == "external celery"
    own = project({"celery/__init__.py": "class Celery: pass\n", "t/m.py": "from celery import Celery\n"})
    assert meaning(own.resolve("t/m.py", "Celery")) == "celery/__init__.py: Celery"


def test_relative_imports() -> None:
    found = project({"p/__init__.py": "", "p/q/__init__.py": "", "p/q/m.py": "", "p/n.py": "", "ns/a.py": ""})
    assert found.resolve_import("p/q/m.py", "", 1) == "p/q/__init__.py"
    assert found.resolve_import("p/q/m.py", "n", 2) == "p/n.py"
    assert found.resolve_import("p/q/__init__.py", "m", 1) == "p/q/m.py"
    assert found.resolve_import("p/q/m.py", "x", 9) is None
    assert found.resolve_import("p/q/m.py", "gone", 1) is None
    assert found.resolve_import("ns/a.py", "", 1) == Package("ns", ("ns",))
    assert found.resolve_import("p/n.py", "p.q.m", 0) == "p/q/m.py"


def test_reading_is_lazy_and_cached() -> None:
    asked: list[str] = []

    def read(name: str) -> bytes:
        asked.append(name)
        if name == "gone.py":
            raise FileNotFoundError(2, "No such file or directory")
        return b"x = 1\n"

    root = Path("/nowhere/at/all")
    found = Project(root, FileSet(root, ["a.py", "b.py", "gone.py"]), read=read, overlay={"b.py": b"y = 1\n"})
    assert found.shape("a.py") is found.shape("a.py")
    assert found.shape("b.py").names == {"y"}
    assert asked == ["a.py"]
    for _ in range(2):
        with pytest.raises(UnreadableSource, match="No such file"):
            found.source("gone.py")
    assert asked == ["a.py", "gone.py"]
    assert found.filenames == ["a.py", "b.py", "gone.py"]
