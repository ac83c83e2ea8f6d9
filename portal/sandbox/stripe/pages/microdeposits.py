"""The page where a payer tells which small deposits came: test amounts and test codes only."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe import microdeposits, paying
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import setup_intents
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

TOLD = {
    "processing": "Your account is verified. The payment is under way.",
    "succeeded": "Your account is verified.",
    "requires_payment_method": "Your account could not be verified.",
    "canceled": "This was cancelled.",
}


@page("/microdeposits/<intent_id>")
def verify(sandbox: Sandbox, intent_id: str) -> Any:
    """A form for the two amounts or the code, and what comes of sending it."""
    unit = sandbox.unit_for(intent_id)
    setting_up = intent_id.startswith("seti_")
    kind = "setup_intent" if setting_up else "payment_intent"
    intent = unit.get(kind, intent_id)
    message = ""
    if request.method == "POST" and microdeposits.waits(intent):
        module = setup_intents if setting_up else paying
        _, error = unit.attempt(lambda: module.verify(unit, intent, _given()))
        if error is None:
            return redirect(request.path, 303)
        message = str(error)
        intent = unit.get(kind, intent_id)
    waits = microdeposits.waits(intent)
    status = 400 if message else 200
    return _show(unit, intent, waits, message), status


def _given() -> Json:
    code = request.form.get("descriptor_code", "").strip().upper()
    if code:
        return {"descriptor_code": code}
    amounts = [request.form.get(name, "").strip() for name in ("first", "second")]
    if not all(one.isascii() and one.isdigit() and len(one) < 4 for one in amounts):
        raise invalid("Please enter two amounts in cents, or the code.", param="amounts")
    return {"amounts": [int(one) for one in amounts]}


def _show(unit: Unit, intent: Json, waits: bool, message: str) -> str:
    back = intent["_return_url"]
    return render_template(
        "microdeposits.html",
        title="Verify your bank account",
        business=unit.account["business_profile"]["name"],
        message=message,
        told=None if waits else TOLD.get(intent["status"], "There is nothing to verify."),
        back=back,
    )
