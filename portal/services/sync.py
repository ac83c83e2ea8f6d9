"""The full back-fill: every object of every kind, page by page, by the path of the webhooks."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from portal.context import MerchantContext
from portal.domain.budget import Effect
from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.gateways.invoicing import InvoicingGateway
from portal.gateways.payments import PaymentGateway
from portal.gateways.snapshots import Seen
from portal.mirror import refresh, sources
from portal.services import collections, mandates, recurrences
from portal.services.budget import spending
from portal.store.customers import CustomerRow

# Customers first, so that invoices find their names; what hangs on customers last.
STRIPE_KINDS = (
    ObjectKind.CUSTOMER,
    ObjectKind.PRODUCT,
    ObjectKind.PRICE,
    ObjectKind.COUPON,
    ObjectKind.CONFIGURATION,
    ObjectKind.METHOD_SETTINGS,
    ObjectKind.SUBSCRIPTION,
    ObjectKind.SCHEDULE,
    ObjectKind.INVOICE,
    ObjectKind.CREDIT_NOTE,
    ObjectKind.REFUND,
)
HOLDED_KINDS = (
    ObjectKind.CUSTOMER,
    ObjectKind.INVOICE,
    ObjectKind.CREDIT_NOTE,
    ObjectKind.PROFORMA,
)

Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Listing:
    """One kind of one provider; `parent` is the customer whose objects are listed."""

    origin: Origin
    kind: ObjectKind
    parent: str = ""

    @property
    def name(self) -> str:
        """Return the name its progress is kept under."""
        return f"{self.kind}" if not self.parent else f"{self.kind}/{self.parent}"


def sync(at: MerchantContext, told: Told, *, afresh: bool = False) -> int:
    """Read everything a merchant has and return how many objects there were.

    `told` hears the name of each kind and how many of it were read so far. One that was broken off
    goes on where it stopped, unless it is to begin `afresh`.
    """
    total = 0
    for kind in STRIPE_KINDS:
        total += _read_all(at, _Listing(Origin.STRIPE, kind), told, afresh=afresh)
    if at.merchant.has_holded:
        with spending(Effect.SYNC):
            for kind in HOLDED_KINDS:
                total += _read_all(at, _Listing(Origin.HOLDED, kind), told, afresh=afresh)
            total += _read_recurrences(at, told)
    return total + _read_methods(at, told)


def _read_methods(at: MerchantContext, told: Told) -> int:
    """Read the methods of every customer; Stripe lists them by customer only."""
    found = at.db.rows(
        select(CustomerRow.stripe_customer)
        .where(
            CustomerRow.merchant_id == at.merchant.id,
            CustomerRow.livemode == at.merchant.livemode,
            CustomerRow.stripe_account == at.merchant.stripe_account,
            CustomerRow.stripe_customer != "",
        )
        .order_by(CustomerRow.id)
    )
    total = 0
    for row in found:
        total += _read_pages(at, _Listing(Origin.STRIPE, ObjectKind.PAYMENT_METHOD, row[0]))
        told("stripe payment_method", total)
    return total


def _read_recurrences(at: MerchantContext, told: Told) -> int:
    count = recurrences.read_all(at)
    with at.db.write() as unit:
        recurrences.begin(unit, at, later=recurrences.EVERY)
    told(f"{Origin.HOLDED} {ObjectKind.RECURRENCE}", count)
    return count


def _read_pages(at: MerchantContext, listing: _Listing) -> int:
    cursor, count = "", 0
    while True:
        page = _door(at, listing.origin).list_page(
            listing.kind, cursor=cursor, parent=listing.parent
        )
        seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
        with at.db.write() as unit:
            refresh.save(unit, at.merchant, listing.origin, seen, now=at.now)
            mandates.follow(unit, at, page.snapshots)
        count += len(seen)
        cursor = page.cursor
        if not cursor:
            return count


def _read_all(at: MerchantContext, listing: _Listing, told: Told, *, afresh: bool) -> int:
    cursor, count = ("", 0) if afresh else _stopped_at(at, listing)
    while True:
        page = _door(at, listing.origin).list_page(listing.kind, cursor=cursor)
        seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
        cursor, count = page.cursor, count + len(seen)
        with at.db.write() as unit:
            refresh.save(unit, at.merchant, listing.origin, seen, now=at.now)
            for one in page.snapshots:
                collections.follow(unit, at, one)
            sources.save_progress(
                unit,
                at.merchant,
                listing.origin,
                listing.name,
                cursor=cursor,
                count=count,
                finished_at=None if cursor else at.now,
            )
        told(f"{listing.origin} {listing.kind}", count)
        if not cursor:
            return count


def _stopped_at(at: MerchantContext, listing: _Listing) -> tuple[str, int]:
    with at.db.write() as unit:
        row = sources.progress(unit, at.merchant, listing.origin, listing.name)
        return ("", 0) if row is None or row.finished_at else (row.cursor, row.count)


def _door(at: MerchantContext, origin: Origin) -> PaymentGateway | InvoicingGateway:
    return at.payments if origin is Origin.STRIPE else at.invoicing
