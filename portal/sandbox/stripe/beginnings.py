"""How a new subscription begins: its anchor, its trial, the time before it that is charged.

docs.stripe.com/billing/subscriptions/{billing-cycle,trials/free-trials,backdating}
"""

from dataclasses import dataclass
from math import gcd
from typing import Any

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY, MONTHS, Cadence, Period, anchor_from, period_at
from portal.sandbox.stripe.subscription_items import cadence_of, is_metered
from portal.sandbox.stripe.unit import Unit

LONGEST_TRIAL = 730 * DAY


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the cycle is anchored, where a trial ends, and since when the time is charged."""

    now: int
    anchor: int
    trial_end: int | None = None
    since: int | None = None
    until: int | None = None

    def period(self, cadence: Cadence, *, aligned: bool) -> Period:
        """Return the first current period of an item; `aligned` lets it begin in the past."""
        if self.trial_end:
            return Period(self.now, self.trial_end)
        natural = period_at(self.anchor, cadence, self.now)
        start = max(natural.start, self.since) if aligned and self.since else self.now
        return Period(start, min(natural.end, self.until or natural.end))


def start(unit: Unit, params: Json, subscription: Json) -> Beginning:
    """Work out how a subscription begins and note it on its body."""
    trial_end = wanted_trial_end(unit, params, subscription)
    config = params.get("billing_cycle_anchor_config")
    anchor = params.get("billing_cycle_anchor")
    since = params.get("backdate_start_date")
    if config and anchor is not None:
        raise invalid(
            "You may only specify one of these parameters: billing_cycle_anchor, "
            "billing_cycle_anchor_config.",
            param="billing_cycle_anchor_config",
        )
    if since is not None:
        _check_backdating(unit, params, subscription, trial_end)
        subscription["start_date"] = since
    if config:
        anchor = anchor_from(config, trial_end or unit.now, _months(unit, subscription))
        subscription["billing_cycle_anchor_config"] = {
            name: config.get(name) for name in ("day_of_month", "hour", "minute", "month", "second")
        }
    elif anchor is not None:
        _check_anchor(unit, subscription, anchor, trial_end)
    if trial_end:
        subscription |= {
            "trial_start": unit.now,
            "trial_end": trial_end,
            "_keeps_anchor": anchor is not None,
        }
        return Beginning(unit.now, anchor or trial_end, trial_end)
    flexible = subscription["billing_mode"]["type"] == "flexible"
    until = _truncated_by(unit, params, subscription)
    if anchor is None:
        aligned = since if flexible and since is not None else unit.now
        anchor = until if until and not flexible else aligned
    return Beginning(unit.now, anchor, None, since, until)


def _months(unit: Unit, subscription: Json) -> int:
    cadences = [cadence_of(unit, item) for item in subscription["items"]["data"]]
    if any(cadence.interval not in MONTHS for cadence in cadences):
        raise invalid(
            "billing_cycle_anchor_config is only valid with monthly and yearly price intervals.",
            param="billing_cycle_anchor_config",
        )
    return gcd(*(MONTHS[cadence.interval] * cadence.count for cadence in cadences))


def _check_anchor(unit: Unit, subscription: Json, anchor: int, trial_end: int | None) -> None:
    if anchor < unit.now:
        raise invalid("billing_cycle_anchor must be in the future.", param="billing_cycle_anchor")
    begin = trial_end or unit.now
    for item in subscription["items"]["data"]:
        natural = period_at(begin, cadence_of(unit, item), begin)
        if anchor > natural.end:
            raise invalid(
                "billing_cycle_anchor cannot be later than next natural billing date "
                f"({natural.end}) for plan",
                param="billing_cycle_anchor",
            )


def _truncated_by(unit: Unit, params: Json, subscription: Json) -> int | None:
    """Return a `cancel_at` inside the first period, which prorates it unless told otherwise."""
    at = params.get("cancel_at")
    if not isinstance(at, int) or params.get("proration_behavior") == "none":
        return None
    ends = [
        period_at(unit.now, cadence_of(unit, item), unit.now).end
        for item in subscription["items"]["data"]
    ]
    if at >= min(ends):
        return None
    if "billing_cycle_anchor" in params or "billing_cycle_anchor_config" in params:
        raise unsupported("a cancel_at inside a first period with an anchor", "cancel_at")
    return at


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


def _check_backdating(unit: Unit, params: Json, subscription: Json, trial_end: int | None) -> None:
    param = "backdate_start_date"
    if params[param] > unit.now:
        raise invalid("backdate_start_date must be in the past.", param=param)
    if "billing_cycle_anchor_config" in params:
        raise invalid(
            "billing_cycle_anchor_config does not support a backdated start date.", param=param
        )
    if trial_end or "cancel_at" in params:
        raise unsupported("a backdated start together with a trial or a cancellation", param)
    free = params.get("proration_behavior") == "none"
    flexible = subscription["billing_mode"]["type"] == "flexible"
    if free and flexible and "billing_cycle_anchor" not in params:
        raise unsupported("an uncharged backdated start without an anchor in flexible mode", param)


def spans(unit: Unit, item: Json, beginning: Beginning, *, flexible: bool) -> tuple[Period, ...]:
    """Return the spans that the first invoice of a backdated subscription charges for an item.

    Flexible mode charges natural periods one by one, of metered items those that are over; classic
    mode all the time before now at once, or until an anchor that is still to come.
    """
    since = beginning.since
    if since is None:
        return ()
    metered = is_metered(unit, item)
    end = item["current_period_end"]
    if not flexible:
        ahead = beginning.anchor > unit.now and not metered
        before = Period(since, end if ahead else unit.now)
        return (before,) if ahead or metered else (before, Period(unit.now, end))
    cadence, found, at = cadence_of(unit, item), [], since
    while at < end:
        upto = min(period_at(beginning.anchor, cadence, at).end, end)
        if not metered or upto <= unit.now:
            found.append(Period(at, upto))
        at = upto
    return tuple(found)


def check_discounts(unit: Unit, subscription: Json, beginning: Beginning) -> None:
    """Refuse a discount that ends inside the time that is charged afterwards."""
    if beginning.since is None:
        return
    for name in subscription["discounts"]:
        end = unit.get("discount", name)["end"]
        if end is not None and end <= unit.now:
            raise unsupported("a discount for a part of a backdated time", "discounts")
