"""The balance and its bookings, which tell gross, fee and net."""

from portal.sandbox.stripe import balances
from portal.sandbox.stripe.errors import Json, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/balance_transactions"


@route("GET", "/v1/balance")
def retrieve(unit: Unit, params: Json) -> Json:
    """What is available and what is pending, by currency."""
    _ = params
    return balances.totals(unit)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `type`, `currency`, `source`, `created`."""
    if "payout" in params:
        raise unsupported("payouts", "payout")
    where = {name: params.get(name) for name in ("type", "currency", "source", "created")}
    return unit.page("balance_transaction", params, URL, where)


@route("GET", URL + "/{id}")
def retrieve_transaction(unit: Unit, params: Json, id: str) -> Json:
    """One booking."""
    _ = params
    return unit.get("balance_transaction", id)
