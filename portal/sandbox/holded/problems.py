"""Holded's refusals: problem+json documents, in the wording that was observed on the live API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, json

BASE = "https://api.holded.com/problems/"

SLUGS = {
    400: ("bad-request", "Bad request"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    413: ("payload-too-large", "Payload too large"),
    422: ("unprocessable-entity", "Unprocessable entity"),
    429: ("too-many-requests", "Rate limit exceeded"),
    500: ("internal-server-error", "Internal server error"),
    501: ("sandbox_unsupported", "Not imitated by this sandbox"),
    502: ("bad-gateway", "Bad gateway"),
    503: ("service-unavailable", "Service unavailable"),
    504: ("gateway-timeout", "Gateway timeout"),
}


class Problem(Exception):
    """A refusal, answered as problem+json (or as a bare ``message`` where Holded does that)."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}

    def answer(self) -> Response:
        """Return the refusal as Holded writes it."""
        slug, title = SLUGS.get(self.status) or (
            "error",
            HTTPStatus(self.status).phrase,
        )
        body = {"type": BASE + slug, "title": title, "status": self.status, "detail": self.detail}
        return problem_response(body, self.status, self.headers)


class Message(Problem):
    """The other envelope: cancel and the bulk routes answer 422 with ``{"message": …}`` alone."""

    def answer(self) -> Response:
        return Response(
            json.dumps({"message": self.detail}), self.status, mimetype="application/json"
        )


def problem_response(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    """Return ``body`` with the content type of a problem."""
    return Response(json.dumps(body), status, mimetype="application/problem+json", headers=headers)


def bad_request(detail: str) -> Problem:
    return Problem(400, detail)


def not_found() -> Problem:
    return Problem(404, "Not Found")


def unprocessable(detail: str) -> Problem:
    return Problem(422, detail)


def unsupported(detail: str) -> Problem:
    """A route Holded has and this sandbox refuses to guess at."""
    return Problem(501, f"sandbox_unsupported: {detail}")
