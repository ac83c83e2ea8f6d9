"""What Stripe took, what Holded shows, and what we hold, compared: the differences and their kinds.

Some differences only finish what is decided already (a webhook that was lost, a booking that
waits) and are repaired. The rest is for a person, who is told and decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.domain.payments import CAN_TAKE_MONEY, IntentState, PaymentState, Share

# What changed less long ago is still being worked on.
UNDER_WAY = timedelta(minutes=10)
PAID = frozenset({PaymentState.SUCCEEDED, PaymentState.BOOKED})
# The look after a lost answer finds out by itself what became of these.
NOT_ANSWERED = frozenset({PaymentState.MADE, PaymentState.UNKNOWN})


class DifferenceKind(StrEnum):
    """What may differ; `KINDS` says what each means and who has to act."""

    LOST_EVENT = "lost_event"
    NOT_SETTLED = "not_settled"
    NOT_BOOKED = "not_booked"
    STALE_MIRROR = "stale_mirror"
    CHARGE_UNKNOWN = "charge_unknown"
    CHARGED_TWICE = "charged_twice"
    CHARGE_MISSING = "charge_missing"
    CHARGE_DIFFERS = "charge_differs"
    REFUND_OPEN = "refund_open"
    REFUND_NOT_BOOKED = "refund_not_booked"
    BOOKING_UNKNOWN = "booking_unknown"
    BOOKED_TWICE = "booked_twice"
    ENTRY_UNKNOWN = "entry_unknown"
    ENTRY_DIFFERS = "entry_differs"
    ENTRY_DELETED = "entry_deleted"
    INVOICE_GONE = "invoice_gone"


class Actor(StrEnum):
    """Who has to act: the portal itself, the merchant in Stripe or Holded, or the operator."""

    PORTAL = "portal"
    MERCHANT = "merchant"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind means, in a sentence with the names of a difference, and who has to act.

    `is_listed` says that `flask portal tasks` shows it already for another reason.
    """

    says: str
    actor: Actor
    is_listed: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether the portal may put it right by itself."""
        return self.actor is Actor.PORTAL


KINDS: Mapping[DifferenceKind, Kind] = {
    DifferenceKind.LOST_EVENT: Kind(
        "Stripe says more of payment {payment} ({intent}) than the portal has heard: {told}.",
        Actor.PORTAL,
    ),
    DifferenceKind.NOT_SETTLED: Kind(
        "Payment {payment} ({intent}) has succeeded and nothing of it is being booked.",
        Actor.PORTAL,
    ),
    DifferenceKind.NOT_BOOKED: Kind(
        "{told} of payment {payment} ({intent}) still have to be booked on invoice {invoice}.",
        Actor.PORTAL,
    ),
    DifferenceKind.STALE_MIRROR: Kind(
        "Invoice {invoice} has changed and the portal has not heard of it: {told}.",
        Actor.PORTAL,
    ),
    DifferenceKind.CHARGE_UNKNOWN: Kind(
        "Stripe took {told} with {intent} for payment {payment} on {invoice}, which the portal "
        "does not know: book it, or give it back.",
        Actor.MERCHANT,
    ),
    DifferenceKind.CHARGED_TWICE: Kind(
        "Stripe took {told} with {intent} on {invoice}, for which another payment came in: "
        "give one back.",
        Actor.MERCHANT,
    ),
    DifferenceKind.CHARGE_MISSING: Kind(
        "Payment {payment} counts as paid here, and Stripe shows no such money ({intent}): {told}.",
        Actor.OPERATOR,
    ),
    DifferenceKind.CHARGE_DIFFERS: Kind(
        "Stripe and the portal differ on how much payment {payment} ({intent}) is: {told}.",
        Actor.OPERATOR,
    ),
    DifferenceKind.REFUND_OPEN: Kind(
        "{told} of payment {payment} ({intent}) have to be given back at Stripe.",
        Actor.MERCHANT,
        is_listed=True,
    ),
    DifferenceKind.REFUND_NOT_BOOKED: Kind(
        "Of payment {payment} ({intent}), {told} went back to the customer and no credit note "
        "says so.",
        Actor.MERCHANT,
    ),
    DifferenceKind.BOOKING_UNKNOWN: Kind(
        "Nobody can say whether {told} of payment {payment} ({intent}) stand on invoice {invoice}: "
        "look in Holded.",
        Actor.MERCHANT,
        is_listed=True,
    ),
    DifferenceKind.BOOKED_TWICE: Kind(
        "Invoice {invoice} has an entry more than the portal booked, of an equal sum: {told}.",
        Actor.MERCHANT,
    ),
    DifferenceKind.ENTRY_UNKNOWN: Kind(
        "On invoice {invoice} stands an entry on the portal's account that is not the portal's: "
        "{told}.",
        Actor.MERCHANT,
    ),
    DifferenceKind.ENTRY_DIFFERS: Kind(
        "The entry of payment {payment} ({intent}) on invoice {invoice} was changed: {told}.",
        Actor.MERCHANT,
    ),
    DifferenceKind.ENTRY_DELETED: Kind(
        "The entry of payment {payment} ({intent}) on invoice {invoice} is gone, {told}: "
        "book it again, or give the money back.",
        Actor.MERCHANT,
    ),
    DifferenceKind.INVOICE_GONE: Kind(
        "Invoice {invoice} was {told} although payment {payment} ({intent}) is booked on it.",
        Actor.MERCHANT,
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, by the ids it is about; `told` is what the sentence of its kind says.

    `subject` tells it from others of its kind, also when it is found again.
    """

    kind: DifferenceKind
    subject: str
    payment: str = ""
    intent: str = ""
    invoice: str = ""
    origin: str = ""
    told: str = ""

    @property
    def sentence(self) -> str:
        """Say it in a plain sentence."""
        return KINDS[self.kind].says.format(
            payment=self.payment, intent=self.intent, invoice=self.invoice, told=self.told
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """An intent as the money sees it: what came in and went back, in minor units.

    `payment` and `invoices` (`holded:<id>`) are our names in its metadata, empty if it is not ours.
    `names` are Stripe's ids of the intent, its charge and its refunds.
    """

    intent: str
    state: IntentState
    currency: str
    amount: int
    refunded: int = 0
    payment: str = ""
    invoices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """Return what came in and has not gone back."""
        return self.amount - self.refunded if self.state is IntentState.SUCCEEDED else 0


@dataclass(frozen=True, slots=True)
class Booking:
    """What the portal wrote of one payment on one invoice; `before` are entries older than ours.

    One that `is_awaited` is to be booked or maybe is; of one that `is_unknown` nobody can say.
    """

    payment: str
    intent: str
    invoice: str
    origin: str
    money: Money
    excess: int
    entry: str
    treasury: str
    before: frozenset[str]
    changed_at: datetime
    is_booked: bool = False
    is_awaited: bool = False
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A payment as the portal holds it, with its bookings."""

    id: str
    state: PaymentState
    money: Money
    intent: str
    shares: tuple[Share, ...]
    bookings: tuple[Booking, ...]
    changed_at: datetime


def compare_charge(taken: Taken, *, is_paid_otherwise: bool) -> Difference | None:
    """Say what is wrong with money that came in under our name, for a payment we do not know."""
    if not taken.payment or not taken.kept:
        return None
    kind = DifferenceKind.CHARGED_TWICE if is_paid_otherwise else DifferenceKind.CHARGE_UNKNOWN
    return Difference(
        kind,
        taken.intent,
        payment=taken.payment,
        intent=taken.intent,
        invoice=", ".join(taken.invoices),
        told=_text(Money(taken.kept, taken.currency)),
    )


def compare_payment(
    held: Held, taken: Taken | None, proved: PaymentState | None, *, credited: int, now: datetime
) -> list[Difference]:
    """Compare a payment with what Stripe took, and with what was booked of it.

    `proved` is the state that Stripe shows, None if it knows nothing of it; `credited` what credit
    notes say went back, in minor units.
    """
    found = [_state(held, proved)]
    if held.state in PAID:
        found += [_unsettled(held, now), *(_unbooked(booking, now) for booking in held.bookings)]
    if held.state in PAID and taken is not None and taken.state is IntentState.SUCCEEDED:
        found += [_amount(held, taken), *_refund(held, taken, credited)]
    return [one for one in found if one is not None]


def compare_invoice(
    told: Invoice | None,
    mirrored: Invoice | None,
    bookings: Sequence[Booking],
    *,
    origin: Origin,
    id: str,
) -> list[Difference]:
    """Compare an invoice with our copy of it, and the entries on it with our bookings."""
    found: list[Difference] = []
    news = _news(told, mirrored)
    if news:
        found.append(
            Difference(
                DifferenceKind.STALE_MIRROR, f"{origin}:{id}", invoice=id, origin=origin, told=news
            )
        )
    booked = [one for one in bookings if one.is_booked and one.money.amount]
    if told is None or told.state is InvoiceState.VOID:
        fate = "deleted" if told is None else "cancelled"
        gone = [_of_booking(DifferenceKind.INVOICE_GONE, one, fate) for one in booked]
        return [*found, *gone]
    if origin is Origin.HOLDED:
        found += [one for booking in booked if (one := _entry(booking, told.parts)) is not None]
        found += _unexplained(bookings, booked, told)
    return found


def _state(held: Held, proved: PaymentState | None) -> Difference | None:
    if proved is held.state or (held.state is PaymentState.BOOKED and proved in PAID):
        return None
    if held.state in PAID:
        told = "it has no such payment" if proved is None else f"it is {proved}"
        return _of_payment(DifferenceKind.CHARGE_MISSING, held, told)
    goes_on = held.state in CAN_TAKE_MONEY - NOT_ANSWERED and proved is not PaymentState.AT_CHECKOUT
    if proved is PaymentState.SUCCEEDED or (proved is not None and goes_on):
        return _of_payment(DifferenceKind.LOST_EVENT, held, f"it is {proved} and not {held.state}")
    return None


def _unsettled(held: Held, now: datetime) -> Difference | None:
    is_under_way = now - held.changed_at < UNDER_WAY
    if held.bookings or is_under_way or held.state is not PaymentState.SUCCEEDED:
        return None
    return _of_payment(DifferenceKind.NOT_SETTLED, held, "")


def _unbooked(booking: Booking, now: datetime) -> Difference | None:
    if booking.is_unknown:
        return _of_booking(DifferenceKind.BOOKING_UNKNOWN, booking, _text(booking.money))
    waits = booking.is_awaited and now - booking.changed_at >= UNDER_WAY
    return _of_booking(DifferenceKind.NOT_BOOKED, booking, _text(booking.money)) if waits else None


def _amount(held: Held, taken: Taken) -> Difference | None:
    took = Money(taken.amount, taken.currency)
    if took == held.money:
        return None
    told = f"{_text(took)} and {_text(held.money)}"
    return _of_payment(DifferenceKind.CHARGE_DIFFERS, held, told)


def _refund(held: Held, taken: Taken, credited: int) -> list[Difference]:
    """Compare what went back with what had to, and with what credit notes say."""
    excess = sum(booking.excess for booking in held.bookings)
    open, unbooked = excess - taken.refunded, taken.refunded - excess - credited
    of_holded = any(booking.origin == Origin.HOLDED for booking in held.bookings)
    kinds = {DifferenceKind.REFUND_OPEN: open}
    if of_holded:
        # A refund of Stripe's own invoice stands in Stripe.
        kinds[DifferenceKind.REFUND_NOT_BOOKED] = unbooked
    return [
        _of_payment(kind, held, _text(Money(amount, taken.currency)))
        for kind, amount in kinds.items()
        if amount > 0
    ]


def _entry(booking: Booking, parts: Sequence[InvoicePart]) -> Difference | None:
    if not booking.entry:
        return None
    standing = next((part for part in parts if part.id == booking.entry), None)
    if standing is None:
        return _of_booking(DifferenceKind.ENTRY_DELETED, booking, _text(booking.money))
    if standing.amount != booking.money:
        told = f"{_text(standing.amount)} instead of {_text(booking.money)}"
        return _of_booking(DifferenceKind.ENTRY_DIFFERS, booking, told)
    return None


def _unexplained(
    bookings: Sequence[Booking], booked: Sequence[Booking], told: Invoice
) -> list[Difference]:
    """Return the entries on our account that no booking explains.

    While a booking is being looked for, an entry that nothing explains is most likely that one.
    """
    is_sought = any(one.is_awaited or one.is_unknown for one in bookings)
    if not booked or is_sought:
        return []
    known = {one.entry for one in booked}.union(*(one.before for one in booked))
    accounts, sums = {one.treasury for one in booked}, {one.money for one in booked}
    return [
        Difference(
            DifferenceKind.BOOKED_TWICE if part.amount in sums else DifferenceKind.ENTRY_UNKNOWN,
            f"{told.id}:{part.id}",
            payment=booked[0].payment,
            intent=booked[0].intent,
            invoice=told.id,
            origin=told.origin,
            told=f"{_text(part.amount)}, entry {part.id}",
        )
        for part in told.parts
        if part.id not in known and part.treasury in accounts
    ]


def _news(told: Invoice | None, mirrored: Invoice | None) -> str:
    """Say what an invoice is by now, empty if our copy says the same."""
    if told is None:
        return "it was deleted" if mirrored is not None else ""
    if mirrored is not None and _essence(told) == _essence(mirrored):
        return ""
    if not told.customer:
        return ""
    now = f"{told.state}, {_text(told.due_money)} due"
    if mirrored is None:
        return f"it is {now}"
    return f"it is {now}, and was {mirrored.state}, {_text(mirrored.due_money)} due"


def _essence(invoice: Invoice) -> tuple[object, ...]:
    # Stripe's events leave out the payments of an invoice, which only a read tells.
    parts = invoice.parts if invoice.origin is Origin.HOLDED else ()
    return (
        invoice.customer,
        invoice.number,
        invoice.state,
        invoice.currency,
        invoice.total,
        invoice.due,
        invoice.paid,
        invoice.issued_on,
        invoice.due_on,
        frozenset((part.id, part.amount) for part in parts),
    )


def _of_payment(kind: DifferenceKind, held: Held, told: str) -> Difference:
    invoices = ", ".join(share.invoice for share in held.shares)
    return Difference(
        kind, held.id, payment=held.id, intent=held.intent, invoice=invoices, told=told
    )


def _of_booking(kind: DifferenceKind, booking: Booking, told: str) -> Difference:
    return Difference(
        kind,
        f"{booking.payment}:{booking.invoice}",
        payment=booking.payment,
        intent=booking.intent,
        invoice=booking.invoice,
        origin=booking.origin,
        told=told,
    )


def _text(money: Money) -> str:
    return f"{money.to_decimal()} {money.currency.upper()}"
