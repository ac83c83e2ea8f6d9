"""Pausing a subscription and resuming it, as docs.stripe.com/billing/subscriptions/pause says."""

import copy

from portal.sandbox.stripe import collection, usage
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import period_at
from portal.sandbox.stripe.prorating import Change, credit_all, usage_of
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.subscribing import EXPIRY, billable_at_start, schedule
from portal.sandbox.stripe.subscription_billing import (
    Billing,
    compose,
    note_billed,
    pending_items,
    subscription_of_item,
)
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import cadence_of
from portal.sandbox.stripe.unit import Unit

NOT_PAUSABLE = ("paused", "incomplete", "incomplete_expired", "canceled", "trialing")


def check_pausable(subscription: Json) -> None:
    """Refuse what cannot be paused."""
    reasons = [
        (
            subscription["collection_method"] == "send_invoice",
            "its collection method is send_invoice",
        ),
        (subscription["billing_mode"]["type"] == "classic", "its billing mode is classic"),
        (subscription["status"] in NOT_PAUSABLE, f"its status is {subscription['status']}"),
        (subscription["schedule"] is not None, "it is managed by a subscription schedule"),
    ]
    for applies, reason in reasons:
        if applies:
            raise invalid(f"This subscription cannot be paused because {reason}.")


def _credits(unit: Unit, subscription: Json, params: Json) -> Change:
    """Work out what pausing credits, and what it charges of usage until now."""
    bill_for = params.get("bill_for") or {}
    since = (bill_for.get("unused_time_from") or {}).get("type", "now")
    at = unit.now
    if since == "item_current_period_start":
        starts = {item["current_period_start"] for item in subscription["items"]["data"]}
        if len(starts) > 1:
            raise unsupported("crediting items whose periods began at different times")
        at = starts.pop()
    if since == "none":
        change = Change(
            before=subscription, after=copy.deepcopy(subscription), behavior="none", at=unit.now
        )
    else:
        change = credit_all(unit, subscription, at)
    if (bill_for.get("outstanding_usage_through") or {}).get("type", "now") == "now":
        change.prorations += [
            one
            for item in subscription["items"]["data"]
            for one in usage_of(unit, subscription, item, unit.now)
        ]
    return change


def _draft_of_pause(unit: Unit, change: Change) -> Json | None:
    after = change.after
    waiting = pending_items(unit, after["customer"], after["currency"], after["id"])
    only = frozenset(item["id"] for item in waiting if subscription_of_item(item))
    return compose(unit, after, Billing(pending=False, only=only), reason="subscription_update")


def draft_pause(unit: Unit, subscription: Json, params: Json) -> Json | None:
    """Return the invoice that pausing makes, if `invoicing_behavior` asks for one."""
    check_pausable(subscription)
    if params.get("invoicing_behavior", "pending_invoice_item") != "invoice":
        return None
    change = _credits(unit, subscription, params)
    for item in change.prorations:
        unit.put(item)
    return _draft_of_pause(unit, change)


def pause(unit: Unit, subscription: Json, params: Json) -> Json:
    """Pause at once: periods end now, nothing is invoiced until it is resumed."""
    check_pausable(subscription)
    change = _credits(unit, subscription, params)
    for item in change.prorations:
        unit.add(item, "invoiceitem.created")
    after = change.after
    for item in after["items"]["data"]:
        item["current_period_end"] = unit.now
    after["status"] = "paused"
    after["status_details"] = {
        "paused": {
            "subscription": {"type": "pause_requested"},
            "transitioned_at": unit.now,
            "type": "subscription",
        }
    }
    draft = None
    if params.get("invoicing_behavior") == "invoice":
        draft = _draft_of_pause(unit, change)
    if draft is not None:
        after["latest_invoice"] = draft["id"]
    schedule(unit, after)
    keep(unit, after, "customer.subscription.paused")
    if draft is not None:
        collection.store_draft(unit, draft, auto_advance=False)
        draft = collection.finalize(unit, draft)
        if draft["status"] == "open":
            collection.attempt(unit, draft["id"])
    return unit.get("subscription", after["id"])


def _resumed(unit: Unit, subscription: Json, params: Json) -> Json:
    """Return a copy of a paused subscription in its new periods."""
    if subscription["status"] != "paused":
        raise invalid("The subscription is not paused, so it cannot be resumed.")
    if subscription["collection_method"] != "charge_automatically":
        raise invalid(
            "Only subscriptions with `collection_method` set to `charge_automatically` can be "
            "resumed."
        )
    if "proration_date" in params and params["proration_date"] != unit.now:
        raise unsupported("resuming with another proration_date", "proration_date")
    after = copy.deepcopy(subscription)
    anchor = (params.get("billing_cycle_anchor") or {}).get("type", "now")
    if anchor == "now":
        after |= {"billing_cycle_anchor": unit.now, "billing_cycle_anchor_config": None}
    for item in after["items"]["data"]:
        period = period_at(after["billing_cycle_anchor"], cadence_of(unit, item), unit.now)
        item |= {"current_period_start": unit.now, "current_period_end": period.end}
        item["_debits"] = []
        usage.start_over(item, unit.now)
    after |= {"status": "active", "status_details": None}
    return after


def draft_resumption(unit: Unit, subscription: Json, params: Json) -> Json | None:
    """Return the invoice that resuming makes."""
    after = _resumed(unit, subscription, params)
    return _draft_of_resumption(unit, after, params)


def _draft_of_resumption(unit: Unit, after: Json, params: Json) -> Json | None:
    anchor = (params.get("billing_cycle_anchor") or {}).get("type", "now")
    free = anchor == "unchanged" and params.get("proration_behavior") == "none"
    if anchor == "unchanged" and params.get("proration_behavior") == "create_prorations":
        raise unsupported(
            "pending prorations on resuming (pass always_invoice or none)", "proration_behavior"
        )
    items = [] if free else billable_at_start(unit, after, after["items"]["data"])
    draft = compose(
        unit, after, Billing(tuple(items), pending=bool(items)), reason="subscription_update"
    )
    if draft is not None:
        note_billed(after, draft)
    return draft


def resume(unit: Unit, subscription: Json, params: Json) -> Json:
    """Resume: at once, or only when the invoice is paid (`resume_on_payment_success`)."""
    behavior = params.get("payment_behavior", "resume_on_payment_attempt")
    if subscription["billing_mode"]["type"] == "classic" and behavior.endswith("success"):
        raise invalid(
            "resume_on_payment_success needs flexible billing mode.", param="payment_behavior"
        )
    after = _resumed(unit, subscription, params)
    draft = _draft_of_resumption(unit, after, params)
    if draft is None:
        return _run_again(unit, after)
    after["latest_invoice"] = draft["id"]
    subscription["_resumption"] = {"invoice": draft["id"], "after": after, "behavior": behavior}
    subscription["latest_invoice"] = draft["id"]
    unit.schedule(unit.now + EXPIRY, "invoice.resumption", draft["id"])
    keep(unit, subscription)
    collection.store_draft(unit, draft, auto_advance=False)
    draft = collection.finalize(unit, draft)
    if draft["status"] == "open" and behavior == "resume_on_payment_success":
        collection.attempt(unit, draft["id"])
    return unit.get("subscription", subscription["id"])


def _run_again(unit: Unit, after: Json) -> Json:
    after["_resumption"] = None
    schedule(unit, after)
    return keep(unit, after, "customer.subscription.resumed")


def _waiting(unit: Unit, invoice: Json) -> Json | None:
    subscription = unit.find("subscription", invoice["_parent"] or "")
    waiting: Json | None = (subscription or {}).get("_resumption")
    return waiting if waiting and waiting["invoice"] == invoice["id"] else None


@listens("invoice.paid")
def resumption_paid(unit: Unit, invoice: Json) -> None:
    """The invoice of a resumption is paid: the subscription runs again."""
    if waiting := _waiting(unit, invoice):
        unit.unschedule("invoice.resumption", invoice["id"])
        _run_again(unit, waiting["after"])


@listens("invoice.payment_failed")
def resumption_failed(unit: Unit, invoice: Json) -> None:
    """With `resume_on_payment_attempt` the subscription runs again all the same, past due."""
    waiting = _waiting(unit, invoice)
    if waiting and waiting["behavior"] == "resume_on_payment_attempt":
        unit.unschedule("invoice.resumption", invoice["id"])
        _run_again(unit, waiting["after"] | {"status": "past_due"})


@listens("invoice.voided")
def resumption_voided(unit: Unit, invoice: Json) -> None:
    """A voided resumption leaves the subscription paused."""
    if _waiting(unit, invoice):
        subscription = unit.get("subscription", invoice["_parent"])
        unit.put(subscription | {"_resumption": None})


@due("invoice.resumption")
def give_up_resuming(unit: Unit, invoice_id: str) -> None:
    """Nobody paid the resumption within 23 hours."""
    invoice = unit.get("invoice", invoice_id)
    if invoice["status"] == "open" and _waiting(unit, invoice):
        collection.void(unit, invoice)
