"""The customer portal's pages of one subscription: cancel, keep, pause, resume."""

from typing import Any

from flask import redirect, request

from portal.sandbox.stripe import portal_pauses
from portal.sandbox.stripe.amounts import in_words
from portal.sandbox.stripe.documents import day
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.portal_limits import may_not_cancel, may_not_pause
from portal.sandbox.stripe.portal_visits import Visit, visited
from portal.sandbox.stripe.registry import page
from portal.sandbox.stripe.unit import Unit

UPDATE = "POST /v1/subscriptions/{subscription_exposed_id}"
REASONS = {
    "too_expensive": "It is too expensive",
    "missing_features": "I need more",
    "switched_service": "I found another",
    "unused": "I no longer need it",
    "customer_service": "Customer service",
    "too_complex": "It is hard to use",
    "low_quality": "The quality",
    "other": "Other",
}
ADDRESS = "/p/session/<token>/subscriptions/<subscription_id>"


@page(ADDRESS + "/cancel")
@visited
def cancel(visit: Visit, subscription_id: str) -> Any:
    """Ends a subscription, after the offer to stay and before the question why."""
    subscription = visit.subscription(subscription_id)
    feature = visit.features["subscription_cancel"]
    reason = None if feature["enabled"] else "This is not possible here."
    reason = reason or may_not_cancel(visit.unit, subscription)
    if "reason" in request.form:
        return _tell_reason(visit, subscription)
    if reason:
        return visit.note("Cancel", [reason])
    if request.method == "POST":
        answer, error = visit.unit.attempt(lambda: _cancel(visit, subscription, feature))
        return answer if error is None else (visit.note("Cancel", [str(error)]), error.status)
    end = max(item["current_period_end"] for item in subscription["items"]["data"])
    at_once = feature["mode"] == "immediately"
    text = ["It ends at once." if at_once else f"It ends on {day(end)}; until then all stays."]
    offer = _offer(visit)
    buttons = [("confirm", "Cancel subscription")]
    if offer:
        text.insert(0, f"Before you go: {coupon_words(offer)} if you stay.")
        buttons.insert(0, ("accept", "Stay, with the discount"))
    return visit.note("Cancel your subscription", text, buttons)


@page(ADDRESS + "/resume")
@visited
def resume(visit: Visit, subscription_id: str) -> Any:
    """Takes back a cancellation that has not happened yet."""
    subscription = visit.subscription(subscription_id)
    if request.method == "GET" or visit.flow:
        words = ["The subscription goes on as before."]
        return visit.note("Keep your subscription", words, [("confirm", "Keep it")])
    flexible = subscription["billing_mode"]["type"] == "flexible"
    change = {"cancel_at": ""} if flexible else {"cancel_at_period_end": False}
    visit.unit.call(UPDATE, change, subscription_exposed_id=subscription_id)
    return redirect(visit.home, 303)


@page(ADDRESS + "/pause")
@visited
def pause(visit: Visit, subscription_id: str) -> Any:
    """Pauses a subscription now, for as long as the configuration lets customers choose."""
    subscription = visit.subscription(subscription_id)
    feature = visit.features["subscription_pause"]
    reason = None if feature["enabled"] else "This is not possible here."
    reason = reason or may_not_pause(subscription)
    if reason:
        return visit.note("Pause", [reason])
    options = portal_pauses.options(feature)
    if request.method == "GET":
        text = ["Nothing is billed until it is resumed."]
        title = "Pause your subscription"
        return visit.page("portal_pause.html", title, text=text, options=options)
    _, error = visit.unit.attempt(
        lambda: portal_pauses.pause(visit.unit, subscription, feature, request.form)
    )
    return (visit.note("Pause", [str(error)]), error.status) if error else visit.finish()


def _cancel(visit: Visit, subscription: Json, feature: Json) -> Any:
    unit, subscription_id = visit.unit, subscription["id"]
    offer = _offer(visit)
    if "accept" in request.form and offer:
        kept = [{"discount": one} for one in subscription["discounts"]]
        wanted: Json = {"discounts": [*kept, {"coupon": offer["id"]}]}
        unit.call(UPDATE, wanted, subscription_exposed_id=subscription_id)
        return visit.finish()
    if feature["mode"] == "immediately":
        prorated = feature["proration_behavior"] == "create_prorations"
        route = "DELETE /v1/subscriptions/{subscription_exposed_id}"
        wanted = {"prorate": prorated, "invoice_now": prorated}
        unit.call(route, wanted, subscription_exposed_id=subscription_id)
    else:
        flexible = subscription["billing_mode"]["type"] == "flexible"
        wanted = {"cancel_at": "max_period_end"} if flexible else {"cancel_at_period_end": True}
        unit.call(UPDATE, wanted, subscription_exposed_id=subscription_id)
    if not feature["cancellation_reason"]["enabled"]:
        return visit.finish()
    return visit.page("portal_reason.html", "Cancelled", options=_reasons(unit, feature))


def _reasons(unit: Unit, feature: Json) -> list[tuple[str, str]]:
    """The merchant's own reasons that are in use, then Stripe's, with `other` last."""
    asked = feature["cancellation_reason"]
    own = [unit.get("billing.feedback_option", one) for one in asked["feedback_options"] or []]
    found = [(one["id"], str(one["description"])) for one in own if one["status"] == "active"]
    return found + [(one, REASONS[one]) for one in REASONS if one in asked["options"]]


def _tell_reason(visit: Visit, subscription: Json) -> Any:
    """Notes why a subscription was cancelled; nothing is noted of one that goes on."""
    feedback, unit = request.form["reason"], visit.unit
    details: Json = {"comment": request.form.get("comment", "").strip()}
    asked = visit.features["subscription_cancel"]["cancellation_reason"]
    if feedback in asked["options"]:
        details["feedback"] = feedback
    elif feedback in (asked["feedback_options"] or []):
        details["feedback_option"] = feedback
    ends = subscription["cancel_at"] or subscription["cancel_at_period_end"]
    if ends or subscription["status"] == "canceled":
        wanted = {"cancellation_details": details}
        unit.call(UPDATE, wanted, subscription_exposed_id=subscription["id"])
    return visit.finish()


def _offer(visit: Visit) -> Json | None:
    details = (visit.flow or {}).get("subscription_cancel") or {}
    retention = details.get("retention")
    if not retention:
        return None
    coupon = visit.unit.find("coupon", retention["coupon_offer"]["coupon"])
    return coupon if coupon and not coupon.get("deleted") else None


def coupon_words(coupon: Json) -> str:
    """What a coupon is worth, and for how long: `20% off for 3 months`."""
    worth = (
        f"{coupon['percent_off']:g}% off"
        if coupon["percent_off"]
        else f"{in_words(coupon['amount_off'], coupon['currency'])} off"
    )
    if coupon["duration"] == "repeating":
        return f"{worth} for {coupon['duration_in_months']} months"
    return worth if coupon["duration"] == "forever" else f"{worth} the next invoice"
