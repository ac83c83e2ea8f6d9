"""The HTTP conversation with Holded's APIs, and what each kind of refusal means.

An answer counts only as JSON: error pages come with 200, and a proxy's 403 or 404 is not Holded's.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import httpx

from portal.db import refuse_open_unit
from portal.domain.budget import Quota
from portal.domain.errors import (
    GatewayError,
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
)
from portal.gateways.holded import quotas
from portal.gateways.invoicing import Meter

TIMEOUT = httpx.Timeout(8, connect=3)
MEBIBYTE = 1024 * 1024
LARGEST_JSON = 16 * MEBIBYTE
LARGEST_PDF = 20 * MEBIBYTE
# A server may stay alive by a byte now and then; a PDF that takes longer is given up (seconds).
PDF_TAKES_AT_MOST = 30
PDF_START = b"%PDF-"
NEVER_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol,
)  # fmt: skip
COME_AGAIN = frozenset({408, 425, 429})
# Not implemented (RFC 9110, 15.6.2): asking again will not help.
NEVER_DONE = 501
SCOPE = re.compile(r"[a-z_-]+:[a-z_-]+\.(?:read|write)")


class ScopeMissing(GatewayMisconfigured):
    """The token is alive but may not do this; `scope` is Holded's name of the permission."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the Holded token lacks the permission {scope}")
        self.scope = scope


class Missing(GatewayRefused):
    """There is no such object; `at` is when Holded said so."""

    def __init__(self, at: datetime) -> None:
        super().__init__("Holded has no such object", code="not-found")
        self.at = at


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer, its decimals exact, None if it was empty; and Holded's time of it."""

    body: Any
    at: datetime


class Connection:
    """One merchant's line to the second API; safe to share between threads."""

    path = "/api/v2/"

    def __init__(
        self,
        token: str,
        *,
        base: str,
        caller: str,
        transport: httpx.BaseTransport | None,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter
        self._client = httpx.Client(
            base_url=f"{base}{self.path}",
            headers={
                **self._key(token),
                "Accept": "application/json",
                "User-Agent": f"{caller} billing-portal",
            },
            timeout=TIMEOUT,
            transport=transport,
        )

    def _key(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def _no(self, info: str, code: str, at: datetime) -> GatewayError:
        """Return what a refusal means that says `info`; `code` is how it was told."""
        return GatewayRefused(f"Holded ({code}): {info}", code=code)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """Read JSON; raises GatewayRefused where there is nothing."""
        return _not_empty(self._exchange("GET", path, params=params))

    def find(self, path: str) -> Answer | datetime:
        """Read JSON; where there is nothing, return only Holded's time of saying so."""
        try:
            return _not_empty(self._exchange("GET", path))
        except Missing as missing:
            return missing.at

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send JSON; the answer may be empty."""
        return self._exchange("POST", path, json=body)

    def delete(self, path: str) -> None:
        """Delete something; what is gone already counts as deleted."""
        with suppress(Missing):
            self._exchange("DELETE", path)

    def stream_pdf(self, path: str) -> Iterator[bytes]:
        """Stream a PDF; raises GatewayRefused `not_a_pdf` or `too_large`."""
        with self._asked("GET", path, headers={"Accept": "application/pdf"}) as response:
            if not response.is_success:
                self._refuse(response, read_body(response, LARGEST_JSON))
            if _media_type(response) != "application/pdf":
                raise GatewayRefused("Holded sent something else than a PDF", code="not_a_pdf")
            yield from _checked(response)

    def _exchange(self, method: str, path: str, **options: Any) -> Answer:
        with self._asked(method, path, **options) as response:
            raw = read_body(response, LARGEST_JSON)
        if not response.is_success:
            self._refuse(response, raw)
        return Answer(self._body(response, raw) if raw else None, quotas.date_of(response))

    def _body(self, response: httpx.Response, raw: bytes) -> Any:
        """Read the JSON of a success, unless it says that it is none."""
        body = _json(response, raw)
        if isinstance(body, dict) and body.get("status") == 0 and "info" in body:
            raise self._no(str(body["info"])[:300], "status_0", quotas.date_of(response))
        return body

    def _refuse(self, response: httpx.Response, raw: bytes) -> None:
        """Raise what an answer other than 2xx means."""
        status = response.status_code
        is_broken = status >= 500 and status != NEVER_DONE
        if is_broken or status < 400 or status in COME_AGAIN:
            raise GatewayUnavailable(f"Holded answered {status}{_wait(response)}")
        problem = _json(response, raw)
        problem = problem if isinstance(problem, dict) else {}
        told = problem.get("detail") or problem.get("message") or problem.get("info") or ""
        detail = str(told)[:300]
        if status in (401, 403):
            if scope := SCOPE.search(detail):
                raise ScopeMissing(scope[0])
            raise GatewayMisconfigured("Holded does not accept the token")
        if status == 404:
            raise Missing(quotas.date_of(response))
        slug = str(problem.get("type", "")).rpartition("/")[2]
        raise self._no(detail, slug or f"http_{status}", quotas.date_of(response))

    @contextmanager
    def _asked(self, method: str, path: str, **options: Any) -> Iterator[httpx.Response]:
        refuse_open_unit()
        if self._meter is not None:
            self._meter.admit()
        is_counted = False
        try:
            with self._client.stream(method, path, **options) as response:
                is_counted = True
                self._count(quotas.told(response))
                yield response
        except NEVER_SENT as error:
            raise GatewayUnavailable("Holded cannot be reached", was_sent=False) from error
        except (httpx.HTTPError, OSError) as error:
            if not is_counted:
                self._count(None)
            raise GatewayUnavailable(f"Holded's answer was lost: {type(error).__name__}") from error

    def _count(self, quota: Quota | None) -> None:
        if self._meter is not None:
            self._meter.count(quota)


def _not_empty(answer: Answer) -> Answer:
    if answer.body is None:
        raise GatewayUnavailable("Holded's answer is empty")
    return answer


def read_body(response: httpx.Response, limit: int) -> bytes:
    """Read a body whole; raises GatewayUnavailable beyond the limit, in bytes."""
    read = bytearray()
    for chunk in response.iter_bytes():
        read += chunk
        if len(read) > limit:
            raise GatewayUnavailable("Holded's answer is too large")
    return bytes(read)


def _json(response: httpx.Response, raw: bytes) -> Any:
    media_type = _media_type(response)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise GatewayUnavailable(f"Holded answered {response.status_code} without JSON")
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable("Holded's answer is no JSON") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _wait(response: httpx.Response) -> str:
    """Say what a 429 tells of the quota: which one it is, and when to come again."""
    window, after = (
        response.headers.get(name, "") for name in ("X-RateLimit-Window", "Retry-After")
    )
    return f" (quota of the {window}, again after {after} s)" if window or after else ""


def _checked(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body that begins as a PDF, up to the cap."""
    chunks = response.iter_bytes()
    start = b""
    while len(start) < len(PDF_START) and (chunk := next(chunks, b"")):
        start += chunk
    if not start.startswith(PDF_START):
        raise GatewayRefused("Holded sent something else than a PDF", code="not_a_pdf")
    ends_at, size = time.monotonic() + PDF_TAKES_AT_MOST, 0
    for chunk in chain((start,), chunks):
        size += len(chunk)
        if size > LARGEST_PDF:
            raise GatewayRefused("Holded's PDF is too large", code="too_large")
        if time.monotonic() > ends_at:
            raise GatewayUnavailable("Holded's PDF takes too long")
        yield chunk


def _media_type(response: httpx.Response) -> str:
    content_type: str = response.headers.get("Content-Type", "")
    return content_type.partition(";")[0].strip().lower()
