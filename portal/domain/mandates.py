"""Mandates: a customer's word that an account may be debited, as Stripe keeps it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A copy goes out when a mandate is given. One that is older when it is first met was given
# elsewhere, before this portal looked after the customer, and its copy with it.
FRESH = timedelta(days=7)


class MandateStatus(StrEnum):
    """Stripe's states of a mandate."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Mandate:
    """One mandate; `method` is the payment method it is for and `type` that method's kind.

    `reference`, `creditor` and `creditor_id` are empty where Stripe does not tell them: they stand
    on the bank statement then. `revoked_because` is the bank's word on why it ended.
    """

    id: str
    method: str
    type: str
    status: MandateStatus
    is_single_use: bool = False
    reference: str = ""
    creditor: str = ""
    creditor_id: str = ""
    accepted_at: datetime | None = None
    url: str = ""
    revoked_because: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the account can be debited on it no more."""
        return self.status is MandateStatus.INACTIVE

    def is_fresh(self, now: datetime) -> bool:
        """Whether it was given a moment ago, as far as is known, and its copy is due."""
        return self.accepted_at is None or now - self.accepted_at < FRESH
