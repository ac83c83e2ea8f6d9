"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants.

    `purchase_orders` lets customers write the reference of their order on their next invoices,
    under the name `purchase_order_name` (30 characters at most, as Stripe prints them).
    """

    part_payment: bool = False
    purchase_orders: bool = True
    purchase_order_name: str = "PO number"


NOTHING_DECIDED = Rules()
