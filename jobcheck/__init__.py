"""jobcheck: a static checker for code that enqueues background jobs."""

__version__ = "0.1.0"
