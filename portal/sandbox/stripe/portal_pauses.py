"""Pauses that customers make in the portal, for as long as its configuration offers.

Stripe does not say how a pause of a chosen length ends; here the clock resumes the subscription.
"""

from collections.abc import Mapping

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.periods import Cadence, step
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.unit import Unit


def options(feature: Json) -> list[tuple[int, str]]:
    """The lengths to choose from, with their words; none when a pause has no end."""
    if feature["duration"]["type"] == "indefinite":
        return []
    return [
        (place, _words(option))
        for place, option in enumerate(feature["duration"]["interval_options"])
    ]


def _words(option: Json) -> str:
    count = option["interval_count"]
    return f"{count} {option['interval']}{'' if count == 1 else 's'}"


def pause(unit: Unit, subscription: Json, feature: Json, form: Mapping[str, str]) -> None:
    """Pause now; raises the 400 for a length that is not offered."""
    end = None
    if feature["duration"]["type"] == "interval_options":
        offered = feature["duration"]["interval_options"]
        chosen = form.get("duration", "0")
        if not chosen.isdecimal() or int(chosen) >= len(offered):
            raise invalid("Please choose how long.", param="duration")
        option = offered[int(chosen)]
        end = step(unit.now, Cadence(option["interval"], option["interval_count"]), 1)
    route = "POST /v1/subscriptions/{subscription}/pause"
    unit.call(route, {"type": "subscription"}, subscription=subscription["id"])
    if end is not None:
        unit.schedule(end, "portal.resume", subscription["id"])


@due("portal.resume")
def resume(unit: Unit, subscription_id: str) -> None:
    """The chosen time is over; a subscription that was resumed or ended before is left alone."""
    if unit.get("subscription", subscription_id)["status"] == "paused":
        unit.call("POST /v1/subscriptions/{subscription}/resume", subscription=subscription_id)
