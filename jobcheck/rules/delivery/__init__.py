"""Rules about delivery: retries and waiting."""
