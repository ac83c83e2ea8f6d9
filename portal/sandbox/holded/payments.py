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
from portal.sandbox.holded.kinds import EVERY
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable, unsupported

blueprint = Blueprint("payments", __name__)

SCOPE = "accounting:payments"
ON_DOCUMENT = ("amount", "treasury_id", "date", "description")
COLLECTED = ("invoice", "salesreceipt", "purchaserefund")  # all else is money that leaves
LOOSE = ("type", "amount", "date", "bank_account_id", "contact_id", "description")
SHOWN_ONLY = (
    "id", "contact_name", "status", "reconciliation_status", "total_documents",
    "total_transactions", "total_advance", "document_type", "document_id",
)  # fmt: skip


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
        show=shown,
    )


@blueprint.get("/payments/<id_>")
def get(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    return shown(found(id_))


@blueprint.post("/payments")
def create() -> tuple[dict[str, Any], int]:
    """Book a movement that belongs to no document."""
    permit(SCOPE, "create")
    body = bodies.read((*LOOSE, *SHOWN_ONLY))
    if body.has("document_id"):
        raise unsupported("a payment made with document_id: accounts of it contradict each other")
    payment = written(**asked(body))
    return {"id": payment["id"]}, 201


@blueprint.put("/payments/<id_>")
def update(id_: str) -> dict[str, Any]:
    """Replace a movement in full; one on a document takes that document's totals along."""
    permit(SCOPE, "update")
    payment, new = found(id_), asked(bodies.read((*LOOSE, *SHOWN_ONLY)))
    if payment["document_id"] and new["kind"] != payment["type"]:
        raise unprocessable("The direction of a document's payment cannot be changed")
    take_back(payment)
    payment |= {
        "type": new["kind"],
        "amount": amounts.text(new["amount"]),
        "date": new["day"],
        "banking_account_id": new["bank"]["id"] if new["bank"] else None,
        "contact_id": new["contact"],
        "description": new["description"],
    }
    state().save(account().id, "payment", payment)
    move(payment)
    webhooks.emit(state(), account().id, "payment.update", {"id": id_})
    tell_document(payment)
    return {"id": id_}


@blueprint.delete("/payments/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(SCOPE, "delete")
    payment = found(id_)
    take_back(payment)
    state().remove(account().id, "payment", id_)
    webhooks.emit(state(), account().id, "payment.delete", {"id": id_})
    tell_document(payment)
    return "", 204


def found(id_: str) -> dict[str, Any]:
    payment = state().find(account().id, "payment", id_)
    if payment is None:
        raise not_found()
    return payment


def shown(payment: dict[str, Any]) -> dict[str, Any]:
    """Return a movement as the API shows it.

    ``status`` and ``total_documents`` say how much of it belongs to a document.
    """
    contact = state().find(account().id, "contact", payment["contact_id"] or "")
    linked = payment["document_id"] is not None
    reconciled = payment.get("reconciled", "0.00")
    return {
        "id": payment["id"],
        "bank_account_id": payment["banking_account_id"],
        "contact_id": payment["contact_id"],
        "contact_name": contact["name"] if contact else None,
        "amount": payment["amount"],
        "description": payment["description"],
        "date": dates.midnight(payment["date"]),
        "status": "paid" if linked else "no_paid",
        "reconciliation_status": reconciliation(Decimal(reconciled), Decimal(payment["amount"])),
        "total_documents": payment["amount"] if linked else "0.00",
        "total_transactions": reconciled,
        "total_advance": "0.00",
        "document_type": payment["document_type"],
        "document_id": payment["document_id"],
    }


def reconciliation(done: Decimal, amount: Decimal) -> str:
    if not done:
        return "pending"
    return "reconciled" if done >= amount else "partial_reconciled"


def asked(body: Body) -> dict[str, Any]:
    """Return the arguments of ``written`` that a body asks for."""
    if body.text("type", required=True) not in ("collection", "payment"):
        raise bad_request("type must be collection or payment")
    if not body.has("amount") or not body.has("date"):
        raise bad_request("amount and date are required")
    bank = body.text("bank_account_id")
    return {
        "kind": body.text("type") or "",
        "amount": body.number("amount", ZERO),
        "day": body.day("date") or "",
        "bank": treasury.found(bank) if bank else None,
        "description": body.text("description"),
        "contact": body.text("contact_id"),
    }


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
    add_detail(kind, document, payment)
    documents.announce(kind, "update", document)


def add_detail(kind: Kind, document: Document, payment: dict[str, Any]) -> None:
    """Write a payment into its document: what it shows of it, and what is left."""
    document["payments_detail"].append(
        {
            "id": payment["id"],
            "amount": payment["amount"],
            "date": payment["date"],
            "bank_id": payment["banking_account_id"],
        }
    )
    settle(kind, document)


def settle(kind: Kind, document: Document) -> None:
    """Add up what was paid of a document, and keep it."""
    paid = sum((Decimal(each["amount"]) for each in document["payments_detail"]), ZERO)
    document["payments_total"] = amounts.text(paid)
    document["payments_pending"] = amounts.text(Decimal(document["total"]) - paid)
    state().save(account().id, kind.name, document)


def document_of(payment: dict[str, Any]) -> tuple[Kind, Document] | None:
    """Return the document a payment is on, or None when there is none (any more)."""
    kind = EVERY.get(payment["document_type"] or "")
    document = kind and state().find(account().id, kind.name, payment["document_id"])
    return (kind, document) if kind and document else None


def take_back(payment: dict[str, Any]) -> None:
    """Undo what a payment did to its bank and its document; the payment itself stays."""
    shift(payment, -1)
    if linked := document_of(payment):
        kind, document = linked
        document["payments_detail"] = [
            each for each in document["payments_detail"] if each["id"] != payment["id"]
        ]
        settle(kind, document)


def move(payment: dict[str, Any]) -> None:
    """Do again what ``take_back`` undid, with what the payment now says."""
    shift(payment, 1)
    if linked := document_of(payment):
        kind, document = linked
        if not ZERO < Decimal(payment["amount"]) <= documents.pending_of(document):
            raise unprocessable(
                f"sandbox_unsupported: the amount must be more than zero and at most what is "
                f"pending ({amounts.text(documents.pending_of(document))})"
            )
        add_detail(kind, document, payment)


def tell_document(payment: dict[str, Any]) -> None:
    if linked := document_of(payment):
        documents.announce(linked[0], "update", linked[1])


def shift(payment: dict[str, Any], times: int) -> None:
    """Move the balance of a payment's bank."""
    bank = state().find(account().id, "treasury", payment["banking_account_id"] or "")
    if bank is not None:
        moved = Decimal(payment["amount"]) * (times if payment["type"] == "collection" else -times)
        bank["balance"] = amounts.text(Decimal(bank["balance"]) + moved)
        state().save(account().id, "treasury", bank)


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
    shift(payment, 1)
    webhooks.emit(state(), account().id, "payment.create", {"id": payment["id"]})
    return payment
