"""The state of one Stripe sandbox: store, clock, accounts, due work; what
`app.extensions["stripe_sandbox"]` holds.
"""

import json
import logging
import secrets
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from portal.sandbox.clock import Clock
from portal.sandbox.stripe import clocks, deliveries
from portal.sandbox.stripe.accounts import check, new_account
from portal.sandbox.stripe.errors import Json, missing
from portal.sandbox.stripe.expand import render
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import DUE, load
from portal.sandbox.stripe.store import ACCOUNT_CLOCK, REAL_CLOCK, Store
from portal.sandbox.stripe.unit import Unit

# Seconds past a due moment to which the clock is moved, so that no rounding falls short of it.
ROUNDING = 0.001


class Sandbox:
    """Many Stripe accounts in one file (`data` is a folder, or ":memory:")."""

    def __init__(
        self, data: str | Path, *, base_url: str, real_time: Callable[[], float] = time.time
    ) -> None:
        load()
        self.base_url = base_url.rstrip("/")
        self.store = Store(data if data == ":memory:" else Path(data) / "stripe.sqlite3")
        self.clock = Clock(float(self.store.meta("clock_offset", "0")), real_time)
        self.moving = threading.Lock()
        self.news = threading.Event()
        self.in_flight: set[tuple[str, str]] = set()
        self.in_flight_lock = threading.Lock()
        self.first_account: Json | None = None

    # Accounts

    def open_first(self, wanted: Json) -> None:
        """Opens the account that is there from the beginning, after every reset too."""
        self.first_account = wanted
        self.add_account(wanted)

    def add_account(self, wanted: Json) -> Json:
        """Creates an account from the JSON of `POST /_sandbox/accounts`; repeats the answer for a
        known id. Raises ValueError for what no account can be made of.
        """
        check(wanted)
        with self.store.transaction():
            number = self.store.count("sandbox", "acct")
            account_id = wanted.get("id") or "acct_" + scramble(f"account:{number}", 16)
            known = self.store.row("SELECT body FROM accounts WHERE id = ?", account_id)
            if known:
                return dict(json.loads(known["body"]))
            key = wanted.get("secret_key") or "sk_test_" + scramble(f"key:{account_id}", 32)
            if self.account_by_key(key):
                raise ValueError("secret_key belongs to another account")
            account = new_account(account_id, key, wanted, self.clock.now())
            self.store.run(
                "INSERT INTO accounts VALUES (?, ?, ?)", account_id, key, json.dumps(account)
            )
            return account

    def save_account(self, account: Json) -> None:
        """Stores a changed account."""
        self.store.run(
            "UPDATE accounts SET body = ? WHERE id = ?", json.dumps(account), account["id"]
        )

    def account(self, account_id: str) -> Json | None:
        """The account with that id, private fields included."""
        row = self.store.row("SELECT body FROM accounts WHERE id = ?", account_id)
        return json.loads(row["body"]) if row else None

    def account_by_key(self, secret_key: str) -> Json | None:
        """The account a secret key opens."""
        row = self.store.row("SELECT body FROM accounts WHERE secret_key = ?", secret_key)
        return json.loads(row["body"]) if row else None

    def account_shown(self, account_id: str) -> Json | None:
        """The public form of an account."""
        account = self.account(account_id)
        return render(self.unit(account), account) if account else None

    def unit(self, account: Json, now: int | None = None) -> Unit:
        """A unit for internal work on an account; the caller holds the transaction."""
        return Unit(self, account, self.clock.now() if now is None else now)

    def unit_for(self, object_id: str) -> Unit:
        """A unit of the account that owns the object, in the object's time; a hosted page starts
        here. Raises the 404.
        """
        owner = self.store.owner(object_id)
        account = self.account(owner) if owner else None
        if account is None:
            raise missing("object", object_id)
        unit = self.unit(account)
        clocks.follow(unit, [object_id], changes=True)
        return unit

    def reset(self, *, keep_accounts: bool) -> None:
        """Forgets everything, in file and memory; the clock is at real time again."""
        with self.store.transaction():
            self.store.clear(keep_accounts=keep_accounts)
            self.clock.offset = 0
            if self.first_account and not keep_accounts:
                self.add_account(self.first_account)

    # Time

    def advance(self, seconds: float) -> list[str]:
        """Moves the clock from one due moment to the next, and at last to the new time, so that
        nobody sees a time whose work is not done; returns the failures, as text.
        """
        failures: list[str] = []
        with self.moving:
            target = self.clock.offset + seconds
            while row := self.store.due(ACCOUNT_CLOCK, self.clock.real_time() + target):
                reached = row["at"] - self.clock.real_time() + ROUNDING
                self._move_to(min(target, max(self.clock.offset, reached)))
                failures += self.catch_up()
            self._move_to(target)
        return failures + self.catch_up()

    def _move_to(self, offset: float) -> None:
        with self.store.transaction():
            self.clock.advance(offset - self.clock.offset)
            self.store.remember("clock_offset", str(self.clock.offset))

    def catch_up(self) -> list[str]:
        """Runs due work in order, each piece in its own transaction at its own moment; returns the
        failures, as text.
        """
        failures: list[str] = []
        while self._next_due():
            with self.store.transaction():
                row = self._next_due()
                failure = self.run_due(row) if row else None
            failures += [failure] if failure else []
            self.news.set()
        return failures

    def _next_due(self) -> sqlite3.Row | None:
        now, real = self.clock.now(), self.clock.real_time()
        return self.store.due(ACCOUNT_CLOCK, now) or self.store.due(REAL_CLOCK, real)

    def run_due(self, row: sqlite3.Row) -> str | None:
        """Runs one piece of due work at its moment of its clock; returns its failure, as text. The
        caller holds the transaction.
        """
        account = self.account(row["account"])
        assert account is not None  # noqa: S101
        unit = self.unit(account, row["at"] if row["clock"] == ACCOUNT_CLOCK else None)
        clocks.follow(unit, [row["clock"], row["ref"]])
        if row["clock"] == unit.clock:
            unit.now = row["at"]
        try:
            with self.store.savepoint():
                self.store.run("DELETE FROM due WHERE seq = ?", row["seq"])
                DUE[row["name"]](unit, row["ref"])
        except Exception:
            logging.getLogger(__name__).exception("due: %s %s", row["name"], row["ref"])
            failure = f"{row['name']} {row['ref']}: {traceback.format_exc()}"
            self.store.run("UPDATE due SET failure = ? WHERE seq = ?", failure, row["seq"])
            return failure
        return None

    # Webhooks

    def deliver(self, sender: deliveries.Sender) -> int:
        """Sends every waiting webhook now, through `sender(url, body, headers) -> status`; returns
        how many were accepted. For in-process tests; a served sandbox has a thread for it.
        """
        self.catch_up()
        return deliveries.send_due(self, sender, at_once=True)

    def new_secret(self, prefix: str) -> str:
        """A secret that nobody can guess, such as a webhook secret."""
        return f"{prefix}_{secrets.token_hex(16)}"
