"""``/contacts``: found by phone, mobile or customId, and by nothing else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from portal.sandbox.holded import attachments, contacts
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.v1 import (
    answers,
    contact_body,
    contact_shape,
    extras,
    lists,
    reading,
)
from portal.sandbox.holded.v1.answers import needed, not_found

blueprint = Blueprint("contacts", __name__)


@blueprint.get("/contacts")
def listing() -> Response:
    """List contacts; ``phone`` and ``mobile`` match exactly, ``customId`` is one or several."""
    asked = request.args
    wanted = {name: asked[name] for name in ("phone", "mobile") if asked.get(name)}
    ids = [
        id_
        for name in ("customId", "customId[]")
        for given in asked.getlist(name)
        for id_ in given.split(",")
        if id_
    ]

    def keep(contact: dict[str, Any]) -> bool:
        if any(contact[name] != value for name, value in wanted.items()):
            return False
        return not ids or contact["custom_id"] in ids

    return lists.page("contact", contact_shape.shown, keep if wanted or ids else None)


@blueprint.post("/contacts")
def create() -> Response:
    fields = reading.body()
    contact = contacts.blank(contacts.next_number())
    contacts.fill(contact, Body({"name": contact_body.name_of(fields)}))
    contact_body.take(contact, fields)
    state().insert(account().id, "contact", contact)
    contacts.announce("create", contact)
    return answers.created(contact["id"])


@blueprint.get("/contacts/<id_>")
def get(id_: str) -> Response:
    return answers.written(contact_shape.shown(found(id_)))


@blueprint.put("/contacts/<id_>")
def change(id_: str) -> Response:
    contact = found(id_)
    contact_body.take(contact, reading.body())
    state().save(account().id, "contact", contact)
    contacts.announce("update", contact)
    return answers.updated(id_)


@blueprint.delete("/contacts/<id_>")
def delete(id_: str) -> Response:
    """Delete a contact; its documents keep its name and lose the link."""
    contacts.remove(found(id_))
    extras.forget("contact", id_)
    return answers.deleted(id_)


@blueprint.get("/contacts/<id_>/attachments/list")
def list_attached(id_: str) -> Response:
    """Return the names of the files at a contact; v1 has no way to put one there."""
    owner = f"contact:{found(id_)['id']}"
    every = state().each(account().id, attachments.KIND)
    return answers.written([each["filename"] for each in every if each["_owner"] == owner])


@blueprint.get("/contacts/<id_>/attachments/get")
def get_attached(id_: str) -> Response:
    name = request.args.get("filename")
    if not name:
        raise needed("filename")
    return attachments.content(f"contact:{found(id_)['id']}", name)


def found(id_: str) -> dict[str, Any]:
    contact = state().find(account().id, "contact", id_)
    if contact is None:
        raise not_found()
    return contact
