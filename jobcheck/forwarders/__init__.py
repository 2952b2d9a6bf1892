"""Functions of the project that hand on a job, or a job's arguments, to an enqueue: their calls are enqueues.

Where a finding stands: what a caller gives is found at the caller, and the calls on the way are related places. What
the function makes itself is found in the function, once, however many callers and jobs there are. A function that
always enqueues one job and takes only values (`def notify(order): bill.delay(order)`) is no forwarder: the enqueue in it
is judged with the kinds that its callers pass, and the caller that passes the bad one is a related place.

hinges (in frameworks/) say on which expressions of a call it hangs what is enqueued; dependence.py follows these to
parameters, routes.py from a function to its callers and back, inference.py records what the last call of a route does.
decorated.py knows what decorators add to functions, runners.py who else calls what it is handed, hooks.py the project's
own functions around commit hooks, configured.py what the configuration says.
"""
