"""Rules about timing: when it is enqueued."""
