"""Numbering series: a document takes its number from one when it is approved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import bodies, paging
from portal.sandbox.holded.accounts import SERIES, account, permit, series, state
from portal.sandbox.holded.problems import not_found

blueprint = Blueprint("numbering", __name__)

SCOPE = "sales:numberingseries"
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
    body = bodies.read(WRITABLE)
    new = series(state().new_id(), kind) | {
        "name": body.text("name", required=True),
        "format": body.text("format", required=True),
        "last": body.integer("last") or 0,
        "refund_numbering_series_id": body.text("refund_numbering_series_id"),
        "verifactu_excluded": body.flag("verifactu_excluded", False),
    }
    state().insert(account().id, "numbering_series", new)
    return {"id": new["id"]}, 201


def known(kind: str) -> None:
    if kind not in SERIES:
        raise not_found()
