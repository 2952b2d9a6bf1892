"""A box for each framework: `enqueue(key, value)` gives a token, `received(token)` what the job is handed.

`make(*how, enqueues=...)` makes it, in the process that enqueues and again in the one that works. The store is told by
the environment: CONFORMANCE_FOLDER (files), CONFORMANCE_REDIS (a port), CONFORMANCE_POSTGRES (a port).
"""
