"""Slips of OXXO, Konbini and Multibanco, with a button that stands for paying them in a shop."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe import vouchers
from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.method_types import name_of
from portal.sandbox.stripe.pages.boleto import STATES
from portal.sandbox.stripe.pages.checkout import success_url
from portal.sandbox.stripe.paying import pay_voucher
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.sandbox import Sandbox


@page("/voucher/<intent_id>")
def show(sandbox: Sandbox, intent_id: str) -> Any:
    """The slip, or what became of it."""
    unit = sandbox.unit_for(intent_id)
    if request.method == "POST":
        pay_voucher(unit, intent_id)
        return redirect(request.path, 303)
    intent = unit.get("payment_intent", intent_id)
    waits = vouchers.is_waiting(intent)
    text = [STATES.get(intent["status"], "There is no voucher.")]
    title = "Voucher"
    if waits:
        kind = intent["next_action"]["type"]
        title = name_of(kind.removesuffix("_display_details"))
        details = intent["next_action"][kind]
        ends = details.get("expires_at") or details["expires_after"]
        parts = [f"{name.capitalize()}: {details[name]}" for name in SHOWN if details.get(name)]
        codes = [
            f"{store.capitalize()}: {code['payment_code']} ({code['confirmation_number']})"
            for store, code in details.get("stores", {}).items()
        ]
        text = [*parts, *codes, f"Pay by {day(ends)}."]
    sessions = unit.select("checkout.session", payment_intent=intent_id, limit=1)
    back = success_url(sessions[0]) if sessions else intent["_return_url"]
    return render_template(
        "message.html",
        title=title,
        business=unit.account["business_profile"]["name"],
        total=in_words(intent["amount"], intent["currency"]),
        text=text,
        buttons=[("pay", "Pay it now (simulation)")] if waits else [],
        links=[(back, "Back to the shop")] if back else [],
    )


SHOWN = ("entity", "reference", "number")
