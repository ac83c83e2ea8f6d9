"""Meters: how a customer's usage in a period becomes a quantity.

docs.stripe.com/billing/subscriptions/usage-based/meters/configure: after it is made, only the
name of a meter can be changed; an event name belongs to one meter.
"""

from typing import Any

from portal.sandbox.stripe import usage
from portal.sandbox.stripe.errors import Json, invalid, missing
from portal.sandbox.stripe.periods import DAY, Period
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit, envelope

URL = "/v1/billing/meters"
MINUTE, HOUR = 60, 3600
WINDOWS = {"hour": HOUR, "day": DAY}


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes one; its event name must be free among the active meters."""
    _check_name_free(unit, params["event_name"])
    meter: Json = {
        "id": unit.id("mtr"),
        "object": "billing.meter",
        "created": unit.now,
        "customer_mapping": params.get("customer_mapping")
        or {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": params["default_aggregation"],
        "display_name": params["display_name"],
        "event_name": params["event_name"],
        "event_time_window": params.get("event_time_window"),
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": unit.now,
        "value_settings": params.get("value_settings") or {"event_payload_key": "value"},
    }
    return unit.add(meter, "billing.meter.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filter `status`."""
    return unit.page("billing.meter", params, URL, {"status": params.get("status")})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One meter."""
    _ = params
    return unit.get("billing.meter", id)


@route("POST", URL + "/{id}")
def update(unit: Unit, params: Json, id: str) -> Json:
    """Changes the name."""
    meter = unit.get("billing.meter", id)
    if params.get("display_name", meter["display_name"]) == meter["display_name"]:
        return meter
    meter |= {"display_name": params["display_name"], "updated": unit.now}
    return unit.save(meter, "billing.meter.updated")


@route("POST", URL + "/{id}/deactivate")
def deactivate(unit: Unit, params: Json, id: str) -> Json:
    """Takes no more events, and no more prices."""
    _ = params
    meter = unit.get("billing.meter", id)
    if meter["status"] == "inactive":
        raise invalid("This meter is already inactive.", param="id")
    meter |= {
        "status": "inactive",
        "status_transitions": {"deactivated_at": unit.now},
        "updated": unit.now,
    }
    return unit.save(meter, "billing.meter.deactivated")


@route("POST", URL + "/{id}/reactivate")
def reactivate(unit: Unit, params: Json, id: str) -> Json:
    """Takes events again."""
    _ = params
    meter = unit.get("billing.meter", id)
    if meter["status"] == "active":
        raise invalid("This meter is already active.", param="id")
    _check_name_free(unit, meter["event_name"])
    meter |= {
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": unit.now,
    }
    return unit.save(meter, "billing.meter.reactivated")


def _check_name_free(unit: Unit, name: str) -> None:
    if unit.select("billing.meter", event_name=name, status="active", limit=1):
        raise invalid(
            f"An active meter already exists for the event name: {name}", param="event_name"
        )


@route("GET", URL + "/{id}/event_summaries")
def event_summaries(unit: Unit, params: Json, id: str) -> Json:
    """A customer's usage of a span: one sum, or one for each hour or day that has events."""
    meter = unit.get("billing.meter", id)
    customer = unit.get("customer", params["customer"], "customer")
    span = Period(params["start_time"], params["end_time"])
    window = params.get("value_grouping_window")
    step = WINDOWS.get(window or "", MINUTE)
    for name in ("start_time", "end_time"):
        if params[name] % step:
            raise invalid(f"{name} must be aligned with {window or 'minute'}s.", param=name)
    if span.length <= 0:
        raise invalid("end_time must be after start_time.", param="end_time")
    spans = [span]
    if window:
        starts = range(span.start, span.end, step)
        spans = [Period(start, min(start + step, span.end)) for start in starts]
    found = [_summary(unit, meter, customer["id"], one) for one in reversed(spans)]
    kept = [one for one in found if one is not None]
    return _page(kept, params, f"{URL}/{id}/event_summaries")


def _summary(unit: Unit, meter: Json, customer: str, span: Period) -> Json | None:
    if not usage.events_in(unit, meter, customer, span):
        return None
    value = usage.used(unit, meter, customer, span)
    return {
        "id": f"mtrusg_{meter['id'].removeprefix('mtr_')}{customer[4:]}{span.start}",
        "object": "billing.meter_event_summary",
        "aggregated_value": float(value),
        "end_time": span.end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": span.start,
    }


def _page(found: list[Json], params: Json, url: str) -> Json:
    limit: Any = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid(f"Invalid integer: {limit}; must be between 1 and 100", param="limit")
    names = [one["id"] for one in found]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in names:
            raise missing("billing.meter_event_summary", params[name], name)
    first = names.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    last = names.index(params["ending_before"]) if "ending_before" in params else len(found)
    chosen = found[first:last]
    kept = chosen[-limit:] if "ending_before" in params else chosen[:limit]
    return envelope(kept, url, has_more=len(chosen) > limit)
