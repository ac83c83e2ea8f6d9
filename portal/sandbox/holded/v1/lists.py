"""Lists of v1: a bare array, 500 objects a page, from ``page=1`` on until one is empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from flask import Response, request

from portal.sandbox.holded.v1.answers import Refusal, written

SIZE = 500

Object = dict[str, Any]


def page(
    rows: Iterable[Object],
    show: Callable[[Object], Object],
    keep: Callable[[Object], bool] = lambda _: True,
) -> Response:
    """Return the page this request asks for; parameters v1 does not know are ignored."""
    first = (asked_page() - 1) * SIZE
    found = islice((each for each in rows if keep(each)), first, first + SIZE)
    return written([show(each) for each in found])


def asked_page() -> int:
    value = request.args.get("page") or "1"
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or int(value) < 1:
        raise Refusal("page must be a number from 1 on")
    return int(value)
