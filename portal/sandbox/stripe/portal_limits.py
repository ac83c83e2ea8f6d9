"""Stripe's documented limits of its customer portal, for its pages.

Sources: docs.stripe.com/customer-management (what can only be cancelled, tax behaviour, the price
list), docs.stripe.com/billing/subscriptions/pause (what can be paused). Each function answers with
the sentence that says why not, or None.
"""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.unit import Unit

SUPPORTED = (
    "us_bank_account",
    "amazon_pay",
    "au_becs_debit",
    "boleto",
    "card",
    "cashapp",
    "link",
    "nz_bank_account",
    "paypal",
    "acss_debit",
    "sepa_debit",
    "bacs_debit",
)
ENDED = ("canceled", "incomplete", "incomplete_expired")
SCHEDULED = "A change of this subscription is already scheduled."


def may_not_cancel(unit: Unit, subscription: Json) -> str | None:
    """Why the subscription cannot be cancelled here."""
    if subscription["status"] in ENDED:
        return "This subscription has ended."
    if subscription["cancel_at"] or subscription["cancel_at_period_end"]:
        return "This subscription is already set to end."
    return SCHEDULED if _is_scheduled(unit, subscription) else None


def may_not_update(unit: Unit, subscription: Json) -> str | None:
    """Why the subscription cannot be changed here."""
    items = subscription["items"]
    if subscription["status"] in ENDED:
        return "This subscription has ended."
    if len(items["data"]) > 1 or items["has_more"]:
        return "Subscriptions with several products can only be cancelled."
    if items["data"][0]["price"]["recurring"]["usage_type"] == "metered":
        return "Subscriptions billed by usage can only be cancelled."
    if subscription["collection_method"] == "send_invoice":
        return "Subscriptions billed by sent invoices can only be cancelled."
    kind = _method_type(unit, subscription)
    if kind and kind not in SUPPORTED:
        return "Subscriptions paid by this method can only be cancelled."
    return SCHEDULED if _is_scheduled(unit, subscription) else None


def may_not_pause(subscription: Json) -> str | None:
    """Why the subscription cannot be paused here."""
    if subscription["collection_method"] == "send_invoice":
        return "Subscriptions billed by sent invoices cannot be paused."
    if subscription["billing_mode"]["type"] == "classic":
        return "This subscription cannot be paused."
    if subscription["status"] in (*ENDED, "paused", "trialing"):
        return f"A subscription that is {subscription['status']} cannot be paused."
    return SCHEDULED if subscription["schedule"] else None


def may_not_switch(unit: Unit, subscription: Json, price: Json) -> str | None:
    """Why the subscription cannot move to a price of the configuration."""
    old = subscription["items"]["data"][0]["price"]
    if not price["active"] or not unit.get("product", price["product"])["active"]:
        return "This price is no longer sold."
    if old["tax_behavior"] != price["tax_behavior"] or price["tax_behavior"] == "unspecified":
        return "The tax behaviour of both prices must be the same, and specified."
    currencies = {price["currency"], *price["_currency_options"]}
    return None if subscription["currency"] in currencies else "Another currency."


def _is_scheduled(unit: Unit, subscription: Json) -> bool:
    schedule = subscription["schedule"] and unit.find(
        "subscription_schedule", subscription["schedule"]
    )
    if not schedule or schedule["status"] not in ("not_started", "active"):
        return False
    return any(phase["start_date"] > unit.now for phase in schedule["phases"])


def _method_type(unit: Unit, subscription: Json) -> str | None:
    customer = unit.get("customer", subscription["customer"])
    method_id = (
        subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )
    method = method_id and unit.find("payment_method", method_id)
    return str(method["type"]) if method else None
