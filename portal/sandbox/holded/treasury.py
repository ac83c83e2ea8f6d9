"""Treasury accounts: banks, cards, cash and gateways; Stripe's money is booked on a gateway."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import bodies, paging
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.problems import bad_request, not_found

blueprint = Blueprint("treasury", __name__)

TYPES = ("bank", "card", "gateway", "cash")
WRITABLE = (
    "name", "type", "currency", "iban", "bic", "account_number", "creditor_id", "issuer_id",
)  # fmt: skip
SCOPE = "treasury:accounts"


@blueprint.get("/treasury/accounts")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    archived = request.args.get("archived")
    same_type = paging.same("type")
    return paging.page(
        "treasury",
        keep=lambda each: (
            same_type(each) and (archived is None or each["archived"] == (archived == "true"))
        ),
    )


@blueprint.get("/treasury/accounts/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    return found(id_)


@blueprint.post("/treasury/accounts")
def create() -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    body = bodies.read(WRITABLE)
    if body.text("type", required=True) not in TYPES:
        raise bad_request(f"type must be one of {', '.join(TYPES)}")
    treasury = {
        "id": state().new_id(),
        "name": body.text("name", required=True),
        "type": body.text("type"),
        "currency": body.text("currency") or account().currency,
        "balance": "0.00",
        **{name: body.text(name) for name in WRITABLE[3:]},
        "archived": False,
        "synced_at": None,
        "transactions_pending_to_reconcile": 0,
    }
    state().insert(account().id, "treasury", treasury)
    return {"id": treasury["id"]}, 201


def found(id_: str) -> dict[str, Any]:
    treasury = state().find(account().id, "treasury", id_)
    if treasury is None:
        raise not_found()
    return treasury
