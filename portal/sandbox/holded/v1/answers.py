"""How v1 answers: ``{status: 1, info, id}``, ``{status: 0, info}``, or a page of HTML with 200."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Response, json

from portal.sandbox.holded.problems import Problem

UNSUPPORTED = "sandbox_unsupported"
PAGE = (
    "<!DOCTYPE html>\n"
    '<html lang="en">\n'
    '<head><meta charset="utf-8"><title>Holded</title></head>\n'
    "<body><h1>Holded</h1><p>A sandbox: API v1 has no such address.</p></body>\n"
    "</html>\n"
)


class Refusal(Problem):
    """A refusal in v1's own words: 400 with ``{status: 0, info}``."""

    def __init__(self, info: str, status: int = 400) -> None:
        super().__init__(status, info)


class BadKey(Problem):
    """No key, or one nobody has: 401 with ``{"status": 401}`` and no words."""

    def __init__(self) -> None:
        super().__init__(401, "")


def needed(name: str) -> Refusal:
    """Return the refusal of a body that lacks ``name``, worded as seen: ``contactId needed``."""
    return Refusal(f"{name} needed")


def not_found() -> Refusal:
    """Return the refusal of an id nobody has, worded as seen live."""
    return Refusal("not found")


def unsupported(what: str) -> Refusal:
    """Return the sandbox's refusal to guess what Holded would do."""
    return Refusal(f"{UNSUPPORTED}: {what}", 501)


def refused(problem: Problem) -> Response:
    """Write a refusal; rules shared with v2 raise its problems, which v1 answers as 400."""
    if isinstance(problem, BadKey):
        return written({"status": 401}, 401)
    detail, status = problem.detail, problem.status
    if detail.startswith(UNSUPPORTED):
        status = 501
    elif status == 404:
        detail, status = "not found", 400
    elif status == 422:
        status = 400
    answer = written({"status": 0, "info": detail}, status)
    answer.headers.extend(problem.headers)
    return answer


def page() -> Response:
    """Return what addresses answer that v1 does not have: a page, and 200."""
    return Response(PAGE, 200, mimetype="text/html")


def created(id_: str) -> Response:
    return written({"status": 1, "info": "Created", "id": id_}, 201)


def updated(id_: str) -> Response:
    return written({"status": 1, "info": "Updated", "id": id_})


def deleted(id_: str) -> Response:
    return written({"status": 1, "info": "Successfully deleted", "id": id_})


def written(body: Mapping[str, Any] | list[Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def number(value: Decimal | str | int | None) -> int | float:
    """Write a stored decimal as the JSON number v1 shows: 290, or 1061.79."""
    read = Decimal(value or 0)
    return int(read) if read == read.to_integral_value() else float(read)
