"""One way into the mirror: a snapshot is saved, whether it came from an event, a read or a sync.

A webhook kind is a row in `SAVERS`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from portal.context import MerchantContext
from portal.db import Reader, Unit
from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin, Profile
from portal.domain.disputes import Dispute
from portal.domain.errors import GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.mandates import Mandate
from portal.domain.merchants import Merchant
from portal.domain.method_offers import MethodSettings
from portal.domain.payment_methods import PaymentMethod
from portal.domain.payments import CheckoutSession, Intent
from portal.domain.recurrences import Recurrence
from portal.domain.refunds import Refund
from portal.domain.subscriptions import Schedule, Subscription
from portal.gateways.snapshots import Gone, Seen, Snapshot
from portal.mirror import (
    catalogue,
    configurations,
    customers,
    disputes,
    intents,
    invoices,
    mandates,
    method_types,
    payment_methods,
    recurrences,
    refunds,
    rows,
    sales,
    subscriptions,
)

MOST_READS = 5
# From how many invoices on a page of them costs fewer calls than each by itself.
WORTH_A_LIST = 4


class Saver(Protocol):
    """Writes snapshots of one type."""

    def __call__(
        self, unit: Unit, merchant: Merchant, seen: Sequence[tuple[Any, datetime]], now: datetime
    ) -> None: ...


def _with_now(save: Callable[..., None]) -> Saver:
    return lambda unit, merchant, seen, now: save(unit, merchant, seen, now=now)


def _plain(save: Callable[..., None]) -> Saver:
    return lambda unit, merchant, seen, now: save(unit, merchant, seen)


def _with_sales(save: Callable[..., None]) -> Saver:
    """Write what became of payments, and what that makes of the invoices they paid."""

    def write(
        unit: Unit, merchant: Merchant, seen: Sequence[tuple[Any, datetime]], now: datetime
    ) -> None:
        save(unit, merchant, seen)
        sales.follow_payments(unit, merchant, {told.intent for told, _ in seen})

    return write


SAVERS: dict[type, Saver] = {
    Profile: _with_now(customers.save),
    Subscription: _with_now(subscriptions.save),
    Schedule: _plain(subscriptions.save_schedules),
    Invoice: _with_now(invoices.save),
    Recurrence: _with_now(recurrences.save),
    Intent: _plain(intents.save),
    CheckoutSession: _plain(intents.save_sessions),
    PaymentMethod: _with_now(payment_methods.save),
    Mandate: _plain(mandates.save),
    Refund: _with_sales(refunds.save),
    Dispute: _with_sales(disputes.save),
    Product: _plain(catalogue.save_products),
    Price: _plain(catalogue.save_prices),
    Coupon: _plain(catalogue.save_coupons),
    PortalConfiguration: _plain(configurations.save),
    MethodSettings: _plain(method_types.save),
}
TABLES: dict[ObjectKind, type[rows.MirroredRow]] = {
    ObjectKind.CUSTOMER: customers.ProfileRow,
    ObjectKind.SUBSCRIPTION: subscriptions.SubscriptionRow,
    ObjectKind.SCHEDULE: subscriptions.ScheduleRow,
    ObjectKind.INVOICE: invoices.InvoiceRow,
    ObjectKind.CREDIT_NOTE: invoices.InvoiceRow,
    ObjectKind.PROFORMA: invoices.InvoiceRow,
    ObjectKind.RECURRENCE: recurrences.RecurrenceRow,
    ObjectKind.PAYMENT_INTENT: intents.IntentRow,
    ObjectKind.CHECKOUT_SESSION: intents.CheckoutRow,
    ObjectKind.PAYMENT_METHOD: payment_methods.PaymentMethodRow,
    ObjectKind.MANDATE: mandates.MandateRow,
    ObjectKind.REFUND: refunds.RefundRow,
    ObjectKind.DISPUTE: disputes.DisputeRow,
    ObjectKind.PRODUCT: catalogue.ProductRow,
    ObjectKind.PRICE: catalogue.PriceRow,
    ObjectKind.COUPON: catalogue.CouponRow,
    ObjectKind.CONFIGURATION: configurations.ConfigurationRow,
    ObjectKind.METHOD_SETTINGS: method_types.MethodSettingsRow,
}


def save(
    unit: Unit, merchant: Merchant, origin: Origin, seen: Sequence[Seen], *, now: datetime
) -> None:
    """Write what was seen; what is older than what we hold changes nothing."""
    by_type: dict[type, list[tuple[Snapshot, datetime]]] = {}
    for one in seen:
        if isinstance(one.snapshot, Gone):
            _forget(unit, merchant, origin, one.snapshot, one.at)
        else:
            by_type.setdefault(type(one.snapshot), []).append((one.snapshot, one.at))
    for kind, pairs in by_type.items():
        SAVERS[kind](unit, merchant, pairs, now)


def held_at(
    unit: Unit, merchant: Merchant, origin: Origin, kind: ObjectKind, ids: Sequence[str]
) -> dict[str, datetime]:
    """Return the provider's time of the states we hold of some objects of one kind."""
    return rows.held_at(unit, TABLES[kind], merchant, origin, ids)


def read(
    at: MerchantContext,
    origin: Origin,
    kind: ObjectKind,
    id: str,
    follow: Callable[[Unit, Snapshot], None] = lambda unit, snapshot: None,
) -> Snapshot:
    """Read one object from its provider, write it, have what follows done with it, and return it.

    Answers overtake each other, and providers tell their time in seconds. What another process
    wrote while this one was reading may be the newer state, so it is read again. Raises
    GatewayUnavailable where that never ends. Who pays a document of Holded's need not know whether
    it is an invoice or a proforma.
    """
    is_document = (origin, kind) == (Origin.HOLDED, ObjectKind.INVOICE)
    if is_document and invoices.proformas_among(at.db, at.merchant, [id]):
        kind = ObjectKind.PROFORMA
    door = at.payments if origin is Origin.STRIPE else at.invoicing
    for _ in range(MOST_READS):
        held = rows.find(at.db, TABLES[kind], at.merchant, origin, id)
        seen = door.fetch(kind, id)
        with at.db.write() as unit:
            if rows.find(unit, TABLES[kind], at.merchant, origin, id) == held:
                save(unit, at.merchant, origin, [seen], now=at.now)
                follow(unit, seen.snapshot)
                return seen.snapshot
    raise GatewayUnavailable(f"{kind} {id} changes faster than it can be read")


def read_invoices(
    at: MerchantContext, origin: Origin, ids: Sequence[str], contact: str
) -> dict[str, Invoice]:
    """Read invoices by their ids from their provider; one that is not there is left out.

    Many of Holded are read as pages of their `contact`'s, because every call counts. Of a page,
    what another process wrote meanwhile is left as that process wrote it.
    """
    one_by_one, listed = set(ids), list[str]()
    if origin is Origin.HOLDED and len(ids) >= WORTH_A_LIST:
        one_by_one = set(invoices.proformas_among(at.db, at.merchant, ids))
        listed = [id for id in ids if id not in one_by_one]
    told: dict[str, Snapshot] = {
        id: read(at, origin, ObjectKind.INVOICE, id) for id in ids if id in one_by_one
    }
    if listed:
        told |= _read_pages(at, listed, contact)
    return {id: snapshot for id, snapshot in told.items() if isinstance(snapshot, Invoice)}


def _read_pages(at: MerchantContext, ids: Sequence[str], contact: str) -> dict[str, Snapshot]:
    """Read pages of a contact's invoices until all of them are found.

    After as many pages as reading each would have taken, the rest are read one by one.
    """
    wanted, found, cursor = set(ids), dict[str, Snapshot](), ""
    for _ in ids:
        if not wanted - set(found):
            break
        held = _all_held(at.db, at, ids)
        page = at.invoicing.list_page(ObjectKind.INVOICE, cursor=cursor, parent=contact)
        told = {
            one.id: one for one in page.snapshots if isinstance(one, Invoice) and one.id in wanted
        }
        found.update(told)
        with at.db.write() as unit:
            still = _all_held(unit, at, ids)
            seen = [Seen(told[id], page.at) for id in told if held.get(id) == still.get(id)]
            save(unit, at.merchant, Origin.HOLDED, seen, now=at.now)
        cursor = page.cursor
        if not cursor:
            break
    left = sorted(wanted - set(found))
    return found | {id: read(at, Origin.HOLDED, ObjectKind.INVOICE, id) for id in left}


def _all_held(reader: Reader, at: MerchantContext, ids: Sequence[str]) -> dict[str, Any]:
    return {
        id: rows.find(reader, invoices.InvoiceRow, at.merchant, Origin.HOLDED, id) for id in ids
    }


def _forget(unit: Unit, merchant: Merchant, origin: Origin, gone: Gone, at: datetime) -> None:
    forget: dict[ObjectKind, Callable[[], None]] = {
        ObjectKind.CUSTOMER: partial(customers.forget, unit, merchant, origin, gone.id, at=at),
        ObjectKind.INVOICE: partial(invoices.remove, unit, merchant, origin, gone.id),
        ObjectKind.CREDIT_NOTE: partial(invoices.remove, unit, merchant, origin, gone.id),
        ObjectKind.PAYMENT_METHOD: partial(payment_methods.remove, unit, merchant, gone.id, at=at),
        ObjectKind.PRODUCT: partial(catalogue.forget_product, unit, merchant, gone.id, at=at),
        ObjectKind.PRICE: partial(catalogue.forget_price, unit, merchant, gone.id, at=at),
        ObjectKind.COUPON: partial(catalogue.forget_coupon, unit, merchant, gone.id, at=at),
    }
    remove = partial(rows.remove, unit, TABLES[gone.kind], merchant, origin, gone.id)
    forget.get(gone.kind, remove)()
