"""What the warehouse does in the background."""

from jobcheck.runtime import Job, discard_on, idempotent, job, retry_on

from warehouse.stock import Size, stock


class SupplierError(Exception):
    """The supplier did not take the order."""


class UnknownArticleError(Exception):
    """There is no such article."""


@retry_on(SupplierError, wait=60, attempts=5)
@discard_on(UnknownArticleError)
@idempotent("it says how many there are, not how many more")
class Recount(Job):
    """Write down what was counted: `amounts` by the name of the size."""

    queue_as = "warehouse"

    def perform(self, sku, amounts):
        for name, amount in amounts.items():
            stock.put(sku, Size[name], amount)


class Restock(Job):
    """Order the missing articles: `amounts` by size."""

    queue_as = "warehouse"

    def perform(self, sku, amounts):
        # The sizes have become text on their way through the queue: "3" has no name, and the run fails.
        return [f"{amount} of {sku}, {size.name}" for size, amount in amounts.items()]


@job(queue_as="labels")
def print_labels(sku, copies):
    """Print labels for a shelf."""
    return [f"{sku} #{number + 1}" for number in range(copies)]
