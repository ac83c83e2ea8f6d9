"""Recurring invoices of Holded: what is to be invoiced, how often, and the days still to come."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.invoices import InvoiceLine
from portal.domain.money import Money


class Rhythm(StrEnum):
    """How often an invoice is made; the values are Holded's."""

    DAILY = "d"
    WEEKLY = "w"
    FORTNIGHTLY = "bw"
    MONTHLY = "m"
    EVERY_TWO_MONTHS = "bm"
    QUARTERLY = "q"
    EVERY_SIX_MONTHS = "ba"
    YEARLY = "a"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One recurring invoice.

    `total` is in minor units of `currency`, tax included; one in another currency than the
    account's is `is_foreign`, and its sums are not what the customer pays. `days` are the days of
    the coming invoices as last told, `is_approved` says that they are issued by themselves and not
    left as drafts. `rhythm` is empty where Holded names one that we do not know.
    """

    id: str
    customer: str
    description: str
    rhythm: str
    currency: str
    total: int
    lines: tuple[InvoiceLine, ...] = ()
    days: tuple[date, ...] = ()
    ends_on: date | None = None
    is_approved: bool = False
    is_foreign: bool = False

    @property
    def total_money(self) -> Money:
        """Return the sum of each invoice."""
        return Money(self.total, self.currency)

    def coming(self, today: date, most: int = 3) -> tuple[date, ...]:
        """Return the next days on which an invoice is made, at most so many."""
        return tuple(day for day in self.days if day >= today)[:most]
