"""From method and path to a route of `schema.json` and the names in its path."""

from functools import cache
from typing import Any

from portal.sandbox.stripe.errors import unrecognized
from portal.sandbox.stripe.schema import schema

# Nodes by path segment; "{}" holds the node of a name, "" the routes that end here, by method.
Node = dict[str, Any]


@cache
def _tree() -> Node:
    """Every v1 route of the pinned API version, modelled or not."""
    root: Node = {}
    for route in schema()["routes"]:
        method, path = route.split(" ")
        node = root
        for part in path[1:].split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        node.setdefault("", {})[method] = (route, names)
    return root


def find(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route ("POST /v1/customers/{customer}") and its names; raises Stripe's 404. HEAD asks for
    what GET would show.
    """
    wanted = "GET" if method == "HEAD" else method
    parts = path.removeprefix("/").removesuffix("/").split("/")
    for ends, values in _walk(_tree(), parts, []):
        if wanted in ends:
            route, names = ends[wanted]
            return route, dict(zip(names, values, strict=True))
    raise unrecognized(method, path)


def _walk(node: Node, parts: list[str], values: list[str]) -> list[tuple[Node, list[str]]]:
    """The ends that a path reaches, those by exact segments before those by names."""
    if not parts:
        return [(node[""], values)] if "" in node else []
    first, rest = parts[0], parts[1:]
    found = []
    if first and first != "{}" and first in node:
        found += _walk(node[first], rest, values)
    if first and "{}" in node:
        found += _walk(node["{}"], rest, [*values, first])
    return found
