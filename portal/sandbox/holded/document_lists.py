"""Lists of documents: their filters, their order, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import request

from portal.sandbox.holded import dates, ledger, paging
from portal.sandbox.holded.accounts import state
from portal.sandbox.holded.documents import Document, shown, status_of
from portal.sandbox.holded.kinds import Kind
from portal.sandbox.holded.problems import bad_request

# What ``sort`` may be, each also with a minus for the other way round; equals follow their ids.
SORTS: dict[str, Callable[[Document], Any]] = {
    "date": lambda each: each["date"] or "",
    "dueDate": lambda each: each["due_date"] or "",
    "total": lambda each: Decimal(each["total"]),
}


def listing(kind: Kind) -> dict[str, Any]:
    """Return a page of documents; lists show lines and tags, and no notes."""
    return paging.page(
        kind.name,
        keep=asked_filter(kind),
        show=in_list,
        contact=request.args.get("contact_id"),
        order=asked_order(),
    )


def in_list(document: Document) -> Document:
    return {key: value for key, value in shown(document).items() if key != "notes"}


def asked_order() -> tuple[Callable[[Document], Any], bool] | None:
    """Return the key to sort by and whether to turn it round; None for the order of creation."""
    asked = request.args.get("sort")
    if not asked or asked == "created-desc":
        return None
    key = SORTS.get(asked.removeprefix("-"))
    if key is None:
        raise bad_request(f"sort must be one of {', '.join(SORTS)}, or one of them after a minus")
    return key, asked.startswith("-")


def asked_filter(kind: Kind) -> Callable[[Document], bool]:
    """Return the filter of the query: the filters this collection knows, and no others."""
    args = request.args
    status = args.get("status")
    approval = args.get("approval_status") if kind.approval_filter else None
    books = args.get("accounting_account_num") if kind.due_filters else None
    bounds = asked_bounds(kind)
    today = dates.today(state().now())

    def keep(document: Document) -> bool:
        if status and status not in statuses(document, today):
            return False
        if approval and approval != ("draft" if document["draft"] else "approved"):
            return False
        if books and books not in {ledger.sales_account(line) for line in document["lines"]}:
            return False
        return all(
            document[field] is not None
            and (document[field] >= bound if first else document[field] <= bound)
            for field, first, bound in bounds
        )

    return keep


def asked_bounds(kind: Kind) -> list[tuple[str, bool, str]]:
    """Return (field, whether it is a lower bound, day) of each date filter of the query."""
    names = [("start_date", "date", True), ("end_date", "date", False)]
    if kind.due_filters:
        names += [("due_date_start", "due_date", True), ("due_date_end", "due_date", False)]
    args = request.args
    return [(field, first, dates.day(args[name])) for name, field, first in names if args.get(name)]


def statuses(document: Document, today: str) -> set[str]:
    """Return the filter values that find this document; ``overdue`` is one of them."""
    found = {status_of(document)}
    due = document["due_date"]
    if found & {"pending", "partial"} and due is not None and due < today:
        found.add("overdue")
    return found
