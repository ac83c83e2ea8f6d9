"""The hosted page of an invoice, where it can be read and paid, and its PDF and receipt."""

from typing import Any

from flask import Response, redirect, render_template, request

from portal.sandbox.stripe import collection
from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import (
    credit_note_document,
    day,
    invoice_document,
    receipt_document,
)
from portal.sandbox.stripe.errors import Json, missing
from portal.sandbox.stripe.method_types import DEBITS
from portal.sandbox.stripe.pages.method_form import (
    ACCOUNT_FIELDS,
    ADDRESS,
    NAMES,
    new_method,
    next_page,
)
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

WORDS = {
    "draft": "This invoice is being prepared.",
    "paid": "This invoice is paid.",
    "void": "This invoice is void. Nothing has to be paid.",
    "uncollectible": "This invoice was given up by the business. It can still be paid.",
}


@page("/i/<account>/<token>")
def show(sandbox: Sandbox, account: str, token: str) -> Any:
    """The invoice, a form to pay what is open, and what came of sending it."""
    unit, invoice = _found(sandbox, account, token)
    if request.method == "GET" or not _payable(unit, invoice):
        return _page(unit, invoice)
    answer, error = unit.attempt(lambda: _submit(unit, invoice))
    if error is None:
        return answer
    return _page(unit, unit.get("invoice", invoice["id"]), str(error)), error.status


@page("/i/<account>/<token>/pdf")
def pdf(sandbox: Sandbox, account: str, token: str) -> Response:
    """The invoice as PDF."""
    unit, invoice = _found(sandbox, account, token)
    return _download(
        invoice_document(invoice, _rates(unit, invoice)), f"Invoice-{invoice['number']}"
    )


@page("/i/<account>/<token>/receipt")
def receipt(sandbox: Sandbox, account: str, token: str) -> Response:
    """The receipt of a paid invoice as PDF."""
    unit, invoice = _found(sandbox, account, token)
    if invoice["status"] != "paid":
        raise missing("receipt", invoice["id"])
    return _download(
        receipt_document(invoice, _rates(unit, invoice)), f"Receipt-{invoice['number']}"
    )


@page("/i/<account>/<token>/credit_notes/<note>/pdf")
def credit_note_pdf(sandbox: Sandbox, account: str, token: str, note: str) -> Response:
    """A credit note of the invoice as PDF."""
    unit, invoice = _found(sandbox, account, token)
    found = unit.get("credit_note", note)
    if found["invoice"] != invoice["id"]:
        raise missing("credit_note", note)
    return _download(
        credit_note_document(found, invoice, _rates(unit, invoice)),
        f"Credit-note-{found['number']}",
    )


def _found(sandbox: Sandbox, account: str, token: str) -> tuple[Unit, Json]:
    """Return the invoice of a page's address; raises the 404 for a wrong one."""
    name = "in_" + token.removeprefix("test_").partition("-")[0]
    unit = sandbox.unit_for(name)
    if unit.account_id != account or token != collection.token(unit, name):
        raise missing("invoice", name)
    invoice = unit.alive("invoice", name)
    if invoice["status"] == "draft":
        raise missing("invoice", name)
    return unit, invoice


def _download(body: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(body, content_type="application/pdf", headers=headers)


def _rates(unit: Unit, invoice: Json) -> dict[str, str]:
    names = {}
    for tax in invoice["total_taxes"]:
        rate = unit.get("tax_rate", tax["tax_rate_details"]["tax_rate"])
        inside = " inclusive" if rate["inclusive"] else ""
        names[rate["id"]] = f"{rate['display_name']} ({rate['percentage']:g}%{inside})"
    return names


def _payable(unit: Unit, invoice: Json) -> bool:
    intent = collection.default_intent(unit, invoice["id"])
    return (
        invoice["status"] in ("open", "uncollectible")
        and intent is not None
        and (intent["status"] not in ("processing", "succeeded", "canceled"))
    )


def _state(unit: Unit, invoice: Json) -> str:
    intent = collection.default_intent(unit, invoice["id"])
    if invoice["status"] == "open" and intent and intent["status"] == "processing":
        return "The payment is being processed. This takes some days."
    if invoice["status"] == "paid":
        return f"{WORDS['paid']} {day(invoice['status_transitions']['paid_at'])}"
    return WORDS.get(invoice["status"], "")


def _problem(unit: Unit, invoice: Json) -> str:
    """Return what went wrong with the last try, for a payer who comes back from the bank."""
    intent = collection.default_intent(unit, invoice["id"])
    failed = request.args.get("redirect_status") == "failed"
    error = (intent or {}).get("last_payment_error") if failed else None
    return str(error["message"]) if error else ""


def _page(unit: Unit, invoice: Json, message: str = "") -> str:
    currency = invoice["currency"]
    intent = collection.default_intent(unit, invoice["id"])
    types = (intent or {}).get("payment_method_types", [])
    chosen = request.values.get("type", "")
    address = invoice["customer_address"] or {}
    form = {name: request.form.get(name, "") for name in ("email", "exp", "tax_id")} | {
        part: request.form.get(part, address.get(part) or "") for part in ADDRESS
    }
    form["name"] = request.form.get("name", invoice["customer_name"] or "")
    here = invoice["hosted_invoice_url"]
    return render_template(
        "invoice.html",
        title=f"Invoice {invoice['number']}",
        business=invoice["account_name"],
        to=invoice["customer_name"] or invoice["customer_email"],
        issued=day(invoice["effective_at"]),
        due=day(invoice["due_date"]) if invoice["due_date"] else None,
        state=_state(unit, invoice),
        lines=[
            (line["description"], line["quantity"], in_words(line["amount"], currency))
            for line in invoice["lines"]["data"]
        ],
        sums=sums(unit, invoice),
        sum=in_words(invoice["amount_remaining"] or invoice["total"], currency),
        payable=_payable(unit, invoice),
        types=types,
        type=chosen if chosen in types else (types or [""])[0],
        names=NAMES,
        account_fields=ACCOUNT_FIELDS.get(chosen if chosen in types else (types or [""])[0]),
        form=form,
        fixed_email=invoice["customer_email"],
        message=message or _problem(unit, invoice),
        pdf=f"{here}/pdf",
        receipt=f"{here}/receipt" if invoice["status"] == "paid" else None,
    )


def sums(unit: Unit, invoice: Json) -> list[tuple[str, str]]:
    """The rows below an invoice's lines, from its subtotal to what is due."""
    rates = _rates(unit, invoice)
    rows = [("Subtotal", invoice["subtotal"])]
    rows += [("Discount", -each["amount"]) for each in invoice["total_discount_amounts"]]
    rows += [
        (rates[tax["tax_rate_details"]["tax_rate"]], tax["amount"])
        for tax in invoice["total_taxes"]
    ]
    rows += [("Total", invoice["total"])]
    applied = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    rows += [("Applied balance", -applied)] if applied else []
    rows += [("Paid", -invoice["amount_paid"])] if invoice["amount_paid"] else []
    rows += [("Amount due", invoice["amount_remaining"])]
    return [(name, in_words(amount, invoice["currency"])) for name, amount in rows]


def _submit(unit: Unit, invoice: Json) -> Any:
    intent = collection.default_intent(unit, invoice["id"]) or {}
    customer = unit.alive("customer", invoice["customer"])
    form_of = {
        "payment_method_types": intent["payment_method_types"],
        "billing_address_collection": "auto",
        "_method_data": {},
    }
    method = new_method(unit, form_of, customer)
    here = invoice["hosted_invoice_url"]
    wanted: Json = {"payment_method": method["id"], "return_url": here}
    if method["type"] in DEBITS:
        online = {"ip_address": request.remote_addr, "user_agent": request.user_agent.string}
        wanted["mandate_data"] = {"customer_acceptance": {"type": "online", "online": online}}
    confirmed = unit.call("POST /v1/payment_intents/{intent}/confirm", wanted, intent=intent["id"])
    return redirect(next_page(confirmed) or here, 303)
