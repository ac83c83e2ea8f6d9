"""Disputes: a payer asks the bank for the money of a charge back, and the bank decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain.invoices import Contested


class DisputeState(StrEnum):
    """Stripe's states of a dispute; the `warning` ones are of an inquiry, which takes no money."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"


_OVER = frozenset({DisputeState.WON, DisputeState.WARNING_CLOSED, DisputeState.PREVENTED})


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute about a charge, in minor units; `intent` is the charge's, empty if it has none.

    WON and LOST are told from the merchant's side: lost, the payer has the money back.
    """

    id: str
    charge: str
    intent: str
    amount: int
    currency: str
    state: DisputeState
    created_at: datetime | None = None

    @property
    def contested(self) -> Contested:
        """Return what it makes of the payment it is about."""
        if self.state is DisputeState.LOST:
            return Contested.LOST
        return Contested.NO if self.state in _OVER else Contested.OPEN


def together(disputes: Iterable[Dispute]) -> Contested:
    """Return how several disputes about one payment stand: one that is open decides."""
    found = {dispute.contested for dispute in disputes}
    if Contested.OPEN in found:
        return Contested.OPEN
    return Contested.LOST if Contested.LOST in found else Contested.NO
