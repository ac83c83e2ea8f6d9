"""Adding, preferring and removing the methods a customer has saved."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.customers import Origin, Profile
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayError, Refused
from portal.domain.events import ObjectKind
from portal.domain.method_types import PaymentMethodType, to_save
from portal.domain.payment_methods import PaymentMethod, may_be_default, may_remove
from portal.domain.payments import CheckoutSession, CheckoutState
from portal.gateways.snapshots import Seen
from portal.i18n.locales import DEFAULT, LOCALES
from portal.mirror import (
    configurations,
    customers,
    intents,
    invoices,
    method_types,
    payment_methods,
    refresh,
    subscriptions,
)
from portal.services import method_types as account_methods
from portal.services import operations, outcomes, receipts
from portal.services.operations import Verb
from portal.services.subscriptions import who
from portal.store import backups, consents, outbox
from portal.store import operations as operation_rows
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow
from portal.store.secrets import SecretUnreadable

ADOPTED = "adopted"


def add(visit: Visit, *, consent: str, then: str = "") -> OperationRow:
    """Open a Checkout page that saves a method; returns the operation to leave for.

    `consent` is the sentence that was agreed to, `then` the id of a Stripe invoice to be paid with
    the method afterwards. Raises Refused where the merchant does not allow it or takes no kind that
    can be saved, GatewayUnavailable where Stripe does not answer.
    """
    currency = _currency_of(visit, then)
    _refuse_unless(Decision.of(_not_opened(visit)))
    account_methods.read(visit.at)
    kinds = to_save(currency, method_types.terms(visit.db, visit.merchant))
    _refuse_unless(may_add(visit, kinds))
    with visit.db.write() as unit:
        row = operations.begin(
            unit,
            visit.at,
            ADD,
            customer_id=visit.customer.id,
            subject=then,
            customer=visit.customer.stripe_customer,
            currency=currency,
            types=[kind.type for kind in kinds],
            locale=LOCALES.get(visit.locale, DEFAULT).checkout,
            cancel_url=_page(visit, f"invoices/{then}/pay" if then else "payment-methods"),
        )
        row.parameters = {
            **row.parameters,
            "return_url": urljoin(visit.at.settings.public_url, f"/r/{row.return_key}"),
        }
        consents.add(
            unit,
            visit.merchant.id,
            visit.customer.id,
            "keep_method",
            subject=row.id,
            text=consent,
            locale=visit.locale,
            address=visit.address,
            now=visit.at.now,
        )
    operations.perform(visit.at, ADD, row.id)
    with visit.db.session() as reader:
        return reader.get_one(OperationRow, row.id)


def make_default(visit: Visit, method_id: str) -> None:
    """Have invoices charged to a method from now on."""
    method = payment_methods.get(visit, method_id)
    _refuse_unless(may_be_default(method, visit.today))
    with visit.db.write() as unit:
        earlier = operation_rows.list_unanswered_of(unit, visit.customer.id, [DEFAULT_METHOD.name])
        operations.supersede(unit, visit.at, earlier)
        row = operations.begin(
            unit,
            visit.at,
            DEFAULT_METHOD,
            customer_id=visit.customer.id,
            subject=method.id,
            customer=visit.customer.stripe_customer,
            method=method.id,
            told={**who(visit), **_named(method)},
        )
    operations.perform(visit.at, DEFAULT_METHOD, row.id)


def remove(visit: Visit, method_id: str) -> None:
    """Remove a method, unless it is the last one a subscription can be charged to (L16)."""
    method = payment_methods.get(visit, method_id)
    _refuse_unless(may_remove_now(visit, method))
    with visit.db.write() as unit:
        row = operations.begin(
            unit,
            visit.at,
            REMOVE,
            customer_id=visit.customer.id,
            subject=method.id,
            method=method.id,
            told={**who(visit), **_named(method)},
        )
    operations.perform(visit.at, REMOVE, row.id)


def may_add(visit: Visit, kinds: Collection[PaymentMethodType]) -> Decision:
    """Say whether the customer may save a method here, of one of these kinds."""
    return Decision.of(_not_opened(visit), None if kinds else Reason.NO_METHOD_OFFERED)


def _not_opened(visit: Visit) -> Reason | None:
    allowed = configurations.current(visit.db, visit.merchant).payment_method_update
    return None if allowed and visit.customer.stripe_customer else Reason.FEATURE_DISABLED


def _currency_of(visit: Visit, invoice: str) -> str:
    return invoices.get(visit, invoice).invoice.currency if invoice else visit.merchant.currency


def may_remove_now(visit: Visit, method: PaymentMethod) -> Decision:
    """Say whether a method may go, given the customer's other methods and subscriptions."""
    wallet = payment_methods.wallet(visit)
    return may_remove(
        method,
        wallet.methods,
        tuple(held.subscription for held in subscriptions.list_of_customer(visit)),
        visit.today,
        wallet.default,
        is_paying=method.id in invoices.methods_paying(visit),
    )


def returned(at: MerchantContext, operation: OperationRow) -> CheckoutSession | None:
    """Return the Checkout page somebody comes back from as last told, None if nothing was told yet.

    It is read until it is over, at most every 2 s; a provider that does not answer changes nothing.
    The saved method is written into the mirror at once, because its webhook may be late.
    """
    session_id = str(operation.answer.get("checkout", ""))
    told = intents.find_session(at.db, at.merchant, session_id)
    is_over = told is not None and (
        told.state is CheckoutState.EXPIRED or bool(told.payment_method)
    )
    if not session_id or is_over or not outcomes.may_read_again(at, operation):
        return told
    found: list[Seen] = []
    with suppress(GatewayError, SecretUnreadable):
        found = _read_setup(at, session_id)
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, found, now=at.now)
        outcomes.note_read(unit, at, operation.id)
        told = intents.find_session(unit, at.merchant, session_id)
        if told is not None:
            follow(unit, at, told)
    return told


def _read_setup(at: MerchantContext, session_id: str) -> list[Seen]:
    seen = at.payments.fetch(ObjectKind.CHECKOUT_SESSION, session_id)
    method = getattr(seen.snapshot, "payment_method", "")
    return [seen, at.payments.fetch(ObjectKind.PAYMENT_METHOD, method)] if method else [seen]


def follow(unit: Unit, at: MerchantContext, session: CheckoutSession) -> None:
    """Let a finished setup follow: the first method becomes the default (job)."""
    if session.state is CheckoutState.COMPLETE and session.operation and session.payment_method:
        outbox.add_once(
            unit,
            "adopt_method",
            session.id,
            merchant_id=at.merchant.id,
            now=at.now,
            operation=session.operation,
            method=session.payment_method,
        )


def adopt(at: MerchantContext, operation: str, method: str) -> None:
    """Write the receipt of a saved method, and prefer it where there was none (job)."""
    with at.db.session() as reader:
        row = reader.get(OperationRow, operation)
    if row is None or row.merchant_id != at.merchant.id or row.customer_id is None:
        return
    seen = at.payments.fetch(ObjectKind.PAYMENT_METHOD, method)
    profile = at.payments.fetch(ObjectKind.CUSTOMER, row.parameters["customer"])
    told = profile.snapshot
    if isinstance(told, Profile) and not told.default_payment_method:
        profile = at.payments.set_default_method(told.id, method, key=f"adopt:{operation}")
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen, profile], now=at.now)
        fresh = operation_rows.get(unit, operation)
        if (
            fresh is None
            or fresh.answer.get(ADOPTED)
            or not isinstance(seen.snapshot, PaymentMethod)
        ):
            return
        # Webhook and return page may each ask for it; there is one receipt.
        fresh.answer = {**fresh.answer, ADOPTED: method}
        _have_it_charged(unit, at, row.customer_id, operation, method)
        _add_receipt(unit, at, row.customer_id, "method_added", operation, seen.snapshot)


def keep(at: MerchantContext, payment: str) -> None:
    """Save the method of a payment that somebody ticked to keep, and write its receipt (job).

    Checkout attached it by itself where it knew the customer. From an invoice link Stripe was told
    of none, so it is attached now; the customer is told by mail (D9).
    """
    with at.db.session() as reader:
        row = reader.get_one(PaymentRow, payment)
    card = customers.find_card(at.db, at.merchant, row.customer_id)
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, row.intent).snapshot
    method = getattr(told, "payment_method", "")
    if card is None or not card.stripe_customer or not method:
        return
    if row.from_link:
        verb = "method_kept_from_link"
        seen = at.payments.attach_method(method, card.stripe_customer, key=f"keep:{payment}")
    else:
        verb = "method_added"
        seen = at.payments.fetch(ObjectKind.PAYMENT_METHOD, method)
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
        kept = seen.snapshot
        # A kind that cannot be kept was paid with all the same: then nothing was saved.
        if isinstance(kept, PaymentMethod) and not kept.is_detached:
            _have_it_charged(unit, at, row.customer_id, payment, kept.id)
            _add_receipt(unit, at, row.customer_id, verb, payment, kept)


def _have_it_charged(
    unit: Unit, at: MerchantContext, customer_id: int, agreed_with: str, method: str
) -> None:
    """Note which method was agreed to; what the merchant asked to collect is charged to it."""
    consents.name_method(unit, agreed_with, method)
    outbox.add(
        unit,
        "collect_waiting",
        f"{customer_id}:{method}",
        merchant_id=at.merchant.id,
        now=at.now,
        customer=customer_id,
        method=method,
    )


def _add_receipt(
    unit: Unit,
    at: MerchantContext,
    customer_id: int,
    verb: str,
    agreed_with: str,
    method: PaymentMethod,
) -> None:
    """Write the receipt of a saved method with the words that were agreed to."""
    consent = consents.text_of(unit, agreed_with)
    details = {**_named(method), **({"consent": consent} if consent else {})}
    receipts.add_for(unit, at, customer_id, verb, subject=method.id, **details)


# What is asked of Stripe


def _send_add(at: MerchantContext, told: dict[str, Any], key: str) -> CheckoutSession:
    return at.payments.open_checkout_setup(
        key=key,
        customer=told["customer"],
        currency=told["currency"],
        types=told["types"],
        locale=told["locale"],
        return_url=told["return_url"],
        cancel_url=told["cancel_url"],
        metadata={"operation": key},
    )


def _record_add(
    unit: Unit, at: MerchantContext, row: OperationRow, session: CheckoutSession
) -> None:
    row.leave_url = session.url
    row.answer = {**row.answer, "checkout": session.id}


def _send_default(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.set_default_method(told["customer"], told["method"], key=key)


def _send_remove(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.detach_method(told["method"], key=key)


def _record(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    """Write what Stripe told, and the receipt, also when the answer comes late."""
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    if row.customer_id is not None:
        # What is gone, or is the default by now, stands in for nothing.
        backups.drop(unit, row.customer_id, row.subject)
        receipts.add_for(
            unit,
            at,
            row.customer_id,
            RECEIPTS[row.verb],
            subject=row.subject,
            **row.parameters["told"],
        )


RECEIPTS = {"default_method": "default_changed", "remove_method": "method_removed"}
ADD = Verb("add_method", _send_add, _record_add)
DEFAULT_METHOD = Verb("default_method", _send_default, _record)
REMOVE = Verb("remove_method", _send_remove, _record)
VERBS: tuple[Verb[Any], ...] = (ADD, DEFAULT_METHOD, REMOVE)


def _named(method: PaymentMethod) -> dict[str, str]:
    """Return what a receipt says of a method."""
    return {"method_type": method.type, "brand": method.brand, "last4": method.last4}


def _page(visit: Visit, name: str) -> str:
    return urljoin(visit.at.settings.public_url, f"/{visit.merchant.slug}/{name}")


def _refuse_unless(decision: Decision) -> None:
    if not decision.is_allowed:
        raise Refused(decision)
