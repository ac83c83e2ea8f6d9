"""Invoicing what is pending for a subscription more often than it renews.

The SDK's description of `pending_invoice_item_interval`: it is like creating an invoice for the
subscription at that interval.
"""

from portal.sandbox.stripe import collection
from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.periods import Cadence, step
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.resources.prices import LONGEST
from portal.sandbox.stripe.subscription_billing import Billing, compose
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit

WORK = "subscription.pending_items"
PARAM = "pending_invoice_item_interval"
OVER = ("canceled", "incomplete_expired")


def set_interval(unit: Unit, subscription: Json, params: Json) -> None:
    """Take over `pending_invoice_item_interval`; "" ends it. The caller stores the body."""
    if PARAM not in params:
        return
    unit.unschedule(WORK, subscription["id"])
    given = params[PARAM]
    if not given:
        subscription |= {PARAM: None, "next_pending_invoice_item_invoice": None}
        return
    count = given.get("interval_count", 1)
    if not 1 <= count <= LONGEST[given["interval"]]:
        raise invalid("The interval can be at most three years.", param=f"{PARAM}[interval_count]")
    subscription[PARAM] = {"interval": given["interval"], "interval_count": count}
    _plan(unit, subscription)


def _plan(unit: Unit, subscription: Json) -> None:
    given = subscription[PARAM]
    at = step(unit.now, Cadence(given["interval"], given["interval_count"]), 1)
    subscription["next_pending_invoice_item_invoice"] = at
    unit.schedule(at, WORK, subscription["id"])


@due(WORK)
def invoice_pending(unit: Unit, subscription_id: str) -> None:
    """Invoice what is pending, if anything is, and wait for the next time."""
    subscription = unit.get("subscription", subscription_id)
    if subscription["status"] in OVER or not subscription[PARAM]:
        return
    draft = None
    if subscription["status"] != "paused":
        reason = "automatic_pending_invoice_item_invoice"
        draft = compose(unit, subscription, Billing(), reason=reason)
    _plan(unit, subscription)
    if draft is not None:
        subscription["latest_invoice"] = draft["id"]
    keep(unit, subscription)
    if draft is not None:
        collection.store_draft(unit, draft, auto_advance=subscription["status"] != "unpaid")
