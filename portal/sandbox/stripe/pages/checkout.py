"""The Checkout page: pay, subscribe or save a method with published test numbers, by form posts."""

from typing import Any

from flask import redirect, render_template, request

from portal.sandbox.stripe import (
    checkout_form,
    checkout_payer,
    checkout_purchase,
    checkout_sums,
    line_items,
)
from portal.sandbox.stripe.amounts import cadence_in_words, in_words
from portal.sandbox.stripe.checkout_opening import recover
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.method_types import TYPES
from portal.sandbox.stripe.pages.method_form import (
    ACCOUNT_FIELDS,
    ADDRESS,
    NAMES,
    new_method,
    next_page,
)
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import checkout_sessions
from portal.sandbox.stripe.sandbox import Sandbox
from portal.sandbox.stripe.unit import Unit

VERBS = {"book": "Book", "donate": "Donate", "subscribe": "Subscribe", "pay": "Pay"}


@page("/c/pay/<session_id>")
def pay(sandbox: Sandbox, session_id: str) -> Any:
    """The form, and what comes of sending it."""
    unit = sandbox.unit_for(session_id)
    session = unit.get("checkout.session", session_id)
    if not checkout_payer.may_pay(unit, session):
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
        return _show(unit, session, _bank_said(unit, session))
    return _closed(unit, session)


@page("/r/<session_id>")
def recovery(sandbox: Sandbox, session_id: str) -> Any:
    """The address that an expired session leaves for thirty days: it opens a copy."""
    unit = sandbox.unit_for(session_id)
    copied = recover(unit, unit.get("checkout.session", session_id))
    if copied is None:
        text = ["This address is no longer valid. Nothing was taken."]
        return _message(unit, "This page has expired", text, []), 410
    return redirect(unit.shown(copied)["url"], 303)


def _closed(unit: Unit, session: Json) -> Any:
    if session["status"] == "complete":
        return finished(unit, session)
    text = ["This page has expired. Nothing was taken. Go back and start again."]
    links = [(session["cancel_url"], "Go back")] if session["cancel_url"] else []
    return _message(unit, "This page has expired", text, links), 410


def _message(unit: Unit, title: str, text: list[str], links: list[tuple[str, str]]) -> str:
    name = unit.account["business_profile"]["name"]
    return render_template("message.html", title=title, text=text, links=links, business=name)


def success_url(session: Json) -> str:
    """The merchant's address with the session's id put in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def finished(unit: Unit, session: Json) -> Any:
    """Where a payer goes who is done: to the merchant, or to a page of thanks (payment links)."""
    if session["success_url"]:
        return redirect(success_url(session), 303)
    link = unit.find("payment_link", session["payment_link"] or "") or {}
    after = (link.get("after_completion") or {}).get("hosted_confirmation") or {}
    words = (session["custom_text"]["after_submit"] or {}).get("message")
    text = [after.get("custom_message") or "Thank you. Your order is complete."]
    return _message(unit, "Thank you", [*text, *([words] if words else [])], [])


def _bank_said(unit: Unit, session: Json) -> str:
    """Why the last try with the bank failed."""
    name = session["setup_intent"] or session["_parent"] or ""
    for kind, field in (
        ("setup_intent", "last_setup_error"),
        ("payment_intent", "last_payment_error"),
    ):
        intent = unit.find(kind, name)
        if intent:
            return str((intent[field] or {}).get("message", "Please try again."))
    intent = checkout_purchase.first_intent(unit, session) or {}
    return str((intent.get("last_payment_error") or {}).get("message", "Please try again."))


def _show(unit: Unit, session: Json, message: str = "") -> str:
    checkout_sums.settle(unit, session)
    customer = checkout_payer.customer_of(unit, session)
    types = session["payment_method_types"]
    chosen = request.values.get("type", types[0])
    kind = chosen if chosen in types else types[0]
    setup = session["mode"] == "setup"
    total = None if setup else in_words(session["amount_total"], session["currency"])
    form = request.form.to_dict()
    known = (customer and customer["address"]) or {}
    form |= {part: request.form.get(part, known.get(part) or "") for part in ADDRESS}
    form["email"] = form.get("email") or session["customer_email"] or ""
    form["name"] = form.get("name") or (customer and customer["name"]) or ""
    options = session["saved_payment_method_options"] or {}
    needs_method = checkout_purchase.needs_method(session)
    return render_template(
        "checkout.html",
        title="Save a payment method" if setup else _verb(session),
        business=unit.account["business_profile"]["name"],
        total=total,
        sums=_sums(session),
        lines=[_line(unit, session, line) for line in line_items.of(unit, session["id"])],
        session=session,
        shipping=_shipping(unit, session),
        code=_code(unit, session, form),
        message=message,
        needs_method=needs_method,
        types=types,
        type=kind,
        names=NAMES,
        account_fields=ACCOUNT_FIELDS.get(kind, []),
        asks_name="name" in TYPES[kind].needs,
        form=form,
        fixed_email=customer and customer["email"],
        billing=session["billing_address_collection"] == "required",
        phone=session["phone_number_collection"]["enabled"],
        may_save=options.get("payment_method_save") == "enabled",
        saved=None if setup or not needs_method else _prefilled(unit, session, customer),
        terms=(session["consent_collection"] or {}).get("terms_of_service") == "required",
        promotions=checkout_form.asks_for_promotions(unit, session),
        texts={name: words["message"] for name, words in session["custom_text"].items() if words},
        button="Save" if setup else f"{_verb(session)} {total}",
        cancel_url=session["cancel_url"],
    )


def _verb(session: Json) -> str:
    default = "subscribe" if session["mode"] == "subscription" else "pay"
    wanted = session["submit_type"]
    return VERBS[default if wanted in (None, "auto") else wanted]


def _line(unit: Unit, session: Json, line: Json) -> Json:
    price = line_items.price_of(unit, line)
    often = f" / {cadence_in_words(price['recurring'])}" if price["recurring"] else ""
    return {
        **line,
        "amount": in_words(line["amount_subtotal"], session["currency"]) + often,
        "adjustable": (line["adjustable_quantity"] or {}).get("enabled"),
        "chooses": bool(price["custom_unit_amount"]),
    }


def _sums(session: Json) -> list[tuple[str, str]]:
    """The rows between the lines and the total."""
    if session["mode"] == "setup":
        return []
    details, currency = session["total_details"], session["currency"]
    rows = [
        ("Discount", -details["amount_discount"]),
        ("Shipping", details["amount_shipping"]),
        ("Tax", details["amount_tax"]),
    ]
    return [(name, in_words(amount, currency)) for name, amount in rows if amount]


def _shipping(unit: Unit, session: Json) -> list[Json]:
    chosen = (session["shipping_cost"] or {}).get("shipping_rate")
    return [
        {
            "id": one["shipping_rate"],
            "name": unit.get("shipping_rate", one["shipping_rate"])["display_name"],
            "amount": in_words(one["shipping_amount"], session["currency"]),
            "chosen": one["shipping_rate"] == chosen,
        }
        for one in session["shipping_options"]
    ]


def _code(unit: Unit, session: Json, form: Json) -> str:
    """The promotion code in its field: as it was typed, or the one in force."""
    if "promotion_code" in form:
        return str(form["promotion_code"])
    found = [one["promotion_code"] for one in session["discounts"] or []]
    return str(unit.get("promotion_code", found[0])["code"]) if found and found[0] else ""


def _prefilled(unit: Unit, session: Json, customer: Json | None) -> Json | None:
    """The customer's newest card that may be shown again, or whose billing details are complete.

    For a subscription their default card comes first (SDK docstring of `customer`).
    """
    if customer is None:
        return None
    options = session["saved_payment_method_options"] or {}
    allowed = options.get("allow_redisplay_filters", ["always"])
    methods = unit.select("payment_method", customer=customer["id"], type="card")
    if session["mode"] == "subscription":
        default = customer["invoice_settings"]["default_payment_method"]
        methods.sort(key=lambda method: bool(method["id"] != default))
    for method in methods:
        details = method["billing_details"]
        complete = details["email"] and details["name"] and details["address"]["country"]
        if method["allow_redisplay"] in allowed or complete:
            return method
    return None


def _submit(unit: Unit, session: Json) -> Any:
    form = request.form
    if session["mode"] != "setup":
        changed = checkout_form.choose(unit, session, form)
        unit.put(session)
        if changed:
            checkout_purchase.follow_amount(unit, session)
        if "update" in form:
            return redirect(unit.shown(session)["url"], 303)
        if form.get("total") not in (None, str(session["amount_total"])):
            return _show(unit, session, "The total has changed. Please check it and press again.")
    customer = checkout_payer.customer_of(unit, session)
    checkout_form.note(unit, session, form)
    if not checkout_purchase.needs_method(session):
        return _take_nothing(unit, session, customer)
    if "saved" in form:
        method = unit.get("payment_method", form["saved"])
        if customer is None or method["customer"] != customer["id"]:
            raise invalid("This card cannot be used here.", param="saved")
    else:
        method = new_method(unit, session, customer)
    online = {"ip_address": request.remote_addr, "user_agent": request.user_agent.string}
    intent = checkout_payer.pay(unit, session, method, form, online)
    onward = next_page(intent)
    if onward:
        return redirect(onward, 303)
    return finished(unit, unit.get("checkout.session", session["id"]))


def _take_nothing(unit: Unit, session: Json, customer: Json | None) -> Any:
    """Nothing is due and no method is asked for: the order is complete at once."""
    form = request.form
    email = (customer and customer["email"]) or form.get("email", "").strip()
    if not email:
        raise invalid("Please enter your e-mail address.", param="email")
    details = {
        "address": {part: form.get(part, "").strip() or None for part in ADDRESS} | {"line2": None},
        "email": email,
        "name": form.get("name", "").strip() or None,
        "phone": form.get("phone", "").strip() or None,
    }
    checkout_payer.note(unit, session, details, form)
    if session["mode"] == "subscription":
        checkout_purchase.start_free(unit, session, None)
        session["payment_status"] = "no_payment_required"
    checkout_sessions.complete(unit, session)
    return finished(unit, session)
