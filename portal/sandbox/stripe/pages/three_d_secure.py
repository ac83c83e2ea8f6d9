"""The bank's page: 3-D Secure, and the apps of redirecting methods."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.intents import return_address
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_intents, setup_intents
from portal.sandbox.stripe.sandbox import Sandbox


@page("/3d-secure/<intent_id>")
def answer(sandbox: Sandbox, intent_id: str) -> Any:
    """Complete or fail; then back to where the payer came from."""
    unit = sandbox.unit_for(intent_id)
    kind = "setup_intent" if intent_id.startswith("seti_") else "payment_intent"
    intent = unit.get(kind, intent_id)
    if intent["status"] == "requires_action" and request.method == "POST":
        module = setup_intents if kind == "setup_intent" else payment_intents
        intent = module.authenticate(unit, intent_id, passed="complete" in request.form)
    if intent["status"] == "requires_action":
        pays = kind == "payment_intent"
        return render_template(
            "message.html",
            title="Confirm with your bank",
            business=unit.account["business_profile"]["name"],
            total=in_words(intent["amount"], intent["currency"]) if pays else None,
            text=["Your bank (simulated) asks whether it is you."],
            buttons=[("complete", "Complete"), ("fail", "Fail")],
            links=[],
        )
    if not intent["_return_url"]:
        return render_template(
            "message.html", title="Done", business="", text=["You may close this page."], links=[]
        )
    passed = intent["status"] in ("succeeded", "processing")
    status = {"processing": "pending"}.get(intent["status"], "succeeded")
    return redirect(return_address(intent, status if passed else "failed"), 303)
