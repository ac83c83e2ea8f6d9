"""Changes that wait for their invoice to be paid (`payment_behavior=pending_if_incomplete`).

docs.stripe.com/billing/subscriptions/pending-updates-reference: what may be in one, and that it
lives until the period or trial ends, 23 hours at most.
"""

from portal.sandbox.stripe import collection
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.subscribing import EXPIRY, schedule
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit

ALLOWED = frozenset(
    {
        "add_invoice_items",
        "billing_cycle_anchor",
        "items",
        "off_session",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
        "trial_end",
        "trial_from_plan",
    }
)
ALLOWED_OF_ITEMS = frozenset({"deleted", "id", "price", "price_data", "quantity"})
BANK_DEBITS = frozenset(
    {"acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit",
     "us_bank_account"}
)  # fmt: skip


def check(unit: Unit, subscription: Json, params: Json) -> None:
    """Refuse what a pending update may not contain or be made for."""
    wrong = sorted(params.keys() - ALLOWED)
    wrong += sorted(
        f"items[{place}][{name}]"
        for place, entry in enumerate(params.get("items") or [])
        for name in entry.keys() - ALLOWED_OF_ITEMS
    )
    if wrong:
        raise invalid(
            "When `payment_behavior` is `pending_if_incomplete`, you may not pass the following "
            f"parameters: {', '.join(wrong)}.",
            param=wrong[0],
        )
    if subscription["collection_method"] != "charge_automatically":
        raise invalid(
            "Pending updates are not supported when `collection_method` is `send_invoice`.",
            param="payment_behavior",
        )
    invoice = {"default_payment_method": None, "customer": subscription["customer"]}
    name = collection.chosen_method(unit, {**invoice, "_parent": subscription["id"]})
    method = unit.find("payment_method", name or "")
    if method and method["type"] in BANK_DEBITS:
        raise invalid(
            "Pending updates are not supported for bank debits.", param="payment_behavior"
        )


def hold(subscription: Json, invoice: str, changes: Json) -> None:
    """Keep changes ready for the moment the invoice is paid."""
    subscription["_pending"] = {"invoice": invoice, "changes": changes}


def show(unit: Unit, subscription: Json, params: Json) -> Json:
    """Make held changes public as `pending_update`, because their payment failed."""
    changes = subscription["_pending"]["changes"]
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    expires_at = min(unit.now + EXPIRY, *ends)
    subscription["pending_update"] = {
        "billing_cycle_anchor": changes.get("billing_cycle_anchor"),
        "cancel_at_period_end": None,
        "discount": None,
        "discounts": None,
        "expires_at": expires_at,
        "metadata": None,
        "subscription_items": changes["items"]["data"] if "items" in changes else None,
        "trial_end": changes.get("trial_end"),
        "trial_from_plan": params.get("trial_from_plan"),
    }
    unit.schedule(expires_at, "subscription.pending_expire", subscription["id"])
    return keep(unit, subscription)


def apply(unit: Unit, subscription: Json) -> None:
    """Carry the held changes out."""
    was_shown = subscription["pending_update"] is not None
    subscription |= subscription["_pending"]["changes"]
    subscription |= {"_pending": None, "pending_update": None}
    unit.unschedule("subscription.pending_expire", subscription["id"])
    schedule(unit, subscription)
    applied = ["customer.subscription.pending_update_applied"] if was_shown else []
    keep(unit, subscription, *applied)


def discard(unit: Unit, subscription: Json) -> None:
    """Drop the held changes; the subscription stays as it was."""
    was_shown = subscription["pending_update"] is not None
    subscription |= {"_pending": None, "pending_update": None}
    unit.unschedule("subscription.pending_expire", subscription["id"])
    expired = ["customer.subscription.pending_update_expired"] if was_shown else []
    keep(unit, subscription, *expired)


def drop(unit: Unit, subscription: Json) -> Json:
    """Void the invoice of held changes, which drops them; returns the subscription then."""
    invoice = unit.get("invoice", subscription["_pending"]["invoice"])
    collection.void(unit, invoice)
    return unit.get("subscription", subscription["id"])


@due("subscription.pending_expire")
def expire(unit: Unit, subscription_id: str) -> None:
    """Nobody paid in time."""
    subscription = unit.get("subscription", subscription_id)
    if subscription["pending_update"] is not None:
        drop(unit, subscription)
