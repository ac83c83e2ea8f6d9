"""``/payments``: money booked on documents or loose; what was paid out is negative."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response

from portal.sandbox.holded import amounts, payments, webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.v1 import answers, days, lists, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, not_found, unsupported
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("payments", __name__)

Payment = dict[str, Any]


@blueprint.get("/payments")
def listing() -> Response:
    start, end = reading.bounds()

    def keep(payment: Payment) -> bool:
        date = days.seconds(payment["date"]) or 0
        return (start is None or date >= start) and (end is None or date < end)

    return lists.page("payment", shown, None if (start, end) == (None, None) else keep)


@blueprint.get("/payments/<id_>")
def get(id_: str) -> Response:
    return answers.written(shown(found(id_)))


@blueprint.post("/payments")
def create() -> Response:
    """Book a movement that belongs to no document: ``{bankId, contactId, amount, desc, date}``."""
    fields = reading.body()
    if fields.value("documentId"):
        raise unsupported("documentId: it is taken live, what it does was not seen; use …/pay")
    amount, day = fields.number("amount"), fields.day("date")
    if not amount or day is None:
        raise needed("date" if amount else "amount")
    payment = payments.written(
        kind="collection" if amount > 0 else "payment",
        amount=abs(amounts.rounded(amount, account().currency)),
        day=day,
        bank=bank(fields.text("bankId")),
        description=fields.text("desc"),
        contact=contact(fields.text("contactId")),
    )
    return answers.created(payment["id"])


@blueprint.put("/payments/<id_>")
def change(id_: str) -> Response:
    """Change what the body names; balances and the document that was paid follow."""
    before, fields = found(id_), reading.body()
    after = dict(before)
    if fields.has("amount"):
        after |= signed(before, fields)
    if fields.has("date"):
        after["date"] = fields.day("date") or before["date"]
    if fields.has("desc"):
        after["description"] = fields.text("desc")
    if fields.has("contactId"):
        after["contact_id"] = contact(fields.text("contactId"))
    if fields.has("bankId"):
        new_bank = bank(fields.text("bankId"))
        after["banking_account_id"] = new_bank["id"] if new_bank else None
    payments.take_back(before)
    state().save(account().id, "payment", after)
    payments.move(after)
    webhooks.emit(state(), account().id, "payment.update", {"id": id_})
    payments.tell_document(after)
    return answers.updated(id_)


@blueprint.delete("/payments/<id_>")
def delete(id_: str) -> Response:
    payment = found(id_)
    payments.take_back(payment)
    state().remove(account().id, "payment", id_)
    webhooks.emit(state(), account().id, "payment.delete", {"id": id_})
    payments.tell_document(payment)
    return answers.deleted(id_)


def signed(payment: Payment, fields: Fields) -> dict[str, Any]:
    """Return the new amount, and the direction that its sign gives a loose movement."""
    amount = fields.number("amount")
    if not amount:
        raise needed("amount")
    kind = "collection" if amount > 0 else "payment"
    if payment["document_id"] is not None and kind != payment["type"]:
        raise Refusal("amount: a payment of a document keeps its direction")
    return {"type": kind, "amount": amounts.text(abs(amounts.rounded(amount, account().currency)))}


def bank(id_: str | None) -> dict[str, Any] | None:
    if id_ is None:
        return None
    treasury = state().find(account().id, "treasury", id_)
    if treasury is None:
        raise Refusal("bankId: there is no such treasury")
    return treasury


def contact(id_: str | None) -> str | None:
    if id_ is not None and state().find(account().id, "contact", id_) is None:
        raise Refusal("Contact not found")
    return id_


def found(id_: str) -> Payment:
    payment = state().find(account().id, "payment", id_)
    if payment is None:
        raise not_found()
    return payment


def value(payment: Payment) -> Decimal:
    amount = Decimal(payment["amount"])
    return amount if payment["type"] == "collection" else -amount


def shown(payment: Payment) -> dict[str, Any]:
    named = state().find(account().id, "contact", payment["contact_id"] or "")
    return {
        "id": payment["id"],
        "bankId": payment["banking_account_id"] or "",
        "contactId": payment["contact_id"] or "",
        "contactName": named["name"] if named else "",
        "amount": answers.number(value(payment)),
        "desc": payment["description"] or "",
        "date": days.seconds(payment["date"]),
    }
