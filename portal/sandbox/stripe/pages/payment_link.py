"""Where a payment link leads: to a Checkout session of its own for each visit, or to why not."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_links
from portal.sandbox.stripe.sandbox import Sandbox

CLOSED = "This link is no longer active."
LONGEST_REFERENCE = 200


@page("/b/<token>")
def follow(sandbox: Sandbox, token: str) -> Any:
    """Opens a session; `client_reference_id` and `prefilled_email` are taken along."""
    row = sandbox.store.row(
        "SELECT id FROM objects WHERE kind = 'payment_link' AND json_extract(body, '$._token') = ?",
        token.removeprefix("test_"),
    )
    if row is None:
        return _words("", "This address is wrong."), 404
    unit = sandbox.unit_for(row["id"])
    link = unit.get("payment_link", row["id"])
    if not link["active"]:
        business = unit.account["business_profile"]["name"]
        return _words(business, link["inactive_message"] or CLOSED), 410
    session = payment_links.open_for(unit, link, _payer())
    return redirect(unit.shown(session)["url"], 303)


def _payer() -> Json:
    """What the address says about the payer; a value that Stripe would not take is left out."""
    found: Json = {}
    reference = request.args.get("client_reference_id", "")
    if 0 < len(reference) <= LONGEST_REFERENCE:
        found["client_reference_id"] = reference
    email = request.args.get("prefilled_email", "")
    if "@" in email:
        found["customer_email"] = email
    return found


def _words(business: str, words: str) -> str:
    return render_template(
        "message.html", title="Payment link", business=business, text=[words], links=[]
    )
