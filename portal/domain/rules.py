"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants.
    """

    part_payment: bool = False


NOTHING_DECIDED = Rules()
