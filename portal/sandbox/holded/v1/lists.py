"""Lists of v1: a bare array, 500 objects a page, from ``page=1`` on until one is empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from flask import Response, request

from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.v1.answers import Refusal, written

SIZE = 500

Object = dict[str, Any]


def page(
    kind: str,
    show: Callable[[Object], Object],
    keep: Callable[[Object], bool] | None = None,
    *,
    contact: str | None = None,
    descending: bool = False,
) -> Response:
    """Return the page this request asks for, of the account's objects of ``kind``; parameters v1
    does not know are ignored.
    """
    first = (asked_page() - 1) * SIZE
    skip = first if keep is None else 0  # the database skips faster, and knows no filter
    rows = state().each(account().id, kind, contact=contact, descending=descending, skip=skip)
    found = (each for each in rows if keep is None or keep(each))
    return written([show(each) for each in islice(found, first - skip, first - skip + SIZE)])


def asked_page() -> int:
    value = request.args.get("page") or "1"
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or int(value) < 1:
        raise Refusal("page must be a number from 1 on")
    return int(value)
