"""Webhooks: queued in the transaction of their event, signed as Stripe signs, sent by one thread,
retried.
"""

import hashlib
import hmac
import json
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from portal.sandbox.stripe.errors import Json

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox
    from portal.sandbox.stripe.unit import Unit

# Sends one webhook: url, body, headers -> HTTP status; raises OSError when nobody answers.
Sender = Callable[[str, bytes, dict[str, str]], int]

LONGEST_PAUSE = 30.0
MOST_ATTEMPTS = 500
TIMEOUT = 10


def endpoints(unit: "Unit", event_type: str) -> list[Json]:
    """The account's enabled endpoints that want this type of event."""
    return [
        one
        for one in unit.select("webhook_endpoint", oldest_first=True, status="enabled")
        if "*" in one["enabled_events"] or event_type in one["enabled_events"]
    ]


def queue(unit: "Unit", endpoint: Json, event: Json) -> None:
    """Notes that the event is still to be sent to the endpoint."""
    unit.store.run(
        "INSERT INTO deliveries (account, endpoint, event, next_at) VALUES (?, ?, ?, ?)",
        unit.account_id,
        endpoint["id"],
        event["id"],
        unit.sandbox.clock.real_time(),
    )


def signature(secret: str, body: bytes, timestamp: int) -> str:
    """The `Stripe-Signature` header for exact bytes."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def send_over_http(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The sender of a served sandbox."""
    request = urllib.request.Request(url, body, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def send_due(sandbox: "Sandbox", sender: Sender, *, at_once: bool = False) -> int:
    """Sends what is due (everything waiting, with `at_once`), oldest first; returns how many were
    accepted.
    """
    accepted = 0
    moment = float("inf") if at_once else sandbox.clock.real_time()
    rows = sandbox.store.rows(
        "SELECT * FROM deliveries WHERE done = 0 AND next_at <= ? ORDER BY seq LIMIT 1000", moment
    )
    for row in rows:
        endpoint = sandbox.store.get(row["account"], "webhook_endpoint", row["endpoint"])
        event = sandbox.store.get(row["account"], "event", row["event"])
        gone = endpoint is None or endpoint.get("deleted") or event is None
        answered = gone or _sent(sandbox, sender, endpoint or {}, event or {})
        attempts = row["attempts"] + 1
        pause = min(2.0 ** row["attempts"], LONGEST_PAUSE)
        with sandbox.store.transaction():
            sandbox.store.run(
                "UPDATE deliveries SET done = ?, attempts = ?, next_at = ? WHERE seq = ?",
                int(answered or attempts >= MOST_ATTEMPTS),
                attempts,
                sandbox.clock.real_time() + pause,
                row["seq"],
            )
        accepted += int(answered and not gone)
    return accepted


def _sent(sandbox: "Sandbox", sender: Sender, endpoint: Json, event: Json) -> bool:
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(endpoint["_secret"], body, int(sandbox.clock.real_time())),
    }
    try:
        return 200 <= sender(endpoint["url"], body, headers) < 300
    except OSError:
        return False


class DeliveryThread(threading.Thread):
    """Sends due webhooks, and runs due work as time passes, until the process ends."""

    def __init__(self, sandbox: "Sandbox", sender: Sender = send_over_http) -> None:
        super().__init__(daemon=True, name="deliveries")
        self.sandbox = sandbox
        self.sender = sender

    def run(self) -> None:
        """Wakes at once after a commit with news, and twice a second otherwise."""
        while True:
            self.sandbox.news.wait(0.5)
            self.sandbox.news.clear()
            try:
                self.sandbox.catch_up()
                send_due(self.sandbox, self.sender)
            except Exception:
                logging.getLogger(__name__).exception("delivery failed")
