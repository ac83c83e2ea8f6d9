"""Lists: ``{items, cursor, has_more}`` with ``limit`` and ``cursor``; ``page`` means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from flask import request

from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.problems import bad_request

DEFAULT, MOST = 50, 200

Object = dict[str, Any]


def page(
    kind: str,
    *,
    keep: Callable[[Object], bool] = lambda _: True,
    show: Callable[[Object], Object] = lambda each: each,
    contact: str | None = None,
) -> dict[str, Any]:
    """Return the page this request asks for, of the account's objects of ``kind``.

    Query parameters that are not read here or in ``keep`` are ignored, as the provider does.
    """
    limit, cursor = asked_limit(), asked_cursor()
    if cursor == "":
        return {"items": [], "cursor": None, "has_more": False}
    rows = state().each(
        account().id,
        kind,
        after=cursor,
        contact=contact,
        descending=request.args.get("sort") == "created-desc",
    )
    found = list(islice((each for each in rows if keep(each)), limit + 1))
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
