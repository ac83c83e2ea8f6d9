"""Invoices of both origins in one table, each with the payment that is under way for it."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Index,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import MinorUnits, Reader, Unit, flag
from portal.domain.customers import Origin
from portal.domain.decisions import Decision
from portal.domain.errors import NotFound
from portal.domain.invoices import (
    TAG_OF_STRIPE_INVOICE,
    Invoice,
    InvoiceKind,
    InvoiceState,
    InvoiceStatus,
    UnderWay,
    may_pay,
    status,
)
from portal.domain.merchants import Merchant
from portal.domain.method_types import VOUCHERS
from portal.domain.money import Money
from portal.domain.payments import Intent, IntentState, PaymentState, under_way
from portal.mirror import intents, rows
from portal.mirror.intents import IntentRow
from portal.store import counterparts, customers
from portal.store.counterparts import CounterpartRow
from portal.store.payments import PaymentRow, ShareRow


class InvoiceRow(rows.MirroredRow):
    """One invoice or credit note.

    `shown` is false for drafts and for the Stripe half of a sale that Holded invoiced as well
    (`matches` of the Holded half names it), and for a proforma once an invoice was `made_from` it:
    what is due is paid on that one. `due_key` and `issued_key` are what lists sort
    by, and are never empty.
    """

    __tablename__ = "invoices"

    origin: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[MinorUnits]
    due: Mapped[MinorUnits]
    paid: Mapped[MinorUnits]
    issued_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_key: Mapped[date] = mapped_column(Date)
    issued_key: Mapped[date] = mapped_column(Date)
    description: Mapped[str] = mapped_column(String(300))
    is_foreign: Mapped[bool]
    is_open: Mapped[bool]
    shown: Mapped[bool]
    matches: Mapped[str] = mapped_column(String(64))
    made_from: Mapped[str] = mapped_column(String(64), default="")
    intent: Mapped[str] = mapped_column(String(64))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """The open ones by due day (also summed), the rest by day of issue, one by its intent."""
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
            Index("ix_invoices_intent", "merchant_id", "intent"),
            Index("ix_invoices_made_from", "merchant_id", "made_from"),
        )


class Filter(StrEnum):
    """The tabs of the list."""

    OPEN = "open"
    PAID = "paid"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for the customer: at the bank, or with a slip that may expire."""

    payment: str
    method_type: str
    expires_at: datetime | None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice as lists show it; `cursor` names its place for the next page.

    `twin` is the open Stripe invoice of the same sale, through which a Holded one is paid,
    `waiting` the payment that its customer has to go on with, and `collected` the intent by which
    Stripe collects it; they are known where one invoice is read by itself.
    """

    invoice: Invoice
    status: InvoiceStatus
    under_way: UnderWay
    payment: str
    cursor: str
    twin: Invoice | None = None
    waiting: Waiting | None = None
    collected: Intent | None = None

    @property
    def slip(self) -> Intent | None:
        """Return the intent whose voucher waits to be paid, ours or Stripe's own."""
        of_ours = self.waiting.intent if self.waiting else None
        return next((one for one in (of_ours, self.collected) if one and one.has_slip), None)

    @property
    def may_pay(self) -> Decision:
        """Say whether the customer can pay it here now."""
        return may_pay(self.invoice, self.under_way)


@dataclass(frozen=True, slots=True)
class Owned:
    """An invoice and whose it is."""

    customer_id: int
    invoice: Invoice


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open in one currency: how much, how many, and since when.

    What a payment is bringing already is not due; `on_its_way` is its sum. `first` is the id of an
    invoice that is due (the only one where `count` is 1); `at_bank` and `slip` name a payment that
    waits for the customer at the bank, or with a slip. All three may be empty.
    """

    due: Money
    count: int
    overdue: int
    oldest_due_on: date | None
    on_its_way: Money
    first: str = ""
    at_bank: str = ""
    slip: str = ""


# What Stripe collects by itself is under way as well; its intent says so in the same word.
_PAYMENT_STATE = func.coalesce(PaymentRow.state, IntentRow.state)
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
    _PAYMENT_STATE.label("payment_state"),
    PaymentRow.id.label("payment_id"),
)
_OF_LIVE_SHARE = and_(
    ShareRow.merchant_id == InvoiceRow.merchant_id,
    ShareRow.livemode == InvoiceRow.livemode,
    ShareRow.origin == InvoiceRow.origin,
    ShareRow.account == InvoiceRow.account,
    ShareRow.invoice == InvoiceRow.provider_id,
    flag(ShareRow.is_live),
)

_OF_DEBIT = and_(
    IntentRow.merchant_id == InvoiceRow.merchant_id,
    IntentRow.livemode == InvoiceRow.livemode,
    IntentRow.account == InvoiceRow.account,
    IntentRow.provider_id == InvoiceRow.intent,
    IntentRow.state == IntentState.PROCESSING,
)


def _with_payment(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(InvoiceRow)
        .outerjoin(ShareRow, _OF_LIVE_SHARE)
        .outerjoin(PaymentRow, PaymentRow.id == ShareRow.payment_id)
        .outerjoin(IntentRow, _OF_DEBIT)
        .where(
            InvoiceRow.customer_id == bindparam("customer"),
            InvoiceRow.merchant_id == bindparam("merchant"),
            InvoiceRow.livemode == bindparam("livemode"),
        )
    )


_SHOWN = _with_payment(*_LIST_COLUMNS).where(flag(InvoiceRow.shown))
_TEXT = InvoiceRow.number + " " + InvoiceRow.description
# SQLite lowers ASCII letters only, so what was typed is looked for as it is as well.
_FOUND = or_(
    func.lower(_TEXT).like(bindparam("pattern_lower"), escape="/"),
    _TEXT.like(bindparam("pattern"), escape="/"),
    InvoiceRow.total.in_(bindparam("sums", expanding=True)),
    InvoiceRow.due.in_(bindparam("sums", expanding=True)),
)
_AFTER = tuple_(bindparam("after_day", type_=Date), bindparam("after_id", type_=BigInteger))
_OPEN = _SHOWN.where(
    flag(InvoiceRow.is_open),
    tuple_(InvoiceRow.due_key, InvoiceRow.id) > _AFTER,
).order_by(InvoiceRow.due_key, InvoiceRow.id)
_ALL = _SHOWN.where(tuple_(InvoiceRow.issued_key, InvoiceRow.id) < _AFTER).order_by(
    InvoiceRow.issued_key.desc(), InvoiceRow.id.desc()
)
_PAID = _ALL.where(
    InvoiceRow.state == InvoiceState.PAID, InvoiceRow.kind != InvoiceKind.CREDIT_NOTE
)
_LISTS = {
    (name, searching): (query.where(_FOUND) if searching else query).limit(bindparam("limit"))
    for name, query in ((Filter.OPEN, _OPEN), (Filter.PAID, _PAID), (Filter.ALL, _ALL))
    for searching in (False, True)
}
_OF_ACCOUNTS = InvoiceRow.account.in_(bindparam("accounts", expanding=True))
_COLLECTED = (
    select(IntentRow.snapshot)
    .where(
        IntentRow.merchant_id == InvoiceRow.merchant_id,
        IntentRow.livemode == InvoiceRow.livemode,
        IntentRow.account == InvoiceRow.account,
        IntentRow.provider_id == InvoiceRow.intent,
    )
    .correlate(InvoiceRow)
    .scalar_subquery()
)
_SINGLE = _with_payment(
    *_LIST_COLUMNS,
    _COLLECTED.label("collected"),
    InvoiceRow.snapshot,
    InvoiceRow.matches,
    PaymentRow.method_type,
    PaymentRow.from_link,
    PaymentRow.intent.label("payment_intent"),
).where(_OF_ACCOUNTS, InvoiceRow.state != InvoiceState.DRAFT)
_ONE = _SINGLE.where(InvoiceRow.provider_id == bindparam("id"))
_SOME = _SINGLE.where(
    flag(InvoiceRow.shown), InvoiceRow.provider_id.in_(bindparam("ids", expanding=True))
).order_by(InvoiceRow.due_key, InvoiceRow.id)
_OF_STRIPE = InvoiceRow.origin == Origin.STRIPE
_TWIN = _SINGLE.where(_OF_STRIPE, func.lower(InvoiceRow.provider_id) == bindparam("id"))
_TWINS = _SINGLE.where(
    _OF_STRIPE, func.lower(InvoiceRow.provider_id).in_(bindparam("ids", expanding=True))
)
_ON_ITS_WAY = _PAYMENT_STATE.in_(
    [
        state
        for state, made in ((state, under_way(state)) for state in PaymentState)
        if made in {UnderWay.PROCESSING, UnderWay.BOOKING, UnderWay.CHECKING}
    ]
)
_NEEDS_BANK = PaymentRow.state == PaymentState.NEEDS_BANK
_IS_SLIP = PaymentRow.method_type.in_(VOUCHERS)
_BALANCES = (
    _with_payment(
        InvoiceRow.currency,
        func.sum(case((_ON_ITS_WAY, 0), else_=InvoiceRow.due)).label("due"),
        func.sum(case((_ON_ITS_WAY, 0), else_=1)).label("number"),
        func.sum(
            case((_ON_ITS_WAY, 0), (InvoiceRow.due_key < bindparam("today"), 1), else_=0)
        ).label("overdue"),
        func.min(case((_ON_ITS_WAY, None), else_=InvoiceRow.due_key)).label("oldest"),
        func.sum(case((_ON_ITS_WAY, InvoiceRow.due), else_=0)).label("on_its_way"),
        func.min(case((_ON_ITS_WAY, None), else_=InvoiceRow.provider_id)).label("first"),
        func.min(case((_NEEDS_BANK & ~_IS_SLIP, PaymentRow.id))).label("at_bank"),
        func.min(case((_NEEDS_BANK & _IS_SLIP, PaymentRow.id))).label("slip"),
    )
    .where(
        flag(InvoiceRow.shown),
        flag(InvoiceRow.is_open),
        InvoiceRow.is_foreign.is_(False),
    )
    .group_by(InvoiceRow.currency)
)
_OPEN_BEFORE = (
    select(InvoiceRow.provider_id)
    .where(
        *rows.of_account(InvoiceRow),
        InvoiceRow.provider_id > bindparam("after"),
        flag(InvoiceRow.is_open),
        InvoiceRow.kind == InvoiceKind.INVOICE,
        InvoiceRow.state_at < bindparam("before", type_=InvoiceRow.state_at.type),
    )
    .order_by(InvoiceRow.provider_id)
    .limit(1)
)
_OPEN_SUMS = _BALANCES.order_by(InvoiceRow.currency)
_MADE_FROM = (
    select(InvoiceRow.provider_id)
    .where(
        *rows.of_account(InvoiceRow),
        InvoiceRow.made_from == bindparam("proforma"),
        InvoiceRow.state != InvoiceState.VOID,
    )
    .order_by(InvoiceRow.id)
    .limit(1)
)
_PROFORMAS = select(InvoiceRow.provider_id).where(
    *rows.of_account(InvoiceRow),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
    InvoiceRow.kind == InvoiceKind.PROFORMA,
)
_CREDIT_NOTES = (
    select(InvoiceRow.snapshot)
    .where(
        InvoiceRow.customer_id == bindparam("customer"),
        InvoiceRow.merchant_id == bindparam("merchant"),
        InvoiceRow.livemode == bindparam("livemode"),
        flag(InvoiceRow.shown),
        InvoiceRow.kind == InvoiceKind.CREDIT_NOTE,
    )
    .order_by(InvoiceRow.issued_key.desc(), InvoiceRow.id.desc())
    .limit(200)
)


_BY_IDS = select(InvoiceRow.provider_id, InvoiceRow.snapshot).where(
    *rows.of_account(InvoiceRow),
    InvoiceRow.origin == bindparam("origin"),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
)


def _latest() -> Select[Any]:
    """Join the newest invoices with the sums of all open ones, so that both are one statement."""
    newest = (
        _SHOWN.order_by(InvoiceRow.issued_key.desc(), InvoiceRow.id.desc())
        .limit(bindparam("limit"))
        .subquery("newest")
    )
    sums = _BALANCES.subquery("sums")
    named = [column.label(f"sum_{column.name}") for column in sums.c]
    return (
        select(newest, *named)
        .select_from(newest.outerjoin(sums, true()))
        .order_by(newest.c.issued_key.desc(), newest.c.id.desc(), sums.c.currency)
    )


_BY_INTENT = select(InvoiceRow.customer_id, InvoiceRow.snapshot).where(
    *rows.of_account(InvoiceRow), InvoiceRow.intent == bindparam("intent")
)
_PAYING = union_all(
    select(PaymentRow.method.label("method"), literal("").label("told")).where(
        PaymentRow.merchant_id == bindparam("merchant"),
        PaymentRow.livemode == bindparam("livemode"),
        PaymentRow.account == bindparam("account"),
        PaymentRow.customer_id == bindparam("customer"),
        PaymentRow.state.in_([PaymentState.MADE, PaymentState.UNKNOWN, PaymentState.PROCESSING]),
    ),
    select(literal(""), IntentRow.snapshot)
    .join(InvoiceRow, _OF_DEBIT)
    .where(
        *rows.of_account(InvoiceRow),
        InvoiceRow.customer_id == bindparam("customer"),
        flag(InvoiceRow.is_open),
    ),
)
_LATEST = _latest()
_FIRST = {Filter.OPEN: (date.min, 0), Filter.PAID: (date.max, 0), Filter.ALL: (date.max, 0)}


def list_page(
    visit: Visit, which: Filter = Filter.ALL, *, after: str = "", search: str = "", limit: int = 20
) -> tuple[list[Listed], str]:
    """Return one page of the customer's invoices and the cursor of the next, empty at the end."""
    found = look_page(visit, which, after=after, search=search, limit=limit)
    return page_of(visit, which, found, limit=limit)


def look_page(
    visit: Visit, which: Filter, *, after: str = "", search: str = "", limit: int
) -> Sequence[Row[Any]]:
    """Read one page of the customer's invoices and the first row of the next.

    Open ones come by due day, so that overdue ones are first; the others newest first. A cursor
    that makes no sense means the first page.
    """
    day, id = _place(after) or _FIRST[which]
    return visit.db.rows(
        _LISTS[which, bool(search)],
        {
            **_whose(visit),
            "after_day": day,
            "after_id": id,
            "limit": limit + 1,
            **(_looked_for(search) if search else {}),
        },
    )


def page_of(
    visit: Visit, which: Filter, found: Sequence[Row[Any]], *, limit: int
) -> tuple[list[Listed], str]:
    """Return what `look_page` found as invoices, and the cursor of the next page."""
    listed = [_listed(row, visit.today, which) for row in found]
    return listed[:limit], listed[limit - 1].cursor if len(listed) > limit else ""


def get(visit: Visit, id: str, *, reader: Reader | None = None) -> Listed:
    """Return one invoice with its lines; raises NotFound, also for somebody else's.

    One that Stripe billed too has been paid, or is being paid, when that one is. Who holds the link
    of a void one finds nothing: a link is good for an invoice to be paid.
    """
    values = {**_whose(visit), "accounts": _accounts(visit.merchant)}
    reader = reader or visit.db
    row = reader.row(_ONE, {**values, "id": id})
    if row is None or not visit.scope.covers(Origin(row.origin), id):
        raise NotFound(f"invoice {id}")
    if row.state == InvoiceState.VOID and not visit.sees_everything:
        raise NotFound(f"void invoice {id}")
    other = reader.row(_TWIN, {**values, "id": row.matches}) if row.matches else None
    return replace(_whole(visit, row, other), waiting=_waiting(visit, reader, other or row))


def list_some(visit: Visit, ids: Sequence[str]) -> list[Listed]:
    """Return the customer's invoices of these ids, the longest due first; others are left out."""
    values = {**_whose(visit), "accounts": _accounts(visit.merchant)}
    found = visit.db.rows(_SOME, {**values, "ids": list(ids)})
    matches = [row.matches for row in found if row.matches]
    others = visit.db.rows(_TWINS, {**values, "ids": matches}) if matches else ()
    twins = {other.provider_id.lower(): other for other in others}
    return [_whole(visit, row, twins.get(row.matches)) for row in found]


def _whole(visit: Visit, row: Row[Any], other: Row[Any] | None) -> Listed:
    """Return an invoice that was read with its snapshot, and what its other half makes of it."""
    invoice, under, twin = rows.load(Invoice, row.snapshot), _under_way(row), None
    if other is not None:
        of_stripe = rows.load(Invoice, other.snapshot)
        under = UnderWay.BOOKING if of_stripe.state is InvoiceState.PAID else _under_way(other)
        twin = of_stripe if of_stripe.is_open else None
    collected = rows.load(Intent, told) if (told := (other or row).collected) else None
    word = status(invoice, visit.today, under)
    id = row.payment_id or ""
    return Listed(invoice, word, under, id, "", twin, collected=collected)


def balances(visit: Visit) -> list[Balance]:
    """Return what is open, by currency; sums of foreign documents are not ours to add."""
    found = visit.db.rows(_OPEN_SUMS, {**_whose(visit), "today": visit.today})
    return [_balance(dict(row._mapping)) for row in found]


def asked_latest(visit: Visit, limit: int = 3) -> tuple[Select[Any], dict[str, Any]]:
    """Return what is asked for the newest invoices and what is open by currency."""
    return _LATEST, {**_whose(visit), "today": visit.today, "limit": limit}


def latest_of(visit: Visit, found: Sequence[Row[Any]]) -> tuple[list[Listed], list[Balance]]:
    """Return what `asked_latest` brought as invoices and balances."""
    listed = {row.id: _listed(row, visit.today, Filter.ALL) for row in found}
    sums = {
        row.sum_currency: {
            name.removeprefix("sum_"): value
            for name, value in row._mapping.items()
            if name.startswith("sum_")
        }
        for row in found
        if row.sum_currency
    }
    return list(listed.values()), [_balance(values) for values in sums.values()]


def list_credit_notes(visit: Visit, id: str) -> list[Invoice]:
    """Return the credit notes that correct an invoice, newest first."""
    found = visit.db.rows(_CREDIT_NOTES, _whose(visit))
    notes = [rows.load(Invoice, row.snapshot) for row in found]
    return [note for note in notes if note.corrects == id]


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
    invoices = _with_corrected(unit, merchant, invoices)
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
    invoices = _invoiced(unit, merchant, invoices)
    rows.save(
        unit,
        InvoiceRow,
        [
            _row(merchant, invoice, at, payers[invoice.origin][invoice.customer], matched, now)
            for invoice, at in invoices
        ],
        keep=("intent",),
    )
    named = [_match(invoice) for invoice, _ in invoices if _match(invoice)]
    _hide_matched(unit, merchant, named)
    _close_paid(unit, merchant, [*named, *(id.lower() for id in matched)])
    for invoice, _ in invoices:
        if invoice.made_from and invoice.is_shown:
            _mark_invoiced(unit, merchant, invoice.made_from)


def numbers(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, str]:
    """Return the numbers of a merchant's invoices by provider id."""
    query = select(InvoiceRow.provider_id, InvoiceRow.number).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.account.in_(_accounts(merchant)),
        InvoiceRow.provider_id.in_(list(ids)),
    )
    return {row.provider_id: row.number for row in reader.rows(query)}


def list_sold(
    reader: Reader, merchant: Merchant, since: date, states: Sequence[InvoiceState]
) -> list[str]:
    """Return the Stripe invoices issued since a day that no counterpart was begun for."""
    begun = select(CounterpartRow.id).where(
        CounterpartRow.merchant_id == merchant.id,
        CounterpartRow.livemode == merchant.livemode,
        CounterpartRow.account == merchant.stripe_account,
        CounterpartRow.source == InvoiceRow.provider_id,
    )
    query = select(InvoiceRow.provider_id).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.account == merchant.stripe_account,
        InvoiceRow.origin == Origin.STRIPE,
        InvoiceRow.kind == InvoiceKind.INVOICE,
        InvoiceRow.issued_on >= since,
        InvoiceRow.total != 0,
        InvoiceRow.state.in_(states),
        ~begun.exists(),
    )
    return [row.provider_id for row in reader.rows(query)]


def find_open_before(
    reader: Reader, merchant: Merchant, origin: Origin, *, before: datetime, after: str
) -> str | None:
    """Return the first open invoice beyond an id whose state we hold is older than a moment.

    The moment is one of the provider's clock. Proformas are left out.
    """
    values = {**rows.account_values(merchant, origin), "before": before, "after": after}
    row = reader.row(_OPEN_BEFORE, values)
    return str(row.provider_id) if row is not None else None


def proformas_among(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these documents of Holded's are proformas, which are read elsewhere."""
    values = {**rows.account_values(merchant, Origin.HOLDED), "ids": list(ids)}
    return frozenset(row.provider_id for row in reader.rows(_PROFORMAS, values))


def is_proforma_or_of_one(reader: Reader, merchant: Merchant, id: str) -> bool:
    """Say whether a document of Holded's is a proforma, or an invoice that was made from one."""
    found = find_holded(reader, merchant, id)
    return found is not None and (found.kind is InvoiceKind.PROFORMA or bool(found.made_from))


def made_from(reader: Reader, merchant: Merchant, proforma: str) -> str:
    """Return the invoice that was made from a proforma, empty if none is known; a void one is none.

    Of several, the first that was made.
    """
    values = {**rows.account_values(merchant, Origin.HOLDED), "proforma": proforma}
    row = reader.row(_MADE_FROM, values)
    return str(row.provider_id) if row is not None else ""


def find_holded(reader: Reader, merchant: Merchant, id: str) -> Invoice | None:
    """Return a document of Holded's whoever it is for, None if it is not held."""
    held = rows.find(reader, InvoiceRow, merchant, Origin.HOLDED, id)
    return None if held is None else rows.load(Invoice, held[1])


def left_of(reader: Reader, merchant: Merchant, id: str) -> Money | None:
    """Return what is left to pay on an invoice of a merchant, None if it wants no money."""
    query = select(InvoiceRow.due, InvoiceRow.currency).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.account.in_(_accounts(merchant)),
        InvoiceRow.provider_id == id,
        flag(InvoiceRow.is_open),
    )
    row = reader.row(query)
    return Money(row.due, row.currency) if row is not None else None


def find_all(
    reader: Reader, merchant: Merchant, origin: Origin, ids: Sequence[str]
) -> dict[str, Invoice]:
    """Return a merchant's invoices of one origin as last told, by id."""
    values = {**rows.account_values(merchant, origin), "origin": origin, "ids": list(ids)}
    found = reader.rows(_BY_IDS, values)
    return {row.provider_id: rows.load(Invoice, row.snapshot) for row in found}


def count(reader: Reader, merchant: Merchant, origin: Origin) -> int:
    """Return how many invoices of one origin a merchant has, drafts included."""
    row = reader.row(
        select(func.count().label("number")).where(
            InvoiceRow.merchant_id == merchant.id,
            InvoiceRow.livemode == merchant.livemode,
            InvoiceRow.account == rows.account_of(merchant, origin),
            InvoiceRow.origin == origin,
            InvoiceRow.kind != InvoiceKind.CREDIT_NOTE,
        )
    )
    return int(row.number) if row is not None else 0


def credited(reader: Reader, merchant: Merchant, ids: Sequence[str], tags: AbstractSet[str]) -> int:
    """Return what credit notes take off invoices, or carry one of these tags, in minor units.

    Drafts count: whether one is issued is for the merchant to say.
    """
    customers = select(InvoiceRow.customer_id).where(
        InvoiceRow.merchant_id == merchant.id, InvoiceRow.provider_id.in_(list(ids))
    )
    found = reader.rows(
        select(InvoiceRow.snapshot).where(
            InvoiceRow.merchant_id == merchant.id,
            InvoiceRow.livemode == merchant.livemode,
            InvoiceRow.account.in_(_accounts(merchant)),
            InvoiceRow.kind == InvoiceKind.CREDIT_NOTE,
            InvoiceRow.customer_id.in_(customers),
        )
    )
    notes = (rows.load(Invoice, row.snapshot) for row in found)
    return sum(
        abs(note.total)
        for note in notes
        if note.state is not InvoiceState.VOID
        and (note.corrects in ids or not tags.isdisjoint(note.tags))
    )


def find_by_intent(reader: Reader, merchant: Merchant, intent: str) -> Owned | None:
    """Return the Stripe invoice that an intent pays and whose it is, None if none is known."""
    row = reader.row(_BY_INTENT, {**rows.account_values(merchant, Origin.STRIPE), "intent": intent})
    return None if row is None else Owned(row.customer_id, rows.load(Invoice, row.snapshot))


def methods_paying(visit: Visit) -> frozenset[str]:
    """Return the ids of the methods that payments under way are charged to, ours and Stripe's."""
    values = {**_whose(visit), "account": visit.merchant.stripe_account}
    found = visit.db.rows(_PAYING, values)
    of_stripe = (rows.load(Intent, row.told).payment_method for row in found if row.told)
    return frozenset({row.method for row in found if row.method} | set(of_stripe))


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
        "description": _what_for(invoice)[:300],
        "is_foreign": invoice.is_foreign,
        "is_open": invoice.is_open and invoice.kind is not InvoiceKind.CREDIT_NOTE,
        "shown": _is_listed(invoice) and invoice.id not in matched,
        "matches": _match(invoice),
        "made_from": invoice.made_from[:64],
        "intent": invoice.intent,
        "state_at": at,
        "snapshot": rows.dump(invoice),
    }


def _is_listed(invoice: Invoice) -> bool:
    return invoice.is_shown and invoice.state is not InvoiceState.INVOICED


def _invoiced(
    unit: Unit, merchant: Merchant, invoices: Sequence[tuple[Invoice, datetime]]
) -> list[tuple[Invoice, datetime]]:
    """Take from proformas what is due on the invoices that were made from them by now."""
    ids = [told.id for told, _ in invoices if told.kind is InvoiceKind.PROFORMA]
    found = unit.scalars(
        select(InvoiceRow.made_from).where(
            InvoiceRow.merchant_id == merchant.id,
            InvoiceRow.livemode == merchant.livemode,
            InvoiceRow.account == merchant.holded_account,
            InvoiceRow.made_from.in_(ids),
            InvoiceRow.state != InvoiceState.DRAFT,
        )
    ).all()
    made = set(found) if ids else set()
    return [(as_invoiced(told) if told.id in made else told, at) for told, at in invoices]


def as_invoiced(proforma: Invoice) -> Invoice:
    """Return a proforma as it is when an invoice has taken its place; drafts stay unseen."""
    if not proforma.is_shown:
        return proforma
    return replace(proforma, state=InvoiceState.INVOICED, due=0)


def _mark_invoiced(unit: Unit, merchant: Merchant, id: str) -> None:
    row = unit.scalars(
        select(InvoiceRow).filter_by(**rows.key_of(merchant, Origin.HOLDED, id))
    ).one_or_none()
    if row is None or row.kind != InvoiceKind.PROFORMA:
        return
    proforma = as_invoiced(rows.load(Invoice, row.snapshot))
    row.state, row.due, row.is_open, row.shown = proforma.state, proforma.due, False, False
    row.snapshot = rows.dump(proforma)
    unit.flush()


def _what_for(invoice: Invoice) -> str:
    return invoice.description or next((line.text for line in invoice.lines if line.text), "")


def _match(invoice: Invoice) -> str:
    """Return the Stripe invoice that a Holded one was made from, by the tag it carries.

    A draft stands for nothing yet: until it is approved, people see Stripe's.
    """
    if invoice.state is InvoiceState.DRAFT:
        return ""
    tags = (tag.strip().lower() for tag in invoice.tags)
    found = (tag for tag in tags if tag.startswith(TAG_OF_STRIPE_INVOICE))
    named = next(found, "")[len(TAG_OF_STRIPE_INVOICE) :]
    return named if invoice.origin is Origin.HOLDED else ""


def _with_corrected(
    unit: Unit, merchant: Merchant, invoices: Sequence[tuple[Invoice, datetime]]
) -> list[tuple[Invoice, datetime]]:
    """Say what a credit note of ours corrects: Holded tells that only of what it made itself."""
    notes = [
        invoice.id
        for invoice, _ in invoices
        if invoice.kind is InvoiceKind.CREDIT_NOTE
        and invoice.origin is Origin.HOLDED
        and not invoice.corrects
    ]
    if not notes:
        return list(invoices)
    corrected = counterparts.list_corrected(unit, merchant, notes)
    return [
        (replace(invoice, corrects=invoice.corrects or corrected.get(invoice.id, "")), at)
        for invoice, at in invoices
    ]


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


def _close_paid(unit: Unit, merchant: Merchant, ids: Sequence[str]) -> None:
    """Count a Holded invoice as paid in lists and sums when Stripe was paid for the same sale.

    Until the money is booked, or where a credit covered a part of it, Holded says that it is open:
    nobody is to be asked for it again.
    """
    if not ids:
        return
    whose = (InvoiceRow.merchant_id == merchant.id, InvoiceRow.livemode == merchant.livemode)
    paid = select(func.lower(InvoiceRow.provider_id)).where(
        *whose,
        InvoiceRow.origin == Origin.STRIPE,
        InvoiceRow.state == InvoiceState.PAID,
        func.lower(InvoiceRow.provider_id).in_(ids),
    )
    unit.execute(
        update(InvoiceRow)
        .where(
            *whose,
            InvoiceRow.origin == Origin.HOLDED,
            InvoiceRow.state == InvoiceState.OPEN,
            InvoiceRow.matches.in_(paid),
        )
        .values(state=InvoiceState.PAID, due=0, is_open=False)
        .execution_options(synchronize_session=False)
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


def _balance(row: Mapping[str, Any]) -> Balance:
    currency = row["currency"]
    return Balance(
        due=Money(int(row["due"]), currency),
        count=int(row["number"]),
        overdue=int(row["overdue"]),
        oldest_due_on=row["oldest"],
        on_its_way=Money(int(row["on_its_way"]), currency),
        first=row["first"] or "",
        at_bank=row["at_bank"] or "",
        slip=row["slip"] or "",
    )


def _under_way(row: Row[Any]) -> UnderWay:
    return under_way(PaymentState(row.payment_state) if row.payment_state else None)


def _waiting(visit: Visit, reader: Reader, row: Row[Any]) -> Waiting | None:
    """Return the payment that waits; the holder of a link goes on only with one made from it."""
    is_own = visit.sees_everything or row.from_link
    if row.payment_state != PaymentState.NEEDS_BANK or not is_own:
        return None
    intent = intents.find(reader, visit.merchant, row.payment_intent)
    expires_at = intent.voucher_expires_at if intent else None
    return Waiting(row.payment_id, row.method_type, expires_at, intent)


def _place(cursor: str) -> tuple[date, int] | None:
    # More digits than 64 bits hold are no place, and an error of either database.
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)_(\d{1,18})", cursor, re.ASCII)
    try:
        return (date.fromisoformat(found[1]), int(found[2])) if found else None
    except ValueError:
        return None


def _looked_for(search: str) -> dict[str, Any]:
    """Return what a search means: a part of number or description, or a sum as people write it."""
    escaped = re.sub(r"([%_/])", r"/\1", search)
    return {
        "pattern": f"%{escaped}%",
        "pattern_lower": f"%{escaped.lower()}%",
        "sums": _minor_units(search),
    }


def _minor_units(search: str) -> list[int]:
    """Return the sums a text may stand for: `1.180,96`, `EUR 1180.96`, `€609`, `500`."""
    text = re.sub(r"\b[A-Za-z]{3}\b|[^\w.,-]", "", search)
    if not re.fullmatch(r"[.,]*\d[\d.,]{0,14}", text, re.ASCII):
        return []
    whole, _, decimals = text.replace(",", ".").rpartition(".")
    if len(decimals) == 2 and whole:
        return [int(whole.replace(".", "") + decimals)]
    digits = int(re.sub(r"\D", "", text))
    return [digits, digits * 100]


def _whose(visit: Visit) -> dict[str, Any]:
    return {
        "merchant": visit.merchant.id,
        "livemode": visit.merchant.livemode,
        "customer": visit.customer.id,
    }


def _accounts(merchant: Merchant) -> list[str]:
    # With the account named, an id is found by the key all mirrored rows have.
    return [merchant.stripe_account, merchant.holded_account]
