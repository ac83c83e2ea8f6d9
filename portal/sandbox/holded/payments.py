"""Money booked in Holded: on a document, or loose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request

from portal.sandbox.holded import amounts, bodies, dates, documents, paging, treasury, webhooks
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable

blueprint = Blueprint("payments", __name__)

SCOPE = "accounting:payments"
ON_DOCUMENT = ("amount", "treasury_id", "date", "description")
COLLECTED = ("invoice", "salesreceipt", "purchaserefund")  # all else is money that leaves
LOOSE = ("type", "amount", "date", "bank_account_id", "contact_id", "description")


@blueprint.get("/payments")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    first, last = (
        dates.day(request.args[name]) if request.args.get(name) else None
        for name in ("start_date", "end_date")
    )
    same = paging.same("document_id", "document_type", "banking_account_id")
    return paging.page(
        "payment",
        keep=lambda each: (
            same(each)
            and (first is None or each["date"] >= first)
            and (last is None or each["date"] <= last)
        ),
    )


@blueprint.get("/payments/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    found = state().find(account().id, "payment", id_)
    if found is None:
        raise not_found()
    return found


@blueprint.post("/payments")
def create() -> tuple[dict[str, Any], int]:
    """Book a movement that belongs to no document."""
    permit(SCOPE, "create")
    body = bodies.read(LOOSE)
    if body.text("type", required=True) not in ("collection", "payment"):
        raise bad_request("type must be collection or payment")
    if not body.has("amount") or not body.has("date"):
        raise bad_request("amount and date are required")
    bank = body.text("bank_account_id")
    payment = written(
        kind=body.text("type") or "",
        amount=body.number("amount", ZERO),
        day=body.day("date") or "",
        bank=treasury.found(bank) if bank else None,
        description=body.text("description"),
        contact=body.text("contact_id"),
    )
    return {"id": payment["id"]}, 201


def on_document(kind: Kind, document: Document, body: Body) -> None:
    """Book a payment on an approved document.

    Without an amount, all that is pending is booked. What Holded answers to more than that is not
    known, so it is refused.
    """
    pending = documents.pending_of(document)
    amount = amounts.rounded(body.number("amount", pending), account().currency)
    if document["draft"] or document["_cancelled"]:
        raise unprocessable("Only an approved document that is not cancelled can be paid")
    if amount <= 0 or amount > pending:
        raise unprocessable(
            f"sandbox_unsupported: the amount must be more than zero and at most what is pending "
            f"({amounts.text(pending)})"
        )
    bank_id = body.text("treasury_id")
    payment = written(
        kind="collection" if kind.name in COLLECTED else "payment",
        amount=amount,
        day=body.day("date") or dates.today(state().now()),
        bank=treasury.found(bank_id) if bank_id else None,
        description=body.text("description"),
        contact=document["contact_id"],
        document=(kind.name, document["id"]),
    )
    document["payments_detail"].append(
        {
            "id": payment["id"],
            "amount": payment["amount"],
            "date": payment["date"],
            "bank_id": payment["banking_account_id"],
        }
    )
    document["payments_total"] = amounts.text(documents.paid_of(document) + amount)
    document["payments_pending"] = amounts.text(pending - amount)
    state().save(account().id, kind.name, document)
    documents.announce(kind, "update", document)


def written(
    *,
    kind: str,
    amount: Decimal,
    day: str,
    bank: dict[str, Any] | None,
    description: str | None,
    contact: str | None,
    document: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Write a movement, move the balance of its bank and tell it by webhook.

    What the provider's ``payment.*`` webhooks carry is not known; ours carry the id alone.
    """
    payment = {
        "id": state().new_id(),
        "type": kind,
        "amount": amounts.text(amount),
        "date": day,
        "banking_account_id": bank["id"] if bank else None,
        "contact_id": contact,
        "description": description,
        "document_type": document[0] if document else None,
        "document_id": document[1] if document else None,
    }
    state().insert(account().id, "payment", payment)
    if bank is not None:
        moved = amount if kind == "collection" else -amount
        bank["balance"] = amounts.text(Decimal(bank["balance"]) + moved)
        state().save(account().id, "treasury", bank)
    webhooks.emit(state(), account().id, "payment.create", {"id": payment["id"]})
    return payment
