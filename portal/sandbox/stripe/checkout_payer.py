"""Who pays at Checkout, and the payment: the same for the page and for the command line."""

from portal.sandbox.stripe import checkout_form, checkout_purchase
from portal.sandbox.stripe.checkout_form import Form
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.method_types import DEBITS, TYPES
from portal.sandbox.stripe.unit import Unit


def may_pay(unit: Unit, session: Json) -> bool:
    """Whether the session is open, and so is the payment link it came from, if any."""
    link = unit.find("payment_link", session["payment_link"] or "")
    return session["status"] == "open" and (link is None or link["active"])


def customer_of(unit: Unit, session: Json) -> Json | None:
    """The customer of the session, if there is one already."""
    return unit.get("customer", session["customer"]) if session["customer"] else None


def pay(unit: Unit, session: Json, method: Json, form: Form, online: Json) -> Json:
    """Note who pays and pay or save with their method; returns the intent, which may wait.

    `online` says from where a mandate is given: `ip_address` and `user_agent`. Raises the refusal
    of a declined method; the session stays open then.
    """
    note(unit, session, method["billing_details"], form)
    unit.put(session)
    back = unit.url(f"/c/pay/{session['id']}/return")
    wanted: Json = {"payment_method": method["id"], "return_url": back}
    if method["type"] in DEBITS and not method["_mandate"]:
        wanted["mandate_data"] = {"customer_acceptance": {"type": "online", "online": online}}
    saves = session["mode"] == "payment" and session["customer"] and form.get("save")
    if saves and TYPES[method["type"]].reusable:
        usage = {"setup_future_usage": "on_session"}
        wanted["payment_method_options"] = {method["type"]: usage}
    return checkout_purchase.confirm(unit, session, wanted)


def note(unit: Unit, session: Json, details: Json, form: Form) -> None:
    """Note who pays, on the session and, as far as it may, on a customer old or new."""
    customer = customer_of(unit, session)
    email = (customer and customer["email"]) or details["email"]
    tax_ids = checkout_form.tax_ids(session, form)
    collected = session["collected_information"] or {}
    if session["phone_number_collection"]["enabled"] and not form.get("phone", "").strip():
        raise invalid("Please enter your phone number.", param="phone")
    session["customer_details"] = {
        "address": details["address"],
        "business_name": collected.get("business_name"),
        "email": email,
        "individual_name": collected.get("individual_name"),
        "name": details["name"] or (customer and customer["name"]),
        "phone": form.get("phone", "").strip() or details["phone"],
        "tax_exempt": (customer or {}).get("tax_exempt", "none"),
        "tax_ids": tax_ids,
    }
    if customer is None:
        if _makes_customer(session):
            session["customer"] = _new_customer(unit, session)
    else:
        _update_customer(unit, session, customer)
    if session["customer"]:
        _keep_tax_ids(unit, session["customer"], tax_ids)


def _makes_customer(session: Json) -> bool:
    billed = (session["invoice_creation"] or {}).get("enabled")
    free = session["mode"] == "payment" and session["amount_total"] == 0
    keeps = session["_intent_data"].get("setup_future_usage")
    return bool(session["customer_creation"] == "always" or keeps or billed or free)


def _new_customer(unit: Unit, session: Json) -> str:
    known, collected = session["customer_details"], session["collected_information"] or {}
    wanted: Json = {"email": known["email"], "name": known["name"] or ""}
    if known["phone"]:
        wanted["phone"] = known["phone"]
    if (known["address"] or {}).get("country"):
        wanted["address"] = known["address"]
    if collected.get("shipping_details"):
        wanted["shipping"] = collected["shipping_details"]
    for name in ("business_name", "individual_name"):
        if collected.get(name):
            wanted[name] = collected[name]
    return str(unit.call("POST /v1/customers", wanted)["id"])


def _update_customer(unit: Unit, session: Json, customer: Json) -> None:
    known, collected = session["customer_details"], session["collected_information"] or {}
    changes: Json = {} if customer["email"] else {"email": known["email"]}
    update = session["_customer_update"]
    if update.get("address") == "auto" and (known["address"] or {}).get("country"):
        changes["address"] = known["address"]
    if update.get("name") == "auto" and known["name"]:
        changes["name"] = known["name"]
    if update.get("shipping") == "auto" and collected.get("shipping_details"):
        changes["shipping"] = collected["shipping_details"]
    for name in ("business_name", "individual_name"):
        if update.get("name") == "auto" and collected.get(name):
            changes[name] = collected[name]
    if changes:
        unit.call("POST /v1/customers/{customer}", changes, customer=customer["id"])


def _keep_tax_ids(unit: Unit, customer: str, given: list[Json]) -> None:
    known = [one["value"] for one in unit.select("tax_id", customer=customer)]
    for one in given:
        if one["value"] not in known:
            unit.call("POST /v1/customers/{customer}/tax_ids", one, customer=customer)
