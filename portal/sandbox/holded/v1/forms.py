"""Bodies sent as a form, as PHP writes nested ones: ``billAddress[city]=Madrid&tags[]=web``."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from portal.sandbox.holded.v1.answers import Refusal

MOST_FIELDS, DEEPEST = 5_000, 6


def read(raw: bytes) -> dict[str, Any]:
    """Return the nested object of a form; its values are texts."""
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise Refusal("The body is not a valid form") from error
    root: dict[str, Any] = {}
    for key, value in pairs:
        place(root, key.replace("]", "").split("["), value)
    return {name: listed(each) for name, each in root.items()}


def place(root: dict[str, Any], path: list[str], value: str) -> None:
    """Put a value where its name says; an empty part of a name is the next place of a list."""
    if len(path) > DEEPEST:
        raise Refusal("The body is nested too deeply")
    *parents, last = path
    inside = root
    for part in parents:
        inside = inside.setdefault(part or str(len(inside)), {})
        if not isinstance(inside, dict):
            raise Refusal("A field of the body is both a value and an object")
    inside[last or str(len(inside))] = value


def listed(value: Any) -> Any:
    """Turn objects whose names are 0, 1, 2 … into lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: listed(each) for name, each in value.items()}
    if list(inner) == [str(n) for n in range(len(inner))]:
        return list(inner.values())
    return inner
