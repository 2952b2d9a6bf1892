"""Orders: what customers buy, and what happens to it."""
