"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants. `prenotification_days` is how many
    days before a bank debit its payer is told of it, as mandates agree. `backup_method` lets
    customers name a second method, which is charged when the first is refused.
    """

    part_payment: bool = False
    prenotification_days: int = 2
    backup_method: bool = False


NOTHING_DECIDED = Rules()
