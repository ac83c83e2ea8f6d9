"""Where a new subscription's cycle is anchored, and where its trial ends.

docs.stripe.com/billing/subscriptions/billing-cycle
"""

from typing import Any

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY, anchor_from, period_at
from portal.sandbox.stripe.subscription_items import cadence_of
from portal.sandbox.stripe.unit import Unit

LONGEST_TRIAL = 730 * DAY


def start(unit: Unit, params: Json, subscription: Json) -> tuple[int, int | None]:
    """Return the anchor and the end of the trial, if there is one."""
    trial_end = wanted_trial_end(unit, params, subscription)
    config = params.get("billing_cycle_anchor_config")
    anchor = params.get("billing_cycle_anchor")
    if config and anchor is not None:
        raise invalid(
            "You may only specify one of these parameters: billing_cycle_anchor, "
            "billing_cycle_anchor_config.",
            param="billing_cycle_anchor_config",
        )
    if config:
        if trial_end:
            raise invalid(
                "billing_cycle_anchor_config cannot be combined with a trial.",
                param="billing_cycle_anchor_config",
            )
        anchor = anchor_from(config, unit.now)
        subscription["billing_cycle_anchor_config"] = {
            "day_of_month": config["day_of_month"],
            "hour": config.get("hour"),
            "minute": config.get("minute"),
            "month": config.get("month"),
            "second": config.get("second"),
        }
    if anchor is not None:
        if trial_end:
            raise unsupported("a billing cycle anchor together with a trial")
        _check_anchor(unit, subscription, anchor)
    if trial_end:
        subscription |= {"trial_start": unit.now, "trial_end": trial_end}
        return trial_end, trial_end
    return (unit.now if anchor is None else anchor), None


def _check_anchor(unit: Unit, subscription: Json, anchor: int) -> None:
    if anchor < unit.now:
        raise invalid("billing_cycle_anchor must be in the future.", param="billing_cycle_anchor")
    for item in subscription["items"]["data"]:
        natural = period_at(unit.now, cadence_of(unit, item), unit.now)
        if anchor > natural.end:
            raise invalid(
                "billing_cycle_anchor cannot be later than next natural billing date "
                f"({natural.end}) for plan",
                param="billing_cycle_anchor",
            )


def wanted_trial_end(unit: Unit, params: Json, subscription: Json) -> int | None:
    """Return where a trial that the parameters ask for ends; None for no trial."""
    if params.get("trial_from_plan") and "trial_end" in params:
        raise invalid(
            "You may only specify one of these parameters: trial_end, trial_from_plan.",
            param="trial_from_plan",
        )
    end: Any = params.get("trial_end")
    if end == "now":
        return None
    if end is None and params.get("trial_period_days"):
        end = unit.now + params["trial_period_days"] * DAY
    if end is None and params.get("trial_from_plan"):
        prices = [unit.get("price", item["price"]) for item in subscription["items"]["data"]]
        days = max(price["recurring"]["trial_period_days"] or 0 for price in prices)
        end = unit.now + days * DAY if days else None
    if end is None:
        return None
    if end <= unit.now:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
        )
    if end > unit.now + LONGEST_TRIAL:
        raise invalid("Trial end can be at most two years from now.", param="trial_end")
    return int(end)
