"""The Checkout page: pay or save a method with published test numbers, by plain form posts."""

import datetime
import re
from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.method_types import DEBITS, TYPES, name_of
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

NAMES = {kind: name_of(kind) for kind in TYPES}
# What the page asks for of a bank account, and examples that are published test numbers.
ACCOUNT_FIELDS: dict[str, list[tuple[str, str, str]]] = {
    "us_bank_account": [
        ("routing_number", "Routing number", "110000000"),
        ("account_number", "Account number", "000123456789"),
    ],
    "acss_debit": [
        ("transit_number", "Transit number", "11000"),
        ("institution_number", "Institution number", "000"),
        ("account_number", "Account number", "000123456789"),
    ],
    "au_becs_debit": [
        ("bsb_number", "BSB", "000-000"),
        ("account_number", "Account number", "000123456"),
    ],
    "bacs_debit": [
        ("sort_code", "Sort code", "10-88-00"),
        ("account_number", "Account number", "00012345"),
    ],
    "nz_bank_account": [
        ("bank_code", "Bank", "11"),
        ("branch_code", "Branch", "0000"),
        ("account_number", "Account number", "0000000"),
        ("suffix", "Suffix", "010"),
    ],
}
EXPIRY = re.compile(r"\s*(\d{1,2})\s*/\s*(\d{2}|\d{4})\s*", re.ASCII)
ADDRESS = ("line1", "city", "state", "postal_code", "country")


@page("/c/pay/<session_id>")
def pay(sandbox: Sandbox, session_id: str) -> Any:
    """The form, and what comes of sending it."""
    unit = sandbox.unit_for(session_id)
    session = unit.get("checkout.session", session_id)
    if session["status"] != "open":
        return _closed(unit, session)
    if request.method == "GET":
        return _show(unit, session)
    answer, error = unit.attempt(lambda: _submit(unit, session))
    if error is None:
        return answer
    session = unit.get("checkout.session", session_id)
    return _show(unit, session, str(error)), error.status


@page("/c/pay/<session_id>/return")
def come_back(sandbox: Sandbox, session_id: str) -> Any:
    """Where the bank sends the payer: on to the merchant, or back to the form."""
    unit = sandbox.unit_for(session_id)
    session = unit.get("checkout.session", session_id)
    if session["status"] == "open":
        error = _intent(unit, session)[
            "last_payment_error" if session["payment_intent"] else "last_setup_error"
        ]
        return _show(unit, session, (error or {}).get("message", "Please try again."))
    return _closed(unit, session)


def _closed(unit: Unit, session: Json) -> Any:
    if session["status"] == "complete":
        return redirect(success_url(session), 303)
    text = ["This page has expired. Nothing was taken. Go back and start again."]
    links = [(session["cancel_url"], "Go back")] if session["cancel_url"] else []
    return _message(unit, "This page has expired", text, links), 410


def _message(unit: Unit, title: str, text: list[str], links: list[tuple[str, str]]) -> str:
    name = unit.account["business_profile"]["name"]
    return render_template("message.html", title=title, text=text, links=links, business=name)


def success_url(session: Json) -> str:
    """The merchant's address with the session's id put in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _intent(unit: Unit, session: Json) -> Json:
    if session["payment_intent"]:
        return unit.get("payment_intent", session["payment_intent"])
    return unit.get("setup_intent", session["setup_intent"])


def _customer(unit: Unit, session: Json) -> Json | None:
    return unit.get("customer", session["customer"]) if session["customer"] else None


def _show(unit: Unit, session: Json, message: str = "") -> str:
    customer = _customer(unit, session)
    types = session["payment_method_types"]
    chosen = request.values.get("type", types[0])
    setup = session["mode"] == "setup"
    total = None if setup else in_words(session["amount_total"], session["currency"])
    form = {
        name: request.form.get(name, "") for name in ("email", "name", "exp", "tax_id", "phone")
    }
    known = (customer and customer["address"]) or {}
    form |= {part: request.form.get(part, known.get(part) or "") for part in ADDRESS}
    form["email"] = form["email"] or session["customer_email"] or ""
    form["name"] = form["name"] or (customer and customer["name"]) or ""
    options = session["saved_payment_method_options"] or {}
    return render_template(
        "checkout.html",
        title="Save a payment method" if setup else "Pay",
        business=unit.account["business_profile"]["name"],
        total=total,
        lines=[
            {**line, "amount": in_words(line["amount_total"], line["currency"])}
            for line in session["_lines"]
        ],
        message=message,
        types=types,
        type=chosen if chosen in types else types[0],
        names=NAMES,
        account_fields=ACCOUNT_FIELDS.get(chosen if chosen in types else types[0], []),
        asks_name="name" in TYPES[chosen if chosen in types else types[0]].needs,
        form=form,
        fixed_email=customer and customer["email"],
        billing=session["billing_address_collection"] == "required",
        phone=session["phone_number_collection"]["enabled"],
        may_save=options.get("payment_method_save") == "enabled",
        saved=None if setup else _prefilled(unit, customer, options),
        terms=(session["consent_collection"] or {}).get("terms_of_service") == "required",
        note=(session["custom_text"]["submit"] or {}).get("message"),
        button="Save" if setup else f"Pay {total}",
        cancel_url=session["cancel_url"],
    )


def _prefilled(unit: Unit, customer: Json | None, options: Json) -> Json | None:
    """The customer's newest card that may be shown again, or whose billing details are complete."""
    if customer is None:
        return None
    allowed = options.get("allow_redisplay_filters", ["always"])
    for method in unit.select("payment_method", customer=customer["id"], type="card"):
        details = method["billing_details"]
        complete = details["email"] and details["name"] and details["address"]["country"]
        if method["allow_redisplay"] in allowed or complete:
            return method
    return None


def _submit(unit: Unit, session: Json) -> Any:
    form = request.form
    customer = _customer(unit, session)
    consent = session["consent_collection"] or {}
    if consent.get("terms_of_service") == "required":
        if not form.get("terms"):
            raise invalid("Please agree to the terms of service.", param="terms")
        session["consent"] = {"promotions": None, "terms_of_service": "accepted"}
    if "saved" in form:
        method = unit.get("payment_method", form["saved"])
        if customer is None or method["customer"] != customer["id"]:
            raise invalid("This card cannot be used here.", param="saved")
    else:
        method = new_method(unit, session, customer)
    _note_customer(unit, session, customer, method)
    unit.put(session)
    back = unit.url(f"/c/pay/{session['id']}/return")
    wanted: Json = {"payment_method": method["id"], "return_url": back}
    if method["type"] in DEBITS and not method["_mandate"]:
        online = {"ip_address": request.remote_addr, "user_agent": request.user_agent.string}
        wanted["mandate_data"] = {"customer_acceptance": {"type": "online", "online": online}}
    if session["mode"] == "setup":
        route = "POST /v1/setup_intents/{intent}/confirm"
        intent = unit.call(route, wanted, intent=session["setup_intent"])
    else:
        if session["customer"] and request.form.get("save") and TYPES[method["type"]].reusable:
            usage = {"setup_future_usage": "on_session"}
            wanted["payment_method_options"] = {method["type"]: usage}
        intent_id = session["payment_intent"] or _begin_payment(unit, session)
        route = "POST /v1/payment_intents/{intent}/confirm"
        intent = unit.call(route, wanted, intent=intent_id)
    return redirect(next_page(intent) or success_url(session), 303)


def next_page(intent: Json) -> str | None:
    """Where an intent sends its payer."""
    action = intent["next_action"]
    details = action[action["type"]] if action else {}
    names = ("url", "hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url")
    return next((str(details[name]) for name in names if details.get(name)), None)


def new_method(unit: Unit, session: Json, customer: Json | None) -> Json:
    """The payment method that the sent form describes; raises the refusal of what is missing."""
    form = request.form
    kind = form.get("type", "card")
    if kind not in session["payment_method_types"]:
        raise invalid("Please choose a way to pay.", param="type")
    email = (customer and customer["email"]) or form.get("email", "").strip()
    if not email:
        raise invalid("Please enter your e-mail address.", param="email")
    address = {part: form.get(part, "").strip() for part in ADDRESS}
    if kind == "boleto":
        address["country"] = "BR"
    elif kind == "klarna" and not address["country"]:
        address["country"] = unit.account["country"]
    if session["billing_address_collection"] == "required" and not address["line1"]:
        raise invalid("Please enter your address.", param="line1")
    data: Json = {
        "type": kind,
        "billing_details": {
            "address": address,
            "email": email,
            "name": form.get("name", "").strip(),
            "phone": form.get("phone", "").strip(),
        },
        "allow_redisplay": session["_method_data"].get("allow_redisplay")
        or ("always" if form.get("save") else "limited"),
    }
    if kind == "card":
        data["card"] = _card(unit)
    elif kind == "sepa_debit":
        data["sepa_debit"] = {"iban": form.get("iban", "")}
    elif kind in ACCOUNT_FIELDS:
        fields = [name for name, _, _ in ACCOUNT_FIELDS[kind]]
        data[kind] = {name: form.get(name, "").strip() for name in fields}
    elif kind == "boleto":
        data["boleto"] = {"tax_id": form.get("tax_id", "").strip()}
    return payment_methods.make(unit, data)


def _card(unit: Unit) -> Json:
    form = request.form
    match = EXPIRY.fullmatch(form.get("exp", ""))
    if not match:
        raise invalid("Your card’s expiry date is incomplete.", param="exp")
    month, year = int(match[1]), int(match[2]) % 100 + 2000
    today = datetime.datetime.fromtimestamp(unit.now, datetime.UTC)
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise invalid("Your card’s expiry date is in the past or wrong.", param="exp")
    if not re.fullmatch(r"\d{3,4}", form.get("cvc", ""), re.ASCII):
        raise invalid("Your card’s security code is incomplete.", param="cvc")
    if not form.get("name", "").strip():
        raise invalid("Please enter the name on the card.", param="name")
    given = {name: form.get(name, "") for name in ("number", "cvc")}
    return {**given, "exp_month": month, "exp_year": year}


def _note_customer(unit: Unit, session: Json, customer: Json | None, method: Json) -> None:
    details = method["billing_details"]
    email = (customer and customer["email"]) or details["email"]
    session["customer_details"] = {
        "address": details["address"],
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": details["name"] or (customer and customer["name"]),
        "phone": details["phone"],
        "tax_exempt": (customer or {}).get("tax_exempt", "none"),
        "tax_ids": [],
    }
    if customer is None:
        keeps = session["_intent_data"].get("setup_future_usage")
        if session["customer_creation"] == "always" or keeps:
            wanted = {"email": email, "name": details["name"] or ""}
            session["customer"] = unit.call("POST /v1/customers", wanted)["id"]
        return
    changes: Json = {} if customer["email"] else {"email": email}
    update = session["_customer_update"]
    if update.get("address") == "auto" and details["address"]["country"]:
        changes["address"] = details["address"]
    if update.get("name") == "auto" and details["name"]:
        changes["name"] = details["name"]
    if changes:
        unit.call("POST /v1/customers/{customer}", changes, customer=customer["id"])


def _begin_payment(unit: Unit, session: Json) -> str:
    data = session["_intent_data"]
    wanted: Json = {
        "allowed_payment_method_types": session["payment_method_types"],
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "always"},
        "amount": session["amount_total"],
        "currency": session["currency"],
        "payment_method_options": session["payment_method_options"],
        **{name: one for name, one in data.items() if name != "setup_future_usage"},
    }
    if session["customer"]:
        wanted["customer"] = session["customer"]
    if session["customer"] and "setup_future_usage" in data:
        wanted["setup_future_usage"] = data["setup_future_usage"]
    intent = unit.call("POST /v1/payment_intents", wanted)
    session["payment_intent"] = intent["id"]
    unit.put(session)
    return str(intent["id"])
