"""The shop that the examples belong to."""
