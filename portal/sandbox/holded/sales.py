"""The routes that all kinds of sales document share; which of them a kind has, the kind says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.sandbox.holded import attachments, bodies, document_lists, documents, payments, pdf
from portal.sandbox.holded import sending as mail
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.documents import INVOICE, SHOWN_ONLY
from portal.sandbox.holded.kinds import KINDS, TRACKING, Kind
from portal.sandbox.holded.problems import unprocessable

blueprint = Blueprint("sales", __name__)

View = Callable[..., ResponseReturnValue]

# What a client in use sends beside a contact's id, for the contact it would make without one.
SENT_BESIDES = ("contact_email", "contactName", "contactEmail")


def listing(kind: Kind) -> ResponseReturnValue:
    return document_lists.listing(kind)


def create(kind: Kind) -> ResponseReturnValue:
    """Write a document; what is only ever shown may come along, as a copy of another brings it."""
    body = bodies.read((*kind.writable, *SHOWN_ONLY, *SENT_BESIDES))
    return {"id": documents.create(kind, body)["id"]}, 201


def get(kind: Kind, id_: str) -> ResponseReturnValue:
    return documents.shown(documents.get(kind, id_))


def change(kind: Kind, id_: str) -> ResponseReturnValue:
    """Change the dates of a document; an invoice is replaced in full instead."""
    if kind is INVOICE:
        return replace(kind, id_)
    documents.change_dates(kind, documents.get(kind, id_), bodies.read(documents.DATES))
    return {"id": id_}


def replace(kind: Kind, id_: str) -> ResponseReturnValue:
    """Replace a draft in full: what the body leaves out becomes empty."""
    document = documents.get(kind, id_)
    if not document["draft"]:
        raise unprocessable("An approved invoice cannot be changed")
    body = bodies.read((*kind.writable, *SHOWN_ONLY))
    if not body.has("contact_id"):
        body.data["contact_id"] = document["contact_id"]
    documents.fill(kind, document, body)
    state().save(account().id, kind.name, document)
    documents.announce(kind, "update", document)
    return {"id": id_}


def delete(kind: Kind, id_: str) -> ResponseReturnValue:
    documents.delete(kind, documents.get(kind, id_))
    return "", 204


def approve(kind: Kind, id_: str) -> ResponseReturnValue:
    documents.approve(kind, documents.get(kind, id_))
    return {"id": id_}


def pay(kind: Kind, id_: str) -> ResponseReturnValue:
    """Book a payment. The answer's body is not documented: clients read it as JSON, so it is an
    object, and it names nothing.
    """
    body = bodies.read(payments.ON_DOCUMENT, optional=True)
    payments.on_document(kind, documents.get(kind, id_), body)
    return {}, 201


def send(kind: Kind, id_: str) -> ResponseReturnValue:
    return mail.send(kind, id_)


def show_pdf(kind: Kind, id_: str) -> ResponseReturnValue:
    return pdf.response(kind, documents.get(kind, id_))


def set_pipeline(kind: Kind, id_: str) -> ResponseReturnValue:
    body = bodies.read(("pipeline_id",))
    change = {"pipeline_id": body.text("pipeline_id", required=True)}
    return changed(kind, id_, change, {"status": "ok"})


def set_tracking(kind: Kind, id_: str) -> ResponseReturnValue:
    """Write the carrier's data, in full: what the body leaves out becomes empty."""
    body = bodies.read(TRACKING)
    dates = {name: body.day(name) for name in TRACKING if name.endswith("_date")}
    texts = {name: body.text(name) for name in TRACKING if name not in dates}
    return changed(kind, id_, texts | dates, {"id": id_})


def changed(
    kind: Kind, id_: str, change: dict[str, Any], answer: dict[str, Any]
) -> ResponseReturnValue:
    document = documents.get(kind, id_) | change
    state().save(account().id, kind.name, document)
    documents.announce(kind, "update", document)
    return answer


def attach(kind: Kind, id_: str) -> ResponseReturnValue:
    return attachments.add(owner(kind, id_))


def list_attached(kind: Kind, id_: str) -> ResponseReturnValue:
    return attachments.listing(owner(kind, id_))


def get_attached(kind: Kind, id_: str, attachment: str) -> ResponseReturnValue:
    return attachments.content(owner(kind, id_), attachment)


def owner(kind: Kind, id_: str) -> str:
    return f"{kind.name}:{documents.get(kind, id_)['id']}"


def every(_: Kind) -> bool:
    return True


# Method, address behind the kind's own, what usage calls it, view, and the kinds that have it.
ROUTES: tuple[tuple[str, str, str, View, Callable[[Kind], bool]], ...] = (
    ("GET", "", "list", listing, every),
    ("POST", "", "create", create, every),
    ("GET", "/<id_>", "get", get, every),
    ("PUT", "/<id_>", "update", change, every),
    ("DELETE", "/<id_>", "delete", delete, every),
    ("POST", "/<id_>/approve", "approve", approve, lambda kind: kind.approvable),
    ("POST", "/<id_>/payments", "pay", pay, lambda kind: kind.payable),
    ("POST", "/<id_>/send", "send", send, every),
    ("GET", "/<id_>/pdf", "get_pdf", show_pdf, every),
    ("PUT", "/<id_>/pipeline", "set_pipeline", set_pipeline, every),
    ("PUT", "/<id_>/tracking", "set_tracking", set_tracking, lambda kind: kind.tracked),
    ("POST", "/<id_>/attachments", "attach", attach, every),
    ("GET", "/<id_>/attachments", "list_attachments", list_attached, every),
    ("GET", "/<id_>/attachments/<attachment>", "get_attachment", get_attached, every),
)
BY_PATH = {kind.path: kind for kind in KINDS.values()}


def permitted(method: str, verb: str, view: View) -> View:
    """Return a view of the kind its address names, behind the permission that kind asks for."""
    asked = "get" if method == "GET" and verb != "list" else verb

    def permit_and_view(collection: str, **found: str) -> ResponseReturnValue:
        kind = BY_PATH[collection]
        permit(kind.scope, asked)
        return view(kind, **found)

    return permit_and_view


for method, rule, verb, view, has in ROUTES:
    collections = ", ".join(f'"{kind.path}"' for kind in KINDS.values() if has(kind))
    blueprint.add_url_rule(
        f"/<any({collections}):collection>{rule}",
        endpoint=verb,
        view_func=permitted(method, verb, view),
        methods=[method],
    )
