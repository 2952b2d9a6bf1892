"""Rules about arguments: what crosses the queue."""
