"""Invoices of either origin: what is due, what their state is called, whether one can be paid."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.money import Money


class InvoiceKind(StrEnum):
    """What sort of document it is in the ledger of its origin."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PROFORMA = "proforma"
    SALES_RECEIPT = "sales_receipt"


class InvoiceState(StrEnum):
    """The state of an invoice by itself, whatever the day and the payments under way.

    INVOICED: a proforma that an invoice was made from, on which whatever is due is paid.
    """

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    INVOICED = "invoiced"


class InvoiceStatus(StrEnum):
    """The one vocabulary people see over both ledgers."""

    OPEN = "open"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    PROCESSING = "processing"
    CHECKING = "checking"
    PART_PAID = "part_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    RETURNED = "returned"
    CREDITED = "credited"
    VOID = "void"
    INVOICED = "invoiced"


# Of these nothing is to be paid, as things stand, and their whole sum is what they are about.
OVER = frozenset(
    {
        InvoiceStatus.PAID,
        InvoiceStatus.PART_REFUNDED,
        InvoiceStatus.REFUNDED,
        InvoiceStatus.DISPUTED,
        InvoiceStatus.RETURNED,
        InvoiceStatus.CREDITED,
        InvoiceStatus.VOID,
        InvoiceStatus.INVOICED,
    }
)


class Contested(StrEnum):
    """How the disputes about the payments of an invoice stand, taken together.

    OPEN: a bank has still to decide. LOST: it gave the money back to whoever had paid.
    """

    NO = ""
    OPEN = "open"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line; `amount` is without tax where `tax_note` names a tax that is added."""

    text: str
    amount: Money
    quantity: str = ""
    tax_note: str = ""


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """One payment already booked on an invoice, as its origin tells it."""

    id: str
    amount: Money
    paid_on: date | None = None
    treasury: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill, whoever issued it.

    Amounts are in minor units of `currency`. `due` is what remains to be paid. `customer` is the
    Stripe customer or Holded contact it is for. `is_foreign` marks a Holded document in another
    currency than the account's, whose sums only its PDF can tell. `intent` is the
    default payment intent of a Stripe invoice, `paid_on` the day it was paid whole. `pays_by` is
    the payment method a Holded document names, as Holded's id, `made_from` the proforma and
    `recurrence` the recurring invoice it was made from. Without `tells_parts` its issuer does not
    say which payments are on it. `method_types` are the kinds of methods a Stripe invoice was
    limited to, empty where it was not. `references` are the ids of Stripe's invoices that a Holded
    document names in its texts, `custom_fields` what is printed above its lines.

    `credited`, `refunded` and `contested` are what became of it afterwards: taken back by credit
    notes, given back to whoever paid, disputed at a bank. `open_credit` is what a credit note has
    to give that was neither paid out nor set against an invoice.
    """

    origin: Origin
    id: str
    customer: str
    number: str
    kind: InvoiceKind
    state: InvoiceState
    currency: str
    total: int
    due: int
    paid: int = 0
    tax: int = 0
    subtotal: int = 0
    issued_on: date | None = None
    due_on: date | None = None
    description: str = ""
    lines: tuple[InvoiceLine, ...] = ()
    parts: tuple[InvoicePart, ...] = ()
    subscription: str = ""
    intent: str = ""
    hosted_url: str = ""
    pdf_url: str = ""
    corrects: str = ""
    collection_method: str = ""
    is_foreign: bool = False
    created_at: datetime | None = None
    pays_by: str = ""
    made_from: str = ""
    recurrence: str = ""
    tags: tuple[str, ...] = field(default=())
    paid_on: date | None = None
    tells_parts: bool = True
    method_types: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    custom_fields: tuple[tuple[str, str], ...] = ()
    open_credit: int = 0
    credited: int = 0
    refunded: int = 0
    contested: Contested = Contested.NO

    @property
    def due_money(self) -> Money:
        """Return what remains to be paid."""
        return Money(self.due, self.currency)

    @property
    def total_money(self) -> Money:
        """Return the sum of the document."""
        return Money(self.total, self.currency)

    @property
    def is_shown(self) -> bool:
        """Whether customers may see it: a draft has no number and is no invoice in law."""
        return self.state is not InvoiceState.DRAFT

    @property
    def is_listed(self) -> bool:
        """Whether it stands in lists: a proforma that was invoiced leaves its place to that one."""
        return self.is_shown and self.state is not InvoiceState.INVOICED

    @property
    def is_open(self) -> bool:
        """Whether money is still owed on it."""
        return self.state in {InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE} and self.due > 0

    @property
    def is_note(self) -> bool:
        """Whether it takes back instead of asking."""
        return self.kind is InvoiceKind.CREDIT_NOTE

    @property
    def credited_money(self) -> Money:
        """Return what credit notes took back of it."""
        return Money(self.credited, self.currency)

    @property
    def refunded_money(self) -> Money:
        """Return what was given back of what was paid for it."""
        return Money(self.refunded, self.currency)


def as_taking(note: Invoice) -> Invoice:
    """Return a credit note with its sums below zero, whichever way its origin writes them."""
    if note.total <= 0:
        return note
    lines = tuple(replace(line, amount=-line.amount) for line in note.lines)
    return replace(note, total=-note.total, tax=-note.tax, subtotal=-note.subtotal, lines=lines)


class UnderWay(StrEnum):
    """What a payment that is not over yet makes of its invoice."""

    NOTHING = "nothing"
    AT_CHECKOUT = "at_checkout"
    NEEDS_BANK = "needs_bank"
    PROCESSING = "processing"
    CHECKING = "checking"
    BOOKING = "booking"


def status(invoice: Invoice, today: date, under_way: UnderWay = UnderWay.NOTHING) -> InvoiceStatus:
    """Return the word people see; `today` is the merchant's day."""
    if invoice.state is InvoiceState.VOID:
        return InvoiceStatus.VOID
    if invoice.state is InvoiceState.INVOICED:
        return InvoiceStatus.INVOICED
    if invoice.is_note:
        return InvoiceStatus.CREDITED
    if invoice.contested is Contested.OPEN:
        return InvoiceStatus.DISPUTED
    if under_way is UnderWay.BOOKING or invoice.state is InvoiceState.PAID or invoice.due <= 0:
        return _status_when_over(invoice)
    if under_way is UnderWay.PROCESSING:
        return InvoiceStatus.PROCESSING
    if under_way is UnderWay.CHECKING:
        return InvoiceStatus.CHECKING
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return InvoiceStatus.OVERDUE
    return _status_by_day(invoice, today)


def _status_when_over(invoice: Invoice) -> InvoiceStatus:
    if invoice.contested is Contested.LOST:
        return InvoiceStatus.RETURNED
    if invoice.refunded > 0:
        whole = invoice.refunded >= (invoice.paid or invoice.total)
        return InvoiceStatus.REFUNDED if whole else InvoiceStatus.PART_REFUNDED
    is_taken_back = 0 < invoice.total <= invoice.credited
    return InvoiceStatus.CREDITED if is_taken_back else InvoiceStatus.PAID


def _status_by_day(invoice: Invoice, today: date) -> InvoiceStatus:
    if invoice.due_on is not None and invoice.due_on < today:
        return InvoiceStatus.OVERDUE
    if invoice.due_on == today:
        return InvoiceStatus.DUE_TODAY
    return InvoiceStatus.PART_PAID if invoice.paid > 0 else InvoiceStatus.OPEN


def may_pay(invoice: Invoice, under_way: UnderWay = UnderWay.NOTHING) -> Decision:
    """Say whether the customer can pay this invoice here now.

    A payment at Checkout or at the bank does not stand in the way: a new press resumes or ends it
    (never two that can take money). One that is processing, being checked or booked does.
    """
    return Decision.of(
        _kind_is_payable(invoice),
        _is_not_contested(invoice),
        _is_not_void(invoice),
        _nothing_blocks(under_way),
        _is_owed(invoice),
        _amount_is_chargeable(invoice),
    )


def _kind_is_payable(invoice: Invoice) -> Reason | None:
    if invoice.kind is InvoiceKind.CREDIT_NOTE or not invoice.is_shown:
        return Reason.INVOICE_NOT_PAYABLE
    return Reason.FOREIGN_CURRENCY if invoice.is_foreign else None


def _is_not_contested(invoice: Invoice) -> Reason | None:
    return Reason.DISPUTED if invoice.contested is Contested.OPEN else None


def _is_not_void(invoice: Invoice) -> Reason | None:
    return Reason.INVOICE_VOID if invoice.state is InvoiceState.VOID else None


def _is_owed(invoice: Invoice) -> Reason | None:
    return None if invoice.is_open else Reason.NOTHING_DUE


def _nothing_blocks(under_way: UnderWay) -> Reason | None:
    if under_way is UnderWay.CHECKING:
        return Reason.OUTCOME_UNKNOWN
    if under_way in {UnderWay.PROCESSING, UnderWay.BOOKING}:
        return Reason.PAYMENT_UNDER_WAY
    return None


def _amount_is_chargeable(invoice: Invoice) -> Reason | None:
    if invoice.due > 0 and not invoice.due_money.is_chargeable:
        return Reason.AMOUNT_TOO_SMALL
    return None
