"""The committed `schema.json`: which routes, parameters and expandable fields the pinned API
version has; and `left_out.json`: which fields are absent where they have no value.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

Type = Any

# What Stripe answers although its SDKs do not ask it: `stripe events resend` and `stripe trigger
# checkout.session.completed` of the command line (github.com/stripe/stripe-cli,
# pkg/cmd/resource/events_resend.go and pkg/fixtures/triggers/checkout.session.completed.json).
BESIDE: dict[str, Type] = {
    "POST /v1/events/{event}/retry": {
        "object": {
            "account": "string",
            "expand": {"array": "string"},
            "for_stripecli": "boolean",
            "webhook_endpoint": "string",
        }
    },
    "GET /v1/payment_pages/{session}": {"object": {"expand": {"array": "string"}}},
    "POST /v1/payment_pages/{session}/confirm": {
        "object": {
            "expand": {"array": "string"},
            "expected_amount": "integer",
            "payment_method": "string",
        },
        "required": ["payment_method"],
    },
}


@cache
def schema() -> dict[str, Any]:
    """The whole file, with the pooled enums put back in place."""
    raw: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text())
    raw["routes"] = {route: _unpooled(kind, raw["enums"]) for route, kind in raw["routes"].items()}
    raw["routes"] |= BESIDE
    _take_cards(raw["routes"])
    return raw


def _take_cards(routes: dict[str, Type]) -> None:
    """Lets `payment_method_data` hold a card, which the API takes (browsers send it so) although
    the SDK's types leave it out.
    """
    card = routes["POST /v1/payment_methods"]["object"]["card"]
    for described in routes.values():
        data = ((described or {}).get("object") or {}).get("payment_method_data", {})
        if isinstance(data, dict) and "type" in data.get("object", {}):
            fields = data["object"]
            fields.setdefault("card", card)
            known = fields["type"]["enum"]
            fields["type"] = {"enum": sorted({*known, "card"})}


def _unpooled(node: Any, pool: dict[str, list[Any]]) -> Any:
    if isinstance(node, list):
        return [_unpooled(one, pool) for one in node]
    if isinstance(node, dict):
        if isinstance(node.get("enum"), str):
            return {"enum": pool[node["enum"]]}
        return {key: _unpooled(value, pool) for key, value in node.items()}
    return node


def api_version() -> str:
    """The version this sandbox speaks, such as `2026-10-28.endive`."""
    return str(schema()["api_version"])


def parameters(route: str) -> Type:
    """The object type of a route's parameters ("POST /v1/customers"), or None."""
    return schema()["routes"].get(route)


def expandable(kind: str) -> frozenset[str]:
    """The dotted fields of an object whose id `expand` may replace."""
    return frozenset(schema()["expandable"].get(kind, ()))


@cache
def left_out() -> dict[str, Any]:
    """Kind of object -> the fields, under "", that are left out rather than null; for a hash in it
    the same again under its name.
    """
    found: dict[str, Any] = json.loads(Path(__file__).with_name("left_out.json").read_text())
    return found
