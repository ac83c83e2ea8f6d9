"""Statements of account: what a customer owed, what moved in a period, and what is owed after it.

Plain arithmetic over both ledgers. What the customer owes is positive; a payment or a credit note
is negative, and money given back is owed again unless a credit note goes with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.domain.money import Money


class MovementKind(StrEnum):
    """What moved; the values stand in CSV files."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement; `amount` is signed, `number` that of the document it is about.

    `is_day_known` is false where a provider tells no day: `day` is then the document's.
    """

    day: date
    kind: MovementKind
    amount: Money
    origin: Origin
    number: str
    invoice: str = ""
    description: str = ""
    is_day_known: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a statement, the first and the last included."""

    first: date
    last: date

    @property
    def is_possible(self) -> bool:
        """Whether it does not end before it begins."""
        return self.first <= self.last


@dataclass(frozen=True, slots=True)
class Dated:
    """Money of a day, in minor units; None where nobody tells which."""

    amount: int
    day: date | None


@dataclass(frozen=True, slots=True)
class Sale:
    """One document people see, and what is known of it beside: each sale is one of these.

    `twin` is the Stripe invoice of the same sale, whose total does not count again. `coming` is
    money taken for it that its ledger does not show yet.
    """

    invoice: Invoice
    twin: Invoice | None = None
    coming: tuple[Dated, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A movement and what is owed after it."""

    movement: Movement
    balance: Money


@dataclass(frozen=True, slots=True)
class Account:
    """One currency of a statement; `invoiced` and `paid` add up what moved each way."""

    currency: str
    opening: Money
    lines: tuple[Line, ...]
    closing: Money
    invoiced: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """A period's account in each currency, and the documents whose sums only their PDF tells."""

    period: Period
    accounts: tuple[Account, ...]
    foreign: tuple[Invoice, ...]


def draw_up(period: Period, sales: Iterable[Sale], others: Iterable[Movement] = ()) -> Statement:
    """Return the statement of a period over everything ever sold to a customer.

    `others` moved without a document of their own: money that no invoice wanted, and money that
    went back.

    Documents in another currency than their books have no sum that could be added (`foreign`);
    void ones and drafts owe nothing and are left out.
    """
    counted = [sale for sale in sales if _counts(sale.invoice)]
    movements = [
        movement
        for sale in counted
        if not sale.invoice.is_foreign
        for movement in movements_of(sale)
    ]
    movements += others
    currencies = sorted({movement.amount.currency for movement in movements})
    foreign = [
        sale.invoice
        for sale in counted
        if sale.invoice.is_foreign and period.first <= _issued(sale.invoice) <= period.last
    ]
    return Statement(
        period=period,
        accounts=tuple(
            account
            for account in (_account(code, period, movements) for code in currencies)
            if account.lines or account.opening.amount
        ),
        foreign=tuple(sorted(foreign, key=lambda one: (_issued(one), one.number))),
    )


def movements_of(sale: Sale) -> list[Movement]:
    """Return what one sale moved: its own total, and the money that came and went for it.

    A proforma is no debt, but what was paid on it is the customer's.
    """
    invoice = sale.invoice
    is_note = invoice.kind is InvoiceKind.CREDIT_NOTE
    kind = MovementKind.CREDIT_NOTE if is_note else MovementKind.INVOICE
    is_debt = invoice.kind is not InvoiceKind.PROFORMA
    moved = [_movement(invoice, kind, _signed_total(invoice) * is_debt, invoice.issued_on)]
    if is_note:
        # Money booked on a credit note went to the customer.
        moved += [
            _movement(invoice, MovementKind.REFUND, abs(part.amount), part.day)
            for part in _paid_of(invoice)
        ]
    else:
        moved += [
            _movement(invoice, MovementKind.PAYMENT, -part.amount, part.day)
            for part in _received(sale)
        ]
    return [movement for movement in moved if movement.amount.amount]


def _counts(invoice: Invoice) -> bool:
    # What was paid on a proforma is told by the invoice that was made from it.
    nothing = {InvoiceState.DRAFT, InvoiceState.VOID, InvoiceState.INVOICED}
    return invoice.state not in nothing


def _issued(invoice: Invoice) -> date:
    if invoice.issued_on is not None:
        return invoice.issued_on
    return invoice.created_at.date() if invoice.created_at else date.min


def _signed_total(invoice: Invoice) -> int:
    # Stripe's credit notes are told as negative, Holded's as positive.
    is_note = invoice.kind is InvoiceKind.CREDIT_NOTE
    return -abs(invoice.total) if is_note else invoice.total


def _received(sale: Sale) -> list[Dated]:
    """Return every sum that came for an invoice once, whichever ledger tells of it."""
    booked, left = _paid_of(sale.invoice), max(sale.invoice.due, 0)
    if sale.twin is not None:
        # Stripe has the money of the same sale, and Holded does not show all of it yet.
        missing = min(max(sale.twin.paid - sale.invoice.paid, 0), left)
        booked.append(Dated(missing, sale.twin.paid_on))
        left -= missing
    for part in sale.coming:
        booked.append(Dated(min(part.amount, left), part.day))
        left -= booked[-1].amount
    return booked


def _paid_of(invoice: Invoice) -> list[Dated]:
    """Return the payments its own ledger shows; what is paid but not listed has one row."""
    parts = [Dated(part.amount.amount, part.paid_on) for part in invoice.parts]
    rest = invoice.paid - sum(part.amount for part in parts)
    return [*parts, Dated(rest, invoice.paid_on)] if rest else parts


def _movement(invoice: Invoice, kind: MovementKind, amount: int, day: date | None) -> Movement:
    return Movement(
        day=day or _issued(invoice),
        kind=kind,
        amount=Money(amount, invoice.currency),
        origin=invoice.origin,
        number=invoice.number,
        invoice=invoice.id,
        description=invoice.description,
        is_day_known=day is not None,
    )


def _account(currency: str, period: Period, movements: Sequence[Movement]) -> Account:
    own = sorted(
        (movement for movement in movements if movement.amount.currency == currency), key=_order
    )
    opening = sum(movement.amount.amount for movement in own if movement.day < period.first)
    within = [one for one in own if period.first <= one.day <= period.last]
    lines, balance = [], opening
    for movement in within:
        balance += movement.amount.amount
        lines.append(Line(movement, Money(balance, currency)))
    return Account(
        currency=currency,
        opening=Money(opening, currency),
        lines=tuple(lines),
        closing=Money(balance, currency),
        invoiced=Money(sum(max(one.amount.amount, 0) for one in within), currency),
        paid=Money(sum(min(one.amount.amount, 0) for one in within), currency),
    )


_RANK = {kind: rank for rank, kind in enumerate(MovementKind)}


def _order(movement: Movement) -> tuple[date, int, str, str, int]:
    """Sort by day; on one day documents come before the money for them."""
    rank = _RANK[movement.kind]
    return movement.day, rank, movement.number, movement.invoice, movement.amount.amount


def month_of(day: date) -> Period:
    """Return the calendar month of a day."""
    return _months(day.replace(day=1), 1)


def quarter_of(day: date) -> Period:
    """Return the calendar quarter of a day."""
    return _months(day.replace(month=day.month - (day.month - 1) % 3, day=1), 3)


def year_of(day: date) -> Period:
    """Return the calendar year of a day."""
    return _months(day.replace(month=1, day=1), 12)


def before(period: Period) -> date:
    """Return the day before a period."""
    return period.first - timedelta(days=1)


def _months(first: date, count: int) -> Period:
    months = first.month - 1 + count
    ends = date(first.year + months // 12, months % 12 + 1, 1)
    return Period(first, ends - timedelta(days=1))
