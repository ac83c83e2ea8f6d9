"""JSON in two-space steps, as Stripe answers; the standard library's writer of it is slow."""

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any


def dumps(value: Any, margin: str = "\n") -> str:
    """The same text as `json.dumps(value, indent=2)`, for values with text for keys."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if value is None:
        return "null"
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    inner = margin + "  "
    if kind is dict and value:
        members = [f"{quoted(name)}: {dumps(one, inner)}" for name, one in value.items()]
        return "{" + inner + ("," + inner).join(members) + margin + "}"
    if kind is list and value:
        return "[" + inner + ("," + inner).join([dumps(one, inner) for one in value]) + margin + "]"
    return json.dumps(value)
