"""What the sandbox remembers: one SQLite file, committed before a request is answered."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.sandbox.clock import Clock

if TYPE_CHECKING:
    from portal.sandbox.holded.usage import Calls

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, data TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    contact TEXT, data TEXT NOT NULL,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_of_contact ON objects (account, kind, contact, id);
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, account TEXT, month TEXT,
    operation TEXT, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_of_account ON requests (account, month);
CREATE TABLE IF NOT EXISTS faults (seq INTEGER PRIMARY KEY AUTOINCREMENT, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS endpoints (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, url TEXT NOT NULL,
    secret TEXT NOT NULL, events TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint INTEGER NOT NULL, event TEXT NOT NULL,
    webhook_id TEXT NOT NULL, body TEXT NOT NULL, occurred TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, state TEXT NOT NULL, status INTEGER
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
"""
TABLES = ("settings", "accounts", "objects", "requests", "faults", "endpoints", "deliveries")


class State:
    """The objects of every account, behind one connection and one lock.

    ``data`` is ``":memory:"`` or a folder, in which ``holded.sqlite`` is kept. A write survives the
    death of the process (write-ahead log) once its unit is over.
    """

    def __init__(self, data: str | Path, real_time: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(
            place(data), isolation_level=None, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;"
        )
        self.connection.executescript(SCHEMA)
        self.clock = Clock(float(self.setting("clock_offset", "0")), real_time)
        self.calls: dict[str, Calls] = {}  # written by usage, for as long as the process lives

    # Units of work

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Hold the lock and commit at the end, or take everything back on an exception."""
        with self.lock:
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def mark(self) -> None:
        """Remember this point of the unit, for ``forget``."""
        self.connection.execute("SAVEPOINT work")

    def forget(self) -> None:
        """Take back what was written since ``mark``."""
        self.connection.execute("ROLLBACK TO work")

    def reset(self) -> None:
        """Delete everything that is remembered."""
        with self.unit():
            for table in TABLES:
                self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant above
        self.clock.offset = 0
        self.calls.clear()

    # Settings and time

    def setting(self, name: str, default: str) -> str:
        row = self.connection.execute(
            "SELECT value FROM settings WHERE name = ?", (name,)
        ).fetchone()
        return default if row is None else str(row["value"])

    def set(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?",
            (name, value, value),
        )

    def now(self) -> datetime:
        """Return the sandbox's time: the machine's, moved by what the clock was advanced."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, and remember it."""
        self.clock.advance(seconds)
        self.set("clock_offset", str(self.clock.offset))

    def new_id(self) -> str:
        """Return a fresh id of Mongo's form: 24 hexadecimal digits that sort by creation time."""
        count = int(self.setting("last_id", "0")) + 1
        self.set("last_id", str(count))
        return f"{int(self.now().timestamp()):08x}{0x5AB391071D:010x}{count:06x}"

    # Objects

    def insert(self, account: str, kind: str, data: dict[str, Any]) -> None:
        self.connection.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?)",
            (account, kind, data["id"], data.get("contact_id"), dumped(data)),
        )

    def save(self, account: str, kind: str, data: dict[str, Any]) -> None:
        self.connection.execute(
            "UPDATE objects SET contact = ?, data = ? WHERE account = ? AND kind = ? AND id = ?",
            (data.get("contact_id"), dumped(data), account, kind, data["id"]),
        )

    def remove(self, account: str, kind: str, id_: str) -> None:
        self.connection.execute(
            "DELETE FROM objects WHERE account = ? AND kind = ? AND id = ?", (account, kind, id_)
        )

    def find(self, account: str, kind: str, id_: str) -> dict[str, Any] | None:
        if not id_.isascii():
            return None
        row = self.connection.execute(
            "SELECT data FROM objects WHERE account = ? AND kind = ? AND id = ?",
            (account, kind, id_),
        ).fetchone()
        return None if row is None else dict(json.loads(row["data"]))

    def owned_elsewhere(self, kind: str, id_: str) -> bool:
        """Return whether any account has an object of that kind and id."""
        row = self.connection.execute(
            "SELECT 1 FROM objects WHERE kind = ? AND id = ? LIMIT 1", (kind, id_)
        ).fetchone()
        return row is not None

    def count(self, account: str, kind: str) -> int:
        row = self.connection.execute(
            "SELECT COUNT(*) FROM objects WHERE account = ? AND kind = ?", (account, kind)
        ).fetchone()
        return int(row[0])

    def each(
        self,
        account: str,
        kind: str,
        *,
        after: str | None = None,
        contact: str | None = None,
        descending: bool = False,
        skip: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """Yield the objects of a kind in the order of their ids, from behind ``after`` on, without
        the first ``skip``.
        """
        where, values = "account = ? AND kind = ?", [account, kind]
        if contact is not None:
            where, values = where + " AND contact = ?", [*values, contact]
        if after is not None:
            where, values = where + f" AND id {'<' if descending else '>'} ?", [*values, after]
        order = "DESC" if descending else "ASC"
        query = f"SELECT data FROM objects WHERE {where} ORDER BY id {order}"  # noqa: S608 - ours
        query += " LIMIT -1 OFFSET ?" if skip else ""
        for row in self.connection.execute(query, [*values, skip] if skip else values):
            yield json.loads(row["data"])


def dumped(data: dict[str, Any]) -> str:
    """Write an object as JSON; free fields of a caller may hold decimals."""
    return json.dumps(data, default=float)


def place(data: str | Path) -> str:
    """Return where SQLite keeps the state of ``data``, making the folder when it is missing."""
    if str(data) == ":memory:":
        return ":memory:"
    folder = Path(data)
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder / "holded.sqlite")
