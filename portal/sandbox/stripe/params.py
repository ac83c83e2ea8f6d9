"""Form bodies and query strings to checked parameters: nothing unknown, nothing misspelt, every
enum exact.

What comes out has Python's types (int, bool, str, dict, list); decimals stay strings; "" means
*unset this field*.
"""

import contextlib
import re
from collections.abc import Iterable
from typing import Any

from portal.sandbox.stripe.errors import ApiError, Json, invalid
from portal.sandbox.stripe.schema import Type, parameters

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
MOST_PAIRS = 2000
DEEPEST = 12
LONGEST = 5000

# Plain strings that Stripe lets be emptied although their type does not say so.
MAY_BE_EMPTY = frozenset(
    [
        "city",
        "country",
        "line1",
        "line2",
        "postal_code",
        "state",
        "email",
        "name",
        "phone",
        "description",
        "comment",
        "nickname",
        "footer",
        "default_payment_method",
        "return_url",
        "url",
        "default_source",
    ]
)
NO_LONGER_WRITABLE = {
    ("POST /v1/payment_intents", "payment_method_types"),
    ("POST /v1/payment_intents/{intent}", "payment_method_types"),
    ("POST /v1/payment_intents/{intent}/confirm", "payment_method_types"),
    ("POST /v1/setup_intents", "payment_method_types"),
    ("POST /v1/setup_intents/{intent}", "payment_method_types"),
    ("POST /v1/checkout/sessions", "payment_method_types"),
}


def decode(pairs: Iterable[tuple[str, str]]) -> Json:
    """Nests `a[b][0][c]=d`; lists stay dicts with numeric keys until the schema says what they
    are.
    """
    found: Json = {}
    for count, (key, value) in enumerate(pairs):
        match = KEY.match(key)
        if count >= MOST_PAIRS or not match:
            raise invalid(f"Invalid parameter name: {key[:100]}", param=key[:100])
        path = [match.group(1), *PART.findall(match.group(2))]
        if len(path) > DEEPEST:
            raise invalid("Parameters are nested too deeply.", param=path[0])
        _put(found, path, value, key)
    return found


def _put(found: Json, path: list[str], value: str, key: str) -> None:
    for part in path[:-1]:
        found = found.setdefault(part or str(len(found)), {})
        if not isinstance(found, dict):
            raise invalid("Invalid object", param=key)
    last = path[-1] or str(len(found))
    if isinstance(found.get(last), dict):
        raise invalid("Invalid object", param=key)
    found[last] = value


def check(route: str, raw: Json) -> Json:
    """The parameters of a route as its schema types them; raises the 400 Stripe would give."""
    described = parameters(route) or {"object": {"expand": {"array": "string"}}}
    for name in raw:
        if (route, name) in NO_LONGER_WRITABLE:
            raise invalid(
                f"The `{name}` parameter is no longer supported in this API version. Use "
                "dynamic payment methods, "
                "`allowed_payment_method_types` or `excluded_payment_method_types` instead.",
                param=name,
                code="payment_method_types_no_longer_supported",
            )
    checked: Json = _checked(described, raw, "")
    return checked


def _checked(kind: Type, raw: Any, name: str) -> Any:
    match kind:
        case "string" | "decimal" | "integer" | "number" | "boolean" | "any":
            return _scalar(kind, raw, name)
        case {"enum": values}:
            return _one_of(values, raw, name)
        case {"object": fields}:
            return _object(fields, kind.get("required", []), raw, name)
        case {"array": inner}:
            return [
                _checked(inner, one, f"{name}[{at}]") for at, one in enumerate(_items(raw, name))
            ]
        case {"map": inner}:
            if not isinstance(raw, dict):
                raise invalid("Invalid object", param=name)
            found = {key: _map_value(inner, one, f"{name}[{key}]") for key, one in raw.items()}
            return _metadata(found, name) if name.split("[")[-1].strip("]") == "metadata" else found
        case {"union": members}:
            return _any_of(members, raw, name)
    raise invalid(f"Invalid parameter: {name}", param=name)


def _map_value(inner: Type, raw: Any, name: str) -> Any:
    return "" if raw == "" else _checked(inner, raw, name)


def _scalar(kind: str, raw: Any, name: str) -> Any:
    if not isinstance(raw, str):
        raise invalid(f"Invalid {'string' if kind == 'any' else kind}", param=name)
    leaf = name.split("[")[-1].strip("]")
    if raw == "" and (kind != "string" or leaf not in MAY_BE_EMPTY):
        raise empty(name)
    match kind:
        case "integer":
            if not re.fullmatch(r"[+-]?\d{1,18}", raw, re.ASCII):
                raise invalid(
                    f"Invalid integer: {raw[:100]}", param=name, code="parameter_invalid_integer"
                )
            return int(raw)
        case "boolean":
            if raw.lower() not in ("true", "false"):
                raise invalid(f"Invalid boolean: {raw[:100]}", param=name)
            return raw.lower() == "true"
        case "decimal" | "number":
            if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,12})?", raw, re.ASCII):
                raise invalid(f"Invalid decimal: {raw[:100]}", param=name)
            return float(raw) if kind == "number" else raw
    if len(raw) > LONGEST or "\x00" in raw:
        raise invalid(
            f"Invalid string: {raw[:20]}...; must be at most {LONGEST} characters", param=name
        )
    return raw


def _one_of(values: list[Any], raw: Any, name: str) -> Any:
    if isinstance(raw, str) and raw in values:
        return raw
    if raw == "":
        raise empty(name)
    known = [str(value) for value in values]
    words = ", ".join(known[:-1]) + (", or " if len(known) > 1 else "") + known[-1]
    raise invalid(
        f"Invalid {name}: must be one of {words}"
        if len(known) > 1
        else f"Invalid {name}: must be {words}",
        param=name,
    )


def _object(fields: Json, required: list[str], raw: Any, name: str) -> Json:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=name)
    for key in raw:
        if key not in fields:
            full = f"{name}[{key}]" if name else key
            raise invalid(
                f"Received unknown parameter: {full}", param=full, code="parameter_unknown"
            )
    for key in required:
        if key not in raw:
            full = f"{name}[{key}]" if name else key
            raise invalid(f"Missing required param: {full}.", param=full, code="parameter_missing")
    return {
        key: _checked(fields[key], one, f"{name}[{key}]" if name else key)
        for key, one in raw.items()
    }


def _items(raw: Any, name: str) -> list[Any]:
    if isinstance(raw, dict) and all(key.isascii() and key.isdigit() for key in raw):
        return [raw[key] for key in sorted(raw, key=int)]
    raise invalid("Invalid array", param=name)


def _any_of(members: list[Type], raw: Any, name: str) -> Any:
    if raw == "" and "" in members:
        return ""
    nested = isinstance(raw, dict)
    fitting = [one for one in members if one != "" and nested == _is_nested(one)]
    if not fitting:
        raise invalid("Invalid object" if not nested else "Invalid string", param=name)
    for one in fitting[:-1]:
        with contextlib.suppress(ApiError):
            return _checked(one, raw, name)
    return _checked(fitting[-1], raw, name)


def _is_nested(kind: Type) -> bool:
    return isinstance(kind, dict) and "enum" not in kind


def _metadata(found: Json, name: str) -> Json:
    if len(found) > 50:
        raise invalid("Metadata can have at most 50 keys.", param=name)
    for key, value in found.items():
        if len(key) > 40:
            raise invalid(f"Metadata keys can have up to 40 characters: {key[:50]}", param=name)
        if len(value) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, `{key}` has {len(value)}.",
                param=name,
            )
    return found


def empty(name: str) -> ApiError:
    """The refusal of "" for a field that cannot be unset."""
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
        "unset a parameter; "
        f"however '{name}' cannot be unset. You should remove '{name}' from your request or "
        "supply a non-empty value.",
        param=name,
        code="parameter_invalid_empty",
    )
