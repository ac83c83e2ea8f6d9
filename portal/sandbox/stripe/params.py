"""Form bodies and query strings to checked parameters: nothing unknown, nothing misspelt, every
enum exact.

What comes out has Python's types (int, bool, str, dict, list); decimals stay strings; "" means
*unset this field*.
"""

import contextlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from portal.sandbox.stripe.errors import ApiError, Json, invalid
from portal.sandbox.stripe.schema import Type, parameters

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
INDEX = re.compile(r"[0-9]{1,9}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FORM = "application/x-www-form-urlencoded"
LARGEST = 1 << 20
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


def read(request: Request) -> Json:
    """The nested parameters of a request's query and form body; raises the 400 for what is neither
    and the 413 for more than a megabyte.
    """
    request.max_content_length = LARGEST
    try:
        body = request.get_data(cache=False)
    except HTTPException as error:
        too_large = error.code == 413
        message = "Request entity is too large." if too_large else "The request body is incomplete."
        raise invalid(message, status=413 if too_large else 400) from None
    except OSError:
        raise invalid("The request body is malformed.") from None
    if body and (
        request.mimetype not in (FORM, "")
        or request.headers.get("Content-Encoding", "identity").lower() != "identity"
    ):
        raise invalid(
            f"Invalid request (check that your POST content type is {FORM}). If you have "
            "any questions, we can help at https://support.stripe.com/."
        )
    return decode([*_pairs(request.query_string), *_pairs(body)])


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    if not encoded:
        return []
    if encoded.count(b"&") > MOST_PAIRS:
        raise invalid(f"A request can have at most {MOST_PAIRS} parameters.")
    try:
        text = encoded.decode()
        if ESCAPE.search(text):
            raise invalid("Invalid percent-encoding in the parameters.")
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise invalid("Invalid UTF-8 in the parameters.") from None


def decode(pairs: Iterable[tuple[str, str]]) -> Json:
    """Nests `a[b][0][c]=d`. Lists stay dicts until the schema says what they are, with the keys
    that were given: "0", or "[0]" for the first of `a[]`.
    """
    found: Json = {}
    for key, value in pairs:
        match = KEY.match(key)
        if not match or CONTROL.search(key):
            raise invalid(f"Invalid parameter name: {key[:100]}", param=key[:100])
        path = [match.group(1), *PART.findall(match.group(2))]
        if len(path) > DEEPEST:
            raise invalid("Parameters are nested too deeply.", param=path[0][:100])
        _put(found, path, value, key)
    return found


def _put(found: Json, path: list[str], value: str, key: str) -> None:
    for at, part in enumerate(path[:-1]):
        found = found.setdefault(part or _next(found, path[at + 1 :]), {})
        if not isinstance(found, dict):
            raise invalid("Invalid object", param=key[:100])
    last = path[-1] or _next(found, [])
    if isinstance(found.get(last), dict):
        raise invalid("Invalid object", param=key[:100])
    found[last] = value


def _next(found: Json, rest: list[str]) -> str:
    """The key of `[]`: a new element, or the last one as long as it lacks what is to be put there
    (`items[][price]=p&items[][quantity]=2` is one item).
    """
    last = f"[{len(found) - 1}]"
    if rest and last in found and not _holds(found[last], rest):
        return last
    return f"[{len(found)}]"


def _holds(node: Any, path: list[str]) -> bool:
    for part in path:
        if not isinstance(node, dict):
            return True
        if not part or part not in node:
            return False
        node = node[part]
    return True


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
            if not isinstance(raw, dict) or any(key.startswith("[") for key in raw):
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
    if "\x00" in raw:
        raise invalid("Invalid string: it contains a null byte.", param=name)
    if len(raw) > LONGEST:
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
            full = f"{name}[{key.strip('[]')}]" if name else key
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
    if isinstance(raw, dict):
        if all(INDEX.fullmatch(key) for key in raw):
            return [raw[key] for key in sorted(raw, key=int)]
        if all(key.startswith("[") for key in raw):
            return list(raw.values())
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
