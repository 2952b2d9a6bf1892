"""Rules about state: what is not the same any more when the job runs."""
