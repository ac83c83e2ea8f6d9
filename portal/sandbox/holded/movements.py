"""Movements of a treasury account, as a bank's statement has them, matched with documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import amounts, bodies, dates, documents, paging, payments, treasury
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.kinds import KINDS
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable, unsupported

blueprint = Blueprint("movements", __name__)

SCOPE = treasury.SCOPE
FIELDS = ("amount", "description", "value_date", "balance")
MOST = 100
DOCUMENTS = (
    "invoice", "salesreceipt", "purchase", "creditnote", "purchaserefund", "payroll", "payment",
    "remittance", "purchasereceipt", "collection", "receipt", "entry",
)  # fmt: skip


@blueprint.get("/treasury/accounts/<id_>/bank-movements")
def listing(id_: str) -> dict[str, Any]:
    permit(SCOPE, "list")
    bank = treasury.found(id_)["id"]
    args = request.args
    first, last = (
        dates.day(args[name]) if args.get(name) else None for name in ("start_date", "end_date")
    )
    wanted = args["status"].split(",") if args.get("status") else None
    return paging.page(
        "bank_movement",
        keep=lambda each: (
            each["banking_account_id"] == bank
            and (wanted is None or each["status"] in wanted)
            and (first is None or each["value_date"][:10] >= first)
            and (last is None or each["value_date"][:10] <= last)
        ),
    )


@blueprint.post("/treasury/accounts/<id_>/bank-movements")
def create(id_: str) -> tuple[Any, int]:
    """Enter one movement, or up to a hundred in an array, of which all or none are kept."""
    permit(SCOPE, "create")
    bank = treasury.found(id_)
    given = bodies.read_json()
    if isinstance(given, list):
        if not 1 <= len(given) <= MOST or not all(isinstance(each, dict) for each in given):
            raise bad_request(f"The body must be 1 to {MOST} objects")
        return [enter(bank, Body(each, f"{n}.")) for n, each in enumerate(given)], 201
    if not isinstance(given, dict):
        raise bad_request("The body must be a JSON object or an array of objects")
    return enter(bank, Body(given)), 201


def enter(bank: dict[str, Any], body: Body) -> dict[str, Any]:
    body.only(FIELDS)
    if not body.has("amount") or not body.has("balance"):
        raise bad_request("amount and balance are required")
    today = dates.today(state().now())
    home = bank["currency"].lower() == account().currency.lower()
    amount = amounts.text(body.number("amount", ZERO))
    movement = {
        "id": state().new_id(),
        "banking_account_id": bank["id"],
        "description": body.text("description", required=True),
        "note": "",
        "amount": amount,
        "currency": bank["currency"],
        "balance": amounts.text(body.number("balance", ZERO)),
        "accounting_amount": amount if home else None,
        "accounting_currency": account().currency if home else None,
        "booking_date": dates.midnight(today),
        "value_date": dates.midnight(body.day("value_date") or today),
        "status": "pending",
        "reconciled_amount": "0.00",
        "origin": "manual",
        "flagged_at": None,
    }
    state().insert(account().id, "bank_movement", movement)
    return {"id": movement["id"]}


@blueprint.post("/treasury/accounts/<id_>/bank-movements/<movement_id>/reconcile")
def reconcile(id_: str, movement_id: str) -> dict[str, Any]:
    """Match a movement with documents, or mark it as matched when none are named."""
    permit(SCOPE, "reconcile")
    bank = treasury.found(id_)
    movement = state().find(account().id, "bank_movement", movement_id)
    if movement is None or movement["banking_account_id"] != bank["id"]:
        raise not_found()
    if movement["status"] not in ("pending", "partial"):
        raise unprocessable("The movement is already reconciled")
    wanted = bodies.read(("documents",), optional=True).mappings("documents")
    for n, each in enumerate(wanted):
        match(bank, movement, Body(each, f"documents.{n}."))
    if not wanted:
        movement["status"] = "forced_reconciled"
    state().save(account().id, "bank_movement", movement)
    return {}


def match(bank: dict[str, Any], movement: dict[str, Any], body: Body) -> None:
    """Use what is left of a movement on one document, or on a payment that is booked already."""
    body.only(("document_id", "document_type"))
    kind = body.text("document_type", required=True) or ""
    id_ = body.text("document_id", required=True) or ""
    if kind not in DOCUMENTS:
        raise bad_request(f"document_type must be one of {', '.join(DOCUMENTS)}")
    left = abs(Decimal(movement["amount"])) - Decimal(movement["reconciled_amount"])
    if left <= 0:
        raise unprocessable("Nothing of the movement is left")
    if kind in ("payment", "collection"):
        used = link(payments.found(id_), left)
    elif kind in KINDS and KINDS[kind].payable:
        used = book(bank, movement, kind, id_, left)
    else:
        raise unsupported(f"reconciling with a {kind}")
    done = Decimal(movement["reconciled_amount"]) + used
    movement["reconciled_amount"] = amounts.text(done)
    movement["status"] = "reconciled" if done >= abs(Decimal(movement["amount"])) else "partial"


def link(payment: dict[str, Any], left: Decimal) -> Decimal:
    """Match with a payment that is booked; return how much of it that takes."""
    open_ = Decimal(payment["amount"]) - Decimal(payment.get("reconciled", "0.00"))
    used = min(left, open_)
    if used <= 0:
        raise unprocessable("The payment is already reconciled")
    payment["reconciled"] = amounts.text(Decimal(payment.get("reconciled", "0.00")) + used)
    state().save(account().id, "payment", payment)
    return used


def book(
    bank: dict[str, Any], movement: dict[str, Any], kind: str, id_: str, left: Decimal
) -> Decimal:
    """Book a payment on a document, and match with that; return its amount."""
    document = documents.get(KINDS[kind], id_)
    comes_in = Decimal(movement["amount"]) > 0
    if comes_in != (kind in payments.COLLECTED):
        raise unprocessable("The movement goes the other way than the document's payments")
    amount = min(left, documents.pending_of(document))
    payments.on_document(
        KINDS[kind],
        document,
        Body(
            {
                "amount": amounts.text(amount),
                "treasury_id": bank["id"],
                "date": movement["value_date"][:10],
                "description": movement["description"],
            }
        ),
    )
    return link(payments.found(document["payments_detail"][-1]["id"]), amount)
