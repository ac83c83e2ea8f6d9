"""Estimates: what a customer may accept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import bodies, documents, pdf, sending
from portal.sandbox.holded.accounts import permit
from portal.sandbox.holded.documents import ESTIMATE

blueprint = Blueprint("estimates", __name__)


@blueprint.get("/estimates")
def listing() -> dict[str, Any]:
    return documents.listing(ESTIMATE)


@blueprint.post("/estimates")
def create() -> tuple[dict[str, Any], int]:
    permit(ESTIMATE.scope, "create")
    return {"id": documents.create(ESTIMATE, bodies.read(ESTIMATE.writable))["id"]}, 201


@blueprint.get("/estimates/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(ESTIMATE.scope, "get")
    return documents.shown(documents.get(ESTIMATE, id_))


@blueprint.put("/estimates/<id_>")
def change(id_: str) -> dict[str, Any]:
    permit(ESTIMATE.scope, "update")
    documents.change_dates(ESTIMATE, documents.get(ESTIMATE, id_), bodies.read(documents.DATES))
    return {"id": id_}


@blueprint.delete("/estimates/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(ESTIMATE.scope, "delete")
    documents.delete(ESTIMATE, documents.get(ESTIMATE, id_))
    return "", 204


@blueprint.post("/estimates/<id_>/approve")
def approve(id_: str) -> dict[str, Any]:
    permit(ESTIMATE.scope, "approve")
    documents.approve(ESTIMATE, documents.get(ESTIMATE, id_))
    return {"id": id_}


@blueprint.post("/estimates/<id_>/send")
def send(id_: str) -> tuple[str, int]:
    permit(ESTIMATE.scope, "send")
    return sending.send(ESTIMATE, id_)


@blueprint.get("/estimates/<id_>/pdf")
def show_pdf(id_: str) -> Response:
    permit(ESTIMATE.scope, "get")
    return pdf.response(ESTIMATE, documents.get(ESTIMATE, id_))
