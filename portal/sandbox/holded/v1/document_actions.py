"""What is done with a document: paid, sent, printed, attached to, shipped, tracked."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from portal.sandbox.holded import amounts, attachments, documents, payments, pdf, sending
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.dates import MADRID
from portal.sandbox.holded.documents import Document
from portal.sandbox.holded.v1 import answers, kinds, reading
from portal.sandbox.holded.v1.answers import Refusal, needed, unsupported
from portal.sandbox.holded.v1.documents import found
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("document_actions", __name__)

SHORTEST_SUBJECT, SHORTEST_MESSAGE = 10, 20
# v1's names of what is stored under v2's.
TRACKING = {
    "key": "tracking_key",
    "name": "tracking_name",
    "num": "tracking_number",
    "notes": "internal_notes",
}
TRACKING_DAYS = {"pickUpDate": "pickup_date", "deliveryDate": "delivery_date"}


@blueprint.post("/documents/<word>/<id_>/pay")
def pay(word: str, id_: str) -> Response:
    """Book a payment: ``{date, amount, treasury?, desc?}``; ``bankId`` may stand for the third."""
    kind = kinds.of(word)
    document = found(kind, id_)
    fields = reading.body()
    day, amount = fields.day("date"), fields.number("amount")
    if day is None or amount is None:
        raise needed("date" if day is None else "amount")
    if not kind.payable:
        raise unsupported(f"paying a {kind.name}")
    body = {
        "amount": amount,
        "date": day,
        "treasury_id": fields.text("treasury", "bankId"),
        "description": fields.text("desc"),
    }
    payments.on_document(kind, document, Body(body))
    return answers.written(
        {
            "status": 1,
            "invoiceId": id_,
            "invoiceNum": document["document_number"],
            "paymentId": document["payments_detail"][-1]["id"],
        }
    )


@blueprint.post("/documents/<word>/<id_>/send")
def send(word: str, id_: str) -> Response:
    """Take a request to mail a document: ``{emails, subject?, message?, …}``; it is written down.

    Addresses are one text with commas; a list, and the name ``email``, are taken as well.
    """
    kind = kinds.of(word)
    document = found(kind, id_)
    fields = reading.body()
    emails = fields.texts("emails", "email")
    if not emails:
        raise needed("emails")
    if not all("@" in each for each in emails):
        raise Refusal("emails must be e-mail addresses")
    subject, message = fields.text("subject"), fields.text("message")
    if subject is not None and len(subject) < SHORTEST_SUBJECT:
        raise Refusal(f"subject must have at least {SHORTEST_SUBJECT} characters")
    if message is not None and len(message) < SHORTEST_MESSAGE:
        raise Refusal(f"message must have at least {SHORTEST_MESSAGE} characters")
    if fields.value("docIds"):
        raise unsupported("docIds: how it lists further documents is not known")
    fields.value("mailTemplateId")
    sending.write_down(kind, document, emails, [], [], subject, message)
    return answers.written({"status": 1, "info": "Document sent"})


@blueprint.get("/documents/<word>/<id_>/pdf")
def show_pdf(word: str, id_: str) -> Response:
    """Return the PDF in Base64 inside JSON."""
    kind = kinds.of(word)
    drawn = pdf.drawn(kind, found(kind, id_), account())
    return answers.written({"status": 1, "data": b64encode(drawn).decode()})


@blueprint.post("/documents/<word>/<id_>/attach")
def attach(word: str, id_: str) -> Response:
    """Keep a file sent as the part ``file`` of a form; no id is told, and nothing lists it."""
    kind = kinds.of(word)
    document = found(kind, id_)
    if not request.files.get("file"):
        raise needed("file")
    attachments.add(f"{kind.name}:{document['id']}")
    return answers.written({"status": 1, "info": "Attachment uploaded"}, 201)


# Sales orders and delivery notes


@blueprint.post("/documents/<word>/<id_>/shipall")
def ship_all(word: str, id_: str) -> Response:
    document = shippable(word, id_)
    return shipped(word, document, [Decimal(each["units"]) for each in document["lines"]])


@blueprint.post("/documents/<word>/<id_>/shipbylines")
def ship_by_lines(word: str, id_: str) -> Response:
    """Ship units of single lines: ``{lines: [{itemLinePosition from 0, units}]}``."""
    document = shippable(word, id_)
    sent = already_sent(document)
    for each in reading.body().parts("lines"):
        position, units = each.integer("itemLinePosition"), each.number("units")
        if position is None or units is None:
            raise needed(f"{each.where}{'units' if units is None else 'itemLinePosition'}")
        if not 0 <= position < len(sent):
            raise Refusal("itemLinePosition: there is no such line")
        pending = Decimal(document["lines"][position]["units"]) - sent[position]
        if not 0 < units <= pending:
            raise Refusal(f"units: {amounts.plain(pending)} are left to ship")
        sent[position] += units
    return shipped(word, document, sent)


@blueprint.get("/documents/<word>/<id_>/shippeditems")
def shipped_items(word: str, id_: str) -> Response:
    """Return how much of each line was shipped; only ``salesorder`` has an answer here."""
    document = shippable(word, id_)
    return answers.written(
        [
            {
                "name": line["name"],
                "sku": line["sku"] or "",
                "total": answers.number(line["units"]),
                "sent": answers.number(sent),
                "pending": answers.number(Decimal(line["units"]) - sent),
            }
            for line, sent in zip(document["lines"], already_sent(document), strict=True)
        ]
    )


@blueprint.post("/documents/<word>/<id_>/updatetracking")
def track(word: str, id_: str) -> Response:
    """Write what a body says of the carrier; its days are DD/MM/YYYY."""
    fields = reading.body()
    told: dict[str, Any] = {
        stored: fields.text(name) for name, stored in TRACKING.items() if fields.has(name)
    }
    told |= {
        stored: spanish_day(fields, name)
        for name, stored in TRACKING_DAYS.items()
        if fields.has(name)
    }
    return changed(word, id_, told, {"status": 1, "data": "Updated"})


@blueprint.post("/documents/<word>/<id_>/pipeline/set")
def set_pipeline(word: str, id_: str) -> Response:
    pipeline = reading.body().text("pipeline")
    if pipeline is None:
        raise needed("pipeline")
    return changed(word, id_, {"pipeline_id": pipeline}, {"status": 1, "info": "Done"})


def spanish_day(fields: Fields, name: str) -> str | None:
    value = fields.text(name)
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%d/%m/%Y").replace(tzinfo=MADRID).date().isoformat()
    except ValueError as error:
        raise Refusal(f"{name} must be DD/MM/YYYY") from error


def shippable(word: str, id_: str) -> Document:
    if word not in kinds.SHIPPED:
        raise Refusal(f"Invalid docType: {word[:40]}")
    return found(kinds.of(word), id_)


def already_sent(document: Document) -> list[Decimal]:
    sent = document.get("_v1", {}).get("sent") or ["0"] * len(document["lines"])
    return [Decimal(each) for each in sent]


def shipped(word: str, document: Document, sent: list[Decimal]) -> Response:
    document["_v1"] = document.get("_v1", {}) | {"sent": [amounts.plain(each) for each in sent]}
    state().save(account().id, word, document)
    return answers.written({"status": 1, "info": "Items Shipped"})


def changed(word: str, id_: str, change: dict[str, Any], answer: dict[str, Any]) -> Response:
    if word not in kinds.TRACKED:
        raise Refusal(f"Invalid docType: {word[:40]}")
    kind = kinds.of(word)
    document = found(kind, id_) | change
    state().save(account().id, kind.name, document)
    documents.announce(kind, "update", document)
    return answers.written(answer)
