"""Collecting what the merchant asked for: a saved method is charged, or its owner is asked to pay.

A document is looked at when Holded tells of it, and collected once: what a repeated webhook, a
second worker or another tab begins meets the row, or the one payment an invoice may have. A charge
that was declined is tried on the customer's backup, once, and again as the merchant's rules say; a
new method is charged at once.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from portal import keys
from portal.context import Customer, MerchantContext, Visit
from portal.db import Unit
from portal.domain.access import EVERYTHING, LinkPurpose
from portal.domain.collections import (
    NEVER_MADE,
    NO_METHOD,
    AskedBy,
    CollectionState,
    asked_by,
    may_be_asked,
    may_start,
    method_to_charge,
    next_try,
)
from portal.domain.customers import Origin, Profile
from portal.domain.errors import (
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
    NotFound,
)
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.payment_methods import PaymentMethod
from portal.domain.payments import PaymentState, Share
from portal.domain.sales import TAG
from portal.gateways.snapshots import Snapshot
from portal.mirror import customers, payment_methods, refresh, sales
from portal.mirror.customers import CustomerCard
from portal.services import backups, intents, links, operations, payments
from portal.services import customers as people
from portal.services.operations import Verb
from portal.store import collections as rows
from portal.store import consents, counterparts, notices, outbox
from portal.store import links as link_rows
from portal.store import payments as payment_rows
from portal.store.collections import CollectionRow
from portal.store.customers import find_ids
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow

# How long to wait for a payment that somebody else has under way before looking again.
LATER = timedelta(hours=1)
OVER = frozenset({PaymentState.FAILED, PaymentState.CANCELED})

log = structlog.get_logger()


def follow(unit: Unit, at: MerchantContext, told: Snapshot) -> None:
    """Have a document that may be asked for looked at (job); close what wants no money any more."""
    if not isinstance(told, Invoice) or told.origin is not Origin.HOLDED:
        return
    row = rows.find(unit, at.merchant, told.id)
    if row is not None and not told.is_open:
        rows.move(row, CollectionState.OVER, now=at.now)
    if told.made_from and told.is_shown and (of_it := rows.find(unit, at.merchant, told.made_from)):
        rows.move(of_it, CollectionState.OVER, now=at.now)
    if row is None and may_be_asked(told, at.merchant.rules):
        _queue(unit, at, told.id)


def collect(at: MerchantContext, document: str, method: str = "") -> None:
    """Charge a document that the merchant asked us to collect, or ask its customer to pay (job).

    `method` is one that was just saved. Raises the gateway errors, to be tried again.
    """
    with at.db.write() as unit:
        live = payment_rows.find_live(unit, at.merchant, Origin.HOLDED, document)
        if not _is_to_start(unit, at, document, method, live):
            return
    if live is not None:
        intents.end(at, live)
    with at.db.session() as unit:
        tries = payment_rows.tries_of(unit, at.merchant, Origin.HOLDED, [document])
    told = _read(at, document)
    asked = _asked_by(at, told) if isinstance(told, Invoice) else None
    if not isinstance(told, Invoice) or asked is None:
        _drop(at, document)
        return
    _have_at_stripe(at, told)
    payment = _begin_once(at, _Read(told, tries, asked), method)
    if payment:
        _charge(at, payment)


def _read(at: MerchantContext, document: str) -> Snapshot:
    """Read a document as its customer owes it: less credit notes, and not while it is disputed.

    One that we had made of a Stripe invoice is tied to it, whatever became of its tag.
    """
    told = refresh.read(at, Origin.HOLDED, ObjectKind.INVOICE, document)
    if not isinstance(told, Invoice):
        return told
    source = counterparts.list_sources(at.db, at.merchant, [document]).get(document)
    tied = replace(told, tags=(*told.tags, f"{TAG}{source}")) if source else told
    return sales.as_owed(at.db, at.merchant, tied)


def collect_waiting(at: MerchantContext, customer: int, method: str) -> None:
    """Have everything that waits for a customer charged to a method that was just saved (job)."""
    with at.db.write() as unit:
        for row in rows.list_waiting(unit, at.merchant, customer):
            _queue(unit, at, row.document, method=method)


def note(at: MerchantContext, payment: str) -> None:
    """Let a collection follow its payment, which failed or wants the customer (job)."""
    with at.db.write() as unit:
        _note(unit, at, payment)


def list_open(at: MerchantContext) -> Sequence[CollectionRow]:
    """Return what is not over yet, oldest first."""
    with at.db.session() as reader:
        return rows.list_open(reader, at.merchant)


def link_of(at: MerchantContext, document: str) -> str:
    """Return the address under which a collected document is paid, the same as long as it lives."""
    with at.db.session() as reader:
        row = _get(reader, at, document)
    token = keys.derive_token(at.settings, LinkPurpose.INVOICE, row.link) if row.link else ""
    if token and links.find(at, LinkPurpose.INVOICE, token) is not None:
        return links.address(at, LinkPurpose.INVOICE, token)
    name = link_rows.new_name()
    made = links.make_invoice_link(at, row.customer_id, Origin.HOLDED, document, name=name)
    with at.db.write() as unit:
        _get(unit, at, document).link = name
    return made


# Whether a document is asked for


@dataclass(frozen=True, slots=True)
class _Read:
    """A document as Holded told it, and its payments as they were before it was asked."""

    document: Invoice
    tries: payment_rows.Tries
    asked_by: AskedBy


def _is_to_start(
    unit: Unit, at: MerchantContext, document: str, method: str, live: PaymentRow | None
) -> bool:
    """Say whether a charge may start, before Holded is asked.

    Not beside a payment that is under way (D17), except that our own last try may be ended, which
    waits at the bank for its owner.
    """
    row = rows.find(unit, at.merchant, document)
    if row is not None and not _may_start(at, row, method):
        return False
    is_ours = row is not None and live is not None and row.payment == live.id
    if live is None or (is_ours and live.state == PaymentState.NEEDS_BANK):
        return True
    _queue(unit, at, document, method=method, run_at=at.now + LATER)
    return False


def _may_start(at: MerchantContext, row: CollectionRow, method: str) -> bool:
    return may_start(
        CollectionState(row.state),
        row.next_try_at,
        at.now,
        has_new_method=method not in {"", row.method},
    )


def _asked_by(at: MerchantContext, document: Invoice) -> AskedBy | None:
    """Ask Holded for the names the rule needs, as few as will do."""
    rules = at.merchant.rules
    if not may_be_asked(document, rules):
        return None
    if (by_tag := asked_by(document, rules)) is not None or not rules.collect_method:
        return by_tag
    default = "" if document.pays_by else _default_of(at, document.customer)
    if not (document.pays_by or default):
        return None
    names = {method.id: method.name for method in at.invoicing.list_methods()}
    return asked_by(
        document,
        rules,
        named=names.get(document.pays_by, ""),
        default=names.get(default, ""),
    )


def _default_of(at: MerchantContext, contact: str) -> str:
    profile = refresh.read(at, Origin.HOLDED, ObjectKind.CUSTOMER, contact)
    return profile.pays_by if isinstance(profile, Profile) else ""


def _have_at_stripe(at: MerchantContext, document: Invoice) -> None:
    """Let the customer of a document be somebody at Stripe, for whom a method can be kept.

    Where Stripe says no, the customer can still pay by the link.
    """
    with at.db.write() as unit:
        payer = find_ids(unit, at.merchant, Origin.HOLDED, [document.customer]).get(
            document.customer
        )
    with suppress(GatewayRefused, GatewayMisconfigured):
        if payer is not None:
            people.have_at_stripe(at, payer)


def _drop(at: MerchantContext, document: str) -> None:
    """Forget a document that is asked for no more; one that was charged is never charged again."""
    with at.db.write() as unit:
        row = rows.find(unit, at.merchant, document)
        if row is not None and row.payment:
            rows.move(row, CollectionState.OVER, now=at.now)
        elif row is not None:
            unit.delete(row)


# The charge


def _begin_once(at: MerchantContext, read: _Read, method: str) -> str:
    """Begin a charge and return its payment; empty where there is none to make, or another is."""
    try:
        with at.db.write() as unit:
            return _begin(unit, at, read, method)
    except IntegrityError as error:
        raise GatewayUnavailable("somebody pays it just now", was_sent=False) from error


def _begin(unit: Unit, at: MerchantContext, read: _Read, method: str) -> str:
    """Decide on what was read and write collection, payment and operation, in one transaction."""
    document = read.document
    if payment_rows.tries_of(unit, at.merchant, Origin.HOLDED, [document.id]) != read.tries:
        raise GatewayUnavailable("paid or tried since it was read", was_sent=False)
    visit = _visit(unit, at, document)
    row = rows.find(unit, at.merchant, document.id) or rows.add(
        unit,
        at.merchant,
        document.id,
        customer_id=visit.customer.id,
        asked_by=read.asked_by,
        now=at.now,
    )
    if not _may_start(at, row, method):
        return ""
    chosen = _method(unit, visit, document, first=method)
    if chosen is None:
        _wait(unit, at, row, NO_METHOD)
        return ""
    return _write(unit, visit, row, document, chosen)


def _write(
    unit: Unit, visit: Visit, row: CollectionRow, document: Invoice, method: PaymentMethod
) -> str:
    at = visit.at
    payment = payment_rows.add(
        unit,
        at.merchant,
        visit.customer.id,
        [Share(Origin.HOLDED, document.id, document.due)],
        currency=document.currency,
        method=method.id,
        now=at.now,
    )
    operation = operations.begin(
        unit,
        at,
        COLLECT,
        customer_id=visit.customer.id,
        subject=document.id,
        id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        customer=visit.customer.stripe_customer,
        method=method.id,
        off_session=True,
        description=f"{at.merchant.name} {document.number}".strip(),
        metadata={
            "payment": payment.id,
            "portal_customer": str(visit.customer.id),
            "invoice": f"{document.origin}:{document.id}",
            "invoice_number": document.number,
        },
    )
    back = payments.address_of_return(at, operation.return_key)
    operation.parameters = {**operation.parameters, "return_url": back}
    rows.move(row, CollectionState.CHARGING, now=at.now)
    row.payment, row.method, row.tries = payment.id, method.id, row.tries + 1
    return payment.id


def _visit(unit: Unit, at: MerchantContext, document: Invoice) -> Visit:
    """Return the visit that the customer of a document would make."""
    payers = find_ids(unit, at.merchant, Origin.HOLDED, [document.customer])
    payer = payers.get(document.customer)
    card = customers.find_card(unit, at.merchant, payer) if payer is not None else None
    if card is None:
        raise NotFound(f"customer of document {document.id}")
    customer = Customer(card.id, card.stripe_customer, card.holded_contact, card.name, card.address)
    return Visit(at, customer, EVERYTHING, card.language_or(at.merchant.locale), at.now)


def _method(unit: Unit, visit: Visit, document: Invoice, *, first: str) -> PaymentMethod | None:
    wallet = payment_methods.wallet(visit, reader=unit)
    agreed = {*consents.methods_of(unit, visit.merchant.id, visit.customer.id)}
    if first and first == backups.of_customer(unit, visit.at, visit.customer.id):
        agreed.add(first)
    return method_to_charge(
        wallet.methods,
        agreed,
        default=wallet.default,
        currency=document.currency,
        country=visit.merchant.country,
        today=visit.today,
        first=first,
    )


def _charge(at: MerchantContext, payment: str) -> None:
    """Charge without the customer; a no is recorded, a lost answer is looked after by the worker.

    Raises GatewayUnavailable where nothing was sent, so that it is tried again.
    """
    try:
        with suppress(GatewayRefused, GatewayMisconfigured):
            operations.perform(at, COLLECT, payment)
    except GatewayUnavailable as error:
        if not error.was_sent:
            raise


def _refused(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    payments.PAY.refused(unit, at, row, error)
    _note(unit, at, row.id)


COLLECT: Verb[Any] = replace(payments.PAY, name="collect", refused=_refused)
VERBS: tuple[Verb[Any], ...] = (COLLECT,)


# What comes of it


def _note(unit: Unit, at: MerchantContext, payment: str) -> None:
    """Ask the customer to pay after a no, or for the bank; look anew at what was never made."""
    told = intents.get(unit, payment)
    row = rows.find_by_payment(unit, at.merchant, payment)
    if row is None or row.state != CollectionState.CHARGING:
        return
    if told.state in OVER and told.error_code in NEVER_MADE:
        row.tries -= 1
        rows.move(row, CollectionState.ASKED, now=at.now)
        _queue(unit, at, row.document)
    elif told.state in OVER or told.state == PaymentState.NEEDS_BANK:
        log.warning(
            "collection.refused",
            merchant=at.merchant.slug,
            document=row.document,
            code=told.error_code,
        )
        if not _turns_to_backup(unit, at, row, told):
            _wait(unit, at, row, told.error_code or told.state)


def _turns_to_backup(unit: Unit, at: MerchantContext, row: CollectionRow, told: PaymentRow) -> bool:
    """Have a declined document charged to its customer's backup, once; say whether it will be.

    Both methods together are one try. What waits at the bank is left to its owner.
    """
    if told.state not in OVER or told.error_code == GatewayMisconfigured.wording:
        return False
    order = backups.charge_order(at, row.customer_id, told.currency, first=row.method, reader=unit)
    backup = backups.of_customer(unit, at, row.customer_id)
    if backup == row.method or backup not in {method.id for method in order}:
        return False
    subject = f"{Origin.HOLDED}:{row.document}"
    if not notices.add_once(unit, at.merchant.id, backups.TRIED, subject, now=at.now):
        return False
    row.tries -= 1
    rows.move(row, CollectionState.WAITING, now=at.now, reason=told.error_code)
    _queue(unit, at, row.document, method=backup)
    return True


def _wait(unit: Unit, at: MerchantContext, row: CollectionRow, reason: str) -> None:
    """Leave a document to its customer, who is mailed a link, and to another try if there is one.

    The merchant hears of every no, and of a customer who has no address.
    """
    rows.move(row, CollectionState.WAITING, now=at.now, reason=reason)
    row.next_try_at = next_try(reason, row.tries, at.merchant.rules, at.now)
    if row.next_try_at is not None:
        _queue(unit, at, row.document, name=f"again-{row.tries}", run_at=row.next_try_at)
    card = customers.find_card(unit, at.merchant, row.customer_id)
    for job in _mails(reason, card):
        outbox.add(
            unit,
            job,
            f"{at.merchant.id}:{row.document}:{row.tries}:{reason}"[:150],
            merchant_id=at.merchant.id,
            now=at.now,
            document=row.document,
        )


def _mails(reason: str, card: CustomerCard | None) -> list[str]:
    has_address = card is not None and bool(card.address)
    if has_address and reason == NO_METHOD:
        return ["mail_collection"]
    is_customers = has_address and reason != GatewayMisconfigured.wording
    return ["mail_collection", "mail_uncollected"] if is_customers else ["mail_uncollected"]


def _queue(
    unit: Unit,
    at: MerchantContext,
    document: str,
    *,
    method: str = "",
    name: str = "",
    run_at: datetime | None = None,
) -> None:
    key = ":".join(filter(None, (str(at.merchant.id), document, method, name)))
    outbox.add(
        unit,
        "collect",
        key,
        merchant_id=at.merchant.id,
        now=at.now,
        run_at=run_at,
        document=document,
        method=method,
    )


def _get(unit: Unit, at: MerchantContext, document: str) -> CollectionRow:
    row = rows.find(unit, at.merchant, document)
    if row is None:
        raise NotFound(f"collection of {document}")
    return row
