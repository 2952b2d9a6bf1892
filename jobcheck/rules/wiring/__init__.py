"""Rules about wiring: do the parts meet."""
