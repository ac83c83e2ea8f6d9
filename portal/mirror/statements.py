"""What a statement of account is drawn up from: every document of a customer and its money."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Executable, Row, and_, bindparam, select, union

from portal.context import Visit
from portal.db import flag
from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.domain.refunds import GIVES_NOTHING, Refund
from portal.domain.statements import (
    Dated,
    Movement,
    MovementKind,
    Period,
    Sale,
    Statement,
    draw_up,
)
from portal.mirror import rows
from portal.mirror.invoices import InvoiceRow
from portal.mirror.refunds import RefundRow
from portal.store.payments import PaymentRow, ShareRow
from portal.store.settlements import SettlementRow, SettlementState

# Origin and provider's id of a document.
Key = tuple[str, str]
_NOTHING: Key = ("", "")
# Money taken by us for a Holded invoice that its ledger may not show yet.
ON_THE_WAY_INTO_THE_LEDGER = frozenset(
    {SettlementState.WAITING, SettlementState.SENT, SettlementState.UNKNOWN}
)

_OF_CUSTOMER = (
    InvoiceRow.customer_id == bindparam("customer"),
    InvoiceRow.merchant_id == bindparam("merchant"),
    InvoiceRow.livemode == bindparam("livemode"),
)
_DOCUMENTS = select(
    InvoiceRow.provider_id,
    InvoiceRow.origin,
    InvoiceRow.shown,
    InvoiceRow.matches,
    InvoiceRow.intent,
    InvoiceRow.number,
    InvoiceRow.kind,
    InvoiceRow.state,
    InvoiceRow.currency,
    InvoiceRow.total,
    InvoiceRow.due,
    InvoiceRow.paid,
    InvoiceRow.issued_key,
    InvoiceRow.description,
    InvoiceRow.is_foreign,
    InvoiceRow.snapshot,
).where(*_OF_CUSTOMER, InvoiceRow.state.notin_([InvoiceState.DRAFT, InvoiceState.VOID]))
_OF_PERIOD = (
    select(InvoiceRow.snapshot)
    .where(
        *_OF_CUSTOMER,
        flag(InvoiceRow.shown),
        InvoiceRow.issued_key >= bindparam("first"),
        InvoiceRow.issued_key <= bindparam("last"),
        InvoiceRow.state.notin_([InvoiceState.DRAFT, InvoiceState.VOID, InvoiceState.INVOICED]),
        InvoiceRow.kind != InvoiceKind.PROFORMA,
    )
    .order_by(InvoiceRow.issued_key, InvoiceRow.id)
)
_BOOKINGS = (
    select(
        SettlementRow.invoice.label("provider_id"),
        SettlementRow.amount,
        SettlementRow.excess,
        SettlementRow.paid_on,
        SettlementRow.state,
        SettlementRow.intent,
        SettlementRow.entry,
        SettlementRow.currency,
        ShareRow.origin,
    )
    .join(PaymentRow, PaymentRow.id == SettlementRow.payment_id)
    .join(
        ShareRow,
        and_(
            ShareRow.payment_id == SettlementRow.payment_id,
            ShareRow.invoice == SettlementRow.invoice,
        ),
    )
    .where(
        PaymentRow.customer_id == bindparam("customer"),
        PaymentRow.merchant_id == bindparam("merchant"),
        PaymentRow.livemode == bindparam("livemode"),
    )
    .order_by(SettlementRow.created_at, SettlementRow.payment_id)
)


def _of_refunds() -> Executable:
    """Select the refunds of what the customer's payments and Stripe invoices were paid with."""
    intents = union(
        select(PaymentRow.intent).where(
            PaymentRow.customer_id == bindparam("customer"),
            PaymentRow.merchant_id == bindparam("merchant"),
            PaymentRow.livemode == bindparam("livemode"),
            PaymentRow.intent != "",
        ),
        select(InvoiceRow.intent).where(*_OF_CUSTOMER, InvoiceRow.intent != ""),
    ).subquery("paying")
    return (
        select(RefundRow.intent, RefundRow.snapshot)
        .where(
            *rows.of_account(RefundRow),
            RefundRow.intent.in_(select(intents.c.intent)),
            RefundRow.state.notin_(GIVES_NOTHING),
        )
        .order_by(RefundRow.id)
    )


_REFUNDS = _of_refunds()


def read(visit: Visit, period: Period) -> Statement:
    """Return the customer's statement of a period; three statements of SQL."""
    values = {
        **rows.account_values(visit.merchant, Origin.STRIPE),
        "customer": visit.customer.id,
    }
    documents, bookings, refunds = visit.db.rows_of(
        (_DOCUMENTS, values), (_BOOKINGS, values), (_REFUNDS, values)
    )
    held = {_key(row): _invoice(row) for row in documents}
    twins = {row.provider_id.lower(): _key(row) for row in documents if not row.shown}
    coming = _coming(bookings)
    sales = [
        Sale(
            held[_key(row)],
            twin=held.get(twins.get(row.matches, _NOTHING)),
            coming=tuple(coming[_key(row)]),
        )
        for row in documents
        if row.shown
    ]
    taken = _taken(documents, bookings, held)
    back = _given_back(visit, [rows.load(Refund, row.snapshot) for row in refunds], taken)
    return draw_up(period, sales, [*_unwanted(bookings, held), *back])


def list_documents(visit: Visit, period: Period) -> list[Invoice]:
    """Return the documents of a period that a statement tells of, the oldest first."""
    values = {
        "merchant": visit.merchant.id,
        "livemode": visit.merchant.livemode,
        "customer": visit.customer.id,
        "first": period.first,
        "last": period.last,
    }
    return [rows.load(Invoice, row.snapshot) for row in visit.db.rows(_OF_PERIOD, values)]


@dataclass(frozen=True, slots=True)
class _Paid:
    """What of a snapshot tells when a document was paid; reading the whole takes far longer."""

    parts: tuple[InvoicePart, ...] = ()
    paid_on: date | None = None


def _invoice(row: Row[Any]) -> Invoice:
    """Return as much of a document as a statement tells of it."""
    paid = rows.load(_Paid, row.snapshot) if row.paid else _Paid()
    return Invoice(
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
        issued_on=row.issued_key,
        description=row.description,
        parts=paid.parts,
        is_foreign=row.is_foreign,
        paid_on=paid.paid_on,
    )


def _coming(bookings: Sequence[Row[Any]]) -> Mapping[Key, list[Dated]]:
    found: dict[Key, list[Dated]] = defaultdict(list)
    for booking in bookings:
        if booking.state in ON_THE_WAY_INTO_THE_LEDGER:
            found[_key(booking)].append(Dated(booking.amount, booking.paid_on))
    return found


def _unwanted(bookings: Sequence[Row[Any]], held: Mapping[Key, Invoice]) -> list[Movement]:
    """Return the money that its invoices did not want, which is the customer's."""
    return [
        Movement(
            day=booking.paid_on,
            kind=MovementKind.PAYMENT,
            amount=Money(-booking.excess, booking.currency),
            origin=Origin.STRIPE,
            number=_number(held, booking),
        )
        for booking in bookings
        if booking.excess
    ]


@dataclass(slots=True)
class _Taken:
    """What one intent brought as far as the statement shows it, and for which documents."""

    amount: int = 0
    numbers: list[str] = field(default_factory=list)


def _taken(
    documents: Sequence[Row[Any]], bookings: Sequence[Row[Any]], held: Mapping[Key, Invoice]
) -> dict[str, _Taken]:
    found: dict[str, _Taken] = defaultdict(_Taken)
    for booking in bookings:
        taken = found[booking.intent]
        taken.amount += booking.excess + (booking.amount if _is_shown(booking, held) else 0)
        taken.numbers.append(_number(held, booking))
    for row in documents:
        if row.intent and row.intent not in found:
            invoice = held[_key(row)]
            found[row.intent] = _Taken(invoice.paid, [invoice.number])
    return found


def _is_shown(booking: Row[Any], held: Mapping[Key, Invoice]) -> bool:
    """Whether the ledger still has a booking: the merchant may have taken it out again."""
    invoice = held.get(_key(booking))
    if invoice is None or booking.state in ON_THE_WAY_INTO_THE_LEDGER:
        return invoice is not None
    if booking.origin == Origin.STRIPE:
        return True
    return any(part.id == booking.entry for part in invoice.parts)


def _given_back(
    visit: Visit, refunds: Sequence[Refund], taken: Mapping[str, _Taken]
) -> Iterator[Movement]:
    """Return the refunds, each as far as the money it gives back is in the statement."""
    left = {intent: found.amount for intent, found in taken.items()}
    for refund in refunds:
        amount = min(refund.amount, left.get(refund.intent, 0))
        if amount <= 0:
            continue
        left[refund.intent] -= amount
        at = refund.created_at or visit.now
        yield Movement(
            day=visit.merchant.day_of(at),
            kind=MovementKind.REFUND,
            amount=Money(amount, refund.currency),
            origin=Origin.STRIPE,
            number=", ".join(filter(None, taken[refund.intent].numbers)),
        )


def _key(row: Row[Any]) -> Key:
    return row.origin, row.provider_id


def _number(held: Mapping[Key, Invoice], booking: Row[Any]) -> str:
    invoice = held.get(_key(booking))
    return invoice.number if invoice is not None else ""
