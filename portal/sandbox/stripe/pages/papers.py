"""Small pages that objects point to: card receipts and mandates."""

from typing import Any

from flask import render_template

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.method_types import name_of
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.sandbox import Sandbox


@page("/receipts/<charge_id>")
def receipt(sandbox: Sandbox, charge_id: str) -> Any:
    """The receipt of a charge."""
    unit = sandbox.unit_for(charge_id)
    charge = unit.get("charge", charge_id)
    text = [f"Paid on {day(charge['created'])}.", charge["description"] or ""]
    if charge["amount_refunded"]:
        text.append(f"Refunded: {in_words(charge['amount_refunded'], charge['currency'])}")
    return render_template(
        "message.html",
        title="Receipt",
        business=unit.account["business_profile"]["name"],
        total=in_words(charge["amount"], charge["currency"]),
        text=text,
        links=[],
    )


@page("/mandates/<mandate_id>")
def mandate(sandbox: Sandbox, mandate_id: str) -> Any:
    """The words of a mandate."""
    unit = sandbox.unit_for(mandate_id)
    found = unit.get("mandate", mandate_id)
    accepted = day(found["customer_acceptance"]["accepted_at"])
    details = found["payment_method_details"]
    reference = details[details["type"]].get("reference", found["id"])
    title = "SEPA Direct Debit" if details["type"] == "sepa_debit" else name_of(details["type"])
    return render_template(
        "message.html",
        title=f"{title} mandate",
        business=unit.account["business_profile"]["name"],
        text=[f"Reference {reference}, {found['status']}.", f"Accepted on {accepted}."],
        links=[],
    )
