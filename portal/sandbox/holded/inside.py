"""What the Holded sandbox tells its console."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any

from portal.sandbox.console.inside import Account, Call, Happening, Kind, Thing
from portal.sandbox.holded import accounts, faults, recurrences
from portal.sandbox.holded.faults import Fault
from portal.sandbox.holded.state import State

# Fields that say what an object is, the most telling first.
TELLING = ("document_number", "name", "description", "email", "key")
HIGHEST = "g"  # above every hexadecimal id


class HoldedInside:
    """The console's view of a ``State``."""

    provider = "Holded"
    ids = re.compile(r"(?<=\")[0-9a-f]{24}(?=\")")
    fault_kinds = faults.KINDS

    def __init__(self, state: State) -> None:
        self.state = state

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self.state.lock:
            return self.state.connection.execute(sql, values).fetchall()

    def now(self) -> datetime:
        return self.state.now()

    def accounts(self) -> list[Account]:
        return [
            Account(each.id, each.name, f"{each.token} (v1: {each.v1_key})")
            for each in accounts.every(self.state)
        ]

    def kinds(self) -> list[Kind]:
        rows = self.rows("SELECT kind, COUNT(*) AS n FROM objects GROUP BY kind ORDER BY kind")
        return [Kind(row["kind"], row["n"]) for row in rows]

    def things(self, kind: str, *, text: str, before: str | None, limit: int) -> list[Thing]:
        rows = self.rows(
            "SELECT id, account, data FROM objects WHERE kind = ? AND id < ?"
            " AND instr(lower(data), lower(?)) ORDER BY id DESC LIMIT ?",
            kind, before or HIGHEST, text, limit,
        )  # fmt: skip
        return [thing(row) for row in rows]

    def kind_of(self, id_: str) -> str | None:
        rows = self.rows("SELECT kind FROM objects WHERE id = ? LIMIT 1", id_)
        return str(rows[0]["kind"]) if rows else None

    def body(self, kind: str, id_: str) -> Any | None:
        rows = self.rows("SELECT data FROM objects WHERE kind = ? AND id = ?", kind, id_)
        return json.loads(rows[0]["data"]) if rows else None

    def happenings(self, *, before: str | None, limit: int) -> list[Happening]:
        rows = self.rows(
            "SELECT * FROM deliveries WHERE seq < ? ORDER BY seq DESC LIMIT ?",
            number(before), limit,
        )  # fmt: skip
        return [
            Happening(
                str(row["seq"]), row["event"], str(json.loads(row["body"]).get("id", "")),
                datetime.fromisoformat(row["occurred"]), sent(row),
            )
            for row in rows
        ]  # fmt: skip

    def calls(self, *, before: str | None, limit: int) -> list[Call]:
        rows = self.rows(
            "SELECT seq, time, data FROM requests WHERE seq < ? ORDER BY seq DESC LIMIT ?",
            number(before), limit,
        )  # fmt: skip
        return [call(row) for row in rows]

    def call(self, place: str) -> Any | None:
        rows = self.rows("SELECT * FROM requests WHERE seq = ?", number(place))
        if not rows:
            return None
        kept = {name: rows[0][name] for name in ("seq", "time", "account", "operation")}
        return kept | json.loads(rows[0]["data"])

    def faults(self) -> list[dict[str, Any]]:
        return [each.__dict__ for each in faults.waiting(self.state)]

    def plant(self, fault: dict[str, Any]) -> None:
        if fault.get("kind") not in faults.KINDS:
            raise ValueError(f"kind must be one of {', '.join(faults.KINDS)}")
        faults.add(self.state, Fault(**fault))

    def clear_faults(self) -> None:
        faults.clear(self.state)

    def advance(self, seconds: int) -> list[str]:
        recurrences.advance(self.state, seconds)
        return []

    def resend(self, place: str) -> bool:
        with self.state.unit():
            found = self.state.connection.execute(
                "UPDATE deliveries SET state = 'waiting', due = 0 WHERE seq = ?", (number(place),)
            )
        return bool(found.rowcount)

    def reset(self) -> None:
        kept = accounts.every(self.state)
        self.state.reset()
        for account in kept:
            accounts.add(self.state, account)


def thing(row: Row) -> Thing:
    data = json.loads(row["data"])
    about = next((str(data[name]) for name in TELLING if data.get(name)), "")
    made = datetime.fromtimestamp(int(row["id"][:8], 16), UTC)  # as in any id of Mongo's form
    return Thing(row["id"], row["id"], row["account"], about, made)


def call(row: Row) -> Call:
    data = json.loads(row["data"])
    return Call(
        str(row["seq"]), datetime.fromisoformat(row["time"]), data["method"], data["path"],
        data["status"], data["user_agent"], data.get("fault", ""),
    )  # fmt: skip


def sent(row: Row) -> str:
    if row["state"] == "taken":
        return "taken"
    return f"{row['state'].replace('_', ' ')}, tried {row['attempts']} times"


def number(place: str | None) -> int:
    """Return the sequence number in a place, or one above all of them."""
    return int(place) if place and place.isascii() and place.isdigit() else 2**62
