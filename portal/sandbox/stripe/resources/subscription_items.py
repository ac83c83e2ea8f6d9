"""Subscription items by themselves: the same changes as through their subscription."""

from portal.sandbox.stripe import changes, scheduling
from portal.sandbox.stripe.errors import Json, missing
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit, envelope

URL = "/v1/subscription_items"
OF_SUBSCRIPTION = (
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """The items of one subscription."""
    stored = unit.get("subscription", params["subscription"], "subscription")
    items = stored["items"]["data"]
    names = [item["id"] for item in items]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in names:
            raise missing("subscription_item", params[name], name)
    first = names.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    last = names.index(params["ending_before"]) if "ending_before" in params else len(items)
    limit = params.get("limit", 10)
    chosen = items[first:last]
    return envelope(chosen[:limit], URL, has_more=len(chosen) > limit)


@route("GET", URL + "/{item}")
def retrieve(unit: Unit, params: Json, item: str) -> Json:
    """One item."""
    _ = params
    return of(unit, item)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Adds an item to a subscription."""
    stored = unit.get("subscription", params["subscription"], "subscription")
    known = {item["id"] for item in stored["items"]["data"]}
    entry = {name: value for name, value in params.items() if name not in OF_SUBSCRIPTION}
    del entry["subscription"]
    changed = _changed(unit, stored, _update(entry, params))
    items = (changed["pending_update"] or {}).get("subscription_items") or changed["items"]["data"]
    return dict(next(item for item in items if item["id"] not in known))


@route("POST", URL + "/{item}")
def update(unit: Unit, params: Json, item: str) -> Json:
    """Changes price, quantity, discounts or tax rates of an item."""
    owner = _owner(unit, item)
    entry = {name: value for name, value in params.items() if name not in OF_SUBSCRIPTION}
    _changed(unit, owner, _update({"id": item, **entry}, params))
    return of(unit, item)


@route("DELETE", URL + "/{item}")
def delete(unit: Unit, params: Json, item: str) -> Json:
    """Takes an item from its subscription."""
    owner = _owner(unit, item)
    entry = {"id": item, "deleted": True}
    if "clear_usage" in params:
        entry["clear_usage"] = params["clear_usage"]
    _changed(unit, owner, _update(entry, params))
    return {"id": item, "object": "subscription_item", "deleted": True}


def _changed(unit: Unit, owner: Json, params: Json) -> Json:
    changed = changes.update(unit, owner, params)
    scheduling.note_direct_change(unit, changed, params)
    return changed


def of(unit: Unit, name: str) -> Json:
    """Return the body of an item from its subscription."""
    items = _owner(unit, name)["items"]["data"]
    return dict(next(item for item in items if item["id"] == name))


def _owner(unit: Unit, name: str) -> Json:
    return unit.get("subscription", unit.alive("subscription_item", name)["_parent"])


def _update(entry: Json, params: Json) -> Json:
    return {"items": [entry]} | {name: params[name] for name in OF_SUBSCRIPTION if name in params}
