"""Lets the tests here import the conformance run, whose halves are programs of their own, by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
