"""Numbering series: a document takes its number from one when it is approved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import bodies, paging
from portal.sandbox.holded.accounts import SERIES, account, permit, series, state
from portal.sandbox.holded.problems import not_found

blueprint = Blueprint("numbering", __name__)

SCOPE = "sales:invoicing-settings"
REFUNDS = {"invoice": "creditnote", "salesreceipt": "receiptnote"}
WRITABLE = ("name", "format", "last", "refund_numbering_series_id", "verifactu_excluded")


@blueprint.get("/numbering-series/<kind>")
def listing(kind: str) -> dict[str, Any]:
    permit(SCOPE, "list")
    known(kind)
    return paging.page("numbering_series", keep=lambda each: each["type"] == kind)


@blueprint.post("/numbering-series/<kind>")
def create(kind: str) -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    known(kind)
    new = series(state().new_id(), kind) | read(kind, 0)
    state().insert(account().id, "numbering_series", new)
    return {"id": new["id"]}, 201


@blueprint.put("/numbering-series/<kind>/<id_>")
def update(kind: str, id_: str) -> dict[str, Any]:
    """Replace a series in full, except its count when that is left out."""
    permit(SCOPE, "update")
    one = found(kind, id_)
    one |= read(kind, one["last"])
    state().save(account().id, "numbering_series", one)
    return one


@blueprint.delete("/numbering-series/<kind>/<id_>")
def delete(kind: str, id_: str) -> tuple[str, int]:
    permit(SCOPE, "delete")
    state().remove(account().id, "numbering_series", found(kind, id_)["id"])
    return "", 204


def read(kind: str, last: int) -> dict[str, Any]:
    body = bodies.read((*WRITABLE, "id", "type"))
    count = body.integer("last")
    refunds = body.text("refund_numbering_series_id")
    if refunds:
        found(REFUNDS.get(kind, ""), refunds)
    return {
        "name": body.text("name", required=True),
        "format": body.text("format", required=True),
        "last": last if count is None else count,
        "refund_numbering_series_id": refunds,
        "verifactu_excluded": body.flag("verifactu_excluded", False),
    }


def found(kind: str, id_: str) -> dict[str, Any]:
    known(kind)
    one = state().find(account().id, "numbering_series", id_)
    if one is None or one["type"] != kind:
        raise not_found()
    return one


def known(kind: str) -> None:
    if kind not in SERIES:
        raise not_found()
