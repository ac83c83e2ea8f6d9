"""Paying a set of invoices with one press, in the fewest charges.

The charges are made one after another with the same method. The first that does not go through by
itself (the bank wants the customer, a refusal, no answer) ends the press: what was not reached is
offered again, never charged without its customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayError, GatewayUnavailable, Refused
from portal.domain.money import Money
from portal.domain.payments import CAN_TAKE_MONEY, PaymentState, Share
from portal.domain.presses import charges_of, may_press
from portal.services import intents, payments, receipts
from portal.services.payments import Pressed, Wish
from portal.store import outbox, presses
from portal.store import payments as rows
from portal.store.payments import PaymentRow
from portal.store.presses import PressRow

# How long a press goes on by itself; a page that says nothing for longer is not waited for.
LONGEST = timedelta(seconds=20)
# When a press that never ended was left by a process that died.
ABANDONED = timedelta(minutes=3)
# How long the receipt waits for a bank's page that is open, so that it names every charge.
WAITS_FOR_BANK = timedelta(minutes=30)
NO_RECEIPT = 0
GOES_ON = frozenset({PaymentState.SUCCEEDED, PaymentState.BOOKED, PaymentState.PROCESSING})


@dataclass(frozen=True, slots=True)
class Ended:
    """Where a press came to: its id (empty where it is one charge), and its last charge."""

    press: str
    last: Pressed


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice to be paid, and the sum the page showed for it."""

    invoice: str
    shown: Money


def press(visit: Visit, wanted: Sequence[Wanted], wish: Wish) -> Ended:
    """Pay these invoices with one method; `wish.shown` is the sum of all.

    Raises as `payments.pay` does while nothing was charged; later it ends and tells so.
    """
    if not visit.sees_everything:
        raise Refused(Decision.of(Reason.NOT_IN_SCOPE))
    shares = _shares(visit, wanted, wish)
    charges = charges_of(list(shares))
    if len(charges) == 1:
        return Ended("", payments.charge(visit, charges[0], wish))
    with visit.db.write() as unit:
        row = presses.add(
            unit,
            visit.merchant,
            visit.customer.id,
            shares,
            currency=wish.shown.currency,
            method=wish.method,
            now=visit.at.now,
        )
        # If nobody comes back to end it, the receipt names what was charged all the same.
        _have_receipted(unit, visit.at, row.id, after=ABANDONED)
    return _go_through(visit, row.id, charges, wish)


def _shares(visit: Visit, wanted: Sequence[Wanted], wish: Wish) -> dict[Share, str]:
    """Return what is to be charged, each with the id of the invoice its customer sees."""
    asked = [(payments.payable(visit, one.invoice), one) for one in wanted]
    decision = may_press([invoice for invoice, _ in asked], is_new=not wish.method)
    if not decision.is_allowed:
        raise Refused(decision)
    shares = {Share(i.origin, i.id, one.shown.amount): one.invoice for i, one in asked}
    is_twice = len({share.invoice for share in shares}) != len(wanted)
    if is_twice or sum(share.amount for share in shares) != wish.shown.amount:
        raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
    return shares


def _go_through(
    visit: Visit, press: str, charges: Sequence[tuple[Share, ...]], wish: Wish
) -> Ended:
    """Make the charges one after another, as far as they go through by themselves."""
    until, last = visit.at.now + LONGEST, None
    for shares in charges:
        if last is not None and (not _goes_on(visit, last, press) or visit.at.now >= until):
            break
        total = Money(sum(share.amount for share in shares), wish.shown.currency)
        try:
            last = payments.charge(visit, shares, replace(wish, shown=total), press)
        except (Refused, GatewayError):
            if last is None:
                raise
            break
    _end(visit, press)
    if last is None:
        raise ValueError("a press of no charges")
    return Ended(_payment(visit, last).press or press, last)


def _goes_on(visit: Visit, pressed: Pressed, press: str) -> bool:
    """Whether a charge went through by itself, and is one of this press and not one it met."""
    payment = _payment(visit, pressed)
    return payment.press == press and payment.state in GOES_ON


def _payment(visit: Visit, pressed: Pressed) -> PaymentRow:
    with visit.db.session() as reader:
        return intents.get(reader, pressed.operation)


def _end(visit: Visit, press: str) -> None:
    with visit.db.write() as unit:
        presses.get(unit, press).ended_at = visit.at.now
        _have_receipted(unit, visit.at, press)


def _have_receipted(
    unit: Unit, at: MerchantContext, press: str, after: timedelta = timedelta()
) -> None:
    outbox.add(
        unit,
        "receipt_of_press",
        press,
        merchant_id=at.merchant.id,
        now=at.now,
        run_at=at.now + after,
        press=press,
    )


def write_receipt(at: MerchantContext, press: str) -> None:
    """Write the one receipt of a press, with every charge that went through (job).

    Raises GatewayUnavailable, to be tried again, while one of them may still become known.
    """
    with at.db.write() as unit:
        made = rows.list_of_press(unit, press)
        row = presses.get(unit, press)
        if row.receipt is not None:
            return
        if _may_change(at, row, [PaymentState(one.state) for one in made]):
            raise GatewayUnavailable("the press is not over yet")
        went = [one for one in made if one.state in GOES_ON]
        row.receipt = receipts.add_press(unit, at, press, went).number if went else NO_RECEIPT


def _may_change(at: MerchantContext, row: PressRow, states: Sequence[PaymentState]) -> bool:
    """Whether a charge of a press is about to be known, and worth waiting for."""
    age = at.now - row.started_at
    if row.ended_at is None and age < ABANDONED:
        return True
    is_waited_for = age < WAITS_FOR_BANK
    return any(
        state in CAN_TAKE_MONEY - GOES_ON and (is_waited_for or state in intents.NOT_ANSWERED)
        for state in states
    )
