"""`python -m jobcheck` is `jobcheck`."""

from jobcheck.cli import process

if __name__ == "__main__":
    process()
