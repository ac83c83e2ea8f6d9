"""What pressing the button at Checkout makes: a payment, a subscription, an invoice, a customer."""

from portal.sandbox.stripe import (
    collection,
    line_items,
    offers,
    redemption,
    subscribing,
    subscription_status,
)
from portal.sandbox.stripe.errors import Json, unsupported
from portal.sandbox.stripe.invoicing import blank
from portal.sandbox.stripe.invoicing import settle as settle_invoice
from portal.sandbox.stripe.periods import Period
from portal.sandbox.stripe.resources import payment_intents, setup_intents
from portal.sandbox.stripe.resources.customers import usable
from portal.sandbox.stripe.subscription_billing import attach_item
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit

CONFIRM = "POST /v1/payment_intents/{intent}/confirm"
SAVE = "POST /v1/setup_intents/{intent}/confirm"
# What a session's `subscription_data` shares with creating a subscription.
TERMS = (
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "billing_mode",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "metadata",
    "proration_behavior",
    "trial_end",
    "trial_period_days",
    "trial_settings",
)


def bought(unit: Unit, session: Json) -> list[Json]:
    """Return the lines that the payer buys; one reduced to nothing is left out."""
    return [line for line in line_items.of(unit, session["id"]) if line["quantity"] != 0]


def needs_method(session: Json) -> bool:
    """Whether the payer must name a payment method."""
    if session["mode"] == "setup":
        return True
    asks = session["mode"] == "subscription" and session["payment_method_collection"] == "always"
    return bool(asks or session["amount_total"] > 0)


def confirm(unit: Unit, session: Json, wanted: Json) -> Json:
    """Pay or save with the method in `wanted`; returns the intent, which may wait for the bank.

    Raises the refusal of a declined method; the session stays open then.
    """
    if session["mode"] == "setup":
        return unit.call(SAVE, wanted, intent=session["setup_intent"])
    if session["mode"] == "payment":
        intent = session["payment_intent"] or _begin_payment(unit, session)
        return unit.call(CONFIRM, wanted, intent=intent)
    if session["amount_total"] == 0:
        return unit.call(SAVE, wanted, intent=session["_parent"] or _begin_saving(unit, session))
    if session["_invoice"] is None:
        _begin_subscription(unit, session)
    intent = collection.default_intent(unit, session["_invoice"])
    if intent is None:
        raise unsupported("a subscription whose first invoice the customer's balance pays")
    wanted = {name: one for name, one in wanted.items() if name != "payment_method_options"}
    return unit.call(CONFIRM, wanted, intent=intent["id"])


def _tie(unit: Unit, session: Json, to: str) -> None:
    """Note what will complete the session: an intent or an invoice."""
    session["_parent"] = to
    unit.put(session)


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
    shipping = (session["collected_information"] or {}).get("shipping_details")
    if shipping and "shipping" not in wanted:
        wanted["shipping"] = shipping
    if session["customer"]:
        wanted["customer"] = session["customer"]
    if session["customer"] and "setup_future_usage" in data:
        wanted["setup_future_usage"] = data["setup_future_usage"]
    intent = unit.call("POST /v1/payment_intents", wanted)
    session["payment_intent"] = intent["id"]
    _tie(unit, session, intent["id"])
    return str(intent["id"])


def _begin_saving(unit: Unit, session: Json) -> str:
    """A method is saved for a subscription of which nothing is due yet."""
    wanted = {
        "allowed_payment_method_types": session["payment_method_types"],
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "always"},
        "customer": session["customer"],
    }
    intent = setup_intents.begin(unit, wanted, session["currency"])
    _tie(unit, session, intent["id"])
    return str(intent["id"])


def subscription_params(unit: Unit, session: Json, customer: str) -> Json:
    """Return the parameters that create what a session in `subscription` mode sells."""
    data = session["_subscription_data"]
    wanted: Json = {name: data[name] for name in TERMS if name in data}
    if wanted.get("billing_cycle_anchor", unit.now + 1) <= unit.now:
        del wanted["billing_cycle_anchor"]
        wanted.pop("proration_behavior", None)
    wanted |= {
        "customer": customer,
        "currency": session["currency"],
        "items": [],
        "add_invoice_items": [],
        "discounts": offers.entries(unit, session["_offered"]),
    }
    for line in bought(unit, session):
        entry: Json = {"price": line["price"]}
        if line["quantity"] is not None:
            entry["quantity"] = line["quantity"]
        if line["_tax_rates"]:
            entry["tax_rates"] = line["_tax_rates"]
        if line_items.is_recurring(unit, line):
            wanted["items"].append(entry | {"metadata": line["metadata"]})
        else:
            wanted["add_invoice_items"].append(entry)
    return wanted


def _begin_subscription(unit: Unit, session: Json) -> None:
    """The subscription waits, incomplete, for its first payment."""
    wanted = subscription_params(unit, session, session["customer"])
    made = subscribing.create(unit, wanted | {"payment_behavior": "default_incomplete"})
    session |= {"_subscription": made["id"], "_invoice": made["latest_invoice"]}
    _tie(unit, session, made["latest_invoice"])


def start_free(unit: Unit, session: Json, method: str | None) -> None:
    """Begin a subscription of which nothing is due yet, with the method that was saved, if any."""
    wanted = subscription_params(unit, session, session["customer"])
    if method:
        wanted["default_payment_method"] = method
    made = subscribing.create(unit, wanted)
    session |= {"_subscription": made["id"], "_invoice": made["latest_invoice"]}


def first_intent(unit: Unit, session: Json) -> Json | None:
    """Return the intent of a subscription's first invoice, once it began."""
    return collection.default_intent(unit, session["_invoice"]) if session["_invoice"] else None


def show_subscription(unit: Unit, session: Json) -> None:
    """Name on the session the subscription that began; it keeps the method that paid."""
    session |= {"subscription": session["_subscription"], "invoice": session["_invoice"]}
    intent = collection.default_intent(unit, session["_invoice"] or "")
    if intent and intent["payment_method"]:
        subscription = unit.get("subscription", session["_subscription"])
        subscription["default_payment_method"] = intent["payment_method"]
        keep(unit, subscription)


def follow_amount(unit: Unit, session: Json) -> None:
    """The payer chose otherwise after a first try: the intent follows, a subscription is undone."""
    if session["payment_intent"]:
        change = {"amount": session["amount_total"]}
        unit.call("POST /v1/payment_intents/{intent}", change, intent=session["payment_intent"])
    abandon(unit, session)


def abandon(unit: Unit, session: Json) -> None:
    """Undo a subscription whose first payment never came."""
    invoice = unit.find("invoice", session["_invoice"] or "")
    if invoice is None or session["subscription"]:
        return
    if invoice["status"] == "open":
        collection.void(unit, invoice)
    subscription = unit.get("subscription", session["_subscription"])
    if subscription["status"] == "incomplete":
        subscription_status.expire(unit, subscription["id"])
    session |= {"_subscription": None, "_invoice": None, "_parent": None}
    unit.put(session)


def end_intents(unit: Unit, session: Json) -> None:
    """Cancel what an ended session had begun."""
    if session["payment_intent"]:
        intent = unit.get("payment_intent", session["payment_intent"])
        if intent["status"] in payment_intents.OPEN:
            payment_intents.end(unit, intent, "expired")
    saving = session["setup_intent"] or session["_parent"] or ""
    if saving.startswith("seti_"):
        intent = unit.get("setup_intent", saving)
        if intent["status"] in setup_intents.OPEN:
            route = "POST /v1/setup_intents/{intent}/cancel"
            unit.call(route, {"cancellation_reason": "abandoned"}, intent=saving)
    abandon(unit, session)


def redeem(unit: Unit, session: Json) -> None:
    """Count the coupon and the code of a completed payment as redeemed."""
    for one in session["_offered"]:
        discount = unit.get("discount", one)
        used = [("coupon", discount["source"]["coupon"])]
        if discount["promotion_code"]:
            used.append(("promotion_code", discount["promotion_code"]))
        for kind, name in used:
            found = unit.find(kind, name)
            if found and not found.get("deleted"):
                found["times_redeemed"] += 1
                unit.put(found)


def bill(unit: Unit, session: Json, intent: Json | None) -> None:
    """Make the paid invoice of a purchase that asks for one (`invoice_creation`)."""
    customer = usable(unit, session["customer"])
    data = session["invoice_creation"]["invoice_data"]
    invoice = blank(
        unit,
        customer,
        session["currency"],
        reason="manual",
        method="charge_automatically",
        period=Period(unit.now, unit.now),
    )
    invoice |= {
        "account_tax_ids": data["account_tax_ids"],
        "custom_fields": data["custom_fields"],
        "description": data["description"],
        "footer": data["footer"] or invoice["footer"],
        "metadata": dict(data["metadata"] or {}),
    }
    if data["rendering_options"]:
        invoice["rendering"] = {
            "amount_tax_display": data["rendering_options"].get("amount_tax_display"),
            "pdf": None,
            "template": data["rendering_options"].get("template"),
            "template_version": None,
        }
    invoice["discounts"] = redemption.redeem(
        unit,
        offers.entries(unit, session["_offered"]),
        owner={"invoice": invoice["id"]},
        customer=customer["id"],
        currency=session["currency"],
        existing=[],
    )
    for line in bought(unit, session):
        attach_item(unit, invoice, _item(unit, session, line))
    settle_invoice(unit, invoice)
    collection.store_draft(unit, invoice, auto_advance=False)
    session["invoice"] = collection.finalize(unit, invoice, paid_by=intent)["id"]


def _item(unit: Unit, session: Json, line: Json) -> Json:
    wanted: Json = {
        "customer": session["customer"],
        "currency": session["currency"],
        "metadata": line["metadata"],
    }
    if line["_tax_rates"]:
        wanted["tax_rates"] = line["_tax_rates"]
    if line_items.price_of(unit, line)["custom_unit_amount"]:
        wanted |= {"amount": line["amount_subtotal"], "description": line["description"]}
    else:
        wanted |= {"pricing": {"price": line["price"]}, "quantity": line["quantity"]}
    return unit.call("POST /v1/invoiceitems", wanted)
