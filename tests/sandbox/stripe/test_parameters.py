"""Every route refuses what its typed parameters in the SDK do not allow, and says where."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from portal.sandbox.stripe import create_app
from portal.sandbox.stripe.registry import ROUTES, load
from portal.sandbox.stripe.schema import parameters

load()
Type = Any
Pairs = dict[str, str]
NONSENSE = "nonsense"
CODES = {
    "integer": "parameter_invalid_integer",
    "boolean": None,
    "number": None,
    "decimal": None,
}
BASE = "http://stripe.test"
by_route = pytest.mark.parametrize("route", sorted(ROUTES))


class Asked:
    """An account that is only ever asked for what it must refuse."""

    def __init__(self) -> None:
        app = create_app(base_url=BASE)
        account = app.extensions["stripe_sandbox"].add_account({"name": "Blau"})
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url=BASE,
            headers={"Authorization": f"Bearer {account['_secret_key']}"},
        )

    def call(self, method: str, path: str, **kinds: Any) -> httpx.Response:
        """A bare HTTP call with the account's key."""
        return self.http.request(method, path, **kinds)


@pytest.fixture(scope="module")
def shop() -> Asked:
    """One account for all tests, since no request may change it."""
    return Asked()


def is_nested(kind: Type) -> bool:
    """Whether a value of this type has parts."""
    return isinstance(kind, dict) and "enum" not in kind


def chosen(members: list[Type]) -> Type:
    """The member of a union to try: one with parts, if there is any."""
    return sorted((one for one in members if one != ""), key=is_nested)[-1]


def named(hash_name: str, key: str) -> str:
    """The full name of a field of a hash."""
    return f"{hash_name}[{key}]" if hash_name else key


def hashes(kind: Type, name: str = "") -> Iterator[tuple[str, Type]]:
    """Every hash a route takes, by its full name; "" is the request itself."""
    match kind:
        case {"object": fields}:
            yield name, kind
            for key, inner in fields.items():
                yield from hashes(inner, named(name, key))
        case {"array": inner}:
            yield from hashes(inner, f"{name}[0]")
        case {"union": members}:
            yield from hashes(chosen(members), name)


def fields(kind: Type) -> Iterator[tuple[str, Type]]:
    """Every field of every hash, by its full name."""
    for name, described in hashes(kind):
        for key, inner in described["object"].items():
            yield named(name, key), inner


def least(kind: Type, name: str) -> Pairs:
    """The least that a type allows."""
    match kind:
        case {"object": inner}:
            found: Pairs = {}
            for key in kind.get("required", []):
                found |= present(inner[key], named(name, key))
            return found
        case {"array": inner}:
            return present(inner, f"{name}[0]")
        case {"map": inner}:
            return least(inner, f"{name}[a]")
        case {"union": members}:
            return least(chosen(members), name)
        case {"enum": values}:
            return {name: str(values[0])}
        case "boolean":
            return {name: "true"}
    return {name: "1"}


def present(kind: Type, name: str) -> Pairs:
    """The least that shows in a form at all: of a hash that requires nothing, some field."""
    optional = kind["object"] if isinstance(kind, dict) and "object" in kind else {}
    tries = (present(inner, named(name, key)) for key, inner in optional.items())
    return least(kind, name) or next((found for found in tries if found), {})


def around(kind: Type, name: str) -> Pairs:
    """What the request and the hashes around a field require, the field itself left out."""
    found: Pairs = {}
    for hash_name, described in hashes(kind):
        if not hash_name or name.startswith(f"{hash_name}["):
            found |= least(described, hash_name)
    return {
        key: value for key, value in found.items() if key != name and not key.startswith(f"{name}[")
    }


def examples(names: Iterator[str] | list[str]) -> set[str]:
    """Of many names, the first and the deepest."""
    found = list(names)
    return {found[0], max(found, key=lambda name: name.count("["))} if found else set()


def refusals(shop: Asked, route: str, forms: dict[str, Pairs]) -> dict[str, Any]:
    """Status, type and code of the answers, by the name of the field that they name; a refusal
    that names another field is under what it names.
    """
    method, path = route.split(" ")
    where = "data" if method == "POST" else "params"
    path = path.replace("{", "").replace("}", "")
    found = {}
    for form in forms.values():
        answer = shop.call(method, path, **{where: form})
        error = answer.json()["error"]
        found[error.get("param")] = (answer.status_code, error["type"], error.get("code"))
    return found


def refused(names: set[str], code: str | None) -> dict[str, Any]:
    """What `refusals` must be."""
    return dict.fromkeys(names, (400, "invalid_request_error", code))


@by_route
def test_the_parameters_of_every_route_are_in_the_schema(route: str) -> None:
    assert parameters(route) is not None


@by_route
def test_an_unknown_parameter_is_refused(shop: Asked, route: str) -> None:
    kind = parameters(route)
    names = examples(named(name, NONSENSE) for name, _ in hashes(kind))

    found = refusals(shop, route, {name: around(kind, name) | {name: "1"} for name in names})

    assert found == refused(names, "parameter_unknown")
    assert shop.call("GET", "/v1/events").json()["data"] == []


@by_route
def test_a_misspelt_parameter_is_refused(shop: Asked, route: str) -> None:
    kind = parameters(route)
    names = {named(name, f"{key}q") for name, one in hashes(kind) for key in one["object"]}
    names = examples(sorted(names))

    found = refusals(shop, route, {name: around(kind, name) | {name: "1"} for name in names})

    assert found == refused(names, "parameter_unknown")


@by_route
def test_an_unknown_value_of_an_enum_is_refused(shop: Asked, route: str) -> None:
    kind = parameters(route)
    enums = [name for name, one in fields(kind) if isinstance(one, dict) and "enum" in one]
    names = examples(enums)

    found = refusals(shop, route, {name: around(kind, name) | {name: NONSENSE} for name in names})

    assert found == refused(names, None)


@pytest.mark.parametrize("wanted", list(CODES))
@by_route
def test_a_value_of_another_type_is_refused(shop: Asked, route: str, wanted: str) -> None:
    kind = parameters(route)
    names = examples(name for name, one in fields(kind) if one == wanted)

    found = refusals(shop, route, {name: around(kind, name) | {name: NONSENSE} for name in names})

    assert found == refused(names, CODES[wanted])


@pytest.mark.parametrize("wanted", ["object", "array", "map"])
@by_route
def test_a_text_is_no_hash_and_no_list(shop: Asked, route: str, wanted: str) -> None:
    kind = parameters(route)
    nested = [name for name, one in fields(kind) if isinstance(one, dict) and wanted in one]
    names = examples(nested)

    found = refusals(shop, route, {name: around(kind, name) | {name: NONSENSE} for name in names})

    assert found == refused(names, None)


@by_route
def test_what_is_required_is_missed(shop: Asked, route: str) -> None:
    kind = parameters(route)
    required = [
        (named(name, key), name) for name, one in hashes(kind) for key in one.get("required", [])
    ]
    forms = {name: around(kind, name) for name, _ in required}
    # A hash that is not sent at all misses nothing.
    sent = {
        name: forms[name]
        for name, owner in required
        if not owner or any(key.startswith(f"{owner}[") for key in forms[name])
    }
    names = examples(list(sent))

    found = refusals(shop, route, {name: sent[name] for name in names})

    assert found == refused(names, "parameter_missing")
