"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants. `holded_calls_a_month` is how many
    calls Holded's plan allows, 0 to believe what Holded says itself.
    """

    part_payment: bool = False
    holded_calls_a_month: int = 0


NOTHING_DECIDED = Rules()
