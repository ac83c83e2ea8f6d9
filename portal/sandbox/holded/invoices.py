"""Invoices: drafts are written, approved (numbered), paid, sent or cancelled."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Blueprint, Response

from portal.sandbox.holded import bodies, documents, payments, pdf, sending
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.documents import INVOICE, SHOWN_ONLY
from portal.sandbox.holded.problems import Message, Problem, unprocessable, unsupported

blueprint = Blueprint("invoices", __name__)


@blueprint.get("/invoices")
def listing() -> dict[str, Any]:
    return documents.listing(INVOICE)


@blueprint.post("/invoices")
def create() -> tuple[dict[str, Any], int]:
    permit(INVOICE.scope, "create")
    return {"id": documents.create(INVOICE, bodies.read(INVOICE.writable))["id"]}, 201


@blueprint.get("/invoices/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(INVOICE.scope, "get")
    return documents.shown(documents.get(INVOICE, id_))


@blueprint.put("/invoices/<id_>")
def replace(id_: str) -> dict[str, Any]:
    """Replace a draft in full: what the body leaves out becomes empty."""
    permit(INVOICE.scope, "update")
    document = documents.get(INVOICE, id_)
    if not document["draft"]:
        raise unprocessable("An approved invoice cannot be changed")
    body = bodies.read((*INVOICE.writable, *SHOWN_ONLY))
    if not body.has("contact_id"):
        body.data["contact_id"] = document["contact_id"]
    documents.fill(INVOICE, document, body)
    state().save(account().id, INVOICE.name, document)
    documents.announce(INVOICE, "update", document)
    return {"id": id_}


@blueprint.delete("/invoices/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(INVOICE.scope, "delete")
    documents.delete(INVOICE, documents.get(INVOICE, id_))
    return "", 204


@blueprint.post("/invoices/<id_>/approve")
def approve(id_: str) -> dict[str, Any]:
    permit(INVOICE.scope, "approve")
    documents.approve(INVOICE, documents.get(INVOICE, id_))
    return {"id": id_}


@blueprint.post("/invoices/bulk/approve")
def approve_many() -> Response:
    """Approve up to a hundred: 204 when all were, 207 when some, 422 when none."""
    permit(INVOICE.scope, "bulk_approve")
    wanted = bodies.read(("ids",)).texts("ids", required=True)[:100]
    done = sum(approved(id_) for id_ in wanted)
    if not done:
        raise Message(422, "None of the invoices could be approved")
    if done == len(wanted):
        return Response(status=204)
    body = '{"message": "Some of the invoices could not be approved"}'
    return Response(body, 207, mimetype="application/json")


def approved(id_: str) -> bool:
    try:
        documents.approve(INVOICE, documents.get(INVOICE, id_))
    except Problem:
        return False
    return True


@blueprint.post("/invoices/<id_>/cancel")
def cancel(id_: str) -> tuple[str, int]:
    permit(INVOICE.scope, "cancel")
    documents.cancel(INVOICE, documents.get(INVOICE, id_))
    return "", 200


@blueprint.post("/invoices/<id_>/payments")
def pay(id_: str) -> tuple[str, int]:
    """Book a payment; the provider documents no body for the answer, and there is none."""
    permit(INVOICE.scope, "pay")
    document = documents.get(INVOICE, id_)
    payments.on_document(INVOICE, document, bodies.read(payments.ON_DOCUMENT, optional=True))
    return "", 201


@blueprint.post("/invoices/<id_>/send")
def send(id_: str) -> tuple[str, int]:
    permit(INVOICE.scope, "send")
    return sending.send(INVOICE, id_)


@blueprint.get("/invoices/<id_>/pdf")
def show_pdf(id_: str) -> Response:
    permit(INVOICE.scope, "get")
    return pdf.response(INVOICE, documents.get(INVOICE, id_))


@blueprint.get("/invoices/find-by-number")
def find_by_number() -> NoReturn:
    permit(INVOICE.scope, "list")
    raise unsupported("find-by-number: its parameter was never captured")
