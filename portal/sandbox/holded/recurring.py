"""Recurring invoices: what is to be invoiced, to whom and how often; `recurrences` makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import bodies, dates, documents, paging, recurrences
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import text as amount_text
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.documents import INVOICE
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable
from portal.sandbox.holded.recurrences import DAYS, KIND, MONTHS, Recurring

blueprint = Blueprint("recurring", __name__)

COMMON = (
    "contact_id", "contact_name", "description", "date", "notes", "body", "language", "currency",
    "currency_change", "items", "tags", "number_line_id", "discount", "project_id",
)  # fmt: skip
OWN = ("periodicity", "convert_automatically", "due_days", "contact_payment_day", "end_date")
LONGEST_DUE = 3_650
FARTHEST = 10


@blueprint.get("/recurring-invoices")
def listing() -> dict[str, Any]:
    permit(INVOICE.scope, "list")
    return paging.page(KIND, contact=request.args.get("contact_id"), show=shown)


@blueprint.post("/recurring-invoices")
def create() -> tuple[dict[str, Any], int]:
    permit(INVOICE.scope, "create")
    body = bodies.read((*COMMON, *OWN))
    recurring = {"id": state().new_id(), **read_own(body)}
    fill(recurring, body)
    lately(recurring["date"])
    recurring |= {"_seen": "", "_skipped": [], "_converted": {}}
    state().insert(account().id, KIND, recurring)
    recurrences.plan(state())
    return {"id": recurring["id"]}, 201


@blueprint.get("/recurring-invoices/<id_>")
def get(id_: str) -> Recurring:
    permit(INVOICE.scope, "get")
    return shown(found(id_))


@blueprint.put("/recurring-invoices/<id_>")
def update(id_: str) -> dict[str, Any]:
    """Change the fields that are given; how often and how long it recurs cannot be changed."""
    permit(INVOICE.scope, "update")
    recurring = found(id_)
    body = bodies.read(COMMON)
    fill(recurring, Body(as_body(recurring) | body.data))
    if body.has("date"):
        lately(recurring["date"])
    state().save(account().id, KIND, recurring)
    recurrences.plan(state())
    return {"id": id_}


@blueprint.delete("/recurring-invoices/<id_>")
def delete(id_: str) -> tuple[str, int]:
    """Delete it; the invoices that came of it stay."""
    permit(INVOICE.scope, "delete")
    state().remove(account().id, KIND, found(id_)["id"])
    recurrences.plan(state())
    return "", 204


@blueprint.get("/recurring-invoices/<id_>/schedule")
def schedule(id_: str) -> dict[str, Any]:
    """List its days, past and coming, until ``until`` or a year from today."""
    permit(INVOICE.scope, "get")
    recurring = found(id_)
    asked = request.args.get("until")
    until = near(dates.day(asked)) if asked else dates.year_after(dates.today(state().now()))
    return {
        "items": [
            {
                "date": day,
                "status": status_of(recurring, day),
                "invoice_id": recurring["_converted"].get(day),
            }
            for day in recurrences.occurrences(recurring, until)
        ],
        "cursor": None,
        "has_more": False,
    }


@blueprint.post("/recurring-invoices/<id_>/skip")
def skip(id_: str) -> dict[str, Any]:
    """Leave out one day that is still to come."""
    permit(INVOICE.scope, "skip")
    recurring = found(id_)
    day = bodies.read(("date",)).day("date")
    if day is None:
        raise bad_request("date is required")
    if day not in recurrences.occurrences(recurring, near(day)):
        raise bad_request(f"{day} is no occurrence of this recurring invoice")
    if day in recurring["_converted"]:
        raise unprocessable("The occurrence was already converted to an invoice")
    if day not in recurring["_skipped"]:
        recurring["_skipped"].append(day)
    state().save(account().id, KIND, recurring)
    return {"id": id_}


def lately(day: str) -> None:
    """Refuse a first day long past: what becomes of all the days since then is not known."""
    if day < dates.year_before(dates.today(state().now())):
        raise unprocessable("sandbox_unsupported: the first day lies more than a year back")


def near(day: str) -> str:
    """Return a day that is at most ``FARTHEST`` years ahead; later ones are refused."""
    if int(day[:4]) > state().now().year + FARTHEST:
        raise bad_request(f"The day must be at most {FARTHEST} years ahead")
    return day


def status_of(recurring: Recurring, day: str) -> str:
    if day in recurring["_converted"]:
        return "converted"
    return "skipped" if day in recurring["_skipped"] else "pending"


def read_own(body: Body) -> dict[str, Any]:
    """Return the fields that say how often and how long."""
    periodicity = body.text("periodicity", required=True)
    if periodicity not in (*DAYS, *MONTHS):
        raise bad_request(f"periodicity must be one of {', '.join((*DAYS, *MONTHS))}")
    return {
        "periodicity": periodicity,
        "convert_automatically": body.flag("convert_automatically", False),
        "due_days": between(body, "due_days", 0, LONGEST_DUE),
        "contact_payment_day": between(body, "contact_payment_day", 1, 31),
        "end_date": body.day("end_date"),
    }


def between(body: Body, name: str, least: int, most: int) -> int | None:
    value = body.integer(name)
    if value is not None and not least <= value <= most:
        raise bad_request(f"{name} must be between {least} and {most}")
    return value


def fill(recurring: Recurring, body: Body) -> None:
    """Write the fields a recurring invoice shares with invoices, checked by their rules."""
    document = documents.blank(INVOICE)
    documents.fill(INVOICE, document, body)
    recurring |= {
        name: document[name]
        for name in (
            "contact_id", "contact_name", "description", "date", "notes", "body", "language",
            "currency", "currency_change", "lines", "tags", "project_id", "subtotal", "discount",
            "tax", "total", "_discount", "_series",
        )
    }  # fmt: skip


def as_body(recurring: Recurring) -> dict[str, Any]:
    """Return the body that would write what a recurring invoice says now."""
    change = recurring["currency_change"]
    return {
        **{name: recurring[name] for name in COMMON if name in recurring and name != "discount"},
        "discount": recurring["_discount"],
        "number_line_id": recurring["_series"],
        "items": [
            {
                name: value
                for name, value in (line | {"price": in_currency(line["price"], change)}).items()
                if name in documents.LINE_FIELDS
            }
            for line in recurring["lines"]
        ],
    }


def in_currency(price: str, change: str) -> str:
    """Return a price in the document's currency again: lines are kept in the account's."""
    return amount_text(Decimal(price) * Decimal(change))


def shown(recurring: Recurring) -> Recurring:
    return paging.shown(recurring) | {"number_line_id": recurring["_series"]}


def found(id_: str) -> Recurring:
    recurring = state().find(account().id, KIND, id_)
    if recurring is None:
        raise not_found()
    return recurring
