"""The customer portal's home, with payment methods, details and invoices."""

from typing import Any

from flask import redirect, request

from portal.sandbox.stripe.amounts import cadence_in_words, in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.eligibility import preferences
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.pages.method_form import NAMES, new_method
from portal.sandbox.stripe.portal_limits import (
    ENDED,
    may_not_cancel,
    may_not_pause,
    may_not_update,
)
from portal.sandbox.stripe.portal_visits import Visit, visited
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.resources import payment_methods
from portal.sandbox.stripe.unit import Unit

ACTIVE = ("active", "trialing", "past_due", "unpaid")
PARTS = ("line1", "line2", "postal_code", "city", "state", "country")


@page("/p/session/<token>")
@visited
def home(visit: Visit) -> Any:
    """Everything the configuration shows; a session for one task goes straight to it."""
    if visit.flow:
        return redirect(visit.flow_address(visit.flow), 303)
    unit, customer = visit.unit, visit.customer
    subscriptions = [
        _subscription(visit, unit.shown(one))
        for one in unit.select("subscription", customer=customer["id"])
        if one["status"] not in ENDED
    ]
    default = customer["invoice_settings"]["default_payment_method"]
    methods = unit.select("payment_method", customer=customer["id"])
    invoices = unit.select("invoice", customer=customer["id"])
    return visit.page(
        "portal.html",
        "Billing",
        headline=visit.configuration["business_profile"]["headline"]
        or f"{unit.account['business_profile']['name']} bills with Stripe (simulated).",
        subscriptions=subscriptions,
        features=visit.features,
        methods=[(one["id"], words(one), one["id"] == default) for one in methods],
        customer=customer,
        details=[one for one in (customer["name"], customer["email"], customer["phone"]) if one],
        invoices=[
            {
                "day": day(one["created"]),
                "amount": in_words(one["total"], one["currency"]),
                "status": one["status"],
                "url": one["hosted_invoice_url"],
            }
            for one in invoices
            if one["status"] != "draft"
        ],
    )


@page("/p/session/<token>/done")
@visited
def done(visit: Visit) -> Any:
    """The confirmation at the end of a flow."""
    after = (visit.session["flow"] or {}).get("after_completion") or {}
    message = (after.get("hosted_confirmation") or {}).get("custom_message")
    return visit.note("Done", [message or "Your changes are saved."])


@page("/p/session/<token>/payment-method")
@visited
def add_method(visit: Visit) -> Any:
    """Adds a method; it becomes the customer's default."""
    if not visit.features["payment_method_update"]["enabled"]:
        return visit.note("Payment method", ["This is not possible here."])
    error = None
    if request.method == "POST":
        answer, error = visit.unit.attempt(lambda: _save_method(visit))
        if error is None:
            return answer
    types = _types(visit)
    chosen = request.values.get("type", "card")
    form = {name: request.form.get(name, "") for name in ("name", "email", "exp")}
    title = "Add a payment method"
    body = visit.page(
        "portal_method.html",
        title,
        types=types,
        type=chosen if chosen in types else types[0],
        names=NAMES,
        form=form,
        fixed_email=visit.customer["email"],
        message=str(error) if error else _bank_said(visit),
    )
    return body, error.status if error else 200


@page("/p/session/<token>/payment-method/return/<intent_id>")
@visited
def method_added(visit: Visit, intent_id: str) -> Any:
    """Where the bank sends the customer back to."""
    intent = visit.unit.get("setup_intent", intent_id)
    if intent["status"] != "succeeded":
        return redirect(f"{visit.home}/payment-method?failed={intent_id}", 303)
    return _make_default(visit, intent["payment_method"])


@page("/p/session/<token>/payment-methods/<method_id>")
@visited
def change_method(visit: Visit, method_id: str) -> Any:
    """Makes a method the default, or removes it; the last one of a running subscription stays."""
    unit = visit.unit
    method = unit.get("payment_method", method_id)
    if method["customer"] != visit.customer["id"] or visit.flow or request.method != "POST":
        return redirect(visit.home, 303)
    if "default" in request.form:
        return _make_default(visit, method_id)
    running = [
        one
        for one in unit.select("subscription", customer=visit.customer["id"])
        if one["status"] in ACTIVE
    ]
    if running and len(unit.select("payment_method", customer=visit.customer["id"])) == 1:
        sentence = "The last payment method cannot be removed while a subscription is running."
        return visit.note("Payment method", [sentence])
    payment_methods.let_go(unit, method)
    return redirect(visit.home, 303)


@page("/p/session/<token>/details")
@visited
def details(visit: Visit) -> Any:
    """Changes the billing details that the configuration lets change."""
    feature = visit.features["customer_update"]
    if not feature["enabled"]:
        return visit.note("Billing details", ["This is not possible here."])
    error = None
    if request.method == "POST":
        _, error = visit.unit.attempt(lambda: _save_details(visit, visit.allowed_updates))
        if error is None:
            return visit.finish()
    known = visit.customer["address"] or {}
    sent = visit.customer["shipping"] or {"address": {}, "name": ""}
    body = visit.page(
        "portal_details.html",
        "Billing details",
        allowed=visit.allowed_updates,
        customer=visit.customer,
        address={part: known.get(part) or "" for part in PARTS},
        shipping={part: (sent["address"] or {}).get(part) or "" for part in PARTS},
        shipping_name=sent["name"],
        message=str(error) if error else "",
    )
    return body, error.status if error else 200


def words(method: Json) -> str:
    """A method as customers know it: `Visa •••• 4242`."""
    if method["type"] == "card":
        return f"{method['card']['brand'].capitalize()} •••• {method['card']['last4']}"
    if method["type"] == "sepa_debit":
        return f"SEPA •••• {method['sepa_debit']['last4']}"
    return str(NAMES.get(method["type"]) or method["type"])


def price_words(unit: Unit, price: Json) -> str:
    """A price with its product: `Club, €9.00 / month`."""
    product = unit.get("product", price["product"])
    amount = in_words(price["unit_amount"] or 0, price["currency"])
    return f"{product['name']}, {amount} / {cadence_in_words(price['recurring'])}"


def _subscription(visit: Visit, subscription: Json) -> Json:
    unit, features = visit.unit, visit.features
    items = subscription["items"]["data"]
    ends = subscription["cancel_at"]
    return {
        "id": subscription["id"],
        "names": [
            f"{item.get('quantity', 1)} × {price_words(unit, item['price'])}" for item in items
        ],
        "descriptions": [
            words
            for item in items
            if (words := unit.get("product", item["price"]["product"])["description"])
        ],
        "status": subscription["status"],
        "ends": day(ends) if ends else None,
        "renews": day(max(item["current_period_end"] for item in items)),
        "may_update": features["subscription_update"]["enabled"]
        and not may_not_update(unit, subscription),
        "may_cancel": features["subscription_cancel"]["enabled"]
        and not may_not_cancel(unit, subscription),
        "may_resume": bool(ends),
        "may_pause": features["subscription_pause"]["enabled"] and not may_not_pause(subscription),
    }


def _currency(visit: Visit) -> str:
    return str(visit.customer["currency"] or visit.unit.account["default_currency"])


def _bank_said(visit: Visit) -> str:
    intent = visit.unit.find("setup_intent", request.args.get("failed", ""))
    error = (intent or {}).get("last_setup_error") or {}
    return str(error.get("message", ""))


def _types(visit: Visit) -> list[str]:
    """Cards and SEPA debits, as far as the configuration of the feature does not refuse them."""
    chosen = visit.features["payment_method_update"]["payment_method_configuration"]
    wanted = preferences(visit.unit, chosen) if chosen else {}
    known = ["card", "sepa_debit"] if _currency(visit) == "eur" else ["card"]
    return [kind for kind in known if wanted.get(kind) != "off"] or ["card"]


def _save_method(visit: Visit) -> Any:
    unit = visit.unit
    form_of = {
        "payment_method_types": _types(visit),
        "billing_address_collection": "auto",
        "_method_data": {"allow_redisplay": "always"},
    }
    method = new_method(unit, form_of, visit.customer)
    intent = unit.call("POST /v1/setup_intents", {"customer": visit.customer["id"]})
    back = f"{visit.home}/payment-method/return/{intent['id']}"
    wanted: Json = {"payment_method": method["id"], "return_url": back}
    if method["type"] == "sepa_debit":
        online = {"ip_address": request.remote_addr, "user_agent": request.user_agent.string}
        wanted["mandate_data"] = {"customer_acceptance": {"type": "online", "online": online}}
    intent = unit.call("POST /v1/setup_intents/{intent}/confirm", wanted, intent=intent["id"])
    if intent["status"] == "requires_action":
        return redirect(intent["next_action"]["redirect_to_url"]["url"], 303)
    return _make_default(visit, method["id"])


def _make_default(visit: Visit, method_id: str) -> Any:
    settings = {"invoice_settings": {"default_payment_method": method_id}}
    visit.unit.call("POST /v1/customers/{customer}", settings, customer=visit.customer["id"])
    return visit.finish()


def _save_details(visit: Visit, allowed: list[str]) -> None:
    form = request.form
    changes: Json = {
        name: form.get(name, "").strip() for name in ("name", "email", "phone") if name in allowed
    }
    if changes.get("email") == "":
        raise invalid("Please enter your e-mail address.", param="email")
    if "address" in allowed:
        changes["address"] = {part: form.get(part, "").strip() for part in PARTS}
    if "shipping" in allowed and form.get("shipping_line1", "").strip():
        changes["shipping"] = {
            "address": {part: form.get(f"shipping_{part}", "").strip() for part in PARTS},
            "name": form.get("shipping_name", "").strip() or visit.customer["name"] or "",
        }
    if changes:
        route = "POST /v1/customers/{customer}"
        visit.unit.call(route, changes, customer=visit.customer["id"])
    kind, value = form.get("tax_id_type", ""), form.get("tax_id_value", "").strip()
    if "tax_id" in allowed and value:
        route = "POST /v1/customers/{customer}/tax_ids"
        wanted = {"type": kind, "value": value}
        visit.unit.call(route, wanted, customer=visit.customer["id"])
