"""The page of the bank or the app: 3-D Secure and every method that redirects."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.intents import return_address, waits_for_payer
from portal.sandbox.stripe.method_types import name_of
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_intents, setup_intents
from portal.sandbox.stripe.sandbox import Sandbox

# The `redirect_status` that an intent's status comes back as.
STATUS = {
    "succeeded": "succeeded",
    "requires_capture": "succeeded",
    "requires_confirmation": "succeeded",
    "processing": "pending",
}


@page("/3d-secure/<intent_id>")
def answer(sandbox: Sandbox, intent_id: str) -> Any:
    """Complete or fail; then back to where the payer came from."""
    unit = sandbox.unit_for(intent_id)
    kind = "setup_intent" if intent_id.startswith("seti_") else "payment_intent"
    intent = unit.get(kind, intent_id)
    waits = waits_for_payer(intent)
    if waits and request.method == "POST":
        module = setup_intents if kind == "setup_intent" else payment_intents
        intent = module.authenticate(unit, intent_id, passed="complete" in request.form)
        waits = waits_for_payer(intent)
    if waits:
        pays = kind == "payment_intent"
        method = unit.get("payment_method", intent["payment_method"])
        by_card = method["type"] == "card"
        name = name_of(method["type"])
        return render_template(
            "message.html",
            title="Confirm with your bank" if by_card else f"Confirm with {name}",
            business=unit.account["business_profile"]["name"],
            total=in_words(intent["amount"], intent["currency"]) if pays else None,
            text=[
                "Your bank (simulated) asks whether it is you."
                if by_card
                else f"{name} (simulated) asks whether you agree."
            ],
            buttons=[("complete", "Complete"), ("fail", "Fail")],
            links=[],
        )
    if not intent["_return_url"]:
        return render_template(
            "message.html", title="Done", business="", text=["You may close this page."], links=[]
        )
    return redirect(return_address(intent, STATUS.get(intent["status"], "failed")), 303)
