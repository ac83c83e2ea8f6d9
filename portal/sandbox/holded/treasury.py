"""Treasury accounts: banks, cards, cash and gateways; Stripe's money is booked on a gateway."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import bodies, paging
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable

blueprint = Blueprint("treasury", __name__)

TYPES = ("bank", "card", "gateway", "cash")
WRITABLE = (
    "name", "type", "currency", "iban", "bic", "account_number", "creditor_id", "issuer_id",
)  # fmt: skip
# A PUT takes these; it cannot change the type or the account number.
REPLACED = ("name", "currency", "iban", "bic", "creditor_id", "issuer_id")
REPLACEABLE = (*REPLACED, "accounting_account_id", "auto_sync", "default_account")
SCOPE = "accounting:banks"


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
        show=shown,
    )


@blueprint.get("/treasury/accounts/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    return shown(found(id_))


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


@blueprint.put("/treasury/accounts/<id_>")
def update(id_: str) -> dict[str, Any]:
    """Replace what can be changed of an account, in full.

    The accounting account and the switches a PUT must bring are read and not kept: no answer of
    the provider shows them.
    """
    permit(SCOPE, "update")
    treasury = found(id_)
    body = bodies.read(REPLACEABLE)
    body.text("accounting_account_id", required=True)
    if not body.has("auto_sync"):
        raise bad_request("auto_sync is required")
    body.flag("auto_sync", False)
    treasury |= {name: body.text(name, required=name in ("name", "currency")) for name in REPLACED}
    state().save(account().id, "treasury", treasury)
    return shown(treasury)


@blueprint.post("/treasury/accounts/<id_>/archive")
def archive(id_: str) -> tuple[str, int]:
    permit(SCOPE, "archive")
    state().save(account().id, "treasury", found(id_) | {"archived": True})
    return "", 204


@blueprint.delete("/treasury/accounts/<id_>")
def delete(id_: str) -> tuple[str, int]:
    """Delete an account, which must have been archived first."""
    permit(SCOPE, "delete")
    if not found(id_)["archived"]:
        raise unprocessable("A banking account must be archived before it is deleted")
    state().remove(account().id, "treasury", id_)
    return "", 204


def shown(treasury: dict[str, Any]) -> dict[str, Any]:
    """Return an account as the API shows it, with how many of its movements wait."""
    waiting = sum(
        each["banking_account_id"] == treasury["id"] and each["status"] in ("pending", "partial")
        for each in state().each(account().id, "bank_movement")
    )
    return treasury | {"transactions_pending_to_reconcile": waiting}


def found(id_: str) -> dict[str, Any]:
    treasury = state().find(account().id, "treasury", id_)
    if treasury is None:
        raise not_found()
    return treasury
