"""What the clock does to a subscription: renewal, end of trial, scheduled end, notices."""

from dataclasses import dataclass

from portal.sandbox.stripe import collection, redemption, scheduling, usage
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.periods import Period, period_at
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.subscribing import ENDED, schedule
from portal.sandbox.stripe.subscription_billing import (
    Billing,
    compose,
    last_billing,
    note_billed,
    pending_items,
    subscription_of_item,
)
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.subscription_items import cadence_of, is_metered
from portal.sandbox.stripe.subscription_status import end
from portal.sandbox.stripe.unit import Unit


def due_items(subscription: Json, at: int) -> list[Json]:
    """Return the items whose period has ended at `at`."""
    return [item for item in subscription["items"]["data"] if item["current_period_end"] <= at]


@dataclass(frozen=True, slots=True)
class Turn:
    """The items that begin a new period, the span before, and the metered items' own spans."""

    items: tuple[Json, ...]
    before: Period
    ended: dict[str, Period]
    after_trial: bool

    def billing(self, *, pending: bool = True) -> Billing:
        """What the renewal's invoice holds."""
        return Billing(self.items, ended=self.ended, after_trial=self.after_trial, pending=pending)


def turn_over(unit: Unit, subscription: Json, at: int) -> Turn:
    """Move the items that are due into their next period."""
    items = due_items(subscription, at)
    trial_over = subscription["trial_end"] == at
    ended = {
        item["id"]: Period(item["current_period_start"], item["current_period_end"])
        for item in items
        if is_metered(unit, item)
    }
    if subscription["trial_end"] and subscription["trial_end"] <= at:
        behavior = subscription["trial_settings"]["end_behavior"]["billing_cycle_anchor"]
        moves = behavior != "unchanged" and not subscription.get("_keeps_anchor")
        if subscription["status"] == "trialing" and moves:
            subscription["billing_cycle_anchor"] = subscription["trial_end"]
    before = Period(min(item["current_period_start"] for item in items), at)
    for item in items:
        start = item["current_period_end"]
        aligned = period_at(subscription["billing_cycle_anchor"], cadence_of(unit, item), start)
        item |= {"current_period_start": start, "current_period_end": aligned.end}
        last = subscription["cancel_at"]
        if last is not None and start < last < aligned.end:
            item["current_period_end"] = last
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = min(
            item["current_period_end"] for item in subscription["items"]["data"]
        )
    over = [
        one
        for one in subscription["discounts"]
        if one not in redemption.still_valid(unit, subscription["discounts"], at)
    ]
    subscription["discounts"] = [one for one in subscription["discounts"] if one not in over]
    redemption.end_discounts(unit, over)
    return Turn(tuple(items), before, ended, trial_over)


def draft_renewal(unit: Unit, subscription: Json, at: int) -> Json | None:
    """Turn a subscription over and return the invoice of its next period, not yet stored."""
    turn = turn_over(unit, subscription, at)
    draft = compose(
        unit, subscription, turn.billing(), reason="subscription_cycle", period=turn.before
    )
    for item in turn.items:
        usage.start_over(item, item["current_period_start"])
    if draft is not None:
        note_billed(subscription, draft)
    return draft


@due("subscription.renew")
def renew(unit: Unit, subscription_id: str) -> None:
    """Begin the next period: the invoice is a draft for an hour, then charged or sent."""
    subscription = unit.get("subscription", subscription_id)
    if subscription["status"] in (*ENDED, "paused") or not due_items(subscription, unit.now):
        return
    if subscription["status"] == "incomplete":
        return
    scheduling.enter(unit, subscription, unit.now)
    if not due_items(subscription, unit.now):
        keep(unit, subscription)
        return
    trial_over = subscription["status"] == "trialing"
    if trial_over and _lacks_method(unit, subscription):
        wish = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
        if wish == "cancel":
            end(unit, subscription)
            return
        if wish == "pause":
            _pause_after_trial(unit, subscription)
            return
    draft = draft_renewal(unit, subscription, unit.now)
    if trial_over:
        subscription["status"] = "active"
    if draft is not None:
        subscription["latest_invoice"] = draft["id"]
        unpaid = subscription["status"] == "unpaid"
        paused = (subscription["pause_collection"] or {}).get("behavior") == "keep_as_draft"
        collection.store_draft(unit, draft, auto_advance=not unpaid and not paused)
    schedule(unit, subscription)
    keep(unit, subscription)


def _lacks_method(unit: Unit, subscription: Json) -> bool:
    if subscription["collection_method"] == "send_invoice":
        return False
    if subscription["default_payment_method"]:
        return False
    customer = unit.get("customer", subscription["customer"])
    return not customer["invoice_settings"]["default_payment_method"]


def _pause_after_trial(unit: Unit, subscription: Json) -> None:
    subscription["status"] = "paused"
    subscription["status_details"] = {
        "paused": {
            "subscription": {"type": "trial_end_without_payment_method"},
            "transitioned_at": unit.now,
            "type": "subscription",
        }
    }
    schedule(unit, subscription)
    keep(unit, subscription, "customer.subscription.paused")


@due("subscription.end")
def end_as_scheduled(unit: Unit, subscription_id: str) -> None:
    """A scheduled cancellation has come; pending items and usage get a last invoice."""
    subscription = unit.get("subscription", subscription_id)
    at = subscription["cancel_at"]
    if subscription["status"] in ENDED or at is None or at > unit.now:
        return
    waiting = frozenset(
        item["id"]
        for item in pending_items(
            unit, subscription["customer"], subscription["currency"], subscription["id"]
        )
        if subscription_of_item(item)
    )
    billing = last_billing(unit, subscription, unit.now, pending=False, only=waiting)
    end(unit, subscription)
    draft = compose(unit, subscription, billing, reason="subscription_cycle")
    if draft is not None:
        subscription["latest_invoice"] = draft["id"]
        unit.put(subscription)
        collection.store_draft(unit, draft, auto_advance=True)


@due("subscription.trial_will_end")
def trial_will_end(unit: Unit, subscription_id: str) -> None:
    """Three days before a trial ends, or at once when it is shorter."""
    subscription = unit.get("subscription", subscription_id)
    if subscription["status"] == "trialing":
        unit.emit("customer.subscription.trial_will_end", subscription)
        subscription["_trial_noticed"] = True
        unit.put(subscription)


@due("subscription.collect_again")
def collect_again(unit: Unit, subscription_id: str) -> None:
    """A pause of collection has reached its end."""
    subscription = unit.get("subscription", subscription_id)
    subscription["pause_collection"] = None
    keep(unit, subscription)
