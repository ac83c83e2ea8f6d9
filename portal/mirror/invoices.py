"""Invoices of both origins in one table, each with the payment that is under way for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Date,
    Index,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.invoices import (
    Invoice,
    InvoiceKind,
    InvoiceState,
    InvoiceStatus,
    UnderWay,
    status,
)
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payments import PaymentState, under_way
from portal.mirror import rows
from portal.store import customers
from portal.store.payments import PaymentRow, ShareRow

TAG_OF_STRIPE_INVOICE = "stripe:"


class InvoiceRow(rows.MirroredRow):
    """One invoice or credit note.

    `shown` is false for drafts and for the Stripe half of a sale that Holded invoiced as well
    (`matches` of the Holded half names it). `due_key` and `issued_key` are what lists sort
    by, and are never empty.
    """

    __tablename__ = "invoices"

    origin: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[int]
    due: Mapped[int]
    paid: Mapped[int]
    issued_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_key: Mapped[date] = mapped_column(Date)
    issued_key: Mapped[date] = mapped_column(Date)
    description: Mapped[str] = mapped_column(String(300))
    is_foreign: Mapped[bool]
    is_open: Mapped[bool]
    shown: Mapped[bool]
    matches: Mapped[str] = mapped_column(String(64))
    intent: Mapped[str] = mapped_column(String(64))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """The open ones by due day (also summed), the rest by day of issue."""
        is_open, shown = text("is_open AND shown"), text("shown")
        return (
            Index(
                "ix_invoices_open",
                "customer_id",
                "due_key",
                "id",
                "currency",
                "due",
                sqlite_where=is_open,
                postgresql_where=is_open,
            ),
            Index(
                "ix_invoices_all",
                "customer_id",
                "issued_key",
                "id",
                sqlite_where=shown,
                postgresql_where=shown,
            ),
            Index("ix_invoices_matches", "merchant_id", "matches"),
        )


class Filter(StrEnum):
    """The tabs of the list."""

    OPEN = "open"
    PAID = "paid"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice as lists show it; `cursor` names its place for the next page."""

    invoice: Invoice
    status: InvoiceStatus
    under_way: UnderWay
    payment: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open in one currency: how much, how many, and since when."""

    due: Money
    count: int
    overdue: int
    oldest_due_on: date


_LIST_COLUMNS = (
    InvoiceRow.id,
    InvoiceRow.origin,
    InvoiceRow.provider_id,
    InvoiceRow.number,
    InvoiceRow.kind,
    InvoiceRow.state,
    InvoiceRow.currency,
    InvoiceRow.total,
    InvoiceRow.due,
    InvoiceRow.paid,
    InvoiceRow.issued_on,
    InvoiceRow.due_on,
    InvoiceRow.due_key,
    InvoiceRow.issued_key,
    InvoiceRow.description,
    InvoiceRow.is_foreign,
    PaymentRow.state.label("payment_state"),
    PaymentRow.id.label("payment_id"),
)
_OF_LIVE_SHARE = and_(
    ShareRow.merchant_id == InvoiceRow.merchant_id,
    ShareRow.livemode == InvoiceRow.livemode,
    ShareRow.origin == InvoiceRow.origin,
    ShareRow.account == InvoiceRow.account,
    ShareRow.invoice == InvoiceRow.provider_id,
    ShareRow.is_live.is_(True),
)


def _with_payment(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .outerjoin(ShareRow, _OF_LIVE_SHARE)
        .outerjoin(PaymentRow, PaymentRow.id == ShareRow.payment_id)
        .where(
            InvoiceRow.customer_id == bindparam("customer"),
            InvoiceRow.merchant_id == bindparam("merchant"),
            InvoiceRow.livemode == bindparam("livemode"),
        )
    )


_SHOWN = _with_payment(*_LIST_COLUMNS).where(InvoiceRow.shown.is_(True))
_FOUND = func.lower(InvoiceRow.number + " " + InvoiceRow.description).like(
    bindparam("pattern"), escape="/"
)
_OPEN = _SHOWN.where(
    InvoiceRow.is_open.is_(True),
    or_(
        InvoiceRow.due_key > bindparam("after_day"),
        and_(InvoiceRow.due_key == bindparam("after_day"), InvoiceRow.id > bindparam("after_id")),
    ),
).order_by(InvoiceRow.due_key, InvoiceRow.id)
_ALL = _SHOWN.where(
    or_(
        InvoiceRow.issued_key < bindparam("after_day"),
        and_(
            InvoiceRow.issued_key == bindparam("after_day"), InvoiceRow.id < bindparam("after_id")
        ),
    )
).order_by(InvoiceRow.issued_key.desc(), InvoiceRow.id.desc())
_PAID = _ALL.where(InvoiceRow.state == InvoiceState.PAID)
_LISTS = {
    (name, searching): (query.where(_FOUND) if searching else query).limit(bindparam("limit"))
    for name, query in ((Filter.OPEN, _OPEN), (Filter.PAID, _PAID), (Filter.ALL, _ALL))
    for searching in (False, True)
}
_ONE = _with_payment(*_LIST_COLUMNS, InvoiceRow.snapshot, InvoiceRow.state_at).where(
    InvoiceRow.shown.is_(True), InvoiceRow.provider_id == bindparam("id")
)
_BALANCES = (
    select(
        InvoiceRow.currency,
        func.sum(InvoiceRow.due).label("due"),
        func.count().label("number"),
        func.sum(case((InvoiceRow.due_key < bindparam("today"), 1), else_=0)).label("overdue"),
        func.min(InvoiceRow.due_key).label("oldest"),
    )
    .where(
        InvoiceRow.customer_id == bindparam("customer"),
        InvoiceRow.merchant_id == bindparam("merchant"),
        InvoiceRow.livemode == bindparam("livemode"),
        InvoiceRow.shown.is_(True),
        InvoiceRow.is_open.is_(True),
        InvoiceRow.is_foreign.is_(False),
    )
    .group_by(InvoiceRow.currency)
    .order_by(InvoiceRow.currency)
)
_FIRST = {Filter.OPEN: (date.min, 0), Filter.PAID: (date.max, 0), Filter.ALL: (date.max, 0)}


def list_page(
    visit: Visit, which: Filter = Filter.ALL, *, after: str = "", search: str = "", limit: int = 20
) -> tuple[list[Listed], str]:
    """Return one page of the customer's invoices and the cursor of the next, empty at the end.

    Open ones come by due day, so that overdue ones are first; the others newest first. A cursor
    that makes no sense means the first page.
    """
    day, id = _place(after) or _FIRST[which]
    found = visit.db.rows(
        _LISTS[which, bool(search)],
        {
            **_whose(visit),
            "after_day": day,
            "after_id": id,
            "limit": limit + 1,
            **({"pattern": _pattern(search)} if search else {}),
        },
    )
    listed = [_listed(row, visit.today, which) for row in found]
    return listed[:limit], listed[limit - 1].cursor if len(listed) > limit else ""


def get(visit: Visit, id: str, *, reader: Reader | None = None) -> Listed:
    """Return one invoice with its lines; raises NotFound, also for somebody else's."""
    row = (reader or visit.db).row(_ONE, {**_whose(visit), "id": id})
    if row is None or not visit.scope.covers(Origin(row.origin), id):
        raise NotFound(f"invoice {id}")
    under = _under_way(row)
    invoice = rows.load(Invoice, row.snapshot)
    return Listed(invoice, status(invoice, visit.today, under), under, row.payment_id or "", "")


def balances(visit: Visit) -> list[Balance]:
    """Return what is open, by currency; sums of foreign documents are not ours to add."""
    found = visit.db.rows(_BALANCES, {**_whose(visit), "today": visit.today})
    return [
        Balance(
            due=Money(int(row.due), row.currency),
            count=row.number,
            overdue=int(row.overdue or 0),
            oldest_due_on=row.oldest,
        )
        for row in found
    ]


def save(
    unit: Unit,
    merchant: Merchant,
    invoices: Sequence[tuple[Invoice, datetime]],
    *,
    now: datetime,
) -> None:
    """Write invoices with the provider's time of each; hide the Stripe half of matched pairs.

    One that belongs to nobody (its contact was deleted) is left out: it is for no customer to see.
    """
    invoices = [(invoice, at) for invoice, at in invoices if invoice.customer]
    if not invoices:
        return
    payers = {
        origin: customers.ids_of(
            unit,
            merchant,
            origin,
            {invoice.customer for invoice, _ in invoices if invoice.origin is origin},
            now=now,
        )
        for origin in {invoice.origin for invoice, _ in invoices}
    }
    matched = _matched(unit, merchant, [invoice for invoice, _ in invoices])
    rows.save(
        unit,
        InvoiceRow,
        [
            _row(merchant, invoice, at, payers[invoice.origin][invoice.customer], matched, now)
            for invoice, at in invoices
        ],
        keep=("intent",),
    )
    _hide_matched(unit, merchant, [_match(invoice) for invoice, _ in invoices if _match(invoice)])


def numbers(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, str]:
    """Return the numbers of a merchant's invoices by provider id."""
    query = select(InvoiceRow.provider_id, InvoiceRow.number).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.provider_id.in_(list(ids)),
    )
    return {row.provider_id: row.number for row in reader.rows(query)}


def remove(unit: Unit, merchant: Merchant, origin: Origin, id: str) -> None:
    """Delete an invoice its provider no longer has (a draft)."""
    rows.remove(unit, InvoiceRow, merchant, origin, id)


def _row(
    merchant: Merchant,
    invoice: Invoice,
    at: datetime,
    customer_id: int,
    matched: frozenset[str],
    now: datetime,
) -> dict[str, Any]:
    issued = invoice.issued_on or (invoice.created_at or now).astimezone(UTC).date()
    return {
        **rows.key_of(merchant, invoice.origin, invoice.id),
        "origin": invoice.origin,
        "customer_id": customer_id,
        "number": invoice.number[:80],
        "kind": invoice.kind,
        "state": invoice.state,
        "currency": invoice.currency,
        "total": invoice.total,
        "due": invoice.due,
        "paid": invoice.paid,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "due_key": invoice.due_on or issued,
        "issued_key": issued,
        "description": invoice.description[:300],
        "is_foreign": invoice.is_foreign,
        "is_open": invoice.is_open and invoice.kind is not InvoiceKind.CREDIT_NOTE,
        "shown": invoice.is_shown and invoice.id not in matched,
        "matches": _match(invoice),
        "intent": invoice.intent,
        "state_at": at,
        "snapshot": rows.dump(invoice),
    }


def _match(invoice: Invoice) -> str:
    """Return the Stripe invoice that a Holded one was made from, by the tag it carries."""
    tags = (tag.strip().lower() for tag in invoice.tags)
    found = (tag for tag in tags if tag.startswith(TAG_OF_STRIPE_INVOICE))
    named = next(found, "")[len(TAG_OF_STRIPE_INVOICE) :]
    return named if invoice.origin is Origin.HOLDED else ""


def _matched(unit: Unit, merchant: Merchant, invoices: Sequence[Invoice]) -> frozenset[str]:
    ids = [invoice.id for invoice in invoices if invoice.origin is Origin.STRIPE]
    if not ids or not merchant.has_holded:
        return frozenset()
    found = unit.scalars(
        select(InvoiceRow.matches).where(
            InvoiceRow.merchant_id == merchant.id,
            InvoiceRow.livemode == merchant.livemode,
            InvoiceRow.matches.in_([id.lower() for id in ids]),
        )
    ).all()
    return frozenset(id for id in ids if id.lower() in set(found))


def _hide_matched(unit: Unit, merchant: Merchant, ids: Sequence[str]) -> None:
    if ids:
        unit.execute(
            update(InvoiceRow)
            .where(
                InvoiceRow.merchant_id == merchant.id,
                InvoiceRow.livemode == merchant.livemode,
                InvoiceRow.origin == Origin.STRIPE,
                func.lower(InvoiceRow.provider_id).in_(ids),
            )
            .values(shown=False)
        )


def _listed(row: Row[Any], today: date, which: Filter) -> Listed:
    invoice = Invoice(
        origin=Origin(row.origin),
        id=row.provider_id,
        customer="",
        number=row.number,
        kind=InvoiceKind(row.kind),
        state=InvoiceState(row.state),
        currency=row.currency,
        total=row.total,
        due=row.due,
        paid=row.paid,
        issued_on=row.issued_on,
        due_on=row.due_on,
        description=row.description,
        is_foreign=row.is_foreign,
    )
    under = _under_way(row)
    day = row.due_key if which is Filter.OPEN else row.issued_key
    cursor = f"{day.isoformat()}_{row.id}"
    return Listed(invoice, status(invoice, today, under), under, row.payment_id or "", cursor)


def _under_way(row: Row[Any]) -> UnderWay:
    return under_way(PaymentState(row.payment_state) if row.payment_state else None)


def _place(cursor: str) -> tuple[date, int] | None:
    day, _, id = cursor.partition("_")
    try:
        return date.fromisoformat(day), int(id)
    except ValueError:
        return None


def _pattern(search: str) -> str:
    """Return the LIKE pattern that finds a text anywhere, whatever signs are in it."""
    escaped = re.sub(r"([%_/])", r"/\1", search.lower())
    return f"%{escaped}%"


def _whose(visit: Visit) -> dict[str, Any]:
    return {
        "merchant": visit.merchant.id,
        "livemode": visit.merchant.livemode,
        "customer": visit.customer.id,
    }
