"""``/paymentmethods``, also at ``/documents/paymentmethods``; v1 reads them and makes none."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded.v1 import lists

blueprint = Blueprint("payment_methods", __name__)


@blueprint.get("/paymentmethods")
@blueprint.get("/documents/paymentmethods")
def listing() -> Response:
    return lists.page("payment_method", shown)


def shown(method: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": method["id"],
        "name": method["name"],
        "dueDays": method["dueDays"] or 0,
        "bankId": method["bankingAccountId"] or "",
    }
