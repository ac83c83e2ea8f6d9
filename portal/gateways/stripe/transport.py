"""How the SDK's requests travel: httpx, with times short enough for a page."""

from collections.abc import Mapping
from typing import Any

import httpx
import stripe

TIMEOUT = httpx.Timeout(8.0, connect=3.0)


class NeverSent(stripe.APIConnectionError):
    """The connection was refused: Stripe cannot have seen the request."""


class Transport(stripe.HTTPClient):
    """The SDK's client over httpx; `transport` is a sandbox's WSGI app in tests."""

    name = "httpx"

    def __init__(self, *, caller: str, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__()
        self.http = httpx.Client(
            timeout=TIMEOUT, transport=transport, headers={"User-Agent": caller}
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request and return body, status and headers."""
        told = (headers or {}).items()
        own = {name: value for name, value in told if name.lower() != "user-agent"}
        try:
            response = self.http.request(method, url, headers=own, content=post_data)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _failure(NeverSent, error) from error
        except httpx.HTTPError as error:
            raise _failure(stripe.APIConnectionError, error) from error
        return response.text, response.status_code, response.headers

    def close(self) -> None:
        """Close every connection."""
        self.http.close()


def _failure(kind: Any, error: httpx.HTTPError) -> stripe.APIConnectionError:
    """Make the SDK's error, whose constructor has no types."""
    failure: stripe.APIConnectionError = kind(f"no answer: {type(error).__name__}")
    return failure
