"""The backup method: named by the customer, tried once when a charge made by itself is refused."""

from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.context import MerchantContext, Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.decisions import Decision
from portal.domain.errors import GatewayRefused, GatewayUnavailable, Refused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.payment_methods import PaymentMethod, may_be_backup
from portal.domain.payments import Intent, IntentState, PaymentState, Share, state_of_intent
from portal.domain.subscriptions import SubscriptionStatus
from portal.gateways.snapshots import Snapshot
from portal.mirror import payment_methods, refresh, subscriptions
from portal.services import debits, intents, operations, receipts
from portal.services.operations import Verb
from portal.store import backups, consents, notices, outbox
from portal.store import payments as rows
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow

TRIED = "backup_tried"


def choose(visit: Visit, method_id: str, *, consent: str) -> None:
    """Name a method to be charged when the first is refused; `consent` is what was agreed to.

    Raises Refused where the merchant does not allow it or the method cannot be one, NotFound.
    """
    wallet = payment_methods.wallet(visit)
    method = payment_methods.get(visit, method_id)
    _refuse_unless(may_be_backup(method, wallet.default, visit.merchant.rules, visit.today))
    with visit.db.write() as unit:
        backups.choose(unit, visit.customer.id, method.id, now=visit.at.now)
        consents.add(
            unit,
            visit.merchant.id,
            visit.customer.id,
            "backup_method",
            subject=f"backup:{method.id}",
            text=consent,
            locale=visit.locale,
            address=visit.address,
            now=visit.at.now,
        )
        receipts.add(
            unit, visit, "backup_chosen", subject=method.id, consent=consent, **_named(method)
        )


def drop(visit: Visit, method_id: str) -> None:
    """Have no backup any more; raises NotFound."""
    method = payment_methods.get(visit, method_id)
    with visit.db.write() as unit:
        if backups.drop(unit, visit.customer.id, method.id):
            receipts.add(unit, visit, "backup_dropped", subject=method.id, **_named(method))


def of_customer(reader: Reader, at: MerchantContext, customer_id: int) -> str:
    """Return the id of a customer's backup, empty without one or without the merchant's leave."""
    return backups.find(reader, customer_id) if at.merchant.rules.backup_method else ""


def charge_order(
    at: MerchantContext,
    customer_id: int,
    currency: str,
    *,
    first: str = "",
    reader: Reader | None = None,
) -> tuple[PaymentMethod, ...]:
    """Return the methods that a charge made by itself may try, in that order.

    `first` is the method agreed on for what is charged, the customer's default where it is empty;
    the backup follows where the merchant allows one. Those that cannot be charged are left out.
    """
    reader = reader or at.db
    wallet = payment_methods.wallet_of(reader, at.merchant, customer_id)
    backup = of_customer(reader, at, customer_id)
    today = at.merchant.day_of(at.now)
    wanted = dict.fromkeys(id for id in (first or wallet.default, backup) if id)
    found = (wallet.find(id) for id in wanted)
    return tuple(
        method
        for method in found
        if method is not None
        and method.is_usable(today)
        and method.kind is not None
        and method.kind.fits(currency, at.merchant.country)
    )


def follow(unit: Unit, at: MerchantContext, told: Snapshot) -> None:
    """Have the backup tried when Stripe could not charge a method by itself (job)."""
    is_refused = (
        isinstance(told, Intent)
        and told.state is IntentState.REQUIRES_PAYMENT_METHOD
        and bool(told.failed_method)
    )
    if is_refused and at.merchant.rules.backup_method:
        outbox.add_once(
            unit,
            "try_backup",
            told.id,
            merchant_id=at.merchant.id,
            now=at.now,
            intent=told.id,
        )


def try_backup(at: MerchantContext, intent: str) -> None:
    """Charge a refused renewal or invoice to the customer's backup, once for each (job).

    Not what a payment of ours is or was about, since its payer chose a method and knows how that
    went, and not the first invoice of a subscription, whose payer is on a page just now.
    """
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent).snapshot
    if not isinstance(told, Intent) or told.state is not IntentState.REQUIRES_PAYMENT_METHOD:
        return
    about = debits.find_about(at, told)
    if about is None or about.invoice is None or _is_ours(at, intent):
        return
    invoice = refresh.read(at, Origin.STRIPE, ObjectKind.INVOICE, about.invoice.id)
    if not isinstance(invoice, Invoice) or not _is_charged_by_itself(at, invoice):
        return
    order = charge_order(at, about.customer_id, invoice.currency, first=told.failed_method)
    method = next((one for one in order if one.id != told.failed_method), None)
    if method is not None:
        begun = _begin(at, about.customer_id, invoice, method)
        if begun:
            with suppress(GatewayRefused):
                _perform(at, begun)


def _is_ours(at: MerchantContext, intent: str) -> bool:
    query = select(PaymentRow.id).where(
        PaymentRow.merchant_id == at.merchant.id,
        PaymentRow.account == at.merchant.stripe_account,
        PaymentRow.livemode == at.merchant.livemode,
        PaymentRow.intent == intent,
    )
    return at.db.row(query) is not None


def _is_charged_by_itself(at: MerchantContext, invoice: Invoice) -> bool:
    if not invoice.is_open or invoice.collection_method != "charge_automatically":
        return False
    owned = subscriptions.find_owned(at.db, at.merchant, invoice.subscription)
    return owned is None or owned.subscription.status is not SubscriptionStatus.INCOMPLETE


def _begin(
    at: MerchantContext, customer_id: int, invoice: Invoice, method: PaymentMethod
) -> str | None:
    """Write payment and operation; None if it was tried before or another payment is under way."""
    with suppress(IntegrityError), at.db.write() as unit:
        if not notices.add_once(unit, at.merchant.id, TRIED, invoice.id, now=at.now):
            return None
        payment = rows.add(
            unit,
            at.merchant,
            customer_id,
            [Share(Origin.STRIPE, invoice.id, invoice.due)],
            currency=invoice.currency,
            method=method.id,
            now=at.now,
        )
        payment.intent, payment.method_type = invoice.intent, method.type
        operations.begin(
            unit,
            at,
            PAY_WITH_BACKUP,
            customer_id=customer_id,
            subject=invoice.id,
            id=payment.id,
            invoice=invoice.id,
            intent=invoice.intent,
            method=method.id,
        )
        return payment.id
    return None


def _perform(at: MerchantContext, id: str) -> None:
    try:
        operations.perform(at, PAY_WITH_BACKUP, id)
    except GatewayUnavailable as error:
        if not error.was_sent:
            raise


# What is asked of Stripe


def _send(at: MerchantContext, told: dict[str, Any], key: str) -> Intent:
    return at.payments.pay_invoice(
        told["invoice"], key=key, method=told["method"], intent=told["intent"]
    )


def _record(unit: Unit, at: MerchantContext, row: OperationRow, intent: Intent) -> None:
    payment = intents.get(unit, row.id)
    intents.advance(unit, at, payment, state_of_intent(intent), intent)


def _record_refusal(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    payment = intents.get(unit, row.id)
    if payment.can_take_money:
        rows.move(payment, PaymentState.FAILED, now=at.now, error_code=error)


def _is_wanted(at: MerchantContext, row: OperationRow) -> bool:
    told = refresh.read(at, Origin.STRIPE, ObjectKind.INVOICE, row.parameters["invoice"])
    return isinstance(told, Invoice) and told.is_open


def _look(at: MerchantContext, row: OperationRow) -> Intent | None:
    """Return the intent of the invoice if it took the money or is about to."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, row.parameters["intent"]).snapshot
    is_taken = isinstance(told, Intent) and told.state in {
        IntentState.SUCCEEDED,
        IntentState.PROCESSING,
    }
    return told if isinstance(told, Intent) and is_taken else None


PAY_WITH_BACKUP = Verb(
    "pay_with_backup", _send, _record, _record_refusal, is_wanted=_is_wanted, look=_look
)
VERBS: tuple[Verb[Any], ...] = (PAY_WITH_BACKUP,)


def _named(method: PaymentMethod) -> dict[str, str]:
    return {"method_type": method.type, "brand": method.brand, "last4": method.last4}


def _refuse_unless(decision: Decision) -> None:
    if not decision.is_allowed:
        raise Refused(decision)
