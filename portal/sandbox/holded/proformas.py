"""Proformas: bills before the bill, which carry no payment fields and cannot be paid."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import bodies, documents, pdf, sending
from portal.sandbox.holded.accounts import permit
from portal.sandbox.holded.documents import PROFORMA

blueprint = Blueprint("proformas", __name__)


@blueprint.get("/proformas")
def listing() -> dict[str, Any]:
    return documents.listing(PROFORMA)


@blueprint.post("/proformas")
def create() -> tuple[dict[str, Any], int]:
    permit(PROFORMA.scope, "create")
    return {"id": documents.create(PROFORMA, bodies.read(PROFORMA.writable))["id"]}, 201


@blueprint.get("/proformas/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(PROFORMA.scope, "get")
    return documents.shown(documents.get(PROFORMA, id_))


@blueprint.put("/proformas/<id_>")
def change(id_: str) -> dict[str, Any]:
    permit(PROFORMA.scope, "update")
    documents.change_dates(PROFORMA, documents.get(PROFORMA, id_), bodies.read(documents.DATES))
    return {"id": id_}


@blueprint.delete("/proformas/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(PROFORMA.scope, "delete")
    documents.delete(PROFORMA, documents.get(PROFORMA, id_))
    return "", 204


@blueprint.post("/proformas/<id_>/approve")
def approve(id_: str) -> dict[str, Any]:
    permit(PROFORMA.scope, "approve")
    documents.approve(PROFORMA, documents.get(PROFORMA, id_))
    return {"id": id_}


@blueprint.post("/proformas/<id_>/send")
def send(id_: str) -> tuple[str, int]:
    permit(PROFORMA.scope, "send")
    return sending.send(PROFORMA, id_)


@blueprint.get("/proformas/<id_>/pdf")
def show_pdf(id_: str) -> Response:
    permit(PROFORMA.scope, "get")
    return pdf.response(PROFORMA, documents.get(PROFORMA, id_))
