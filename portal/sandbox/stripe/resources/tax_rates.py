"""Tax rates: percentages with a name, inside the price or on top of it."""

from collections.abc import Iterable

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/tax_rates"
CHANGEABLE = (
    "active",
    "country",
    "description",
    "display_name",
    "jurisdiction",
    "state",
    "tax_type",
)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes one; percentage and inclusive stay as they are."""
    if not 0 <= params["percentage"] <= 100:
        raise invalid("Percentage must be between 0 and 100.", param="percentage")
    rate: Json = {
        "id": unit.id("txr"),
        "object": "tax_rate",
        "active": True,
        "country": None,
        "created": unit.now,
        "description": None,
        "display_name": "",
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": params["inclusive"],
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "percentage": params["percentage"],
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
    }
    rate |= {name: params[name] for name in CHANGEABLE if name in params}
    return unit.add(rate, "tax_rate.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first."""
    active = params.get("active")
    where = {
        "active": None if active is None else int(active),
        "created": params.get("created"),
        "inclusive": int(params["inclusive"]) if "inclusive" in params else None,
    }
    return unit.page("tax_rate", params, URL, where)


@route("GET", URL + "/{tax_rate}")
def retrieve(unit: Unit, params: Json, tax_rate: str) -> Json:
    """One rate."""
    _ = params
    return unit.get("tax_rate", tax_rate)


@route("POST", URL + "/{tax_rate}")
def update(unit: Unit, params: Json, tax_rate: str) -> Json:
    """Changes names and notes, never the percentage."""
    rate = unit.alive("tax_rate", tax_rate)
    rate |= {
        name: params[name] or None for name in CHANGEABLE if name in params and name != "active"
    }
    rate["active"] = params.get("active", rate["active"])
    rate["metadata"] = merged(rate["metadata"], params.get("metadata"))
    return unit.save(rate, "tax_rate.updated")


def chosen(unit: Unit, ids: object, param: str) -> list[str]:
    """Return the ids of active rates for a parameter; "" and None are no rates."""
    if not isinstance(ids, Iterable) or isinstance(ids, str):
        return []
    found = [unit.get("tax_rate", str(one), param) for one in ids]
    for rate in found:
        if not rate["active"]:
            raise invalid(f"The tax rate {rate['id']} is archived and cannot be used.", param=param)
    return [rate["id"] for rate in found]


def shown(unit: Unit, ids: Iterable[str]) -> list[Json]:
    """Return the rates as objects, as invoices and subscriptions show them."""
    return [unit.get("tax_rate", one) for one in ids]
