"""``POST /documents/convert``: a document of one kind is made from one of another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import bodies, documents
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.documents import Document
from portal.sandbox.holded.kinds import CREDIT_NOTE, KINDS, RECEIPT_NOTE, Kind
from portal.sandbox.holded.problems import bad_request, unsupported

blueprint = Blueprint("conversions", __name__)

HOLDED_TYPES = (
    "creditnote", "estimate", "invoice", "order", "proform", "purchase", "salesorder",
    "salesreceipt", "waybill",
)  # fmt: skip
KNOWN = (
    "source_type", "source_id", "target_type", "date", "due_date", "number_line_id",
    "description", "notes", "draft",
)  # fmt: skip
COPIED = (
    "contact_id", "contact_name", "description", "notes", "language", "currency",
    "currency_change", "tags", "custom_fields", "project_id", "warehouse_id", "lines",
    "_discount", "_series",
)  # fmt: skip


@blueprint.post("/documents/convert")
def convert() -> tuple[dict[str, Any], int]:
    """Make a document of another kind from one; it is a draft unless ``draft`` is false."""
    body = bodies.read(KNOWN)
    source_kind, target = (kind_of(body, name) for name in ("source_type", "target_type"))
    permit(target.scope, "convert")
    source = documents.get(source_kind, body.text("source_id", required=True) or "")
    document = documents.blank(target) | {name: source[name] for name in COPIED}
    document |= {
        "date": body.day("date") or source["date"],
        "due_date": body.day("due_date") or source["due_date"],
        "description": body.text("description") or source["description"],
        "notes": body.text("notes") or source["notes"],
        "from": {"id": source["id"], "doc_type": source_kind.name},
        "_series": body.text("number_line_id") or refund_series(source, target),
    }
    finish(target, document, draft=body.flag("draft", True))
    return {"id": document["id"]}, 201


def kind_of(body: bodies.Body, name: str) -> Kind:
    asked = body.text(name, required=True) or ""
    if asked not in HOLDED_TYPES:
        raise bad_request(f"{name} must be one of {', '.join(HOLDED_TYPES)}")
    if asked not in KINDS:
        raise unsupported(f"documents of type {asked}")
    return KINDS[asked]


def finish(target: Kind, document: Document, *, draft: bool) -> None:
    """Add up and write the new document, and approve it when that was asked for."""
    if target.payable:
        document |= {"body": None, "payment_method_id": None}
    documents.add_up(document)
    documents.enter(target, document)
    if target.approvable and not draft:
        documents.approve(target, document)


def refund_series(source: Document, target: Kind) -> str | None:
    """Return the series the refunds of the source's series are numbered in, if it names one."""
    if target not in (CREDIT_NOTE, RECEIPT_NOTE):
        return None
    series = state().find(account().id, "numbering_series", source.get("_series_used") or "")
    return series["refund_numbering_series_id"] if series else None
