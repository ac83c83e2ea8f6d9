"""Says where a JSON object differs from the annotations of the installed Stripe SDK."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from portal.sandbox.stripe import make_schema

Json = Any


@cache
def _by_name() -> dict[str, tuple[str, dict[str, Any]]]:
    return {one["name"]: (path, one) for path, one in make_schema.objects().items()}


@cache
def _by_class(name: str, package: str) -> tuple[str, dict[str, Any]] | None:
    known = make_schema.objects()
    wanted = name.rpartition(".")[2]
    for path in (f"{package}.{wanted}".lstrip("."), wanted):
        if path in known:
            return path, known[path]
    found = [path for path in known if path.rpartition(".")[2] == wanted]
    return (found[0], known[found[0]]) if len(found) == 1 else None


def differences(body: Json) -> list[str]:
    """Each way in which an object, a list of objects or an event departs from the SDK's types."""
    if body.get("object") in ("list", "search_result"):
        return [found for one in body["data"] for found in differences(one)]
    if body.get("object") == "event":
        return list(_object(body, body["object"])) + differences(body["data"]["object"])
    return list(_object(body, body["object"]))


def _object(body: Json, where: str) -> Iterator[str]:
    if body.get("object") not in _by_name():
        yield f"{where}: unknown object {body.get('object')!r}"
        return
    path, described = _by_name()[body["object"]]
    if body.get("deleted"):
        if body.keys() != {"id", "object", "deleted"}:
            yield f"{where}: a deleted object has only id, object and deleted"
        return
    yield from _fields(body, described, [described], path.rpartition(".")[0], where)


def _fields(
    body: Json, described: Json, scope: list[Json], package: str, where: str
) -> Iterator[str]:
    fields = described["fields"]
    for name in body.keys() - fields.keys():
        yield f"{where}.{name}: not a field of the SDK"
    for name, kind in fields.items():
        if name in body:
            yield from _value(body[name], kind, scope, package, f"{where}.{name}")
        elif not (isinstance(kind, dict) and "nullable" in kind):
            yield f"{where}.{name}: missing"


def _value(value: Json, kind: Json, scope: list[Json], package: str, where: str) -> Iterator[str]:
    match kind:
        case {"nullable": inner}:
            if value is not None:
                yield from _value(value, inner, scope, package, where)
        case {"enum": values}:
            if value not in values:
                yield f"{where}: {value!r} is not one of {values}"
        case {"array": inner}:
            yield from _array(value, inner, scope, package, where)
        case {"map": inner}:
            yield from _map(value, inner, scope, package, where)
        case {"list": inner}:
            if not isinstance(value, dict) or value.keys() != {"object", "data", "has_more", "url"}:
                yield f"{where}: not a list envelope"
            else:
                yield from _array(value["data"], inner, scope, package, f"{where}.data")
        case {"expandable": inner}:
            if not isinstance(value, str):
                yield from _value(value, inner, scope, package, where)
        case {"union": members}:
            found = [list(_value(value, one, scope, package, where)) for one in members]
            yield from min(found, key=len)
        case {"ref": name}:
            yield from _reference(value, name, scope, package, where)
        case "any":
            return
        case _:
            if not _is_scalar(value, kind):
                yield f"{where}: {value!r} is not {kind}"


def _array(value: Json, inner: Json, scope: list[Json], package: str, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {value!r} is not a list"
        return
    for at, one in enumerate(value):
        yield from _value(one, inner, scope, package, f"{where}[{at}]")


def _map(value: Json, inner: Json, scope: list[Json], package: str, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is not a hash"
        return
    for key, one in value.items():
        yield from _value(one, inner, scope, package, f"{where}[{key}]")


def _reference(
    value: Json, name: str, scope: list[Json], package: str, where: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is not a hash"
        return
    for at, level in enumerate(scope):
        target = level
        for part in name.split("."):
            target = target and target["classes"].get(part)
        if target:
            yield from _fields(value, target, [target, *scope[at:]], package, where)
            return
    found = _by_class(name, package)
    if found and value.get("object") == found[1]["name"]:
        yield from _object(value, where)
    elif found:
        yield f"{where}: {value.get('object')!r} is not {found[1]['name']}"


def _is_scalar(value: Json, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "decimal":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
    return False
