"""The address people come back to from Checkout, the bank or a voucher.

It needs no sign-in, since bank apps open another browser: it tells a sum and how it went, no names
and no numbers. Who is signed in as the payer also gets the ways on.
"""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import MerchantContext
from portal.domain.errors import NotFound
from portal.domain.payments import CheckoutSession, CheckoutState, PaymentState
from portal.mirror import invoices
from portal.services import outcomes as payment_outcomes
from portal.services import payment_methods
from portal.services.outcomes import Outcome
from portal.store import merchants, operations
from portal.store.operations import OperationRow, OperationState
from portal.web import outcomes
from portal.web.installation import installation
from portal.web.policies import Who, open_to
from portal.web.sessions import current_session

pages = Blueprint("returns", __name__)

LONGEST_KEY = 64


@pages.get("/r/<token>")
@open_to(Who.ANYONE)
def show(token: str) -> Response | str:
    """Tell how the payment or the saving of a method stands.

    Stripe adds the intent and a secret of it to the address; nobody should keep or copy them.
    """
    if request.args:
        return redirect(url_for("returns.show", token=token), 303)
    operation = _operation(token)
    at = installation().at(merchants.get_by_id(installation().db, operation.merchant_id))
    g.merchant = at.merchant
    if operation.verb == payment_methods.ADD.name:
        return _show_added(at, operation)
    return _show_payment(at, operation)


def _operation(token: str) -> OperationRow:
    with installation().db.session() as reader:
        found = operations.find_by_return_key(reader, token[:LONGEST_KEY])
    if found is None:
        raise NotFound("return address")
    return found


def _show_payment(at: MerchantContext, operation: OperationRow) -> str:
    outcome = payment_outcomes.read_outcome(at, operation)
    is_payer = _is_payer(operation)
    return render_template(
        "returns/payment.html",
        told=outcomes.tell(outcome),
        outcome=outcome,
        is_refused=outcome.state in {PaymentState.FAILED, PaymentState.CANCELED},
        go_on_href=_go_on(at, operation, outcome, is_payer=is_payer),
        invoice_href=_href(at, "customer.invoices.show", outcome.invoice) if is_payer else "",
        pay_href=_href(at, "customer.payments.choose", outcome.invoice) if is_payer else "",
        press_href=_href(at, "customer.presses.show", outcome.press)
        if is_payer and outcome.press
        else "",
    )


def _show_added(at: MerchantContext, operation: OperationRow) -> str:
    page = payment_methods.returned(at, operation)
    is_payer, then = _is_payer(operation), operation.subject
    method = page.payment_method if page is not None else ""
    left = invoices.left_of(at.db, at.merchant, then) if then else None
    may_lead_on = is_payer and left is not None
    return render_template(
        "returns/method.html",
        state=_state(operation, page),
        left=left,
        pay_href=_href(at, "customer.payments.choose", then, method=method) if may_lead_on else "",
        methods_href=_href(at, "customer.payment_methods.list_all") if is_payer else "",
    )


def _state(operation: OperationRow, page: CheckoutSession | None) -> str:
    """Return what is known of saving a method: saved, saving, not_saved, checking or expired."""
    if page is None:
        is_over = operation.state in {OperationState.REFUSED}
        return "expired" if is_over else "checking"
    if page.state is CheckoutState.COMPLETE:
        return "saved" if page.payment_method else "saving"
    return "expired" if page.state is CheckoutState.EXPIRED else "not_saved"


def _go_on(
    at: MerchantContext, operation: OperationRow, outcome: Outcome, *, is_payer: bool
) -> str:
    """Return where the payment goes on: the bank or the slip for anybody, Checkout for the payer.

    Checkout may show its customer's address, so only that customer is led back to it.
    """
    if not outcome.leave_url:
        return ""
    if outcome.state is PaymentState.NEEDS_BANK:
        return outcome.leave_url
    if outcome.state is PaymentState.AT_CHECKOUT and is_payer:
        slug = at.merchant.slug
        return url_for("customer.payments.leave", merchant=slug, operation=operation.id)
    return ""


def _is_payer(operation: OperationRow) -> bool:
    """Whether this browser is signed in as whose operation it is, for all or for its invoice."""
    signed_in = current_session()
    if signed_in is None or signed_in.customer is None:
        return False
    is_same = (signed_in.merchant.id, signed_in.customer.id) == (
        operation.merchant_id,
        operation.customer_id,
    )
    return is_same and (
        signed_in.scope.is_everything or signed_in.scope.invoice == operation.subject
    )


def _href(at: MerchantContext, endpoint: str, id: str = "", method: str = "") -> str:
    named = {"id": id} if id else {}
    query = {"method": method} if method else {}
    return url_for(endpoint, **{"merchant": at.merchant.slug, **named, **query})  # type: ignore[arg-type]
