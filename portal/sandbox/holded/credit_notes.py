"""Credit notes, which refund invoices."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import bodies, documents, payments, pdf, sending
from portal.sandbox.holded.accounts import permit
from portal.sandbox.holded.documents import CREDIT_NOTE

blueprint = Blueprint("credit_notes", __name__)


@blueprint.get("/credit-notes")
def listing() -> dict[str, Any]:
    return documents.listing(CREDIT_NOTE)


@blueprint.post("/credit-notes")
def create() -> tuple[dict[str, Any], int]:
    permit(CREDIT_NOTE.scope, "create")
    return {"id": documents.create(CREDIT_NOTE, bodies.read(CREDIT_NOTE.writable))["id"]}, 201


@blueprint.get("/credit-notes/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(CREDIT_NOTE.scope, "get")
    return documents.shown(documents.get(CREDIT_NOTE, id_))


@blueprint.put("/credit-notes/<id_>")
def change(id_: str) -> dict[str, Any]:
    permit(CREDIT_NOTE.scope, "update")
    body = bodies.read(documents.DATES)
    documents.change_dates(CREDIT_NOTE, documents.get(CREDIT_NOTE, id_), body)
    return {"id": id_}


@blueprint.delete("/credit-notes/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(CREDIT_NOTE.scope, "delete")
    documents.delete(CREDIT_NOTE, documents.get(CREDIT_NOTE, id_))
    return "", 204


@blueprint.post("/credit-notes/<id_>/approve")
def approve(id_: str) -> dict[str, Any]:
    permit(CREDIT_NOTE.scope, "approve")
    documents.approve(CREDIT_NOTE, documents.get(CREDIT_NOTE, id_))
    return {"id": id_}


@blueprint.post("/credit-notes/<id_>/payments")
def pay(id_: str) -> tuple[str, int]:
    """Book the money given back."""
    permit(CREDIT_NOTE.scope, "pay")
    document = documents.get(CREDIT_NOTE, id_)
    payments.on_document(CREDIT_NOTE, document, bodies.read(payments.ON_DOCUMENT, optional=True))
    return "", 201


@blueprint.post("/credit-notes/<id_>/send")
def send(id_: str) -> tuple[str, int]:
    permit(CREDIT_NOTE.scope, "send")
    return sending.send(CREDIT_NOTE, id_)


@blueprint.get("/credit-notes/<id_>/pdf")
def show_pdf(id_: str) -> Response:
    permit(CREDIT_NOTE.scope, "get")
    return pdf.response(CREDIT_NOTE, documents.get(CREDIT_NOTE, id_))
