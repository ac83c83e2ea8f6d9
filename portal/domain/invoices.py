"""Invoices of either origin: what is due, what their state is called, whether one can be paid."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.money import Money

# A Holded document that carries this and a Stripe invoice's id was made from that one.
TAG_OF_STRIPE_INVOICE = "stripe:"


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
    CREDITED = "credited"
    VOID = "void"
    INVOICED = "invoiced"


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
    `recurrence` the recurring invoice it was made from.
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
    def is_open(self) -> bool:
        """Whether money is still owed on it."""
        return self.state in {InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE} and self.due > 0


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
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return InvoiceStatus.CREDITED
    if under_way is UnderWay.BOOKING or invoice.state is InvoiceState.PAID or invoice.due <= 0:
        return InvoiceStatus.PAID
    if under_way is UnderWay.PROCESSING:
        return InvoiceStatus.PROCESSING
    if under_way is UnderWay.CHECKING:
        return InvoiceStatus.CHECKING
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return InvoiceStatus.OVERDUE
    return _status_by_day(invoice, today)


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
        _state_is_payable(invoice),
        _nothing_blocks(under_way),
        _amount_is_chargeable(invoice),
    )


def _kind_is_payable(invoice: Invoice) -> Reason | None:
    if invoice.kind is InvoiceKind.CREDIT_NOTE or not invoice.is_shown:
        return Reason.INVOICE_NOT_PAYABLE
    return Reason.FOREIGN_CURRENCY if invoice.is_foreign else None


def _state_is_payable(invoice: Invoice) -> Reason | None:
    if invoice.state is InvoiceState.VOID:
        return Reason.INVOICE_VOID
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
