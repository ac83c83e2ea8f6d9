"""Webhooks: written with the change they tell of, delivered after it, signed, again until taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from portal.sandbox.holded import webhook_faults
from portal.sandbox.holded.state import State

# Every event the provider has; those of objects the sandbox does not keep never come.
EVENTS = tuple(
    f"{kind}.{what}"
    for whats, kinds in (
        (
            ("create", "update", "delete", "approve"),
            ("invoice", "creditnote", "salesreceipt", "purchase", "purchaserefund", "receiptnote"),
        ),
        (
            ("create", "update", "delete"),
            (
                "proform", "estimate", "salesorder", "waybill", "service", "receipt",
                "purchaseorder", "payment", "contact", "product", "warehouse",
            ),
        ),
        (("update",), ("stock",)),
    )
    for kind in kinds
    for what in whats
)  # fmt: skip
ATTEMPTS = 20
LONGEST_PAUSE = 600.0
TIMEOUT = 10.0


class Poster(Protocol):
    """What delivers: an ``httpx.Client``, whose transport may be a WSGI application."""

    def post(
        self, url: str, *, content: bytes, headers: dict[str, str], timeout: float
    ) -> httpx.Response: ...


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint."""

    seq: int
    url: str
    secret: str
    account: str
    event: str
    webhook_id: str
    body: bytes
    occurred: str
    attempts: int
    twist: str


def register(
    state: State, account: str, url: str, secret: str, events: list[str] | None = None
) -> int:
    """Add an endpoint and return its number; the provider's are added by hand on a page."""
    cursor = state.connection.execute(
        "INSERT INTO endpoints (account, url, secret, events) VALUES (?, ?, ?, ?)",
        (account, url, secret, json.dumps(events or ["*"])),
    )
    return int(cursor.lastrowid or 0)


def emit(state: State, account: str, event: str, payload: dict[str, Any]) -> None:
    """Write an event for each endpoint that wants it, in the unit of the change itself.

    A delivery is ``waiting``, then ``taken`` or ``given_up``; one that a tester disturbs is
    ``dropped``, ``held-…``, or waits as ``unsigned`` or ``tampered`` for its first attempt.
    """
    endpoints = state.connection.execute(
        "SELECT seq, events FROM endpoints WHERE account = ? ORDER BY seq", (account,)
    ).fetchall()
    occurred = state.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    for endpoint in endpoints:
        wanted = json.loads(endpoint["events"])
        if "*" not in wanted and event not in wanted:
            continue
        fault = webhook_faults.take(state, event, endpoint["seq"])
        kind = fault["kind"] if fault else ""
        held = f"held-{fault['number']}" if fault and kind == "reorder" else ""
        left = {"drop": "dropped", "reorder": held}.get(kind, "waiting")
        due = time.time() + (fault["seconds"] if fault and kind == "delay" else 0)
        delivery = (
            endpoint["seq"], event, f"evt_{state.new_id()}",
            json.dumps(payload, separators=(",", ":"), ensure_ascii=False), occurred, due,
            kind if kind in webhook_faults.TWISTS else left,
        )  # fmt: skip
        for _ in range(2 if kind == "duplicate" else 1):
            state.connection.execute(
                "INSERT INTO deliveries (endpoint, event, webhook_id, body, occurred, due, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                delivery,
            )
        if held and fault and fault["times"] == 0:
            webhook_faults.release(state, held)


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(delivery: Delivery) -> dict[str, str]:
    """Return the headers of a delivery, as the provider names them."""
    signed = {"x-holded-webhook-signature": signature(delivery.secret, delivery.body)}
    return {
        "Content-Type": "application/json",
        "User-Agent": "Holded-Sandbox-Webhooks",
        "x-holded-webhook-event": delivery.event,
        "x-holded-webhook-id": delivery.webhook_id,
        "x-holded-webhook-account-id": delivery.account,
        "x-holded-webhook-date": delivery.occurred,
        "x-holded-webhook-version": "v1",
    } | ({} if delivery.twist == "unsigned" else signed)


def content(delivery: Delivery) -> bytes:
    """Return the bytes of a delivery; a tampered one is not what was signed."""
    return delivery.body + b" " if delivery.twist == "tampered" else delivery.body


def due(state: State, now: float) -> list[Delivery]:
    """Return what should be delivered now, oldest first."""
    paused = webhook_faults.paused(state)
    if webhook_faults.EVERY in paused:
        return []
    with state.lock:
        rows = state.connection.execute(
            "SELECT d.*, e.url, e.secret, e.account FROM deliveries d"
            " JOIN endpoints e ON e.seq = d.endpoint"
            " WHERE d.state IN ('waiting', 'unsigned', 'tampered') AND d.due <= ?"
            " AND d.endpoint NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY d.due, d.seq LIMIT 50",
            (now, json.dumps(paused)),
        ).fetchall()
    return [
        Delivery(
            row["seq"], row["url"], row["secret"], row["account"], row["event"],
            row["webhook_id"], row["body"].encode(), row["occurred"], row["attempts"],
            row["state"],
        )
        for row in rows
    ]  # fmt: skip


def attempt(state: State, client: Poster, delivery: Delivery) -> bool:
    """Deliver once and write down how it went; return whether it was taken (any 2xx)."""
    status = posted(client, delivery)
    taken = status is not None and 200 <= status < 300
    attempts = delivery.attempts + 1
    left = "taken" if taken else "given_up" if attempts >= ATTEMPTS else "waiting"
    pause = min(LONGEST_PAUSE, 0.5 * 2.0**attempts)
    with state.unit():
        state.connection.execute(
            "UPDATE deliveries SET state = ?, attempts = ?, status = ?, due = ? WHERE seq = ?",
            (left, attempts, status, time.time() + pause, delivery.seq),
        )
    return taken


def posted(client: Poster, delivery: Delivery) -> int | None:
    try:
        response = client.post(
            delivery.url, content=content(delivery), headers=headers(delivery), timeout=TIMEOUT
        )
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return None
    return response.status_code


def deliver(state: State, client: Poster, now: float | None = None) -> int:
    """Deliver what is due and return how many were taken. For tests, and for the thread below."""
    moment = time.time() if now is None else now
    return sum(attempt(state, client, each) for each in due(state, moment))


class Courier:
    """The thread that delivers, woken by each change and by the clock."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.woken = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self.run, name="holded-webhooks", daemon=True)
        self.thread.start()

    def wake(self) -> None:
        self.woken.set()

    def run(self) -> None:
        with httpx.Client() as client:
            while True:
                self.woken.wait(0.5)
                self.woken.clear()
                while deliver(self.state, client):
                    pass
