"""What values are: kinds, flow and calls over the IR."""
