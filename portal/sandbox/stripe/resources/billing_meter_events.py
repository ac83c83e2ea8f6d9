"""Meter events: what a customer used, and cancelling what was reported wrongly.

docs.stripe.com/billing/subscriptions/usage-based/recording-usage. Stripe takes events in and
checks them later, and tells of wrong ones by an event of API v2 only; the sandbox, which has none,
refuses them at once.
"""

import re
from fractions import Fraction

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import renders, route
from portal.sandbox.stripe.unit import Unit

OLDEST = 35 * DAY
MOST_AHEAD = 5 * 60
LONGEST_IDENTIFIER = 100
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?", re.ASCII)
KIND = "billing.meter_event"


@route("POST", "/v1/billing/meter_events")
def create(unit: Unit, params: Json) -> Json:
    """Records one; its identifier must be new for a day, its time of the last 35 days."""
    meter = _meter(unit, params["event_name"])
    timestamp = params.get("timestamp", unit.now)
    _check_time(unit, timestamp)
    customer = _customer(unit, meter, params["payload"])
    value = _value(meter, params["payload"])
    number = unit.store.count(unit.account_id, KIND)
    identifier = params.get("identifier") or f"{unit.account_id}_{number:012}"
    if len(identifier) > LONGEST_IDENTIFIER:
        raise invalid("Invalid identifier: must be at most 100 characters.", param="identifier")
    for other in unit.select(KIND, identifier=identifier):
        if other["created"] > unit.now - DAY:
            raise invalid(
                f"An event already exists with identifier {identifier}.", param="identifier"
            )
    event: Json = {
        "id": f"mevt_{number:012}",
        "object": KIND,
        "created": unit.now,
        "event_name": params["event_name"],
        "identifier": identifier,
        "livemode": False,
        "payload": params["payload"],
        "timestamp": timestamp,
        "_parent": f"{meter['id']}:{customer}",
        "_value": str(value),
        "_canceled": False,
    }
    return unit.put(event)


@route("POST", "/v1/billing/meter_event_adjustments")
def adjust(unit: Unit, params: Json) -> Json:
    """Cancels an event that was received in the last 24 hours."""
    identifier = (params.get("cancel") or {}).get("identifier")
    if not identifier:
        raise invalid(
            "Missing required param: cancel[identifier].",
            param="cancel[identifier]",
            code="parameter_missing",
        )
    found = next(
        iter(unit.select(KIND, identifier=identifier, event_name=params["event_name"])), None
    )
    if found is None:
        raise invalid(
            f"No such meter event: '{identifier}'",
            param="cancel[identifier]",
            code="resource_missing",
        )
    if found["created"] <= unit.now - DAY:
        raise invalid(
            "You can only cancel events within 24 hours of Stripe receiving them.",
            param="cancel[identifier]",
        )
    unit.put(found | {"_canceled": True})
    number = unit.store.count(unit.account_id, f"{KIND}_adjustment")
    return unit.put(
        {
            "id": f"meadj_{number:012}",
            "object": "billing.meter_event_adjustment",
            "cancel": {"identifier": identifier},
            "event_name": params["event_name"],
            "livemode": False,
            "status": "pending",
            "type": "cancel",
        }
    )


@renders(KIND)
@renders("billing.meter_event_adjustment")
def show(unit: Unit, body: Json) -> None:
    """Neither has an id at Stripe."""
    _ = unit
    body.pop("id", None)


def _meter(unit: Unit, name: str) -> Json:
    found = unit.select("billing.meter", event_name=name, status="active", limit=1)
    if not found:
        raise unsupported(f"reporting later that no active meter has the event name {name}")
    return found[0]


def _check_time(unit: Unit, timestamp: int) -> None:
    if timestamp < unit.now - OLDEST:
        raise invalid(
            "The timestamp must be within the past 35 calendar days.",
            param="timestamp",
            code="timestamp_too_far_in_past",
        )
    if timestamp > unit.now + MOST_AHEAD:
        raise invalid(
            "The timestamp must not be more than 5 minutes in the future.",
            param="timestamp",
            code="timestamp_in_future",
        )


def _customer(unit: Unit, meter: Json, payload: Json) -> str:
    key = meter["customer_mapping"]["event_payload_key"]
    if key not in payload:
        raise unsupported(f"reporting later that an event has no {key}", f"payload[{key}]")
    return str(unit.get("customer", payload[key], f"payload[{key}]")["id"])


def _value(meter: Json, payload: Json) -> Fraction:
    key = meter["value_settings"]["event_payload_key"]
    if meter["default_aggregation"]["formula"] == "count" and key not in payload:
        return Fraction(1)
    if not NUMBER.fullmatch(payload.get(key, "")):
        raise unsupported(f"reporting later that {key} of an event is no number", f"payload[{key}]")
    return Fraction(payload[key])
