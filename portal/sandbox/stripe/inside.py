"""What the Stripe sandbox tells its console."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from portal.sandbox.console.inside import Account, Call, Happening, Kind, Thing
from portal.sandbox.stripe import deliveries, faults, ledger
from portal.sandbox.stripe.expand import render

if TYPE_CHECKING:
    from sqlite3 import Row

    from portal.sandbox.stripe.errors import Json
    from portal.sandbox.stripe.sandbox import Sandbox

# Fields that say what an object is, the most telling first.
TELLING = ("number", "email", "name", "nickname", "description", "type", "status", "url")


class StripeInside:
    """The console's view of a `Sandbox`."""

    provider = "Stripe"
    ids = re.compile(r"(?<=\")[a-z]{2,12}_(?:test_)?[A-Za-z0-9]{8,}(?=\")")
    fault_kinds = faults.KINDS

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store

    def now(self) -> datetime:
        return _moment(self.sandbox.clock.now())

    def accounts(self) -> list[Account]:
        rows = self.store.rows("SELECT id, secret_key, body FROM accounts ORDER BY rowid")
        return [
            Account(
                row["id"], json.loads(row["body"])["business_profile"]["name"], row["secret_key"]
            )
            for row in rows
        ]

    def kinds(self) -> list[Kind]:
        rows = self.store.rows(
            "SELECT kind, count(*) AS n FROM objects WHERE deleted = 0 GROUP BY kind ORDER BY kind"
        )
        return [Kind(row["kind"], row["n"]) for row in rows]

    def things(self, kind: str, *, text: str, before: str | None, limit: int) -> list[Thing]:
        rows = self.store.rows(
            "SELECT seq, id, account, body FROM objects WHERE kind = ? AND deleted = 0 "
            "AND seq < ? AND instr(lower(body), lower(?)) ORDER BY seq DESC LIMIT ?",
            kind,
            _number(before),
            text,
            limit,
        )
        return [_thing(row) for row in rows]

    def kind_of(self, id_: str) -> str | None:
        row = self.store.row("SELECT kind FROM objects WHERE id = ? AND deleted = 0", id_)
        return str(row["kind"]) if row else None

    def body(self, kind: str, id_: str) -> Json | None:
        row = self.store.row(
            "SELECT account, body FROM objects WHERE kind = ? AND id = ? AND deleted = 0", kind, id_
        )
        account = self.sandbox.account(row["account"]) if row else None
        if row is None or account is None:
            return None
        shown: Json = render(self.sandbox.unit(account), json.loads(row["body"]))
        return shown

    def happenings(self, *, before: str | None, limit: int) -> list[Happening]:
        rows = self.store.rows(
            "SELECT seq, id, body FROM objects WHERE kind = 'event' AND seq < ? "
            "ORDER BY seq DESC LIMIT ?",
            _number(before),
            limit,
        )
        return [self._happening(row) for row in rows]

    def _happening(self, row: Row) -> Happening:
        event = json.loads(row["body"])
        about = str(event["data"]["object"].get("id", ""))
        when = _moment(event["created"])
        return Happening(str(row["seq"]), event["type"], about, when, self._sent(row["id"]))

    def _sent(self, event: str) -> str:
        """How the deliveries of an event went, in a few words."""
        rows = self.store.rows(
            "SELECT done, attempts, outcome FROM deliveries WHERE event = ? ORDER BY seq", event
        )
        if not rows:
            return "to nobody"
        last = rows[-1]
        if last["done"]:
            return str(last["outcome"])
        return f"tried {last['attempts']} times" if last["attempts"] else "waiting"

    def calls(self, *, before: str | None, limit: int) -> list[Call]:
        rows = self.store.rows(
            "SELECT * FROM requests WHERE seq < ? ORDER BY seq DESC LIMIT ?", _number(before), limit
        )
        return [
            Call(
                str(row["seq"]),
                _moment(row["time"]),
                row["method"],
                row["path"],
                row["status"],
                row["user_agent"] or "",
                row["fault"] or "",
            )
            for row in rows
        ]

    def call(self, place: str) -> Json | None:
        found = ledger.requests(self.store, since=_number(place) - 1, limit=1)
        return found[0] if found and str(found[0]["seq"]) == place else None

    def faults(self) -> Sequence[Json]:
        return [
            {name: value for name, value in fault.items() if name != "seq"}
            for fault in faults.waiting(self.store)
        ]

    def plant(self, fault: Json) -> None:
        faults.add(self.store, fault)

    def clear_faults(self) -> None:
        faults.clear(self.store)

    def advance(self, seconds: int) -> list[str]:
        return self.sandbox.advance(seconds)

    def resend(self, place: str) -> bool:
        row = self.store.row(
            "SELECT account, body FROM objects WHERE kind = 'event' AND seq = ?", _number(place)
        )
        if row is None:
            return False
        with self.store.transaction():
            sent = deliveries.send_again(self.sandbox, row["account"], json.loads(row["body"]))
        self.sandbox.news.set()
        return bool(sent)

    def reset(self) -> None:
        self.sandbox.reset(keep_accounts=True)


def _thing(row: Row) -> Thing:
    body: Any = json.loads(row["body"])
    about = next((str(body[name]) for name in TELLING if body.get(name)), "")
    created = _moment(body["created"]) if body.get("created") else None
    return Thing(str(row["seq"]), row["id"], row["account"], about, created)


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def _number(place: str | None) -> int:
    """The sequence number in a place, or one above all of them."""
    return int(place) if place and place.isascii() and place.isdigit() else 2**62
