"""What becomes of a subscription when its invoices are paid, fail, are voided or given up.

docs.stripe.com/billing/subscriptions/overview: the most recent invoice that is not void decides.
"""

from portal.sandbox.stripe import collection, pending_updates
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.invoicing import subscription_of
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, listens
from portal.sandbox.stripe.subscribing import ENDED, schedule
from portal.sandbox.stripe.subscription_billing import compose, last_billing
from portal.sandbox.stripe.subscription_ends import no_cancellation
from portal.sandbox.stripe.subscription_events import keep
from portal.sandbox.stripe.unit import Unit

OWING = ("past_due", "unpaid")


def _subscription(unit: Unit, invoice: Json) -> Json | None:
    return unit.find("subscription", subscription_of(invoice) or "")


def is_latest(unit: Unit, subscription: Json, invoice: Json) -> bool:
    """Whether no later invoice of the subscription is finalized and valid."""
    for other in unit.select("invoice", parent=subscription["id"]):
        if other["id"] == invoice["id"]:
            return True
        if other["status"] not in ("draft", "void"):
            return False
    return True


def running_status(unit: Unit, subscription: Json) -> str:
    """Return the status of a subscription that owes nothing: trialing or active."""
    return "trialing" if (subscription["trial_end"] or 0) > unit.now else "active"


@listens("invoice.paid")
def invoice_paid(unit: Unit, invoice: Json) -> None:
    """A paid invoice starts, heals or resumes its subscription."""
    subscription = _subscription(unit, invoice)
    if subscription is None or subscription["status"] in ENDED:
        return
    _save_method(unit, subscription, invoice)
    if (subscription.get("_pending") or {}).get("invoice") == invoice["id"]:
        pending_updates.apply(unit, subscription)
        return
    if subscription["status"] == "incomplete":
        subscription["status"] = running_status(unit, subscription)
        unit.unschedule("subscription.expire", subscription["id"])
    elif subscription["status"] in OWING and is_latest(unit, subscription, invoice):
        subscription["status"] = running_status(unit, subscription)
    keep(unit, subscription)


def _save_method(unit: Unit, subscription: Json, invoice: Json) -> None:
    if subscription["payment_settings"]["save_default_payment_method"] != "on_subscription":
        return
    intent = collection.default_intent(unit, invoice["id"])
    if intent and intent["status"] == "succeeded":
        subscription["default_payment_method"] = intent["payment_method"]


@listens("payment_intent.processing")
def first_payment_processing(unit: Unit, intent: Json) -> None:
    """A payment method that takes days activates a new subscription at once."""
    invoice = unit.find("invoice", intent.get("_invoice") or "")
    subscription = _subscription(unit, invoice) if invoice else None
    if subscription is None or subscription["status"] != "incomplete":
        return
    subscription["status"] = running_status(unit, subscription)
    unit.unschedule("subscription.expire", subscription["id"])
    keep(unit, subscription)


@listens("invoice.payment_failed")
def payment_failed(unit: Unit, invoice: Json) -> None:
    """A failed renewal or change makes the subscription past due; after the last try it ends."""
    subscription = _subscription(unit, invoice)
    if subscription is None or subscription["status"] in (*ENDED, "incomplete", "paused"):
        return
    if (subscription.get("_pending") or {}).get("invoice") == invoice["id"]:
        return
    if invoice["billing_reason"] == "subscription_create" and not subscription.get("_new"):
        collection.void(unit, unit.get("invoice", invoice["id"]))
        return
    if not is_latest(unit, subscription, invoice):
        return
    exhausted = invoice["auto_advance"] and invoice["next_payment_attempt"] is None
    if exhausted:
        give_up(unit, subscription, unit.setting("final_action", "cancel"))
    elif subscription["status"] in ("active", "trialing"):
        subscription["status"] = "past_due"
        keep(unit, subscription)


def give_up(unit: Unit, subscription: Json, action: str) -> None:
    """Do what the account's settings say once collection has failed: cancel, unpaid, past_due.

    `final_action` holds for failed charges, `overdue_action` for sent invoices.
    """
    if action == "cancel":
        end(unit, subscription, reason="payment_failed")
    else:
        subscription["status"] = "unpaid" if action == "unpaid" else "past_due"
        keep(unit, subscription)


@listens("invoice.overdue")
def invoice_overdue(unit: Unit, invoice: Json) -> None:
    """A sent invoice not paid in time makes its subscription past due."""
    subscription = _subscription(unit, invoice)
    if subscription is None or subscription["status"] not in ("active", "trialing"):
        return
    if is_latest(unit, subscription, invoice):
        subscription["status"] = "past_due"
        keep(unit, subscription)
        days = unit.setting("overdue_days", 30)
        unit.schedule(unit.now + days * DAY, "invoice.deadline", invoice["id"])


@due("invoice.deadline")
def deadline(unit: Unit, invoice_id: str) -> None:
    """A sent invoice is still unpaid long after its due date."""
    invoice = unit.find("invoice", invoice_id)
    subscription = _subscription(unit, invoice) if invoice else None
    if invoice is None or subscription is None or invoice["status"] != "open":
        return
    if subscription["status"] == "past_due":
        give_up(unit, subscription, unit.setting("overdue_action", "past_due"))


@listens("invoice.voided")
def invoice_voided(unit: Unit, invoice: Json) -> None:
    """A voided first invoice ends what never began; else the invoice before it decides."""
    subscription = _subscription(unit, invoice)
    if subscription is None:
        return
    if (subscription.get("_pending") or {}).get("invoice") == invoice["id"]:
        pending_updates.discard(unit, subscription)
    elif subscription["status"] == "incomplete":
        _expire(unit, subscription)
    elif subscription["status"] in OWING:
        others = unit.select("invoice", parent=subscription["id"])
        before = next((one for one in others if one["status"] not in ("draft", "void")), None)
        if before is None or before["status"] in ("paid", "uncollectible"):
            subscription["status"] = running_status(unit, subscription)
            keep(unit, subscription)


@listens("invoice.marked_uncollectible")
def invoice_given_up(unit: Unit, invoice: Json) -> None:
    """An uncollectible invoice leaves its subscription active."""
    subscription = _subscription(unit, invoice)
    if subscription and subscription["status"] in OWING and is_latest(unit, subscription, invoice):
        subscription["status"] = running_status(unit, subscription)
        keep(unit, subscription)


@due("subscription.expire")
def expire(unit: Unit, subscription_id: str) -> None:
    """A first invoice not paid within 23 hours ends the subscription and is voided."""
    subscription = unit.get("subscription", subscription_id)
    if subscription["status"] != "incomplete":
        return
    _expire(unit, subscription)
    invoice = unit.find("invoice", subscription["latest_invoice"] or "")
    if invoice and invoice["status"] == "open":
        collection.void(unit, invoice)


def _expire(unit: Unit, subscription: Json) -> None:
    subscription |= {"status": "incomplete_expired", "ended_at": unit.now}
    unit.unschedule("subscription.expire", subscription["id"])
    schedule(unit, subscription)
    keep(unit, subscription)


def end(unit: Unit, subscription: Json, *, reason: str | None = None) -> Json:
    """Cancel for good: nothing renews, open invoices are no longer collected by themselves."""
    name = subscription["id"]
    subscription |= {"status": "canceled", "ended_at": unit.now}
    subscription["canceled_at"] = subscription["canceled_at"] or unit.now
    if reason:
        subscription["cancellation_details"] = {
            **no_cancellation(),
            **subscription["cancellation_details"],
            "reason": reason,
        }
    subscription["pending_update"] = None
    subscription["_pending"] = None
    for invoice in unit.select("invoice", parent=name):
        if invoice["status"] in ("draft", "open") and invoice["auto_advance"]:
            for work in ("invoice.advance", "invoice.collect"):
                unit.unschedule(work, invoice["id"])
            invoice |= {
                "auto_advance": False,
                "automatically_finalizes_at": None,
                "next_payment_attempt": None,
            }
            unit.save(invoice, "invoice.updated")
    for work in (
        "subscription.pending_expire",
        "subscription.expire",
        "subscription.collect_again",
    ):
        unit.unschedule(work, name)
    schedule(unit, subscription)
    unit.put(subscription)
    unit.emit("customer.subscription.deleted", subscription)
    return subscription


def invoice_the_rest(unit: Unit, ended: Json) -> Json:
    """Invoice at once what an ended subscription still has pending, and collect it."""
    billing = last_billing(unit, ended, unit.now, pending=True)
    draft = compose(unit, ended, billing, reason="subscription_update")
    if draft is None:
        return ended
    ended["latest_invoice"] = draft["id"]
    unit.put(ended)
    collection.store_draft(unit, draft, auto_advance=False)
    draft = collection.finalize(unit, draft)
    if draft["status"] == "open" and draft["collection_method"] == "charge_automatically":
        collection.attempt(unit, draft["id"])
    return unit.get("subscription", ended["id"])
