"""What became of the payments of an invoice, in words: refunds and disputes."""

from collections.abc import Iterator
from datetime import datetime

from portal.domain.disputes import Dispute, DisputeState
from portal.domain.money import Money
from portal.domain.refunds import Refund, RefundState
from portal.i18n import gettext as _
from portal.mirror.sales import Beside
from portal.web.filters import money


def of_invoice(beside: Beside) -> list[tuple[datetime | None, str]]:
    """Return when something became of a payment and what, the oldest first."""
    told = [*_refunds(beside), *_disputes(beside)]
    return sorted(told, key=lambda row: row[0].timestamp() if row[0] else 0.0)


def _refunds(beside: Beside) -> Iterator[tuple[datetime | None, str]]:
    for refund in beside.refunds:
        yield refund.created_at, _of_refund(refund)


def _of_refund(refund: Refund) -> str:
    amount = money(Money(refund.amount, refund.currency))
    if refund.state is RefundState.SUCCEEDED:
        return _("%(amount)s was given back to you.", amount=amount)
    if refund.gives_back:
        return _("%(amount)s is on its way back to you.", amount=amount)
    return _("A refund of %(amount)s did not reach you. Your payment still counts.", amount=amount)


def _disputes(beside: Beside) -> Iterator[tuple[datetime | None, str]]:
    for dispute in beside.disputes:
        yield dispute.created_at, _of_dispute(dispute)


def _of_dispute(dispute: Dispute) -> str:
    amount = money(Money(dispute.amount, dispute.currency))
    match dispute.state:
        case DisputeState.WARNING_NEEDS_RESPONSE | DisputeState.WARNING_UNDER_REVIEW:
            return _("Your bank asked about a payment of %(amount)s.", amount=amount)
        case DisputeState.WARNING_CLOSED | DisputeState.PREVENTED:
            return _(
                "Your bank’s question about a payment of %(amount)s is settled.", amount=amount
            )
        case DisputeState.NEEDS_RESPONSE | DisputeState.UNDER_REVIEW:
            return _(
                "A payment of %(amount)s was disputed, and the bank has still to decide.",
                amount=amount,
            )
        case DisputeState.WON:
            return _("A dispute about %(amount)s is decided: the payment stands.", amount=amount)
        case DisputeState.LOST:
            return _(
                "A dispute about %(amount)s is decided: your bank gave you the money back.",
                amount=amount,
            )
