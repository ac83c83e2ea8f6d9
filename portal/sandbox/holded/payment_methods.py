"""Payment methods a document can name; their bodies are camelCase, unlike the rest of v2."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.sandbox.holded import bodies, paging, treasury
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.problems import not_found

blueprint = Blueprint("payment_methods", __name__)

WRITABLE = ("name", "dueDays", "bankingAccountId")
# What only methods of a connected gateway have otherwise; gateways are connected on a page.
MANUAL = {"type": "manual", "status": "connected", "isDefault": False, "connectionId": None}
SCOPE = "sales:invoicing-settings"


@blueprint.get("/payment-methods")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    return paging.page("payment_method", show=shown)


@blueprint.get("/payment-methods/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    return shown(found(id_))


@blueprint.post("/payment-methods")
def create() -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    method = {"id": state().new_id(), **MANUAL, **read()}
    state().insert(account().id, "payment_method", method)
    return {"id": method["id"]}, 201


@blueprint.put("/payment-methods/<id_>")
def update(id_: str) -> dict[str, Any]:
    permit(SCOPE, "update")
    method = found(id_) | read()
    state().save(account().id, "payment_method", method)
    return {"id": id_}


@blueprint.delete("/payment-methods/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(SCOPE, "delete")
    state().remove(account().id, "payment_method", found(id_)["id"])
    return "", 204


def read() -> dict[str, Any]:
    body = bodies.read((*WRITABLE, *MANUAL, "id"))
    bank = body.text("bankingAccountId")
    return {
        "name": body.text("name", required=True),
        "dueDays": body.integer("dueDays"),
        "bankingAccountId": treasury.found(bank)["id"] if bank else None,
    }


def shown(method: dict[str, Any]) -> dict[str, Any]:
    return MANUAL | method


def found(id_: str) -> dict[str, Any]:
    method = state().find(account().id, "payment_method", id_)
    if method is None:
        raise not_found()
    return method
