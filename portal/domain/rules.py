"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants. `payment_method_types` are the
    kinds of payment methods taken here, by their names in the catalogue; empty takes every kind
    that fits.
    """

    part_payment: bool = False
    payment_method_types: tuple[str, ...] = ()


NOTHING_DECIDED = Rules()
