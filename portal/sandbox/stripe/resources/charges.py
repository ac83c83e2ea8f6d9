"""Charges, made by intents, and the balance transactions that tell gross, fee and net."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import includes, route
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/charges"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `payment_intent`, `created`."""
    where = {name: params.get(name) for name in ("customer", "payment_intent", "created")}
    return unit.page("charge", params, URL, where)


@route("GET", URL + "/{charge}")
def retrieve(unit: Unit, params: Json, charge: str) -> Json:
    """One charge."""
    _ = params
    return unit.get("charge", charge, "charge")


@route("POST", URL + "/{charge}")
def update(unit: Unit, params: Json, charge: str) -> Json:
    """Changes description, receipt address and metadata."""
    found = unit.get("charge", charge, "charge")
    for name in ("description", "receipt_email"):
        if name in params:
            found[name] = params[name] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    return unit.save(found, "charge.updated")


@includes("charge", "refunds")
def refunds(unit: Unit, charge: Json) -> Json:
    """The charge's refunds."""
    found = unit.select("refund", parent=charge["id"])
    return envelope(found, f"{URL}/{charge['id']}/refunds")


@route("GET", "/v1/balance_transactions")
def list_balance_transactions(unit: Unit, params: Json) -> Json:
    """Newest first; filters `type`, `currency`, `source`, `created`."""
    where = {name: params.get(name) for name in ("type", "currency", "source", "created")}
    return unit.page("balance_transaction", params, "/v1/balance_transactions", where)


@route("GET", "/v1/balance_transactions/{id}")
def retrieve_balance_transaction(unit: Unit, params: Json, id: str) -> Json:
    """One booking."""
    _ = params
    return unit.get("balance_transaction", id)
