"""``/taxes``: the account's taxes with the keys lines name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded.v1 import lists

blueprint = Blueprint("taxes", __name__)


@blueprint.get("/taxes")
def listing() -> Response:
    return lists.page("tax", shown)


def shown(tax: dict[str, Any]) -> dict[str, Any]:
    """Return a tax; its group is the middle of its key, ``iva`` in ``s_iva_21``."""
    return {
        "name": tax["name"],
        "amount": tax["amount"],
        "scope": tax["scope"],
        "key": tax["key"],
        "group": tax["key"].split("_")[1],
        "type": tax["type"],
    }
