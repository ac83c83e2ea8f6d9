"""The HTTP conversation with Holded's first API, whose refusals have other words and no scopes."""

import json
import re
import time
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.domain.errors import (
    GatewayError,
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
)
from portal.gateways.holded import quotas
from portal.gateways.holded.connection import (
    LARGEST_JSON,
    LARGEST_PDF,
    PDF_START,
    PDF_TAKES_AT_MOST,
    Answer,
    Connection,
    Missing,
    read_body,
)

NOT_FOUND = re.compile(r"(\w+ )?not found\.?", re.ASCII | re.IGNORECASE)
INVALID_KEY = "invalid key"
# How Base64 of a PDF begins, and how much longer than the PDF it may be.
BASE64_START = b"JVBERi"
LARGEST_BASE64 = LARGEST_PDF // 3 * 4 + 4096


class FirstConnection(Connection):
    """One merchant's line to the first API; safe to share between threads.

    What is missing and a bad key are told as 400, or as 200, with `{status: 0, info}`. Addresses it
    does not have answer a page with 200, and so do failures: a page is never an answer.
    """

    path = "/api/invoicing/v1/"

    def _key(self, token: str) -> dict[str, str]:
        return {"key": token}

    def _no(self, info: str, code: str, at: datetime) -> GatewayError:
        if NOT_FOUND.fullmatch(info.strip()):
            return Missing(at)
        if info.strip().lower() == INVALID_KEY:
            return GatewayMisconfigured("Holded does not accept the token")
        return super()._no(info, code, at)

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send a change as JSON."""
        return self._exchange("PUT", path, json=body)

    def get_pdf(self, path: str) -> bytes:
        """Read a PDF, however it is wrapped; raises GatewayRefused `not_a_pdf` or `too_large`.

        The reference has Base64 in JSON; clients of it were written for bare Base64 and for bytes.
        """
        ends_at = time.monotonic() + PDF_TAKES_AT_MOST
        raw = bytearray()
        with self._asked("GET", path) as response:
            if not response.is_success:
                self._refuse(response, read_body(response, LARGEST_JSON))
            for chunk in response.iter_bytes():
                raw += chunk
                if len(raw) > LARGEST_BASE64:
                    raise GatewayRefused("Holded's PDF is too large", code="too_large")
                if time.monotonic() > ends_at:
                    raise GatewayUnavailable("Holded's PDF takes too long")
            at = quotas.date_of(response)
        text = bytes(raw).strip()
        told = _json(text) if text[:1] in (b"{", b'"') else None
        if isinstance(told, dict) and told.get("status") == 0 and "info" in told:
            raise self._no(str(told["info"])[:300], "status_0", at)
        data = told.get("data") if isinstance(told, dict) else told
        return _unwrapped(text if data is None else str(data).encode())


def _unwrapped(text: bytes) -> bytes:
    pdf = _decoded(text) if text.startswith(BASE64_START) else text
    if not pdf.startswith(PDF_START):
        raise GatewayRefused("Holded sent something else than a PDF", code="not_a_pdf")
    if len(pdf) > LARGEST_PDF:
        raise GatewayRefused("Holded's PDF is too large", code="too_large")
    return pdf


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(b"".join(text.split()), validate=True)
    except NoBase64:
        return b""
