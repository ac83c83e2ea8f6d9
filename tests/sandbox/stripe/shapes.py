"""Says where a JSON object differs from the annotations of the installed Stripe SDK.

Every enum is strict, null is allowed only where the SDK says Optional, and so is absence; of the
optional fields, `presence.json` says which Stripe always sends and which it never sends as null. An
id must have the prefix of the kind of object that the field refers to. What the SDK leaves open
(`Any`) is not looked at; what it names and this module cannot find is itself a difference.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from portal.sandbox.stripe import make_schema
from tests.sandbox.stripe import sdk
from tests.sandbox.stripe.make_presence import PRESENCE

Json = Any
ENVELOPES = {
    "list": {"object", "data", "has_more", "url"},
    "search_result": {"object", "data", "has_more", "url", "next_page"},
}
# Besides id, object and deleted, what a deleted object still has.
LEFT_OF = {
    "discount": {"checkout_session", "customer", "customer_account", "invoice", "invoice_item"}
    | {"promotion_code", "source", "start", "subscription", "subscription_item"},
}
# What a deleted object may have besides (DeletedCard, DeletedBankAccount of the Node SDK).
MAY_BE_LEFT = {"bank_account": {"currency"}, "card": {"currency"}}
# Stripe documents that the invoice of this event has no id yet, although the SDK types one.
WITHOUT_ID = frozenset(["invoice.upcoming"])


@cache
def _by_name() -> dict[str, str]:
    return {one["name"]: path for path, one in make_schema.objects().items()}


@cache
def _presence() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(PRESENCE.read_text())
    return found


class Place(NamedTuple):
    """Where the checker is: `path` names the class as in "Invoice.Parent", `described` is what the
    SDK says of it, `module` the class of objects it is written in.

    `partial` is for previous attributes, which hold only what changed.
    """

    where: str
    module: str
    described: Json
    partial: bool = False
    path: str = ""

    def at(self, step: str) -> "Place":
        """The same class, one step further into the value."""
        return Place(f"{self.where}{step}", *self[1:])

    def into(self, name: str) -> "Place | None":
        """A class inside the present one, or None if there is none of that name."""
        inner: Json = self.described
        for part in name.split("."):
            inner = inner["classes"].get(part) if inner else None
        return self._replace(described=inner, path=f"{self.path}.{name}") if inner else None

    @classmethod
    def of(cls, kind: str, where: str, *, partial: bool = False) -> "Place":
        """An object of that kind."""
        path = _by_name()[kind]
        return cls(where, path, make_schema.objects()[path], partial, path)


def differences(body: Json) -> list[str]:
    """Each way in which an object, a list of objects or an event departs from the SDK's types."""
    if not isinstance(body, dict):
        return [f"{body!r} is not an object"]
    kind = str(body.get("object"))
    if kind in ENVELOPES:
        return list(_envelope(body, kind, kind))
    found = list(_object(body, kind))
    return found + list(_carried(body)) if body.get("object") == "event" else found


def _envelope(body: Json, kind: str, where: str) -> Iterator[str]:
    if not isinstance(body, dict) or body.keys() != ENVELOPES[kind] or body["object"] != kind:
        yield f"{where}: not a {kind} envelope"
        return
    if not isinstance(body["has_more"], bool):
        yield f"{where}.has_more: {body['has_more']!r} is not boolean"
    if not str(body["url"]).startswith("/v1/"):
        yield f"{where}.url: {body['url']!r} is not a path of the API"
    if not isinstance(body["data"], list):
        yield f"{where}.data: {body['data']!r} is not a list"
        return
    for one in body["data"]:
        yield from differences(one)


def _is_part_of_list(value: Json) -> bool:
    """Whether it is what changed of a list: usually its `data`, whole."""
    return isinstance(value, dict) and bool(value) and value.keys() < ENVELOPES["list"]


def _carried(event: Json) -> Iterator[str]:
    kinds = sdk.carried(str(event.get("type")))
    data = event.get("data")
    body = data.get("object") if isinstance(data, dict) else None
    if not isinstance(body, dict) or body.get("object") not in kinds:
        yield f"{event.get('type')}: does not carry one of {kinds}"
        return
    missing_id = f"{body['object']}.id: missing"
    for found in differences(body):
        if not (event["type"] in WITHOUT_ID and found == missing_id):
            yield found
    previous = data.get("previous_attributes")
    if previous is not None:
        yield from _previous(previous, body)


def _previous(previous: Json, body: Json) -> Iterator[str]:
    where = f"previous {body['object']}"
    if not isinstance(previous, dict) or not previous:
        yield f"{where}: {previous!r} is not what changed"
        return
    yield from _fields(previous, Place.of(body["object"], where, partial=True))
    for name, old in previous.items():
        if name in body and body[name] == old:
            yield f"{where}.{name}: {old!r} has not changed"


def _object(body: Json, where: str) -> Iterator[str]:
    kind = body.get("object")
    if not isinstance(kind, str) or kind not in _by_name():
        yield f"{where}: unknown object {kind!r}"
        return
    place = Place.of(kind, where)
    if "deleted" in body:
        yield from _deleted(body, place)
        return
    if "id" in body:
        yield from _id(body["id"], [kind], f"{where}.id")
    yield from _fields(body, place)


def _deleted(body: Json, place: Place) -> Iterator[str]:
    where, kind = place.where, body["object"]
    left = body.keys() - MAY_BE_LEFT.get(kind, set())
    if body["deleted"] is not True or "deleted" not in place.described["fields"]:
        yield f"{where}.deleted: {body['deleted']!r} is not allowed"
    elif left != {"id", "object", "deleted"} | LEFT_OF.get(kind, set()):
        yield f"{where}: a deleted object has only id, object and deleted"
    else:
        yield from _id(body["id"], [kind], f"{where}.id")


def _fields(body: Json, place: Place) -> Iterator[str]:
    fields, sent = place.described["fields"], _presence().get(place.path, {})
    for name in body.keys() - fields.keys():
        yield f"{place.where}.{name}: not a field of the SDK"
    for name, kind in fields.items():
        if name in body:
            yield from _value(body[name], kind, place.at(f".{name}"))
            if body[name] is None and name in sent.get("never_null", ()) and not place.partial:
                yield f"{place.where}.{name}: left out rather than null"
        elif not place.partial and not _may_be_absent(name, kind, sent):
            yield f"{place.where}.{name}: missing"
    if body.get("livemode") is True:
        yield f"{place.where}.livemode: a sandbox is never live"


def _may_be_absent(name: str, kind: Json, sent: dict[str, list[str]]) -> bool:
    optional = isinstance(kind, dict) and "nullable" in kind
    return optional and name not in sent.get("always", ())


def _value(value: Json, kind: Json, place: Place) -> Iterator[str]:
    match kind:
        case {"nullable": inner}:
            if value is not None:
                yield from _value(value, inner, place)
        case {"enum": values}:
            # True equals 1, and would pass for it.
            if not any(value == one and type(value) is type(one) for one in values):
                yield f"{place.where}: {value!r} is not one of {values}"
        case {"array": inner}:
            yield from _array(value, inner, place)
        case {"map": inner}:
            yield from _map(value, inner, place)
        case {"list": inner}:
            if not (place.partial and _is_part_of_list(value)):
                yield from _envelope(value, "list", place.where)
            if isinstance(value, dict) and isinstance(value.get("data"), list):
                yield from _kinds(value["data"], inner, place)
        case {"expandable": inner}:
            if isinstance(value, str):
                yield from _id(value, _names_of(inner, place), place.where)
            else:
                yield from _value(value, inner, place)
        case {"union": members}:
            yield from _union(value, members, place)
        case {"ref": name}:
            yield from _reference(value, name, place)
        case "any":
            return
        case _:
            if not _is_scalar(value, kind):
                yield f"{place.where}: {value!r} is not {kind}"


def _array(value: Json, inner: Json, place: Place) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{place.where}: {value!r} is not a list"
        return
    for at, one in enumerate(value):
        yield from _value(one, inner, place.at(f"[{at}]"))


def _map(value: Json, inner: Json, place: Place) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place.where}: {value!r} is not a hash"
        return
    for key, one in value.items():
        # A previous attribute of a hash is null where the key was not there.
        if not (place.partial and one is None):
            yield from _value(one, inner, place.at(f"[{key}]"))


def _union(value: Json, members: list[Json], place: Place) -> Iterator[str]:
    if isinstance(value, dict) and "object" in value:
        same = [one for one in members if value["object"] in _names_of(one, place)]
        members = same or members
    yield from min((list(_value(value, one, place)) for one in members), key=len)


def _kinds(data: list[Json], inner: Json, place: Place) -> Iterator[str]:
    wanted = _names_of(inner, place)
    for at, one in enumerate(data):
        kind = one.get("object") if isinstance(one, dict) else None
        if kind not in wanted:
            yield f"{place.where}.data[{at}]: {kind!r} is not one of {wanted}"


def _reference(value: Json, name: str, place: Place) -> Iterator[str]:
    """A class inside the present one or, as in Python, one that its module names."""
    if not isinstance(value, dict):
        yield f"{place.where}: {value!r} is not a hash"
        return
    inner = place.into(name)
    if inner:
        yield from _fields(value, inner)
        return
    kind = _named(name, place)
    if kind is None:
        yield f"{place.where}: the SDK's class {name} is not known here"
    elif value.get("object", kind) != kind:
        yield f"{place.where}: {value.get('object')!r} is not {kind}"
    elif "object" in value:
        yield from _object(value, place.where)
    else:
        yield from _fields(value, Place.of(kind, place.where, partial=place.partial))


def _named(name: str, place: Place) -> str | None:
    """The `object` of a class outside, as the module of the present one names it."""
    known = make_schema.objects()
    path = known[place.module]["imports"].get(name)
    package = place.module.rpartition(".")[0]
    found = known.get(path or f"{package}.{name}".lstrip("."))
    return str(found["name"]) if found else None


def _names_of(kind: Json, place: Place) -> list[str]:
    """The kinds of object that a type may be."""
    match kind:
        case {"ref": name}:
            found = _named(name, place)
            return [found] if found else []
        case {"union": members}:
            return [name for one in members for name in _names_of(one, place)]
        case {"nullable": inner} | {"array": inner} | {"expandable": inner}:
            return _names_of(inner, place)
    return []


def _id(value: Json, kinds: list[str], where: str) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"{where}: {value!r} is not an id"
        return
    allowed = {prefix for kind in kinds for prefix in sdk.PREFIXES.get(kind, ())}
    if all(kind in sdk.PREFIXES for kind in kinds):
        fits = any(value.startswith(f"{prefix}_") for prefix in allowed)
    else:
        owned = {prefix for known in sdk.PREFIXES.values() for prefix in known} - allowed
        fits = not any(value.startswith(f"{prefix}_") for prefix in owned)
        fits = fits and bool("_" in value or sdk.CHOSEN.intersection(kinds))
    if "sub" in allowed and "sub_sched" not in allowed:
        fits = fits and not value.startswith("sub_sched_")
    if not fits:
        yield f"{where}: {value!r} is not the id of {' or '.join(kinds)}"


def _is_scalar(value: Json, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "decimal":
            return isinstance(value, str) and bool(re.fullmatch(r"-?\d+(\.\d+)?", value))
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
    return False
