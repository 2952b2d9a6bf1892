"""Islands of job code and the IR that they are lowered to."""
