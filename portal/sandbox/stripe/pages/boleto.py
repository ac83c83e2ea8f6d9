"""The Boleto slip, with a button that stands for paying it at a bank."""

from typing import Any

from flask import Response, redirect, render_template, request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.pages.checkout import success_url
from portal.sandbox.stripe.pdf import Document
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_intents
from portal.sandbox.stripe.sandbox import Sandbox

STATES = {
    "succeeded": "This voucher was paid.",
    "canceled": "This voucher was cancelled.",
    "requires_payment_method": "This voucher has expired.",
}


@page("/boleto/<intent_id>")
def show(sandbox: Sandbox, intent_id: str) -> Any:
    """The slip, or what became of it."""
    unit = sandbox.unit_for(intent_id)
    if request.method == "POST":
        payment_intents.pay_voucher(unit, intent_id)
        return redirect(request.path, 303)
    intent = unit.get("payment_intent", intent_id)
    details = (intent["next_action"] or {}).get("boleto_display_details")
    text = [STATES.get(intent["status"], "There is no voucher.")]
    links = []
    if details:
        text = [
            f"Number: {details['number']}",
            f"Pay by {day(details['expires_at'])}, in any bank or its app.",
        ]
        links = [(details["pdf"], "Download the voucher (PDF)")]
    sessions = unit.select("checkout.session", payment_intent=intent_id, limit=1)
    back = success_url(sessions[0]) if sessions else intent["_return_url"]
    return render_template(
        "message.html",
        title="Boleto",
        business=unit.account["business_profile"]["name"],
        total=in_words(intent["amount"], intent["currency"]),
        text=text,
        buttons=[("pay", "Pay it now (simulation)")] if details else [],
        links=[*links, *([(back, "Back to the shop")] if back else [])],
    )


@page("/boleto/<intent_id>/pdf")
def show_pdf(sandbox: Sandbox, intent_id: str) -> Any:
    """The slip as a file."""
    unit = sandbox.unit_for(intent_id)
    intent = unit.get("payment_intent", intent_id)
    details = (intent["next_action"] or {}).get("boleto_display_details") or {}
    paper = Document("Boleto")
    for line in (
        "Simulation of Stripe, test data only",
        unit.account["business_profile"]["name"],
        in_words(intent["amount"], intent["currency"]),
        str(details.get("number", "")),
    ):
        paper.write(line)
        paper.down()
    return Response(paper.to_bytes(), content_type="application/pdf")
