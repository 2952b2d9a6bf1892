"""A day in the warehouse: `python -m warehouse.demo` in examples/shop."""

from jobcheck.runtime import configure

from warehouse import counting
from warehouse.stock import Size, stock


def main():
    """Count a shelf, print labels, and say what is missing."""
    queue = configure(adapter="test")
    counting.counted("hat", small=2, large=30)
    counting.labels("hat")
    print(f"{len(queue.enqueued_jobs)} jobs wait")
    print(f"{queue.drain()} jobs were performed")
    print(f"large hats: {stock.amount('hat', Size.LARGE)}")
    print(f"too few: {', '.join(stock.missing(below=5))}")


if __name__ == "__main__":
    main()
