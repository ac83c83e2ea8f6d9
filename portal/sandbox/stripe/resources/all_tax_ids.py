"""Tax ids by their own address: those of the account itself, and those of customers."""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import tax_ids
from portal.sandbox.stripe.unit import Unit

URL = "/v1/tax_ids"


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Adds one to the account, or to the customer that `owner` names."""
    customer = _customer(unit, params)
    wanted = {"type": params["type"], "value": params["value"]}
    if customer:
        return tax_ids.create(unit, wanted, customer)
    tax_id = tax_ids.new(unit, wanted)
    tax_id["owner"] |= {"customer": None, "type": "self"}
    return unit.put(tax_id)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Those of the account, newest first, or of the customer that `owner` names."""
    customer = _customer(unit, params)
    where = {"customer": customer} if customer else {"owner.type": "self"}
    return unit.page("tax_id", params, URL, where)


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One tax id, whoever owns it."""
    _ = params
    return unit.alive("tax_id", id)


@route("DELETE", URL + "/{id}")
def delete(unit: Unit, params: Json, id: str) -> Json:
    """Removes it."""
    _ = params
    found = unit.alive("tax_id", id)
    return unit.remove(found, "customer.tax_id.deleted" if found["customer"] else None)


def _customer(unit: Unit, params: Json) -> str | None:
    owner = params.get("owner", {"type": "self"})
    if "customer_account" in owner:
        raise unsupported("tax ids of customer accounts", "owner[customer_account]")
    if owner["type"] in ("account", "application"):
        raise unsupported(f"tax ids of type {owner['type']}", "owner[type]")
    for name in {"account", "customer"} - {owner["type"]}:
        if name in owner:
            raise invalid(f"`{name}` goes with `type={name}`.", param=f"owner[{name}]")
    if owner["type"] == "self":
        return None
    if "customer" not in owner:
        raise invalid(
            "Missing required param: owner[customer].",
            param="owner[customer]",
            code="parameter_missing",
        )
    return str(unit.get("customer", owner["customer"], "owner[customer]")["id"])
