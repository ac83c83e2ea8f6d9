"""What a merchant does by hand on Holded's own pages, some of which no API can do.

Under ``/_sandbox/merchant/``; it costs no call of the quota and needs no token, so that a test can
let it happen between two calls of a client. ``account`` is the first one unless it is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from portal.sandbox.holded import accounts, amounts, bodies, contacts, documents, payments
from portal.sandbox.holded.accounts import state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.kinds import KINDS
from portal.sandbox.holded.problems import Problem, bad_request, not_found
from portal.sandbox.holded.recurrences import acting

blueprint = Blueprint("merchant", __name__)

ON_DOCUMENT = ("account", "approve", "payment", "multiple_due_dates", "forecast_date")
ON_CONTACT = (
    "account", "custom_id", "iban", "swift", "group_id", "tags", "extra_emails", "contact_persons",
    "shipping_addresses", "notes", "archived",
)  # fmt: skip
PERSON = ("name", "job", "phone", "email", "send_documents_by_default")
PLACE = (
    "name", "address", "city", "postal_code", "province", "country", "country_code", "notes",
    "private_notes",
)  # fmt: skip
NOTE = ("name", "description", "color")


@blueprint.post("/documents/<kind>/<id_>")
def on_document(kind: str, id_: str) -> ResponseReturnValue:
    """Approve a document, book a payment on it, split its due date or foresee its collection.

    ``{approve: true, payment: {amount, date, …}, multiple_due_dates: [{date, amount}],
    forecast_date}``, in this order and each only when given.
    """
    if kind not in KINDS:
        raise not_found()
    body = bodies.read(ON_DOCUMENT)
    with as_merchant(body):
        document = documents.get(KINDS[kind], id_)
        if body.flag("approve", False):
            documents.approve(KINDS[kind], document)
        payment = body.mapping("payment")
        if payment is not None:
            Body(payment, "payment.").only(payments.ON_DOCUMENT)
            payments.on_document(KINDS[kind], document, Body(payment, "payment."))
        if body.has("multiple_due_dates") or body.has("forecast_date"):
            document |= {
                "multiple_due_dates": parts(body) or document.get("multiple_due_dates"),
                "forecast_date": body.day("forecast_date") or document.get("forecast_date"),
            }
            state().save(accounts.account().id, kind, document)
            documents.announce(KINDS[kind], "update", document)
        return documents.shown(document)


def parts(body: Body) -> list[dict[str, Any]]:
    """Return the parts a due date is split into."""
    found = []
    for n, each in enumerate(body.mappings("multiple_due_dates")):
        part = Body(each, f"multiple_due_dates.{n}.")
        part.only(("date", "amount"))
        if not part.has("date") or not part.has("amount"):
            raise bad_request("Each part needs a date and an amount")
        found.append(
            {"date": part.day("date"), "amount": amounts.text(part.number("amount", ZERO))}
        )
    return found


@blueprint.post("/contacts/<id_>")
def on_contact(id_: str) -> ResponseReturnValue:
    """Change what API v2 shows of a contact and cannot set; what is left out stays."""
    body = bodies.read(ON_CONTACT)
    with as_merchant(body):
        contact = contacts.found(id_)
        for name in ("custom_id", "iban", "swift", "group_id"):
            if name in body.data:
                contact[name] = body.text(name)
        for name in ("tags", "extra_emails"):
            if name in body.data:
                contact[name] = body.texts(name)
        for name, key, known in (
            ("contact_persons", "person_id", PERSON),
            ("shipping_addresses", "shipping_id", PLACE),
            ("notes", "note_id", NOTE),
        ):
            if name in body.data:
                contact[name] = [rows(each, key, known) for each in body.mappings(name)]
        contact["_archived"] = body.flag("archived", contact.get("_archived", False))
        state().save(accounts.account().id, "contact", contact)
        contacts.announce("update", contact)
        return {key: value for key, value in contact.items() if not key.startswith("_")}


def rows(given: dict[str, Any], key: str, known: tuple[str, ...]) -> dict[str, Any]:
    Body(given).only(known)
    return {key: state().new_id(), **{name: given.get(name) for name in known}}


@contextmanager
def as_merchant(body: Body) -> Iterator[None]:
    """Let what follows be done by the merchant whose account the body names, all or nothing."""
    id_ = body.text("account") or current_app.config["FIRST_ACCOUNT"].id
    account = accounts.get(state(), id_)
    if account is None:
        raise not_found()
    state().mark()
    try:
        with acting(account):
            yield
    except Problem:
        state().forget()
        raise
