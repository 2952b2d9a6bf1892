"""Each rule's example run, the bad one and the good one: see registry.py for which, stages/ for where."""
