"""Events: listable and retrievable for 30 days of the account's time, and sent again on demand."""

from collections.abc import Mapping

from portal.sandbox.stripe import deliveries
from portal.sandbox.stripe.errors import Json, invalid, missing
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

KEPT = 30 * DAY
MOST_TYPES = 20
URL = "/v1/events"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `type` (with a wildcard), `types`, `created`, `delivery_success`."""
    where: Json = {"type": _types(unit, params), "created": _young(unit, params.get("created"))}
    if "delivery_success" in params:
        where["pending_webhooks"] = {"lte": 0} if params["delivery_success"] else {"gt": 0}
    return unit.page("event", params, URL, where)


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One event; after 30 days it is gone."""
    _ = params
    return _kept(unit, id)


@route("POST", URL + "/{event}/retry")
def retry(unit: Unit, params: Json, event: str) -> Json:
    """Sends an event again, to one endpoint or to all that want it: what the command line's
    `stripe events resend` asks for. With `account` it is an event of that connected account.
    """
    origin = params.get("account", unit.account_id)
    owner = unit.sandbox.account(origin)
    if owner is None or unit.account_id not in (origin, owner["_platform"]):
        raise missing("account", origin, "account")
    found = _kept(unit.sandbox.unit(owner), event)
    endpoint = params.get("webhook_endpoint", "")
    if endpoint:
        unit.get("webhook_endpoint", endpoint, "webhook_endpoint")
    if not deliveries.send_again(unit.sandbox, origin, found, endpoint) and endpoint:
        raise invalid(
            f"The webhook endpoint {endpoint} is disabled or not enabled for {found['type']}.",
            param="webhook_endpoint",
        )
    return found


def _kept(unit: Unit, event_id: str) -> Json:
    found = unit.get("event", event_id)
    if found["created"] < unit.account_now - KEPT:
        raise missing("event", event_id)
    return found


def _young(unit: Unit, created: object) -> Json:
    oldest = unit.account_now - KEPT
    if isinstance(created, Mapping):
        return {**created, "gte": max(oldest, created.get("gte", oldest))}
    return (
        {"gte": max(oldest, created), "lte": created}
        if isinstance(created, int)
        else {"gte": oldest}
    )


def _types(unit: Unit, params: Json) -> list[str] | None:
    if "type" in params and "types" in params:
        raise invalid("You may pass either `type` or `types`, but not both.", param="types")
    if "type" in params:
        kind = str(params["type"])
        if not kind.endswith("*"):
            return [kind]
        return [one for one in _known(unit) if one.startswith(kind[:-1])]
    types: list[str] | None = params.get("types")
    if types and len(types) > MOST_TYPES:
        raise invalid(f"You can pass up to {MOST_TYPES} types.", param="types")
    return types


def _known(unit: Unit) -> list[str]:
    rows = unit.store.rows(
        "SELECT DISTINCT json_extract(body, '$.type') AS type FROM objects "
        "WHERE account = ? AND kind = 'event'",
        unit.account_id,
    )
    return [str(row["type"]) for row in rows]
