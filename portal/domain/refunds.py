"""Refunds: money that went back to a payer at Stripe, whoever sent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RefundState(StrEnum):
    """Stripe's states of a refund; one that failed or was cancelled gave nothing back."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


GIVES_NOTHING = frozenset({RefundState.FAILED, RefundState.CANCELED})


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of a charge, in minor units; `intent` is the charge's, empty if it has none.

    `reason` is Stripe's word for why, empty where none was given.
    """

    id: str
    charge: str
    intent: str
    amount: int
    currency: str
    state: RefundState
    reason: str = ""
    created_at: datetime | None = None

    @property
    def gives_back(self) -> bool:
        """Whether the payer has the money, or is getting it."""
        return self.state not in GIVES_NOTHING


def given_back(refunds: Sequence[Refund]) -> int:
    """Return what the payer of one charge has back or is getting, in minor units."""
    return sum(refund.amount for refund in refunds if refund.gives_back)


def still_owed(excesses: Sequence[int], given: int) -> list[int]:
    """Return what of each excess of one charge still has to go back after `given` went back."""
    owed: list[int] = []
    for excess in excesses:
        covered = min(excess, given)
        owed.append(excess - covered)
        given -= covered
    return owed


def beyond(excess: int, before: int, amount: int) -> int:
    """Return what of a refund gives back what was booked, and not what was too much anyway.

    `before` is what went back of the charge earlier; the `excess` of the charge goes back first.
    """
    return max(before + amount - excess, 0) - max(before - excess, 0)


def shared(amount: int, left: Sequence[int]) -> list[int]:
    """Divide a sum over what is left of some parts, in proportion and to the cent.

    What is more than all of them is nobody's.
    """
    whole = sum(left)
    amount = min(amount, whole)
    if not amount:
        return [0 for _ in left]
    shares = [amount * part // whole for part in left]
    places = sorted(range(len(left)), key=lambda place: -(amount * left[place] % whole))
    for place in places[: amount - sum(shares)]:
        shares[place] += 1
    return shares
