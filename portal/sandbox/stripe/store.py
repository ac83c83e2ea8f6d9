"""The sandbox's SQLite file: objects as JSON rows, counters, due work, deliveries, the ledger. One
lock, one connection.

Nobody but the modules beside this one writes SQL; resources use `Unit`.
"""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from portal.sandbox.stripe.errors import Json

TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, secret_key TEXT UNIQUE NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (
    account TEXT, prefix TEXT, n INTEGER, PRIMARY KEY (account, prefix)) STRICT;
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    customer TEXT, parent TEXT, status TEXT, created INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL, UNIQUE (account, kind, id)) STRICT;
DROP INDEX IF EXISTS objects_by_kind;
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (account, kind, seq, deleted, created);
CREATE INDEX IF NOT EXISTS objects_by_status ON objects (account, kind, status, seq);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (account, kind, customer, seq);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (account, kind, parent, seq);
CREATE INDEX IF NOT EXISTS objects_by_id ON objects (id);
DROP INDEX IF EXISTS objects_by_email;
CREATE INDEX IF NOT EXISTS customers_by_email
    ON objects (account, kind, json_extract(body, '$.email'), seq) WHERE kind = 'customer';
CREATE INDEX IF NOT EXISTS events_by_type
    ON objects (account, kind, json_extract(body, '$.type'), seq) WHERE kind = 'event';
CREATE TABLE IF NOT EXISTS due (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL,
    ref TEXT NOT NULL, failure TEXT, clock TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX IF NOT EXISTS due_by_ref ON due (account, name, ref);
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT, key TEXT, created INTEGER NOT NULL, request TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL,
    PRIMARY KEY (account, key)) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, endpoint TEXT NOT NULL, event TEXT NOT NULL,
    next_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0, origin TEXT, type TEXT, twist TEXT,
    held INTEGER NOT NULL DEFAULT 0, outcome TEXT NOT NULL DEFAULT '', status INTEGER,
    answer TEXT) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (next_at, seq) WHERE done = 0;
CREATE INDEX IF NOT EXISTS deliveries_of_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS webhook_faults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, times INTEGER NOT NULL, type TEXT,
    endpoint TEXT, seconds REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS webhook_pauses (endpoint TEXT PRIMARY KEY) STRICT;
DROP TABLE IF EXISTS faults;
CREATE TABLE IF NOT EXISTS planted_faults (seq INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY, time REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    params TEXT NOT NULL, account TEXT, user_agent TEXT, idempotency_key TEXT,
    status INTEGER NOT NULL, replayed INTEGER NOT NULL, request_id TEXT NOT NULL,
    fault TEXT) STRICT;
"""
# Columns that files of earlier versions lack.
ADDED = {
    "due": {"clock": "TEXT NOT NULL DEFAULT ''"},
    "deliveries": {
        "origin": "TEXT",
        "type": "TEXT",
        "twist": "TEXT",
        "held": "INTEGER NOT NULL DEFAULT 0",
        "outcome": "TEXT NOT NULL DEFAULT ''",
        "status": "INTEGER",
        "answer": "TEXT",
    },
}
INDEXES = """
DROP INDEX IF EXISTS due_by_time;
CREATE INDEX IF NOT EXISTS due_by_clock ON due (clock, at, seq) WHERE failure IS NULL;
"""
# What `due.clock` holds besides the ids of test clocks.
ACCOUNT_CLOCK, REAL_CLOCK = "", "real"
# In `where`: the field must be null (None means no condition).
NULL = object()
COLUMNS = frozenset({"customer", "parent", "status", "created", "id"})
SEQ = "SELECT seq FROM objects WHERE account = ? AND kind = ? AND id = ?"
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """One connection behind one lock; everything inside `transaction()` is committed together or
    not at all.
    """

    def __init__(self, path: Path | str) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA cache_size = -32768")
        self.connection.executescript(TABLES)
        for table, columns in ADDED.items():
            known = {row["name"] for row in self.rows(f"PRAGMA table_info({table})")}
            for name in columns.keys() - known:
                self.connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {columns[name]}")
        self.connection.executescript(INDEXES)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Holds the lock; joins the transaction that is already open in this thread, if any."""
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

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undoes only what happened inside when an exception leaves it."""
        self.connection.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO step")
            self.connection.execute("RELEASE step")
            raise
        self.connection.execute("RELEASE step")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.lock:
            return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self.lock:
            found: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def each(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        """The rows of a query one by one, for many; the lock is held while they are read."""
        with self.lock:
            yield from self.connection.execute(sql, values)

    def run(self, sql: str, *values: object) -> int:
        """Executes a change; returns how many rows it touched."""
        return self.connection.execute(sql, values).rowcount

    def clear(self, *, keep_accounts: bool) -> None:
        """Empties every table; accounts stay if asked for, with the counter that names them."""
        tables = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for name in [row["name"] for row in tables]:
            if keep_accounts and name in ("accounts", "counters"):
                continue
            self.run(f"DELETE FROM {name}")  # noqa: S608 - a table of this file
        if keep_accounts:
            self.run("DELETE FROM counters WHERE account <> 'sandbox'")

    def meta(self, name: str, default: str = "") -> str:
        """A remembered value."""
        row = self.row("SELECT value FROM meta WHERE name = ?", name)
        return str(row["value"]) if row else default

    def remember(self, name: str, value: str) -> None:
        """Keeps a value for the next start."""
        self.run(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def count(self, account: str, prefix: str) -> int:
        """The next number of a counter."""
        row = self.row(
            "INSERT INTO counters VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
            account,
            prefix,
        )
        assert row is not None  # noqa: S101
        return int(row["n"])

    def schedule(self, account: str, clock: str, at: int, name: str, ref: str) -> None:
        """Notes work that is due when that clock reaches `at`."""
        self.run(
            "INSERT INTO due (account, clock, at, name, ref) VALUES (?, ?, ?, ?, ?)",
            account,
            clock,
            at,
            name,
            ref,
        )

    def due(self, clock: str, until: float) -> sqlite3.Row | None:
        """The earliest work of a clock that is due by then, and has not failed."""
        return self.row(
            "SELECT * FROM due WHERE failure IS NULL AND clock = ? AND at <= ? "
            "ORDER BY at, seq LIMIT 1",
            clock,
            until,
        )

    def get(self, account: str, kind: str, object_id: str) -> Json | None:
        """An object as stored, private fields included, deleted ones too; or None."""
        row = self.row(
            "SELECT body FROM objects WHERE account = ? AND kind = ? AND id = ?",
            account,
            kind,
            object_id,
        )
        return json.loads(row["body"]) if row else None

    def owner(self, object_id: str) -> str | None:
        """The account that an id belongs to."""
        row = self.row("SELECT account FROM objects WHERE id = ?", object_id)
        return str(row["account"]) if row else None

    def put(self, account: str, body: Json) -> None:
        """Inserts or replaces an object; its place in lists stays."""
        customer = body.get("customer")
        self.run(
            "INSERT INTO objects "
            "(account, kind, id, customer, parent, status, created, deleted, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, kind, id) DO UPDATE SET "
            "customer = excluded.customer, parent = excluded.parent, status = excluded.status, "
            "deleted = excluded.deleted, body = excluded.body",
            account,
            body["object"],
            body["id"],
            customer if isinstance(customer, str) else None,
            body.get("_parent"),
            body["status"] if isinstance(body.get("status"), str) else None,
            body.get("created", 0),
            int(bool(body.get("deleted"))),
            json.dumps(body, separators=(",", ":")),
        )

    def select(
        self,
        account: str,
        kind: str,
        where: Mapping[str, object],
        *,
        limit: int | None = None,
        before: str | None = None,
        after: str | None = None,
        oldest_first: bool = False,
    ) -> list[Json]:
        """Objects, newest first. `where` maps a field (dotted ones into the JSON) to a value, a
        list of values (any of them), a range such as {"gte": 1} or NULL; None values are ignored.
        `after` and `before` are seq bounds.
        """
        clauses, values = ["account = ?", "kind = ?", "deleted = 0"], [account, kind]
        owned = where.get("customer") is not None or where.get("parent") is not None
        for field, wanted in where.items():
            if wanted is not None:
                # The sign keeps SQLite from the index of all with that status.
                column = "+status" if owned and field == "status" else field
                _condition(column, wanted, clauses, values)
        for bound, sign in ((after, "<"), (before, ">")):
            if bound is not None:
                clauses.append(f"seq {sign} ({SEQ})")
                values += [account, kind, bound]
        order = "ASC" if oldest_first else "DESC"
        chosen = " AND ".join(clauses)
        sql = f"SELECT body FROM objects WHERE {chosen} ORDER BY seq {order}"  # noqa: S608
        sql += "" if limit is None else f" LIMIT {int(limit)}"
        return [json.loads(row["body"]) for row in self.rows(sql, *values)]


def _condition(field: str, wanted: object, clauses: list[str], values: list[Any]) -> None:
    column = field if field.removeprefix("+") in COLUMNS else f"json_extract(body, '$.{field}')"
    if wanted is NULL:
        clauses.append(f"{column} IS NULL")
    elif isinstance(wanted, Mapping):
        for sign, bound in wanted.items():
            clauses.append(f"{column} {COMPARISONS[sign]} ?")
            values.append(bound)
    elif isinstance(wanted, list | tuple | set | frozenset):
        clauses.append(f"{column} IN ({', '.join('?' for _ in wanted)})")
        values += list(wanted)
    else:
        clauses.append(f"{column} = ?")
        values.append(wanted)
