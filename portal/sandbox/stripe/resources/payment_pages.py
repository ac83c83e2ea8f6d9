"""The page of a Checkout session as the command line's fixtures fill it in, without a browser.

Stripe describes these routes nowhere; its command line asks them in `stripe trigger
checkout.session.completed`. What they answer there is not known, here it is the session.
"""

from portal.sandbox.stripe import checkout_form, checkout_payer, checkout_purchase
from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit

URL = "/v1/payment_pages/{session}"
# A form in which nothing is filled in or chosen: what a session must ask for is then refused.
EMPTY: dict[str, str] = {}


@route("GET", URL)
def retrieve(unit: Unit, params: Json, session: str) -> Json:
    """The session of an open page."""
    _ = params
    return _open(unit, session)


@route("POST", URL + "/confirm")
def confirm(unit: Unit, params: Json, session: str) -> Json:
    """Presses the button with a payment method; `expected_amount` is what the payer saw."""
    found = _open(unit, session)
    method = payment_methods.resolve(unit, params["payment_method"])
    if found["mode"] != "setup" and checkout_form.choose(unit, found, EMPTY):
        checkout_purchase.follow_amount(unit, found)
    if params.get("expected_amount", found["amount_total"]) != found["amount_total"]:
        raise invalid(
            "The amount of this Checkout Session is not the expected amount.",
            param="expected_amount",
            code="checkout_amount_mismatch",
        )
    if not checkout_purchase.needs_method(found):
        raise unsupported("confirming a page that asks for no payment method", "payment_method")
    if method["type"] not in found["payment_method_types"]:
        message = f"This Checkout Session does not accept {method['type']}."
        raise invalid(message, param="payment_method")
    customer = checkout_payer.customer_of(unit, found) or {}
    if not customer.get("email") and not method["billing_details"]["email"]:
        message = "The payment method needs an e-mail address in its billing details."
        raise invalid(message, param="payment_method")
    checkout_form.note(unit, found, EMPTY)
    nobody = {"ip_address": None, "user_agent": None}
    checkout_payer.pay(unit, found, method, EMPTY, nobody)
    return unit.get("checkout.session", session)


def _open(unit: Unit, session: str) -> Json:
    found = unit.get("checkout.session", session, "session")
    if not checkout_payer.may_pay(unit, found):
        raise _closed(found)
    return found


def _closed(session: Json) -> ApiError:
    """The codes are recorded, the words are not."""
    if session["status"] == "complete":
        message = "This Checkout Session has already been processed successfully."
        return invalid(message, code="checkout_succeeded_session")
    return invalid("This Checkout Session is no longer active.", code="checkout_not_active_session")
