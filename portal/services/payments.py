"""Paying an invoice of either origin, and what follows from how a payment goes.

An invoice has at most one payment that can still take money. A new press resumes that one, or ends
it (both answered for) and only then starts another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from sqlalchemy.exc import IntegrityError

from portal.context import MerchantContext, Visit
from portal.db import Database, Unit
from portal.domain.customers import Origin
from portal.domain.decisions import ALLOWED, Decision, Reason
from portal.domain.errors import GatewayRefused, GatewayUnavailable, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, UnderWay
from portal.domain.method_offers import may_pay_with, to_pay_with
from portal.domain.money import Money
from portal.domain.payments import (
    CheckoutSession,
    Intent,
    IntentState,
    PaymentState,
    Share,
    state_of_intent,
)
from portal.domain.presses import Asked, may_charge, may_pay_part
from portal.i18n.locales import DEFAULT, LOCALES
from portal.mirror import invoices, method_types, payment_methods, refresh, sales
from portal.services import intents, operations
from portal.services import method_types as account_methods
from portal.services.operations import Verb
from portal.store import consents, outbox
from portal.store import operations as operation_rows
from portal.store import payments as rows
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow

# The least Stripe allows; the page is ended by us as soon as the invoice wants no money.
CHECKOUT_LIFE = timedelta(minutes=31)
# An intent in another state has been confirmed already.
CONFIRMABLE = frozenset(
    {
        IntentState.REQUIRES_PAYMENT_METHOD,
        IntentState.REQUIRES_CONFIRMATION,
        IntentState.REQUIRES_ACTION,
    }
)
TAKES_MONEY = frozenset(
    {IntentState.SUCCEEDED, IntentState.PROCESSING, IntentState.REQUIRES_CAPTURE}
)
A_DIFFERENCE_OF_CLOCKS = timedelta(minutes=10)
# How long a Checkout page must still live to send somebody back to it.
WORTH_RESUMING = timedelta(minutes=2)
# docs.stripe.com/api/metadata
LONGEST_METADATA = 500
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Pressed:
    """What pressing "pay" led to: an operation, and whether the customer must leave for it."""

    operation: str
    return_key: str
    leaves: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to pay: a saved method, or a new one when `method` is empty.

    `shown` is the sum the page showed, `consent` the sentence agreed to for keeping a new method,
    empty if it is not to be kept. `is_part` says that less than what is due is meant.
    """

    shown: Money
    method: str = ""
    consent: str = ""
    is_part: bool = False


def pay(visit: Visit, invoice_id: str, wish: Wish) -> Pressed:
    """Start paying an invoice, or go on with the payment it has.

    A bank's no and a lost answer are outcomes, told by the page people come back to. Raises Refused
    (nothing due, another sum, not payable, a saved method from a link), NotFound,
    GatewayMisconfigured, and GatewayUnavailable with `was_sent` False where nothing was charged
    because a provider does not answer.
    """
    if wish.method and not visit.sees_everything:
        raise Refused(Decision.of(Reason.NOT_IN_SCOPE))
    invoice = payable(visit, invoice_id)
    return charge(visit, (Share(invoice.origin, invoice.id, wish.shown.amount),), wish)


def payable(visit: Visit, invoice_id: str) -> Invoice:
    """Return the invoice through which one is paid: itself, or Stripe's of the same sale.

    Where both ledgers hold a sale, Stripe's would go on to collect it. Raises NotFound, and Refused
    where Stripe has collected its own invoice of this sale.
    """
    found = invoices.get(visit, invoice_id)
    if found.under_way is UnderWay.BOOKING and not found.payment:
        raise Refused(found.may_pay)
    return found.twin or found.invoice


def charge(visit: Visit, shares: Sequence[Share], wish: Wish, press: str = "") -> Pressed:
    """Start the one payment of these shares, or go on with the one their invoices have.

    All are of Holded, or it is one of Stripe. `press` names the press this is a charge of. Raises
    as `pay` does.
    """
    with operations.only_asking():
        read = _read(visit, shares, wish.shown.currency)
        under_way = _resume_or_end(visit, read, wish)
        if under_way is not None:
            return under_way
        intent = _intent_to_confirm(visit, read, wish)
        ends_at = None if wish.method else account_methods.read(visit.at) + CHECKOUT_LIFE
    begun = _begin_once(visit, read, wish, _How(intent, ends_at, press))
    if begun is None:
        # Another payment of them went by since they were read: that may have been before it.
        return charge(visit, shares, wish, press)
    if isinstance(begun, Pressed):
        return begun
    verb, id = begun
    try:
        operations.perform(visit.at, verb, id)
    except GatewayUnavailable as error:
        if not error.was_sent:
            raise
    except GatewayRefused:
        return _pressed(visit.at, id, leaves=False)
    return _pressed(visit.at, id)


@dataclass(frozen=True, slots=True)
class _Read:
    """Invoices as their provider told them, and their payments as they were before it was asked."""

    asked: tuple[Asked, ...]
    tries: rows.Tries

    @property
    def origin(self) -> Origin:
        return self.asked[0].invoice.origin

    @property
    def ids(self) -> list[str]:
        return [one.invoice.id for one in self.asked]

    @property
    def shares(self) -> list[Share]:
        return [one.share for one in self.asked]


@dataclass(frozen=True, slots=True)
class _How:
    """How Stripe is asked: by an invoice's own intent, on a Checkout page that ends, or neither."""

    intent: str
    ends_at: datetime | None
    press: str


def _read(visit: Visit, shares: Sequence[Share], currency: str) -> _Read:
    origin, ids = shares[0].origin, [share.invoice for share in shares]
    tries = rows.tries_of(visit.db, visit.merchant, origin, ids)
    told = refresh.read_invoices(visit.at, origin, ids, visit.customer.holded_contact)
    missing = [id for id in ids if id not in told]
    if missing:
        raise NotFound(f"invoices {', '.join(missing)}")
    owed = [sales.as_owed(visit.db, visit.merchant, told[id]) for id in ids]
    asked = zip(owed, [Money(share.amount, currency) for share in shares], strict=True)
    return _Read(tuple(Asked(invoice, amount) for invoice, amount in asked), tries)


def _begin_once(
    visit: Visit, read: _Read, wish: Wish, how: _How
) -> Pressed | tuple[Verb[Any], str] | None:
    """Begin a payment, or meet the one that another press began a moment ago (B44)."""
    try:
        return _begin(visit, read, wish, how)
    except IntegrityError:
        with visit.db.write() as unit:
            met = rows.list_live(unit, visit.merchant, read.origin, read.ids)
        if not met:
            raise
        return _meet(visit, met, read)


def _begin(
    visit: Visit, read: _Read, wish: Wish, how: _How
) -> Pressed | tuple[Verb[Any], str] | None:
    """Decide on what was read and write payment and operation, in one transaction.

    Not on the mirror, where another page may have written an older answer of the same second. None
    if a payment began or ended after the invoices were asked for: they have to be read again.
    """
    with visit.db.write() as unit:
        for id in read.ids:
            invoices.get(visit, id, reader=unit)
        live = rows.list_live(unit, visit.merchant, read.origin, read.ids)
        tries = rows.tries_of(unit, visit.merchant, read.origin, read.ids)
        if not live and tries != read.tries:
            return None
        if not live:
            return _write(unit, visit, read, wish, how)
    return _meet(visit, live, read)


def _write(unit: Unit, visit: Visit, read: _Read, wish: Wish, how: _How) -> tuple[Verb[Any], str]:
    if wish.is_part:
        _refuse_unless(may_pay_part(visit.merchant.rules, [one.invoice for one in read.asked]))
    _refuse_unless(may_charge(read.asked, allows_part=wish.is_part))
    method = _method_to_charge(unit, visit, read, wish)
    types = _types_to_offer(unit, visit, wish.shown) if how.ends_at else []
    payment = rows.add(
        unit,
        visit.merchant,
        visit.customer.id,
        read.shares,
        currency=wish.shown.currency,
        method=method,
        keeps=bool(wish.consent),
        from_link=not visit.sees_everything,
        press=how.press,
        now=visit.at.now,
    )
    # Its events may come before the answer, and name no payment of ours.
    payment.intent = how.intent
    if wish.consent:
        _keep_consent(unit, visit, payment.id, wish.consent)
    paid = [one.invoice for one in read.asked]
    verb, parameters = _deed(visit, paid, payment, how.ends_at, types)
    row = operations.begin(
        unit,
        visit.at,
        verb,
        customer_id=visit.customer.id,
        subject=read.ids[0],
        id=payment.id,
        **parameters,
    )
    return_url = address_of_return(visit.at, row.return_key)
    row.parameters = {**row.parameters, "return_url": return_url}
    return verb, row.id


def _method_to_charge(unit: Unit, visit: Visit, read: _Read, wish: Wish) -> str:
    """Return the id of the saved method to charge, empty for a new one; raises Refused."""
    if not wish.method:
        return ""
    method, chosen = payment_methods.get(visit, wish.method, reader=unit), visit.merchant.rules
    if method.is_revoked:
        raise Refused(Decision.of(Reason.MANDATE_OVER))
    _refuse_unless(
        may_pay_with(
            method.kind,
            wish.shown,
            visit.merchant.country,
            chosen.payment_method_types,
            read.asked[0].invoice.method_types,
        )
    )
    return method.id


def _types_to_offer(unit: Unit, visit: Visit, amount: Money) -> list[str]:
    """Return the kinds of methods the Checkout page is to offer; raises Refused for none."""
    kinds = to_pay_with(amount, method_types.terms(unit, visit.merchant))
    if not kinds:
        raise Refused(Decision.of(Reason.NO_METHOD_OFFERED))
    return [kind.type for kind in kinds]


def _intent_to_confirm(visit: Visit, read: _Read, wish: Wish) -> str:
    """Return the intent of a Stripe invoice that is to be paid with a saved method."""
    invoice, amount = read.asked[0].invoice, read.asked[0].amount
    if invoice.origin is not Origin.STRIPE or not invoice.is_open:
        return ""
    if not wish.method or not invoice.intent:
        raise Refused(Decision.of(Reason.INVOICE_NOT_PAYABLE))
    intent = refresh.read(visit.at, Origin.STRIPE, ObjectKind.PAYMENT_INTENT, invoice.intent)
    if not isinstance(intent, Intent) or intent.state is IntentState.CANCELED:
        raise Refused(Decision.of(Reason.INVOICE_NOT_PAYABLE))
    if intent.state not in CONFIRMABLE:
        # Stripe collects it by itself just now, as it does for subscriptions.
        raise Refused(Decision.of(Reason.PAYMENT_UNDER_WAY))
    if Money(intent.amount, intent.currency) != invoice.due_money:
        # It would take another sum than the page says: Holded has got a part that Stripe knows not.
        raise Refused(Decision.of(Reason.SUMS_DIFFER))
    # A part has an intent of its own, which is attached to the invoice when the money is there.
    return intent.id if amount == invoice.due_money else ""


def _deed(
    visit: Visit,
    paid: Sequence[Invoice],
    payment: PaymentRow,
    ends_at: datetime | None,
    types: list[str],
) -> tuple[Verb[Any], dict[str, Any]]:
    """Return what is asked of Stripe for a payment, and with which parameters.

    `ends_at` is when a Checkout page ends, by Stripe's clock, `types` what it offers.
    """
    if payment.intent:
        return CONFIRM, {"intent": payment.intent, "method": payment.method}
    shared = {
        "amount": payment.amount,
        "currency": payment.currency,
        "customer": "" if payment.from_link else visit.customer.stripe_customer,
        "description": f"{visit.merchant.name} {_numbers(paid)}".strip(),
        "metadata": {
            "payment": payment.id,
            "portal_customer": str(visit.customer.id),
            "invoice": _shortened([f"{invoice.origin}:{invoice.id}" for invoice in paid]),
            "invoice_number": _shortened([invoice.number for invoice in paid]),
        },
    }
    if ends_at is None:
        return PAY, {**shared, "method": payment.method}
    is_one = len(paid) == 1
    page = f"/{visit.merchant.slug}/invoices" + (f"/{paid[0].id}/pay" if is_one else "?show=open")
    return CHECKOUT, {
        **shared,
        "types": types,
        "keeps": payment.keeps,
        "locale": LOCALES.get(visit.locale, DEFAULT).checkout,
        "cancel_url": urljoin(visit.at.settings.public_url, page),
        "expires_at": ends_at.isoformat(),
    }


def _numbers(paid: Sequence[Invoice]) -> str:
    """Return what a bank statement or Stripe's list says was paid: the first few numbers."""
    named = [invoice.number for invoice in paid if invoice.number]
    more = f" +{len(named) - MOST_NAMED}" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


def _shortened(values: Sequence[str]) -> str:
    """Join values as far as one of Stripe's metadata holds them; the rest is in our own rows."""
    joined = ",".join(values)
    if len(joined) <= LONGEST_METADATA:
        return joined
    return joined[: LONGEST_METADATA - 1].rpartition(",")[0] + "…"


def _keep_consent(unit: Unit, visit: Visit, payment_id: str, text: str) -> None:
    consents.add(
        unit,
        visit.merchant.id,
        visit.customer.id,
        "keep_method",
        subject=payment_id,
        text=text,
        locale=visit.locale,
        address=visit.address,
        now=visit.at.now,
    )


# What is asked of Stripe


def _send_payment(at: MerchantContext, told: dict[str, Any], key: str) -> Intent:
    return at.payments.start_payment(
        key=key,
        amount=Money(told["amount"], told["currency"]),
        customer=told["customer"],
        method=told["method"],
        description=told["description"],
        return_url=told["return_url"],
        metadata=told["metadata"],
        off_session=told.get("off_session", False),
    )


def _send_confirmation(at: MerchantContext, told: dict[str, Any], key: str) -> Intent:
    return at.payments.confirm_payment(
        told["intent"], key=key, method=told["method"], return_url=told["return_url"]
    )


def _send_checkout(at: MerchantContext, told: dict[str, Any], key: str) -> CheckoutSession:
    return at.payments.open_checkout_payment(
        key=key,
        amount=Money(told["amount"], told["currency"]),
        description=told["description"],
        customer=told["customer"],
        types=told["types"],
        keeps_method=told["keeps"],
        locale=told["locale"],
        return_url=told["return_url"],
        cancel_url=told["cancel_url"],
        expires_at=datetime.fromisoformat(told["expires_at"]),
        metadata=told["metadata"],
    )


def _record_intent(unit: Unit, at: MerchantContext, row: OperationRow, intent: Intent) -> None:
    row.leave_url = intent.next_url
    payment = intents.get(unit, row.id)
    payment.intent = intent.id
    payment.method_type = intent.method_type or payment.method_type
    intents.advance(unit, at, payment, state_of_intent(intent), intent)


def _record_checkout(
    unit: Unit, at: MerchantContext, row: OperationRow, session: CheckoutSession
) -> None:
    row.leave_url = session.url
    payment = intents.get(unit, row.id)
    payment.checkout = session.id
    if payment.state in {PaymentState.MADE, PaymentState.UNKNOWN}:
        rows.move(payment, PaymentState.AT_CHECKOUT, now=at.now)


def _record_refusal(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    payment = intents.get(unit, row.id)
    if payment.can_take_money:
        rows.move(payment, PaymentState.FAILED, now=at.now, error_code=error)


def _is_wanted(at: MerchantContext, row: OperationRow) -> bool:
    """Say whether the invoice still wants the sum: it may have been paid while nobody answered."""
    with at.db.session() as reader:
        shares = intents.get(reader, row.id).shares
    told = [
        (share, refresh.read(at, Origin(share.origin), ObjectKind.INVOICE, share.invoice))
        for share in shares
    ]
    return all(
        isinstance(invoice, Invoice)
        and (owed := sales.as_owed(at.db, at.merchant, invoice)).is_open
        and owed.due >= share.amount
        for share, invoice in told
    )


def _look_for_payment(at: MerchantContext, row: OperationRow) -> Intent | None:
    """Find the intent of a payment whose answer was lost, by the name it was given."""
    with at.db.session() as reader:
        known = intents.get(reader, row.id).intent
    if not known:
        return at.payments.find_payment(
            row.parameters["customer"], row.id, since=row.created_at - A_DIFFERENCE_OF_CLOCKS
        )
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, known).snapshot
    return told if isinstance(told, Intent) else None


def _look_for_confirmation(at: MerchantContext, row: OperationRow) -> Intent | None:
    """Return the intent of a Stripe invoice if it took the money or is about to."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, row.parameters["intent"]).snapshot
    is_taken = isinstance(told, Intent) and told.state in TAKES_MONEY
    return told if isinstance(told, Intent) and is_taken else None


PAY = Verb(
    "pay",
    _send_payment,
    _record_intent,
    _record_refusal,
    is_wanted=_is_wanted,
    look=_look_for_payment,
)
CONFIRM = Verb(
    "confirm",
    _send_confirmation,
    _record_intent,
    _record_refusal,
    is_wanted=_is_wanted,
    look=_look_for_confirmation,
)
# Nobody was ever led to a Checkout page whose address was lost.
CHECKOUT = Verb("checkout", _send_checkout, _record_checkout, _record_refusal, is_wanted=_is_wanted)
VERBS: tuple[Verb[Any], ...] = (PAY, CONFIRM, CHECKOUT)


# The one payment an invoice may have


def _resume_or_end(visit: Visit, read: _Read, wish: Wish) -> Pressed | None:
    """Go on with the payment these invoices have, or end what they have so that another can start.

    Raises Refused where a payment of some of them cannot be ended any more.
    """
    with visit.db.write() as unit:
        live = rows.list_live(unit, visit.merchant, read.origin, read.ids)
    if len(live) == 1 and _is_what_is_wished(visit, live[0], read, wish):
        return _pressed(visit.at, live[0].id)
    for payment in live:
        if payment.state not in intents.WITH_THE_CUSTOMER:
            return _meet(visit, live, read)
    for payment in live:
        met = _ended(visit, read, payment)
        if met is not None:
            return met
    return None


def _ended(visit: Visit, read: _Read, payment: PaymentRow) -> Pressed | None:
    """End a payment that waits for the customer, or meet it if the money came meanwhile."""
    with visit.db.session() as reader:
        is_of_invoice = intents.is_of_invoice(reader, payment)
    if is_of_invoice:
        return _let_go(visit, payment)
    intents.end(visit.at, payment)
    with visit.db.session() as reader:
        still = rows.get(reader, payment.id)
    is_live = still is not None and still.can_take_money
    return _meet(visit, [still], read) if still is not None and is_live else None


def _is_what_is_wished(visit: Visit, payment: PaymentRow, read: _Read, wish: Wish) -> bool:
    """Whether going on with a payment is what this press asks for, and still worth it.

    Who chose a method on Checkout, and left its slip or its bank waiting, asks for another one.
    """
    has_chosen = payment.state == PaymentState.NEEDS_BANK and not payment.method
    is_same = (payment.method, payment.keeps, payment.from_link) == (
        wish.method,
        bool(wish.consent),
        not visit.sees_everything,
    )
    return (
        payment.state in intents.WITH_THE_CUSTOMER
        and is_same
        and _shares_of(payment) == set(read.shares)
        and may_charge(read.asked, allows_part=wish.is_part).is_allowed
        and not has_chosen
        and visit.at.now - payment.started_at < CHECKOUT_LIFE - WORTH_RESUMING
    )


def _meet(visit: Visit, live: Sequence[PaymentRow], read: _Read) -> Pressed:
    """Lead to the payment that is under way for what was pressed.

    Of several invoices, only one that is for the same ones: another says nothing of the rest.
    """
    if len(read.asked) > 1 and {frozenset(_shares_of(one)) for one in live} != {
        frozenset(read.shares)
    }:
        raise Refused(Decision.of(Reason.PAYMENT_UNDER_WAY))
    return _met(visit, live[0])


def _shares_of(payment: PaymentRow) -> set[Share]:
    return {Share(Origin(row.origin), row.invoice, row.amount) for row in payment.shares}


def _met(visit: Visit, payment: PaymentRow) -> Pressed:
    """Lead to a payment that is under way; the holder of a link, only to one made from it (D9)."""
    if not (visit.sees_everything or payment.from_link):
        raise Refused(Decision.of(Reason.PAYMENT_UNDER_WAY))
    return _pressed(visit.at, payment.id, leaves=False)


def _let_go(visit: Visit, payment: PaymentRow) -> Pressed | None:
    """Let go of the last try on a Stripe invoice: its one intent is confirmed anew, not doubled.

    What the bank has let through meanwhile is met instead.
    """
    seen = visit.at.payments.fetch(ObjectKind.PAYMENT_INTENT, payment.intent)
    with visit.db.write() as unit:
        intents.save_and_follow(unit, visit.at, seen)
        fresh = intents.get(unit, payment.id)
        if fresh.state in intents.WITH_THE_CUSTOMER:
            rows.move(fresh, PaymentState.CANCELED, now=visit.at.now)
        is_live = fresh.can_take_money
    return _met(visit, fresh) if is_live or fresh.state == PaymentState.BOOKED else None


def sweep(db: Database, *, now: datetime) -> None:
    """Have every operation that was left without an answer looked after."""
    with db.write() as unit:
        for row in operation_rows.list_unanswered(unit, before=now - operations.PATIENCE):
            outbox.add_once(
                unit,
                "resolve_operation",
                row.id,
                merchant_id=row.merchant_id,
                now=now,
                operation=row.id,
            )


def address_of_return(at: MerchantContext, return_key: str) -> str:
    """Return the address Stripe and banks send people back to."""
    return urljoin(at.settings.public_url, f"/r/{return_key}")


def _pressed(at: MerchantContext, id: str, *, leaves: bool | None = None) -> Pressed:
    with at.db.session() as reader:
        row = reader.get(OperationRow, id)
        if row is None:
            raise NotFound(f"operation {id}")
        payment = intents.get(reader, id)
        waits = payment.state in intents.WITH_THE_CUSTOMER
        must_leave = waits and bool(row.leave_url) if leaves is None else leaves
        return Pressed(row.id, row.return_key, must_leave)


def _refuse_unless(decision: Decision) -> None:
    if decision is not ALLOWED and not decision.is_allowed:
        raise Refused(decision)
