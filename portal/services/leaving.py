"""Where a customer goes on to: Stripe's pages, the bank, a voucher. Every way out is an operation.

The address comes from the operation's row alone, never from a request.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from portal.context import MerchantContext, Visit
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import NotFound, Refused
from portal.domain.money import Money
from portal.domain.payments import CheckoutState, PaymentState
from portal.mirror import intents as told
from portal.mirror import invoices
from portal.services import billing_portal
from portal.services.intents import WITH_THE_CUSTOMER
from portal.services.payments import CHECKOUT_LIFE
from portal.store import operations
from portal.store.operations import OperationRow, OperationState
from portal.store.payments import PaymentRow

# Stripe's page of an invoice: nothing is asked of Stripe, so the operation is done when written.
HOSTED = "hosted_invoice"
# How long Stripe keeps a Checkout page open that was given no other end.
SETUP_LIFE = timedelta(hours=24)
# How long Stripe's own portal waits to be opened.
PORTAL_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Leaving:
    """One way out; `url` is empty where it is shut by now, `invoice` where none is about it.

    `comes_back` is false for Stripe's page of an invoice, which leads nowhere afterwards, and
    `to_portal` true for Stripe's own portal, where one task on a subscription is done.
    """

    url: str
    amount: Money | None
    invoice: str
    return_key: str
    comes_back: bool = True
    to_portal: bool = False

    @property
    def host(self) -> str:
        """Return the name of the place one goes to."""
        return urlsplit(self.url).hostname or ""


def find(visit: Visit, operation_id: str) -> Leaving:
    """Return a way out of the visit's own; raises NotFound.

    The holder of an invoice link finds only what was begun from it (D9).
    """
    with visit.db.session() as reader:
        row = reader.get(OperationRow, operation_id)
        payment = reader.get(PaymentRow, operation_id)
    if row is None or (row.merchant_id, row.customer_id) != (visit.merchant.id, visit.customer.id):
        raise NotFound(f"operation {operation_id}")
    is_of_link = row.verb == HOSTED or (payment is not None and payment.from_link)
    if not (visit.sees_everything or (is_of_link and row.subject == visit.scope.invoice)):
        raise NotFound(f"operation {operation_id}")
    amount = Money(payment.amount, payment.currency) if payment is not None else None
    is_open = _is_open(visit, row, payment) and is_at_home(visit.at, row.leave_url)
    return Leaving(
        url=row.leave_url if is_open else "",
        amount=amount,
        invoice="" if row.verb == billing_portal.OPEN.name else row.subject,
        return_key=row.return_key,
        comes_back=row.verb != HOSTED,
        to_portal=row.verb == billing_portal.OPEN.name,
    )


def to_hosted_invoice(visit: Visit, invoice_id: str) -> str:
    """Open the way to Stripe's own page of an invoice and return the operation.

    Raises Refused where it cannot be paid, NotFound.
    """
    found = invoices.get(visit, invoice_id)
    if not found.may_pay.is_allowed:
        raise Refused(found.may_pay)
    invoice = found.twin or found.invoice
    if invoice.origin is not Origin.STRIPE or not invoice.hosted_url:
        raise Refused(Decision.of(Reason.INVOICE_NOT_PAYABLE))
    with visit.db.write() as unit:
        row = operations.begin(
            unit,
            visit.merchant,
            HOSTED,
            customer_id=visit.customer.id,
            subject=invoice_id,
            parameters={},
            now=visit.at.now,
        )
        operations.answer(row, now=visit.at.now, leave_url=invoice.hosted_url)
        return row.id


def _is_open(visit: Visit, row: OperationRow, payment: PaymentRow | None) -> bool:
    if row.state != OperationState.DONE or not row.leave_url:
        return False
    if payment is not None:
        # The bank's page or a slip outlives the Checkout page it came from.
        is_page = payment.state == PaymentState.AT_CHECKOUT
        is_over = is_page and visit.now - payment.started_at >= CHECKOUT_LIFE
        return payment.state in WITH_THE_CUSTOMER and not is_over
    if row.verb == HOSTED:
        found = invoices.get(visit, row.subject)
        return (found.twin or found.invoice).is_open
    if row.verb == billing_portal.OPEN.name:
        return visit.now - row.created_at < PORTAL_LIFE
    page = told.find_session(visit.db, visit.merchant, str(row.answer.get("checkout", "")))
    is_over = page is not None and page.state is not CheckoutState.OPEN
    return not is_over and visit.now - row.created_at < SETUP_LIFE


def is_at_home(at: MerchantContext, url: str) -> bool:
    """Whether an address is one a browser may be sent to: over TLS, or the sandbox's."""
    parts = urlsplit(url)
    return parts.scheme == "https" or url.startswith(f"{at.settings.stripe_api_base}/")
