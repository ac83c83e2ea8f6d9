"""Events, listable for 30 days."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

DAYS = 30


@route("GET", "/v1/events")
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `type`, `types`, `created`."""
    types = params.get("types")
    if "type" in params:
        kind = params["type"]
        types = (
            [one for one in _known(unit) if one.startswith(kind[:-1])]
            if kind.endswith("*")
            else [kind]
        )
    where = {"type": types, "created": params.get("created")}
    where["created"] = (
        {"gte": unit.account_now - DAYS * 86400} if where["created"] is None else where["created"]
    )
    return unit.page("event", params, "/v1/events", where)


@route("GET", "/v1/events/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One event."""
    _ = params
    return unit.get("event", id)


def _known(unit: Unit) -> list[str]:
    rows = unit.store.rows(
        "SELECT DISTINCT json_extract(body, '$.type') AS type FROM objects "
        "WHERE account = ? AND kind = 'event'",
        unit.account_id,
    )
    return [str(row["type"]) for row in rows]
