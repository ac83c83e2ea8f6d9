"""Where browsers report what the content policy stopped: a line in the log, nothing is kept."""

import json
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.domain.errors import InvalidInput, PayloadTooLarge
from portal.web.policies import Who, open_to

LARGEST = 16 * 1024
MOST = 10  # reports of one post that are worth a line
LONGEST = 80

pages = Blueprint("reports", __name__, url_prefix="/reports")
log = structlog.get_logger()


@pages.post("/csp")
@open_to(Who.ANYONE)
def stopped() -> ResponseReturnValue:
    """Write down which rule stopped what: no address of a page, since some hold a token."""
    told = _told()
    if not isinstance(told, list):
        raise InvalidInput("body", "no list of reports")
    for report in told[:MOST]:
        body = report.get("body") if isinstance(report, dict) else None
        if isinstance(body, dict):
            log.warning(
                "csp.stopped",
                directive=_short(body.get("effectiveDirective")),
                reason=_origin(body.get("blockedURL")),
            )
    return "", 204


def _told() -> Any:
    """Return the posted JSON, None for what is none or nests deeper than anybody reads.

    Raises PayloadTooLarge, also of a body that does not say its length: Werkzeug cuts it off
    there without a word.
    """
    request.max_content_length = LARGEST
    body = request.get_data(cache=False)
    if len(body) >= LARGEST:
        raise PayloadTooLarge("a report")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _short(value: Any) -> str:
    return str(value)[:LONGEST]


def _origin(value: Any) -> str:
    """Return where something came from: `inline`, `eval`, or scheme and host."""
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return "-"
    return f"{parts.scheme}://{parts.hostname}"[:LONGEST] if parts.hostname else _short(value)
