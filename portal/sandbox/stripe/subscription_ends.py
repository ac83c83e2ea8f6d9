"""When a subscription is told to end, and taking that back."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.unit import Unit


def no_cancellation() -> Json:
    """Return the details of a subscription that nobody canceled."""
    return {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


def set_cancellation(unit: Unit, subscription: Json, params: Json) -> None:
    """Note when a subscription is to end, from `cancel_at` and `cancel_at_period_end`.

    The end itself is kept as work on the clock by `schedule`.
    """
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    at = params.get("cancel_at")
    if params.get("cancel_at_period_end") and at not in (None, ""):
        raise invalid(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    if params.get("cancel_at_period_end"):
        # Of items with different periods the first one to end counts
        # (docs.stripe.com/billing/subscriptions/mixed-interval).
        _cancel_later(unit, subscription, min(ends), at_period_end=True)
    elif at not in (None, ""):
        billed = [item["billed_until"] for item in subscription["items"]["data"]]
        named = {
            "min_period_end": min(ends),
            "max_period_end": max(ends),
            "max_billed_until": max(filter(None, billed), default=max(ends)),
        }
        moment = named[at] if isinstance(at, str) else at
        _check_cancel_at(unit, moment, ends, params)
        _cancel_later(unit, subscription, moment, at_period_end=False)
    elif at == "" or params.get("cancel_at_period_end") is False:
        keep_running(subscription)


def keep_running(subscription: Json) -> None:
    """Take back a scheduled cancellation."""
    if subscription["cancel_at"] is not None:
        subscription["cancellation_details"] = no_cancellation()
        subscription["canceled_at"] = None
    subscription |= {"cancel_at": None, "cancel_at_period_end": False}


def _check_cancel_at(unit: Unit, at: int, ends: list[int], params: Json) -> None:
    if at <= unit.now:
        raise invalid("cancel_at must be a timestamp in the future.", param="cancel_at")
    behavior = params.get("proration_behavior", "create_prorations")
    if at < max(ends) and at not in ends and behavior != "none":
        raise unsupported(
            "a cancel_at inside the current period with prorations (pass proration_behavior=none)",
            "cancel_at",
        )


def _cancel_later(unit: Unit, subscription: Json, at: int, *, at_period_end: bool) -> None:
    subscription |= {
        "cancel_at": at,
        "cancel_at_period_end": at_period_end,
        "canceled_at": unit.now,
    }
    subscription["cancellation_details"]["reason"] = "cancellation_requested"
