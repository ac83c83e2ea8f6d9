"""Invoices of both origins in one table, each with the payment that is under way for it."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Row,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.context import Visit
from portal.db import Reader, Unit, flag, word
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import NotFound
from portal.domain.invoices import (
    OVER,
    Contested,
    Invoice,
    InvoiceKind,
    InvoiceState,
    InvoiceStatus,
    UnderWay,
    as_taking,
    may_pay,
    status,
)
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payments import Intent, PaymentState, under_way
from portal.domain.sales import TAG, key_of, with_sums_of
from portal.mirror import intents, rows, sales
from portal.mirror.balances import (
    OF_DEBIT,
    PAYMENT_STATE,
    SUMS,
    asked_summary,
    list_open,
    summed,
    whose,
    with_payment,
)
from portal.mirror.balances import (
    Balance as Balance,
)
from portal.mirror.intents import IntentRow
from portal.mirror.sales import InvoiceRow as InvoiceRow
from portal.store import counterparts, customers
from portal.store.counterparts import CounterpartRow
from portal.store.payments import PaymentRow

# What some answers leave out: events name no intent, and Holded lists documents without the notes
# that may name their receipt.
KEPT = ("intent", "matches")


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
class Owned:
    """An invoice and whose it is."""

    customer_id: int
    invoice: Invoice


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice as lists show it; `cursor` names its place for the next page.

    `twin` is the open Stripe invoice of the same sale, through which a Holded one is paid,
    `waiting` the payment that its customer has to go on with, `collected` the intent by which
    Stripe collects it, and `half` what the other system holds of the same sale, open or not; all
    are known where one invoice is read by itself. `corrected` is the number of the invoice that a
    credit note corrects.
    """

    invoice: Invoice
    status: InvoiceStatus
    under_way: UnderWay
    payment: str
    cursor: str
    twin: Invoice | None = None
    waiting: Waiting | None = None
    half: Invoice | None = None
    corrected: str = ""
    collected: Intent | None = None

    @property
    def slip(self) -> Intent | None:
        """Return the intent whose voucher waits to be paid, ours or Stripe's own."""
        of_ours = self.waiting.intent if self.waiting else None
        return next((one for one in (of_ours, self.collected) if one and one.has_slip), None)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is to be paid, as things stand."""
        return self.status in OVER

    @property
    def may_pay(self) -> Decision:
        """Say whether the customer can pay it here now.

        Not where the two halves of a sale say that different sums are left: Stripe would take its.
        """
        decision = may_pay(self.invoice, self.under_way)
        is_split = self.twin is not None and self.twin.due != self.invoice.due
        return Decision.of(*decision.reasons, Reason.SUMS_DIFFER if is_split else None)


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
    InvoiceRow.credited,
    InvoiceRow.refunded,
    InvoiceRow.contested,
    InvoiceRow.corrects,
    PAYMENT_STATE.label("payment_state"),
    PaymentRow.id.label("payment_id"),
)
_Corrected = aliased(InvoiceRow)
# A credit note is shown with the number of the invoice it corrects, which it knows by id only.
_SHOWN = (
    with_payment(*_LIST_COLUMNS, _Corrected.number.label("corrected"))
    .outerjoin(
        _Corrected,
        and_(
            _Corrected.merchant_id == InvoiceRow.merchant_id,
            _Corrected.livemode == InvoiceRow.livemode,
            _Corrected.account == InvoiceRow.account,
            _Corrected.provider_id == InvoiceRow.corrects,
            InvoiceRow.corrects != "",
        ),
    )
    .where(flag(InvoiceRow.shown))
)
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
    InvoiceRow.due <= 0,
    InvoiceRow.state != InvoiceState.VOID,
    InvoiceRow.kind != InvoiceKind.CREDIT_NOTE,
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
        IntentRow.account == bindparam("stripe_account", type_=String),
        IntentRow.provider_id == InvoiceRow.intent,
    )
    .correlate(InvoiceRow)
    .scalar_subquery()
)
_SINGLE = with_payment(
    *_LIST_COLUMNS,
    InvoiceRow.snapshot,
    _COLLECTED.label("collected"),
    InvoiceRow.twin,
    InvoiceRow.via,
    PaymentRow.method_type,
    PaymentRow.from_link,
    PaymentRow.intent.label("payment_intent"),
).where(_OF_ACCOUNTS, InvoiceRow.state != InvoiceState.DRAFT)
_ONE = _SINGLE.where(InvoiceRow.provider_id == bindparam("id"))
_SOME = _SINGLE.where(
    flag(InvoiceRow.shown), InvoiceRow.provider_id.in_(bindparam("ids", expanding=True))
).order_by(InvoiceRow.due_key, InvoiceRow.id)
_OTHERS = select(InvoiceRow.provider_id, InvoiceRow.snapshot).where(
    InvoiceRow.customer_id == bindparam("customer"),
    InvoiceRow.merchant_id == bindparam("merchant"),
    InvoiceRow.livemode == bindparam("livemode"),
    _OF_ACCOUNTS,
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
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
_BY_IDS = select(InvoiceRow.provider_id, InvoiceRow.snapshot).where(
    *rows.of_account(InvoiceRow),
    InvoiceRow.origin == bindparam("origin"),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
)
_BY_INTENT = select(InvoiceRow.customer_id, InvoiceRow.snapshot).where(
    *rows.of_account(InvoiceRow),
    InvoiceRow.intent != word(""),
    InvoiceRow.intent == bindparam("intent"),
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
    .join(InvoiceRow, OF_DEBIT)
    .where(
        *rows.of_account(InvoiceRow),
        InvoiceRow.customer_id == bindparam("customer"),
        flag(InvoiceRow.is_open),
    ),
)


def _latest() -> Select[Any]:
    """Join the newest invoices with the sums of all open ones, so that both are one statement."""
    newest = (
        _SHOWN.order_by(InvoiceRow.issued_key.desc(), InvoiceRow.id.desc())
        .limit(bindparam("limit"))
        .subquery("newest")
    )
    sums = SUMS.subquery("sums")
    named = [column.label(f"sum_{column.name}") for column in sums.c]
    return (
        select(newest, *named)
        .select_from(newest.outerjoin(sums, true()))
        .order_by(newest.c.issued_key.desc(), newest.c.id.desc(), sums.c.currency)
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
    return visit.db.rows(*_asked(visit, which, after, search, limit))


def look_list(
    visit: Visit, which: Filter, *, after: str = "", search: str = "", limit: int
) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Read one page as `look_page` does, and what is open by currency, without waiting twice."""
    asked = _asked(visit, which, after, search, limit)
    page, sums = visit.db.rows_of(asked, asked_summary(visit))
    return page, sums


def _asked(
    visit: Visit, which: Filter, after: str, search: str, limit: int
) -> tuple[Select[Any], dict[str, Any]]:
    day, id = _place(after) or _FIRST[which]
    values = {**whose(visit), "after_day": day, "after_id": id, "limit": limit + 1}
    looked_for = _looked_for(search) if search else {}
    return _LISTS[which, bool(search)], {**values, **looked_for}


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
    values = {**whose(visit), "accounts": _accounts(visit.merchant)}
    reader = reader or visit.db
    row = reader.row(_ONE, {**values, "id": id})
    if row is None or not visit.scope.covers(Origin(row.origin), id):
        raise NotFound(f"invoice {id}")
    if row.state == InvoiceState.VOID and not visit.sees_everything:
        raise NotFound(f"void invoice {id}")
    half = _halves(reader, values, [row]).get(row.twin)
    return replace(_whole(visit, row, half), waiting=_waiting(visit, reader, row))


def list_some(visit: Visit, ids: Sequence[str]) -> list[Listed]:
    """Return the customer's invoices of these ids, the longest due first; others are left out."""
    values = {**whose(visit), "accounts": _accounts(visit.merchant)}
    found = visit.db.rows(_SOME, {**values, "ids": list(ids)})
    halves = _halves(visit.db, values, found)
    return [_whole(visit, row, halves.get(row.twin)) for row in found]


def _whole(visit: Visit, row: Row[Any], half: Invoice | None) -> Listed:
    """Return an invoice that was read with its snapshot, and what its other half makes of it."""
    told, under = rows.load(Invoice, row.snapshot), _under_way(row)
    if half is not None and half.state is InvoiceState.PAID and told.is_open:
        under = UnderWay.BOOKING
    invoice = _as_seen(told, half, row)
    return Listed(
        invoice=invoice,
        status=status(invoice, visit.today, under),
        under_way=under,
        payment=row.payment_id or "",
        cursor="",
        twin=half if row.via and half is not None and invoice.is_open else None,
        half=half,
        collected=rows.load(Intent, row.collected) if row.collected else None,
    )


def _halves(
    reader: Reader, values: dict[str, Any], found: Sequence[Row[Any]]
) -> dict[str, Invoice]:
    """Return the halves of sales that the other system holds, by id, as that one tells them."""
    ids = [row.twin for row in found if row.twin]
    others = reader.rows(_OTHERS, {**values, "ids": ids}) if ids else ()
    return {other.provider_id: rows.load(Invoice, other.snapshot) for other in others}


def _as_seen(told: Invoice, half: Invoice | None, row: Row[Any]) -> Invoice:
    """Return an invoice with all its origin tells, standing as its row says."""
    if told.is_foreign and not row.is_foreign and half is not None:
        told = with_sums_of(told, half)
    return replace(
        told,
        state=InvoiceState(row.state),
        due=row.due,
        paid=row.paid,
        credited=row.credited,
        refunded=row.refunded,
        contested=Contested(row.contested),
    )


def list_credit_notes(visit: Visit, *ids: str) -> list[Invoice]:
    """Return the credit notes that correct an invoice (of a pair: both its ids), newest first."""
    return list(sales.beside(visit, *ids).notes)


def balances(visit: Visit) -> list[Balance]:
    """Return what is open, by currency; sums of foreign documents are not ours to add."""
    return list_open(visit)


def asked_latest(visit: Visit, limit: int = 3) -> tuple[Select[Any], dict[str, Any]]:
    """Return what is asked for the newest invoices and what is open by currency."""
    return _LATEST, {**whose(visit), "today": visit.today, "limit": limit}


def latest_of(visit: Visit, found: Sequence[Row[Any]]) -> tuple[list[Listed], list[Balance]]:
    """Return what `asked_latest` brought as invoices and balances."""
    listed = {row.id: _listed(row, visit.today, Filter.ALL) for row in found}
    return list(listed.values()), summed(found)


def save(
    unit: Unit,
    merchant: Merchant,
    invoices: Sequence[tuple[Invoice, datetime]],
    *,
    now: datetime,
) -> None:
    """Write invoices with the provider's time of each, and what becomes of their sales.

    One that belongs to nobody (its contact was deleted) is left out: it is for no customer to see.
    """
    told = [
        (as_taking(invoice) if invoice.is_note else invoice, at)
        for invoice, at in invoices
        if invoice.customer
    ]
    if not told:
        return
    told = _invoiced(unit, merchant, _with_counterparts(unit, merchant, told))
    payers = {
        origin: customers.ids_of(
            unit,
            merchant,
            origin,
            {invoice.customer for invoice, _ in told if invoice.origin is origin},
            now=now,
        )
        for origin in {invoice.origin for invoice, _ in told}
    }
    of_holded = [invoice.id for invoice, _ in told if invoice.origin is Origin.HOLDED]
    before = sales.keys_of(unit, merchant, of_holded) if of_holded else set()
    rows.save(
        unit,
        InvoiceRow,
        [
            _row(merchant, invoice, at, payers[invoice.origin][invoice.customer], now)
            for invoice, at in told
        ],
        keep=KEPT,
    )
    for invoice, _ in told:
        if invoice.made_from and invoice.is_shown:
            _mark_invoiced(unit, merchant, invoice.made_from)
    sales.follow_invoices(unit, merchant, [invoice for invoice, _ in told], keys=before)


def numbers(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, str]:
    """Return the numbers of a merchant's invoices by provider id."""
    query = select(InvoiceRow.provider_id, InvoiceRow.number).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.account.in_(_accounts(merchant)),
        InvoiceRow.provider_id.in_(list(ids)),
    )
    return {row.provider_id: row.number for row in reader.rows(query)}


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


def list_sold(
    reader: Reader, merchant: Merchant, since: date, states: Sequence[InvoiceState]
) -> list[str]:
    """Return the Stripe invoices issued since a day that no counterpart was begun for.

    One that Holded invoices already, whoever wrote that, needs none.
    """
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
        InvoiceRow.twin == "",
        ~begun.exists(),
    )
    return [row.provider_id for row in reader.rows(query)]


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
    values = {**whose(visit), "account": visit.merchant.stripe_account}
    found = visit.db.rows(_PAYING, values)
    of_stripe = (rows.load(Intent, row.told).payment_method for row in found if row.told)
    return frozenset({row.method for row in found if row.method} | set(of_stripe))


def payer_of(unit: Unit, merchant: Merchant, id: str) -> int | None:
    """Return whose an invoice is, also while it is a draft; None if it is not known yet."""
    query = select(InvoiceRow.customer_id).where(
        InvoiceRow.merchant_id == merchant.id,
        InvoiceRow.livemode == merchant.livemode,
        InvoiceRow.account.in_(_accounts(merchant)),
        InvoiceRow.provider_id == id,
    )
    row = unit.row(query)
    return None if row is None else int(row.customer_id)


def list_drafts(unit: Unit, merchant: Merchant, customer_id: int) -> list[tuple[Origin, str]]:
    """Return the drafts of a customer's invoices, which they do not see, the oldest first."""
    query = (
        select(InvoiceRow.origin, InvoiceRow.provider_id)
        .where(
            InvoiceRow.customer_id == customer_id,
            InvoiceRow.merchant_id == merchant.id,
            InvoiceRow.livemode == merchant.livemode,
            InvoiceRow.state == word(InvoiceState.DRAFT),
            InvoiceRow.kind == InvoiceKind.INVOICE,
        )
        .order_by(InvoiceRow.issued_key, InvoiceRow.id)
    )
    return [(Origin(row.origin), row.provider_id) for row in unit.rows(query)]


def remove(unit: Unit, merchant: Merchant, origin: Origin, id: str) -> None:
    """Delete an invoice its provider no longer has (a draft); what it hid is shown again."""
    keys = sales.keys_of(unit, merchant, [id])
    rows.remove(unit, InvoiceRow, merchant, origin, id)
    sales.follow_invoices(unit, merchant, (), keys=keys)


def _row(
    merchant: Merchant,
    invoice: Invoice,
    at: datetime,
    customer_id: int,
    now: datetime,
) -> dict[str, Any]:
    issued = invoice.issued_on or (invoice.created_at or now).astimezone(UTC).date()
    return {
        **rows.key_of(merchant, invoice.origin, invoice.id),
        "origin": invoice.origin,
        "customer_id": customer_id,
        "number": invoice.number[:80],
        "kind": invoice.kind,
        **sales.columns_of(invoice),
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "due_key": invoice.due_on or issued,
        "issued_key": issued,
        "description": _what_for(invoice)[:300],
        "shown": invoice.is_listed,
        "matches": key_of(invoice)[:64],
        "twin": "",
        "via": "",
        "corrects": invoice.corrects[:64],
        "made_from": invoice.made_from[:64],
        "intent": invoice.intent,
        "state_at": at,
        "snapshot": rows.dump(invoice),
    }


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


def _with_counterparts(
    unit: Unit, merchant: Merchant, told: Sequence[tuple[Invoice, datetime]]
) -> list[tuple[Invoice, datetime]]:
    """Say of documents that we had made what they were made of, where Holded tells it no more.

    What a credit note corrects is told only of one that Holded made itself, and the tag that names
    the receipt may have been taken off a draft.
    """
    of_holded = [invoice for invoice, _ in told if invoice.origin is Origin.HOLDED]
    untied = [one.id for one in of_holded if not (one.corrects if one.is_note else key_of(one))]
    if not untied:
        return list(told)
    corrected = counterparts.list_corrected(unit, merchant, untied)
    sources = counterparts.list_sources(unit, merchant, untied)
    return [(_tied(invoice, corrected, sources), at) for invoice, at in told]


def _tied(invoice: Invoice, corrected: dict[str, str], sources: dict[str, str]) -> Invoice:
    if invoice.is_note:
        return replace(invoice, corrects=invoice.corrects or corrected.get(invoice.id, ""))
    source = sources.get(invoice.id)
    return replace(invoice, tags=(*invoice.tags, f"{TAG}{source}")) if source else invoice


def _what_for(invoice: Invoice) -> str:
    return invoice.description or next((line.text for line in invoice.lines if line.text), "")


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
        credited=row.credited,
        refunded=row.refunded,
        contested=Contested(row.contested),
        corrects=row.corrects,
    )
    under = _under_way(row)
    day = row.due_key if which is Filter.OPEN else row.issued_key
    cursor = f"{day.isoformat()}_{row.id}"
    return Listed(
        invoice=invoice,
        status=status(invoice, today, under),
        under_way=under,
        payment=row.payment_id or "",
        cursor=cursor,
        corrected=row.corrected or "",
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


def _accounts(merchant: Merchant) -> list[str]:
    # With the account named, an id is found by the key all mirrored rows have.
    return [merchant.stripe_account, merchant.holded_account]
