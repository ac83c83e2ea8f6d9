"""``/documents/{docType}``: list, create, read, change, approve and delete documents."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from portal.sandbox.holded import documents
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.v1 import (
    answers,
    custom_fields,
    days,
    document_body,
    document_shape,
    kinds,
    lists,
    reading,
)
from portal.sandbox.holded.v1.answers import Refusal, not_found, unsupported
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("documents", __name__)

BILLS = ("invoice", "salesreceipt")
PAID = {"0": "0", "1": "1", "2": "2", "false": "0", "true": "1"}
BILLED = {"0": False, "1": True, "false": False, "true": True}


@blueprint.get("/documents/<word>")
def listing(word: str) -> Response:
    kind = kinds.of(word)
    return lists.page(
        kind.name,
        document_shape.shown,
        asked_filter(kind),
        contact=request.args.get("contactid") or None,
        descending=request.args.get("sort") == "created-desc",
    )


def asked_filter(kind: Kind) -> Callable[[Document], bool] | None:
    """Return the filter of the query, if it has one; the end of a range is not part of it."""
    start, end = reading.bounds()
    paid = choice("paid", PAID)
    billed = choice("billed", BILLED)
    if (start, end, paid, billed) == (None, None, None, None):
        return None
    sources = billed_sources(kind) if billed is not None else frozenset()

    def keep(document: Document) -> bool:
        date = days.seconds(document["date"]) or 0
        return (
            (start is None or date >= start)
            and (end is None or date < end)
            and (paid is None or document_shape.payment_state(document) == paid)
            and (billed is None or (document["id"] in sources) == billed)
        )

    return keep


def choice(name: str, values: dict[str, Any]) -> Any:
    """Return what a filter asks for; clients also send Python's ``False``."""
    value = request.args.get(name)
    if not value:
        return None
    if value.lower() not in values:
        raise unsupported(f"{name}={value[:40]}: {', '.join(values)} are known")
    return values[value.lower()]


def billed_sources(kind: Kind) -> Collection[str]:
    """Return the ids of the documents of a kind from which a bill was made."""
    return {
        bill["from"]["id"]
        for bills in BILLS
        for bill in state().each(account().id, bills)
        if bill["from"] and bill["from"]["doc_type"] == kind.name
    }


@blueprint.post("/documents/<word>")
def create(word: str) -> Response:
    """Write a document; it is a draft unless ``approveDoc`` is true."""
    kind = kinds.of(word)
    fields = reading.body()
    document = documents.create(kind, document_body.draft(kind, fields))
    document_body.private(document, fields)
    if fields.flag("approveDoc", False) and document["draft"]:
        approve(kind, document)
    else:
        state().save(account().id, kind.name, document)
    return answers.written(
        {
            "status": 1,
            "id": document["id"],
            "invoiceNum": document["document_number"] or document["_number"] or "",
            "contactId": document["contact_id"],
        },
        201,
    )


@blueprint.get("/documents/<word>/<id_>")
def get(word: str, id_: str) -> Response:
    return answers.written(document_shape.shown(found(kinds.of(word), id_)))


@blueprint.put("/documents/<word>/<id_>")
def change(word: str, id_: str) -> Response:
    """Change the fields a body names, then approve if it asks for that."""
    kind = kinds.of(word)
    document = found(kind, id_)
    fields = reading.body()
    approving = fields.flag("approveDoc", False)
    if kinds.fixed(kind, document):
        raise Refusal("An approved document cannot be changed")
    if document_changed(kind, document, fields):
        documents.add_up(document)
        state().save(account().id, kind.name, document)
        documents.announce(kind, "update", document)
    if approving and document["draft"]:
        approve(kind, document)
    return answers.updated(id_)


def document_changed(kind: Kind, document: Document, fields: Fields) -> bool:
    """Write the fields a body names into a draft and return whether there were any.

    Amounts are taken in the account's currency, and ``currencyChange`` is dropped: both were
    measured. ``currency`` may be repeated, not changed.
    """
    before = dict(document)
    fields.value("currencyChange")
    currency = fields.text("currency")
    if currency is not None and currency.lower() != document["currency"]:
        raise unsupported("currency: what a change of it does to the amounts is not known")
    for name, names in TEXTS.items():
        if fields.has(*names):
            document[name] = fields.text(*names)
    for name, names in DAYS.items():
        if fields.value(*names) is not None:
            document[name] = fields.day(*names)
    if fields.has("paymentMethod", "paymentMethodId") and kind.payable:
        document["payment_method_id"] = fields.text("paymentMethod", "paymentMethodId")
    if fields.has("tags"):
        document["tags"] = fields.texts("tags")
    if fields.has("customFields"):
        document["custom_fields"] = custom_fields.documented(fields)
    if fields.has("salesChannelId", "expAccountId"):
        names_ = ("salesChannelId", "expAccountId")
        private = {name: fields.text(name) for name in names_ if fields.has(name)}
        document["_v1"] = document.get("_v1", {}) | private
    if fields.has("contactId"):
        take_contact(document, fields)
    if fields.has("items", "products"):
        lines = document_body.lines(kind, fields, {})
        document["lines"] = [documents.line_of(Body(each), Decimal(1)) for each in lines]
    return document != before


TEXTS = {
    "description": ("desc",),
    "notes": ("notes",),
    "language": ("language",),
    "warehouse_id": ("warehouseId",),
}
DAYS = {"date": ("date",), "due_date": ("dueDate",)}


def take_contact(document: Document, fields: Fields) -> None:
    contact = state().find(account().id, "contact", fields.text("contactId") or "")
    if contact is None:
        raise Refusal("Contact not found")
    document |= {"contact_id": contact["id"], "contact_name": contact["name"]}


@blueprint.delete("/documents/<word>/<id_>")
def delete(word: str, id_: str) -> Response:
    kind = kinds.of(word)
    document = found(kind, id_)
    if kinds.fixed(kind, document):
        raise Refusal("An approved document cannot be deleted")
    state().remove(account().id, kind.name, id_)
    documents.announce(kind, "delete", document)
    return answers.deleted(id_)


def approve(kind: Kind, document: Document) -> None:
    kinds.ready(kind)
    documents.approve(kind, document)


def found(kind: Kind, id_: str) -> Document:
    document = state().find(account().id, kind.name, id_)
    if document is None:
        raise not_found()
    return document
