"""Plants faults in a good object: one at a time, at every leaf, of every kind that could occur.

It goes by the annotations of the SDK's own classes, imported, not by what `make_schema` reads from
their source: a fault of the reader must not hide from its own test.
"""

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ForwardRef, Literal, get_args, get_origin

from stripe._list_object import ListObject
from stripe._object_classes import OBJECT_CLASSES, get_object_class
from stripe._stripe_object import UntypedStripeObject

Json = Any
Path = tuple[str | int, ...]
NONSENSE = "nonsense"
ANOTHER_ID = "evt_1"
ABSENT = object()


def faults(body: Json) -> Iterator[tuple[str, Json]]:
    """Copies of the object with one fault each, with what is wrong and where."""
    for path, wrong in _in_object(body, ()):
        yield f"{'.'.join(map(str, path))}: {wrong!r}", planted(body, path, wrong)


def planted(body: Json, path: Path, value: Json) -> Json:
    """A copy with the value put at the path; ABSENT takes the field away."""
    found, step = copy.copy(body), path[0]
    if len(path) > 1:
        found[step] = planted(body[step], path[1:], value)
    elif value is ABSENT:
        del found[step]
    else:
        found[step] = value
    return found


def _in_object(body: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    yield from _in_class(body, get_object_class("V1", body["object"]), path)


def _in_class(body: Json, owner: Any, path: Path) -> Iterator[tuple[Path, Json]]:
    yield (*path, NONSENSE), NONSENSE
    inner = getattr(owner, "_inner_class_types", {})
    for name, value in body.items():
        annotation = owner.__annotations__[name]
        optional = type(None) in get_args(annotation)
        if not optional:
            yield (*path, name), None
            yield (*path, name), ABSENT
        if value is None:
            yield (*path, name), [NONSENSE, 1.5]
        else:
            yield from _in_value(value, annotation, inner.get(name), (*path, name))


def _in_value(value: Json, annotation: Any, inner: Any, path: Path) -> Iterator[tuple[Path, Json]]:
    members = [one for one in _members(annotation) if one is not type(None)]
    origins = [get_origin(one) for one in members]
    if Any in members:
        return
    if isinstance(value, dict):
        # Not any text will do: where this object stands, there may be its id instead.
        yield from ((path, wrong) for wrong in (ANOTHER_ID, 7, [value]))
        if isinstance(value.get("object"), str):
            yield path, {"id": "zz_1", "object": _another(value["object"])}
        yield from _in_hash(value, inner, origins, path)
    elif isinstance(value, list):
        yield from ((path, wrong) for wrong in (NONSENSE, 7, {"0": value}))
        (listed,) = (one for one in members if get_origin(one) is list)
        for at, one in enumerate(value):
            yield from _in_value(one, get_args(listed)[0], inner, (*path, at))
    else:
        yield from ((path, wrong) for wrong in _wrong_scalars(value, members))


def _in_hash(
    value: Json, inner: Any, origins: list[Any], path: Path
) -> Iterator[tuple[Path, Json]]:
    if ListObject in origins:
        yield (*path, "has_more"), "no"
        yield (*path, "url"), ABSENT
        yield (*path, "object"), "array"
        for at, one in enumerate(value["data"]):
            yield from _in_object(one, (*path, "data", at))
    elif isinstance(value.get("object"), str):
        yield from _in_object(value, path)
    elif UntypedStripeObject in origins or dict in origins:
        for key, one in value.items():
            yield (*path, key), [7]
            if inner:
                yield from _in_class(one, inner, (*path, key))
    elif inner:
        yield from _in_class(value, inner, path)


def _wrong_scalars(value: Json, members: list[Any]) -> Iterator[Json]:
    yield {NONSENSE: 7}
    yield [value]
    if isinstance(value, bool):
        yield from ("true", 1)
    elif isinstance(value, int | float):
        yield from (str(value), True)
    else:
        yield from (7, False)
    if isinstance(value, int) and float not in members:
        yield value + 0.5
    if Decimal in members or any(get_origin(one) is Literal for one in members):
        yield NONSENSE
    if str in members and any(isinstance(one, ForwardRef) for one in members):
        # An id where an object may stand: of another kind, or another kind's object.
        yield ANOTHER_ID
        yield {"id": "zz_1", "object": "source_mandate_notification"}


def _members(annotation: Any) -> list[Any]:
    """The members of a union; an annotation that is none is its own."""
    args = get_args(annotation)
    is_union = get_origin(annotation) not in (None, list, dict, Literal, ListObject) and args
    if is_union and get_origin(annotation) is not UntypedStripeObject:
        return [inner for one in args for inner in _members(one)]
    return [annotation]


def _another(kind: str) -> str:
    return next(one for one in sorted(OBJECT_CLASSES) if one != kind)
