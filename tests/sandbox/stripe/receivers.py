"""Stands for a merchant's server in the same process."""

import json
from typing import Any

URL = "https://portal.example/hooks/stripe/1"


class Receiver:
    """Answers `status` and keeps what came."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.got: list[tuple[str, bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.got.append((url, body, headers))
        return self.status

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that came, in order."""
        return [json.loads(body) for _, body, _ in self.got]

    @property
    def types(self) -> list[str]:
        """Their types."""
        return [event["type"] for event in self.events]

    @property
    def names(self) -> list[str]:
        """The names of the objects they tell of."""
        return [event["data"]["object"]["name"] for event in self.events]


def listen(shop: Any, *events: str, url: str = URL, **more: Any) -> Any:
    """An endpoint of the shop."""
    wanted = {"url": url, "enabled_events": list(events) or ["*"], **more}
    return shop.api.webhook_endpoints.create(wanted)
