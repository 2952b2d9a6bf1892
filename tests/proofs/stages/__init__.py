"""Where examples are run: each function runs a project's `jobs.run()` and says in a line what came of it."""
