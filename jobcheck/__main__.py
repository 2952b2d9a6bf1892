"""`python -m jobcheck` is `jobcheck`."""

from jobcheck.cli import main

if __name__ == "__main__":
    main()
