"""When a recurring invoice falls due, and the invoices that come of it as the clock passes.

Every occurrence is converted once: the recurring invoice remembers the last day it was looked at.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import g

from portal.sandbox.holded import accounts, dates, documents
from portal.sandbox.holded.accounts import Account
from portal.sandbox.holded.documents import INVOICE, Document
from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.state import State

Recurring = dict[str, Any]

KIND = "recurring_invoice"
DAYS = {"d": 1, "w": 7, "bw": 14}
MONTHS = {"m": 1, "bm": 2, "q": 3, "ba": 6, "a": 12}
# The first day on which an occurrence is due, over all accounts; "" when none will be.
NEXT = "next_occurrence"
NEVER = ""
LAST = "9000-01-01"


def occurrences(recurring: Recurring, until: str, *, after: str = "") -> Iterator[str]:
    """Yield the days a recurring invoice falls on behind ``after``, up to ``until`` included.

    Months are counted from the first day, so that one that begins on the 31st falls on the last
    day of shorter months and on the 31st again.
    """
    first = date.fromisoformat(recurring["date"])
    last = min(until, recurring["end_date"] or until)
    count = passed(first, recurring["periodicity"], after)
    while (day := occurrence(first, recurring["periodicity"], count)) <= last:
        if day > after:
            yield day
        count += 1


def passed(first: date, periodicity: str, after: str) -> int:
    """Return how many occurrences, or one fewer, are not behind ``after``."""
    if not after:
        return 0
    seen = date.fromisoformat(after)
    if periodicity in DAYS:
        return max(0, (seen - first).days // DAYS[periodicity])
    months = (seen.year - first.year) * 12 + seen.month - first.month
    return max(0, months // MONTHS[periodicity])


def occurrence(first: date, periodicity: str, count: int) -> str:
    if periodicity in DAYS:
        return (first + timedelta(days=DAYS[periodicity] * count)).isoformat()
    months = first.year * 12 + first.month - 1 + MONTHS[periodicity] * count
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(first.day, monthrange(year, month)[1])).isoformat()


def next_day(recurring: Recurring) -> str | None:
    """Return the day of the next occurrence that was not looked at yet."""
    return next(occurrences(recurring, LAST, after=recurring["_seen"]), None)


def due_day(recurring: Recurring, day: str) -> str | None:
    """Return when an invoice of ``day`` is to be paid: days later, then the contact's pay day."""
    days, pay_day = recurring["due_days"], recurring["contact_payment_day"]
    if days is None and pay_day is None:
        return None
    due = date.fromisoformat(day) + timedelta(days=days or 0)
    if pay_day is not None:
        due = on_pay_day(due, pay_day)
    return due.isoformat()


def on_pay_day(due: date, pay_day: int) -> date:
    """Return the first such day of a month that is not before ``due``."""
    for months in (0, 1):
        year, month = due.year + (due.month - 1 + months) // 12, (due.month - 1 + months) % 12 + 1
        found = date(year, month, min(pay_day, monthrange(year, month)[1]))
        if found >= due:
            return found
    raise ValueError(pay_day)  # pragma: no cover - a pay day of the next month is always later


def plan(state: State) -> None:
    """Remember the first day on which any recurring invoice falls due."""
    days = [
        day
        for account in accounts.every(state)
        for recurring in state.each(account.id, KIND)
        if (day := next_day(recurring)) is not None
    ]
    state.set(NEXT, min(days, default=NEVER))


def catch_up(state: State) -> None:
    """Make the invoices of every day that has come."""
    today = dates.today(state.now())
    coming = state.setting(NEXT, NEVER)
    if coming == NEVER or coming > today:
        return
    for account in accounts.every(state):
        with acting(account):
            for recurring in list(state.each(account.id, KIND)):
                convert_until(state, account, recurring, today)
    plan(state)


def advance(state: State, seconds: float) -> None:
    """Move the clock, stopping at each day on which invoices fall due so that they are dated it."""
    target = state.clock.now() + seconds
    while (coming := state.setting(NEXT, NEVER)) != NEVER:
        moment = morning(coming)
        if moment > target:
            break
        if moment > state.clock.now():
            state.advance(moment - state.clock.now())
        catch_up(state)
    state.advance(max(0, target - state.clock.now()))


def morning(day: str) -> int:
    """Return the unix time at which a day begins in Madrid."""
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), dates.MADRID)
    return int(start.astimezone(UTC).timestamp())


@contextmanager
def acting(account: Account) -> Iterator[None]:
    """Let the rules that ask whose request this is be told ``account``."""
    before = g.get("account")
    g.account = account
    try:
        yield
    finally:
        g.account = before


def convert_until(state: State, account: Account, recurring: Recurring, today: str) -> None:
    """Make the invoices a recurring one owes up to ``today``; skipped days make none."""
    for day in list(occurrences(recurring, today, after=recurring["_seen"])):
        recurring["_seen"] = day
        if day not in recurring["_skipped"]:
            invoice = converted(state, account, recurring, day)
            if invoice is not None:
                recurring["_converted"][day] = invoice["id"]
        state.save(account.id, KIND, recurring)


def converted(state: State, account: Account, recurring: Recurring, day: str) -> Document | None:
    """Make one invoice, approved when that is to happen by itself; none without its contact."""
    contact = state.find(account.id, "contact", recurring["contact_id"] or "")
    if contact is None:
        return None
    document = documents.blank(INVOICE) | {
        name: recurring[name] for name in recurring if name in CARRIED
    }
    document |= {
        "date": day,
        "due_date": due_day(recurring, day),
        "custom_fields": [],
        "warehouse_id": None,
        "payment_method_id": (contact["defaults"] or {}).get("payment_method"),
        "from": {"id": recurring["id"], "doc_type": "invoicerecurring"},
    }
    documents.add_up(document)
    documents.enter(INVOICE, document)
    if recurring["convert_automatically"]:
        try:
            documents.approve(INVOICE, document)
        except Problem:  # its series was deleted: it stays a draft
            return document
    return document


CARRIED = frozenset((
    "contact_id", "contact_name", "description", "notes", "body", "language", "currency",
    "currency_change", "lines", "tags", "project_id", "_discount", "_series",
))  # fmt: skip
