"""The package as a whole: its public face, and what importing it costs."""

import subprocess
import sys

import jobcheck.runtime

HEAVY = {
    "asyncio",
    "dataclasses",
    "difflib",
    "inspect",
    "json",
    "logging",
    "random",
    "threading",
    "urllib.parse",
    "uuid",
}


def modules_after_import():
    code = "import sys; import jobcheck.runtime; print(*sys.modules)"
    paths = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    # -S: site-packages may load what they like at start-up
    done = subprocess.run([sys.executable, "-S", "-c", code], env=paths, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_nothing_heavy_nothing_foreign_nothing_of_the_analyzer():
    loaded = modules_after_import()
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("jobcheck.")} == {
        name for name in loaded if name.startswith("jobcheck.runtime")
    }
    assert {name.partition(".")[0] for name in loaded} <= {*sys.stdlib_module_names, "jobcheck", "__main__"}


def test_every_public_name_is_there():
    assert all(hasattr(jobcheck.runtime, name) for name in jobcheck.runtime.__all__)
    assert len(set(jobcheck.runtime.__all__)) == len(jobcheck.runtime.__all__)
