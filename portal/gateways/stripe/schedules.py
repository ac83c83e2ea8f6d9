"""The phases of a schedule that changes a subscription at the end of its period."""

from collections.abc import Mapping
from typing import Any

from portal.gateways.payments import Change
from portal.gateways.stripe.translate import CUSTOMER, PLANNED_BY, ref

# What a phase keeps of the one that Stripe made from the subscription, as it is.
KEPT = (
    "application_fee_percent",
    "collection_method",
    "default_payment_method",
    "description",
    "on_behalf_of",
)
# The same of what has parts, of which Stripe tells more than it takes: a phase without them would
# be taxed, sent or shared out by other rules than the one before.
PARTS = {
    "automatic_tax": ("enabled", "liability"),
    "billing_thresholds": ("amount_gte", "reset_billing_cycle_anchor"),
    "invoice_settings": (
        "account_tax_ids",
        "custom_fields",
        "days_until_due",
        "description",
        "footer",
        "issuer",
    ),
    "transfer_data": ("amount_percent", "destination"),
}


def planned(change: Change, made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the update of a schedule just made from a subscription: now as it is, then changed.

    Phases that are sent replace those that are there, so what runs now is said again.
    """
    now = made["phases"][0]
    old = now["items"][0]
    kept = _kept(now)
    trial = {"trial_end": now["trial_end"]} if now.get("trial_end") else {}
    then = {**_item(old), "price": change.price, "quantity": change.quantity}
    return {
        "end_behavior": "release",
        "proration_behavior": "none",
        "metadata": {PLANNED_BY: CUSTOMER},
        "phases": [
            {
                **kept,
                **trial,
                "items": [_item(old)],
                "start_date": now["start_date"],
                "end_date": now["end_date"],
                "proration_behavior": "none",
            },
            {**kept, "items": [then], "proration_behavior": "none"},
        ],
    }


def _kept(phase: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: ref(phase[name]) for name in KEPT if phase.get(name)}
    for name, parts in PARTS.items():
        if told := {part: phase[name][part] for part in parts if (phase.get(name) or {}).get(part)}:
            kept[name] = told
    if phase.get("default_tax_rates"):
        kept["default_tax_rates"] = [ref(rate) for rate in phase["default_tax_rates"]]
    if phase.get("discounts"):
        kept["discounts"] = [_discount(one) for one in phase["discounts"]]
    return kept


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"price": ref(item["price"]), "quantity": item.get("quantity") or 1}
    if item.get("tax_rates"):
        found["tax_rates"] = [ref(rate) for rate in item["tax_rates"]]
    if item.get("discounts"):
        found["discounts"] = [_discount(one) for one in item["discounts"]]
    return found


def _discount(told: Mapping[str, Any]) -> dict[str, str]:
    """Return the one name of a discount: the one in force before the code or coupon it is of."""
    for name in ("discount", "promotion_code", "coupon"):
        if told.get(name):
            return {name: ref(told[name])}
    raise ValueError("a discount without a name")
