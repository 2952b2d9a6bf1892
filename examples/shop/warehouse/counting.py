"""From the counting room to the queue."""

from warehouse.jobs import Recount, Restock, print_labels
from warehouse.stock import Size


def counted(sku, small, large):
    """Somebody counted a shelf."""
    Recount.perform_later(sku, {"SMALL": small, "LARGE": large})
    Recount.set(wait=3600, queue="low").perform_later(sku, {Size.MEDIUM.name: 0})


def labels(sku):
    """The labels are torn."""
    print_labels.perform_later(sku, 2)


def labels_by_name(sku):
    """The labels are torn, and the queue of the warehouse carries no keyword arguments."""
    print_labels.perform_later(sku, copies=2)


def order_more(sku):
    """There are too few: sizes as keys do not stay what they are on the way."""
    Restock.perform_later(sku, {Size.LARGE: 10})
