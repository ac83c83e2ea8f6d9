"""What is answered where no route is reached: in the envelope of the place that was asked for.

Stripe's error hash under /v1 and at addresses nobody has, plain JSON under `/_sandbox/`, a plain
page at the hosted pages.
"""

import json

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.sandbox.stripe.errors import ApiError, invalid, unrecognized
from portal.sandbox.stripe.registry import PAGES


def refuse(status: int, message: str, path: str) -> Response:
    """The refusal of something that came for `path`."""
    first = path.removeprefix("/").partition("/")[0]
    if first == "_sandbox":
        return _json({"error": {"message": message}}, status)
    if path == "/" or first in {rule[1:].partition("/")[0] for rule, _ in PAGES if rule != "/"}:
        return Response(f"{message}\n", status, content_type="text/plain; charset=utf-8")
    if status == 500:
        return _json({"error": {"type": "api_error", "message": message}}, status)
    return _json(invalid(message).body(), status)


def refuse_http(error: HTTPException) -> Response:
    """Flask's own refusals: no such address, wrong method, body too large or incomplete."""
    status = error.code or 500
    message = f"{error.name}."
    if status == 404:
        message = str(unrecognized(request.method, request.path))
    return refuse(status, message, request.path)


def refuse_page(error: ApiError) -> Response:
    """A hosted page that has nothing to show."""
    return refuse(error.status, str(error), request.path)


def _json(body: object, status: int) -> Response:
    return Response(json.dumps(body, indent=2), status, content_type="application/json")
