"""``/treasury``, also at ``/treasuries``: banks, cards, cash and gateways."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import amounts
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.treasury import TYPES
from portal.sandbox.holded.v1 import answers, extras, lists, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, not_found

blueprint = Blueprint("treasury", __name__)


@blueprint.get("/treasury")
@blueprint.get("/treasuries")
def listing() -> Response:
    return lists.page("treasury", shown)


@blueprint.get("/treasury/<id_>")
@blueprint.get("/treasuries/<id_>")
def get(id_: str) -> Response:
    found = state().find(account().id, "treasury", id_)
    if found is None:
        raise not_found()
    return answers.written(shown(found))


@blueprint.post("/treasury")
@blueprint.post("/treasuries")
def create() -> Response:
    """Open an account; the answer is the account, as the reference's schema says."""
    fields = reading.body()
    name = fields.text("name")
    if name is None:
        raise needed("name")
    kind = fields.text("type") or "bank"
    if kind not in TYPES:
        raise Refusal(f"type must be one of {', '.join(TYPES)}")
    treasury: dict[str, Any] = {
        "id": state().new_id(),
        "name": name,
        "type": kind,
        "currency": account().currency,
        "balance": amounts.text(fields.number("balance") or ZERO),
        "iban": fields.text("iban"),
        "bic": fields.text("swift"),
        "account_number": fields.text("accountNumber"),
        "creditor_id": None,
        "issuer_id": None,
        "archived": False,
        "synced_at": None,
        "transactions_pending_to_reconcile": 0,
    }
    state().insert(account().id, "treasury", treasury)
    banks = {"bank": fields.text("bank"), "bankname": fields.text("bankname")}
    extras.keep("treasury", treasury["id"], banks)
    return answers.written({"status": 1, "info": "Created", **shown(treasury)}, 201)


def shown(treasury: dict[str, Any]) -> dict[str, Any]:
    only_v1 = extras.of("treasury", treasury["id"])
    number = treasury["account_number"] or ""
    return {
        "id": treasury["id"],
        "name": treasury["name"],
        "type": treasury["type"],
        "balance": answers.number(treasury["balance"]),
        "accountNumber": int(number) if number.isascii() and number.isdigit() else None,
        "iban": treasury["iban"] or "",
        "swift": treasury["bic"] or "",
        "bank": only_v1.get("bank") or "",
        "bankname": only_v1.get("bankname") or "",
    }
