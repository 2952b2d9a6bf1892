"""Functions of the project that hand on a job, or a job's arguments, to an enqueue: their calls are enqueues."""
