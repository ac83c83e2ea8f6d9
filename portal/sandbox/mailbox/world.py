"""The simulated world around the mailbox: where the sandboxes are, and what day it is for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

PATIENCE = 2.0


@dataclass(frozen=True)
class World:
    """Where the sandboxes are that the buttons move; tests put a ``transport`` in the way."""

    stripe: str = "http://127.0.0.1:8001"
    holded: str = "http://127.0.0.1:8002"
    transport: httpx.BaseTransport | None = None

    def consoles(self) -> list[tuple[str, str]]:
        """Return where each provider's sandbox shows what is inside it."""
        return [
            (name, f"{url}/_sandbox/console/")
            for name, url in (("Stripe", self.stripe), ("Holded", self.holded))
        ]

    def days(self) -> list[tuple[str, str]]:
        """Return each provider with the day it is there (UTC); empty when it does not answer."""
        with httpx.Client(transport=self.transport, timeout=PATIENCE) as client:
            return [("Stripe", day(client, self.stripe)), ("Holded", day(client, self.holded))]


def day(client: httpx.Client, sandbox: str) -> str:
    try:
        now = client.get(f"{sandbox}/_sandbox/clock").raise_for_status().json()["now"]
    except httpx.HTTPError:
        return ""
    return f"{datetime.fromtimestamp(now, UTC):%A, %-d %B %Y}"
