"""Webhooks: queued in the transaction of their event, signed as Stripe signs, sent by one thread,
retried.
"""

import hashlib
import hmac
import json
import logging
import sqlite3
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from portal.sandbox.stripe import disturbances
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.store import Store

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox
    from portal.sandbox.stripe.unit import Unit


class Answer(NamedTuple):
    """What a receiver answered; only the status decides."""

    status: int
    text: str = ""


# Sends one webhook: url, body, headers -> HTTP status, or an `Answer`; raises OSError when nobody
# answers.
Sender = Callable[[str, bytes, dict[str, str]], int | Answer]

HOUR = 3600.0
# Seconds of real time before each further attempt. `fast` suits development: a receiver that is
# being restarted gets everything within half a minute. The others follow docs.stripe.com/webhooks:
# three times over a few hours in a sandbox, up to three days with exponential back-off in live
# mode; the single pauses are not published.
SCHEDULES: dict[str, tuple[float, ...]] = {
    "fast": (1.0, 2.0, 4.0, 8.0, 16.0, *[30.0] * 494),
    "sandbox": (HOUR / 12, HOUR, 2 * HOUR),
    "live": (HOUR / 12, HOUR / 2, *(hours * HOUR for hours in (2, 4, 8, 12, 12, 12, 12))),
}
TIMEOUT = 10
LONGEST_TEXT = 500
OPEN = """
SELECT * FROM deliveries WHERE done = 0 AND held = 0 AND next_at <= ?
AND NOT EXISTS (SELECT 1 FROM webhook_pauses WHERE endpoint IN ('*', deliveries.endpoint))
ORDER BY next_at, seq LIMIT 1000
"""
PENDING = """
SELECT count(DISTINCT endpoint) AS n FROM deliveries WHERE event = ? AND endpoint NOT IN
(SELECT endpoint FROM deliveries WHERE event = ? AND outcome IN ('delivered', 'dropped'))
"""


def endpoints(unit: "Unit", event_type: str) -> Iterator[tuple[str, Json]]:
    """The enabled endpoints that want this type of event, each with the account it belongs to: the
    account's own, and its platform's for connected accounts.
    """
    platform = unit.account["_platform"]
    owners = [(unit.account_id, False), *([(platform, True)] if platform else [])]
    for owner, connect in owners:
        for one in unit.store.select(
            owner, "webhook_endpoint", {"status": "enabled"}, oldest_first=True
        ):
            if bool(one.get("_connect")) == connect and wants(one, event_type):
                yield owner, one


def wants(endpoint: Json, event_type: str) -> bool:
    """Whether an endpoint is told of this type of event."""
    return "*" in endpoint["enabled_events"] or event_type in endpoint["enabled_events"]


def queue(unit: "Unit", owner: str, endpoint: Json, event: Json) -> None:
    """Notes that the event is still to be sent to the endpoint, disturbed if that was asked for."""
    store, now = unit.store, unit.sandbox.clock.real_time()
    fault = disturbances.take(store, event["type"], endpoint["id"])
    kind = fault["kind"] if fault else None
    for _ in range(2 if kind == "duplicate" else 1):
        _insert(
            store,
            account=owner,
            origin=unit.account_id,
            endpoint=endpoint["id"],
            event=event["id"],
            type=event["type"],
            next_at=now + (fault["seconds"] if fault and kind == "delay" else 0),
            twist=kind if kind in disturbances.TWISTS else None,
            held=fault["seq"] if fault and kind == "reorder" else 0,
            done=int(kind == "drop"),
            outcome="dropped" if kind == "drop" else "",
        )
    if kind == "drop":
        count_pending(unit.store, unit.account_id, event["id"])
    if fault and kind == "reorder" and fault["times"] == 0:
        disturbances.release(store, fault["seq"], now)


def send_again(sandbox: "Sandbox", account: str, event: Json, endpoint_id: str = "") -> int:
    """Queues an event once more, undisturbed, for that endpoint or for every one that wants it;
    returns for how many. The caller holds the transaction.
    """
    body = sandbox.account(account)
    assert body is not None  # noqa: S101 - events have an owner
    found = [
        (owner, one)
        for owner, one in endpoints(sandbox.unit(body), event["type"])
        if endpoint_id in ("", one["id"])
    ]
    for owner, one in found:
        _insert(
            sandbox.store,
            account=owner,
            origin=account,
            endpoint=one["id"],
            event=event["id"],
            type=event["type"],
            next_at=sandbox.clock.real_time(),
        )
    return len(found)


def _insert(store: Store, **fields: object) -> None:
    names = ", ".join(fields)
    marks = ", ".join("?" for _ in fields)
    store.run(f"INSERT INTO deliveries ({names}) VALUES ({marks})", *fields.values())  # noqa: S608 - our own columns


def signature(secret: str, body: bytes, timestamp: int, *older: str) -> str:
    """The `Stripe-Signature` header for exact bytes; `older` secrets sign too while they live."""
    signed = f"{timestamp}.".encode() + body
    marks = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in (secret, *older)]
    return ",".join([f"t={timestamp}", *(f"v1={mark}" for mark in marks)])


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer that did not accept the event, as at Stripe."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], *args: Any, **kinds: Any
    ) -> None:
        """Follows nothing."""


OPENER = urllib.request.build_opener(_NoRedirects)


def send_over_http(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """The sender of a served sandbox."""
    request = urllib.request.Request(url, body, headers)  # noqa: S310
    try:
        with OPENER.open(request, timeout=TIMEOUT) as answer:
            return Answer(int(answer.status), _text(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _text(error))


def _text(answer: Any) -> str:
    return str(answer.read(LONGEST_TEXT).decode(errors="replace"))


def send_due(sandbox: "Sandbox", sender: Sender, *, at_once: bool = False) -> int:
    """Sends what is due (everything waiting, with `at_once`), oldest first; returns how many were
    accepted. Where nobody answers, what else is due there counts as tried too, so that an endpoint
    that is away holds up no other.
    """
    moment = float("inf") if at_once else sandbox.clock.real_time()
    away: set[str] = set()
    accepted = 0
    for row in sandbox.store.rows(OPEN, moment):
        if row["endpoint"] in away:
            _note(sandbox, row, "", Answer(0, "Not sent: nobody had just answered there."))
            continue
        endpoint = sandbox.store.get(row["account"], "webhook_endpoint", row["endpoint"])
        event = sandbox.store.get(row["origin"] or row["account"], "event", row["event"])
        if endpoint is None or event is None or _is_over(endpoint, row):
            _note(sandbox, row, "ended", None)
            continue
        answer = _sent(sandbox, sender, endpoint, event, row)
        if answer.status == 0:
            away.add(row["endpoint"])
        if 200 <= answer.status < 300:
            accepted += 1
            _note(sandbox, row, "delivered", answer)
        else:
            _note(sandbox, row, "", answer)
    return accepted


def _is_over(endpoint: Json, row: sqlite3.Row) -> bool:
    """A deleted endpoint gets nothing more, a disabled one no second attempt
    (docs.stripe.com/webhooks, retry behaviour).
    """
    return bool(endpoint.get("deleted") or (row["attempts"] and endpoint["status"] == "disabled"))


def _note(sandbox: "Sandbox", row: sqlite3.Row, outcome: str, answer: Answer | None) -> None:
    """Writes down how an attempt went: `delivered`, `ended` (nobody to send to), or "": again
    later, or `failed` when the schedule has no further attempt.
    """
    pauses = SCHEDULES[sandbox.store.meta("webhook_retries", "fast")]
    attempts = row["attempts"] + int(answer is not None)
    over = not outcome and attempts > len(pauses)
    pause = pauses[attempts - 1] if 0 < attempts <= len(pauses) else 0
    with sandbox.store.transaction():
        sandbox.store.run(
            "UPDATE deliveries SET done = ?, outcome = ?, attempts = ?, next_at = ?, status = ?, "
            "answer = ? WHERE seq = ?",
            int(bool(outcome) or over),
            "failed" if over else outcome,
            attempts,
            sandbox.clock.real_time() + pause,
            answer.status if answer else None,
            answer.text if answer else None,
            row["seq"],
        )
        if outcome == "delivered":
            count_pending(sandbox.store, row["origin"] or row["account"], row["event"])


def count_pending(store: Store, account: str, event_id: str) -> None:
    """Corrects an event's `pending_webhooks`: the endpoints that have not accepted it yet."""
    event = store.get(account, "event", event_id)
    row = store.row(PENDING, event_id, event_id)
    if event and row and event["pending_webhooks"] != row["n"]:
        store.put(account, {**event, "pending_webhooks": row["n"]})


def _sent(
    sandbox: "Sandbox", sender: Sender, endpoint: Json, event: Json, row: sqlite3.Row
) -> Answer:
    """One attempt; status 0 when nobody answered. Only the first attempt is ever disturbed."""
    shown = event | {"api_version": endpoint["api_version"] or event["api_version"]}
    if endpoint.get("_connect"):
        shown["account"] = row["origin"]
    body = json.dumps(shown, indent=2).encode()
    now = sandbox.clock.real_time()
    older = living(endpoint.get("_old_secrets", []), now)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(endpoint["_secret"], body, int(now), *older),
    }
    twist = None if row["attempts"] else row["twist"]
    if twist == "unsigned":
        del headers["Stripe-Signature"]
    if twist == "tampered":
        body = body.replace(b'"livemode": false', b'"livemode": true', 1)
    try:
        found = sender(endpoint["url"], body, headers)
    except OSError as error:
        return Answer(0, str(error)[:LONGEST_TEXT])
    return found if isinstance(found, Answer) else Answer(found)


def living(old_secrets: Iterable[list[Any]], now: float) -> list[str]:
    """The rolled secrets that still sign, of `[secret, until]` pairs."""
    return [secret for secret, until in old_secrets if until > now]


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
