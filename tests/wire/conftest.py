"""Lets the tests here import their helpers by name: measure.py must be importable for what it pickles."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
