"""Lists: ``{items, cursor, has_more}`` with ``limit`` and ``cursor``; ``page`` means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from flask import request

from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.problems import bad_request

DEFAULT, MOST = 50, 200
NOTHING: dict[str, Any] = {"items": [], "cursor": None, "has_more": False}

Object = dict[str, Any]


def page(
    kind: str,
    *,
    keep: Callable[[Object], bool] = lambda _: True,
    show: Callable[[Object], Object] = lambda each: each,
    contact: str | None = None,
    order: tuple[Callable[[Object], Any], bool] | None = None,
) -> dict[str, Any]:
    """Return the page this request asks for, of the account's objects of ``kind``.

    ``order`` is a sort key and whether to turn it round; without one, objects come as they were
    created. Query parameters that are not read here or in ``keep`` are ignored, as the provider
    does.
    """
    if order is not None:
        key, reverse = order
        found = filter(keep, state().each(account().id, kind, contact=contact))
        return pages(sorted(found, key=key, reverse=reverse), show=show)
    cursor, limit = asked_cursor(), asked_limit()
    if cursor == "":
        return dict(NOTHING)
    rows = state().each(
        account().id,
        kind,
        after=cursor,
        contact=contact,
        descending=request.args.get("sort") == "created-desc",
    )
    return envelope(filter(keep, rows), limit, show)


def pages(
    rows: Iterable[Object], *, show: Callable[[Object], Object] = lambda each: each
) -> dict[str, Any]:
    """Return the page this request asks for of ``rows``, which are in order and have an ``id``."""
    cursor, limit = asked_cursor(), asked_limit()
    if cursor == "":
        return dict(NOTHING)
    return envelope(iter(rows) if cursor is None else behind(rows, cursor), limit, show)


def behind(rows: Iterable[Object], cursor: str) -> Iterator[Object]:
    """Return the rows that follow the one of that id; none when there is no such row."""
    rest = iter(rows)
    for each in rest:
        if each["id"] == cursor:
            break
    return rest


def envelope(
    rows: Iterator[Object], limit: int, show: Callable[[Object], Object]
) -> dict[str, Any]:
    found = list(islice(rows, limit + 1))
    more = len(found) > limit
    found = found[:limit]
    return {
        "items": [show(each) for each in found],
        "cursor": found[-1]["id"] if more else None,
        "has_more": more,
    }


def asked_limit() -> int:
    value = request.args.get("limit")
    if value is None:
        return DEFAULT
    if not re.fullmatch(r"\d{1,4}", value, re.ASCII) or not 1 <= int(value) <= MOST:
        raise bad_request(f"limit must be an integer between 1 and {MOST}")
    return int(value)


def asked_cursor() -> str | None:
    """Return the cursor; one that is given but empty asks for what follows everything."""
    value = request.args.get("cursor")
    if value and not re.fullmatch(r"[0-9a-f]{24}", value):
        raise bad_request(f"Error parsing ObjectId string: {value[:60]}")
    return value


def same(*names: str) -> Callable[[Object], bool]:
    """Return a filter: each of ``names`` that the query gives must equal the object's, exactly."""
    asked = {name: request.args[name] for name in names if name in request.args}
    return lambda each: all(each.get(name) == value for name, value in asked.items())


def shown(data: Object) -> Object:
    """Return an object as the API shows it: without what only the sandbox knows."""
    return {key: value for key, value in data.items() if not key.startswith("_")}
