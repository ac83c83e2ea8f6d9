"""The books to read: entries of a period, and the accounts they are on with their sums."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import amounts, bodies, dates, ledger, paging
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.problems import bad_request, unprocessable

blueprint = Blueprint("accounting", __name__)

CHART = "accounting:chart-of-accounts"
JOURNAL = "accounting:daily-ledger"
KIND = "accounting_account"
DIGITS = 8


@blueprint.get("/ledger-entries")
def list_entries() -> dict[str, Any]:
    """List the lines of all entries of a period; both its ends must be given."""
    permit(JOURNAL, "list")
    args = request.args
    if not args.get("start_date") or not args.get("end_date"):
        raise bad_request("start_date and end_date are required")
    first, last = dates.day(args["start_date"]), dates.day(args["end_date"])
    rows = [
        line_shown(entry, number, line, posting)
        for number, entry in enumerate(ledger.entries(), 1)
        if first <= entry.day <= last
        for line, posting in enumerate(entry.postings, 1)
    ]
    return paging.pages(rows, show=without_id)


def line_shown(
    entry: ledger.Entry, number: int, line: int, posting: ledger.Posting
) -> dict[str, Any]:
    amount = posting.amount
    return {
        "id": ledger.line_id(entry, line),
        "entry_number": number,
        "line": line,
        "date": dates.spanish(entry.day),
        "type": entry.type,
        "description": entry.description,
        "doc_description": "",
        "account": posting.account,
        "debit": amounts.text(max(amount, ZERO)),
        "credit": amounts.text(max(-amount, ZERO)),
        "tags": list(entry.tags),
        "checked": False,
    }


def without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "id"}


@blueprint.get("/accounting-accounts")
def list_accounts() -> dict[str, Any]:
    """List the accounts that something was booked on, with ``include_empty`` the others too."""
    permit(CHART, "list")
    args = request.args
    first = dates.day(args["start_date"]) if args.get("start_date") else ""
    last = dates.day(args["end_date"]) if args.get("end_date") else "9999-12-31"
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for entry in ledger.entries():
        if first <= entry.day <= last:
            for each in entry.postings:
                debit, credit = sums.get(each.account, (ZERO, ZERO))
                sums[each.account] = (
                    debit + max(each.amount, ZERO),
                    credit + max(-each.amount, ZERO),
                )
    own = {each["number"]: each for each in state().each(account().id, KIND)}
    numbers = set(sums)
    if args.get("include_empty") == "true":
        numbers |= {*own, *ledger.NAMES}
    names = contact_names()
    return {
        "items": [
            account_shown(number, own.get(number, {}), names, sums.get(number, (ZERO, ZERO)))
            for number in sorted(numbers)
        ]
    }


def account_shown(
    number: int,
    own: dict[str, Any],
    names: dict[int, str],
    sums: tuple[Decimal, Decimal],
) -> dict[str, Any]:
    debit, credit = sums
    return {
        "id": own.get("id") or f"{number:024x}",
        "color": own.get("color"),
        "number": number,
        "name": own.get("name") or names.get(number) or ledger.NAMES.get(number, str(number)),
        "group": str(number)[:3],
        "debit": amounts.text(debit),
        "credit": amounts.text(credit),
        "balance": amounts.text(debit - credit),
    }


def contact_names() -> dict[int, str]:
    return {
        each["client_record"]["num"]: each["name"] for each in state().each(account().id, "contact")
    }


@blueprint.post("/accounting-accounts")
def create_account() -> tuple[dict[str, Any], int]:
    """Add an account under ``prefix``: with ``number``, or with the next one that is free."""
    permit(CHART, "create")
    body = bodies.read(("prefix", "number", "name", "description", "color"))
    prefix = body.integer("prefix")
    if prefix is None or not 0 < prefix < 10 ** (DIGITS - 1):
        raise bad_request("prefix must be a positive integer of at most seven digits")
    taken = {each["number"] for each in state().each(account().id, KIND)} | {*ledger.NAMES}
    start = int(str(prefix).ljust(DIGITS, "0"))
    number = body.integer("number")
    if number is None:
        number = next(
            each for each in range(start + 1, start + len(taken) + 2) if each not in taken
        )
    if not str(number).startswith(str(prefix)) or number in taken:
        raise unprocessable("number must begin with prefix and belong to no other account")
    new = {
        "id": state().new_id(),
        "number": number,
        "name": body.text("name", required=True),
        "description": body.text("description"),
        "color": body.text("color"),
    }
    state().insert(account().id, KIND, new)
    return {"id": new["id"]}, 201
