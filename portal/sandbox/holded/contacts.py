"""Contacts: whom documents are made out to. Several may share one e-mail address."""

from __future__ import annotations

import unicodedata
from typing import Any, NoReturn

from flask import Blueprint, Response, request

from portal.sandbox.holded import attachments, bodies, dates, paging, webhooks
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.kinds import EVERY
from portal.sandbox.holded.problems import bad_request, not_found, unsupported

blueprint = Blueprint("contacts", __name__)

Contact = dict[str, Any]

SCOPE = "contacts:contacts"
FIRST_NUMBER = 43_000_001  # of the accounts customers have in the books
TYPES = ("client", "debtor", "supplier", "creditor", "lead")
TEXTS = ("code", "vat_number", "trade_name", "email", "mobile", "phone", "website", "type")
WRITABLE = ("name", *TEXTS, "is_person", "bill_address", "custom_fields", "defaults")
# Shown, and ignored when a caller sends them back: nothing in a body sets a custom_id.
SHOWN_ONLY = (
    "id", "custom_id", "iban", "swift", "group_id", "tags", "created_at", "updated_at",
    "client_record", "supplier_record", "shipping_addresses", "notes", "contact_persons",
    "extra_emails", "social_networks", "rate",
)  # fmt: skip
ADDRESS = ("address", "city", "postal_code", "province", "country", "country_code", "info")
DEFAULTS = (
    "sales_channel", "expenses_account", "due_days", "payment_day", "payment_method", "discount",
    "language", "currency", "sales_tax", "purchases_tax",
)  # fmt: skip


@blueprint.get("/contacts")
def listing() -> dict[str, Any]:
    """List contacts; archived ones come only when ``archived=true`` asks for them, and alone."""
    permit(SCOPE, "list")
    same = paging.same("email", "custom_id", "code", "phone", "mobile")
    archived = request.args.get("archived") == "true"
    return paging.page(
        "contact",
        keep=lambda each: same(each) and each.get("_archived", False) == archived,
        show=paging.shown,
    )


@blueprint.get("/contacts/search")
def search() -> dict[str, Any]:
    """List contacts by what the words of their names begin with, whatever the case and accents."""
    permit(SCOPE, "list")
    starts = folded(request.args.get("name", "")).split()
    if not starts:
        raise bad_request("name is required")
    return paging.page("contact", keep=lambda each: named(each, starts), show=paging.shown)


def named(contact: Contact, starts: list[str]) -> bool:
    """Return whether each of ``starts`` begins a word of the name; archived contacts are hidden."""
    words = folded(contact["name"]).split()
    found = all(any(word.startswith(start) for word in words) for start in starts)
    return found and not contact.get("_archived", False)


def folded(text: str) -> str:
    """Return a text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


@blueprint.post("/contacts")
def create() -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    contact = blank(next_number())
    fill(contact, bodies.read((*WRITABLE, *SHOWN_ONLY)))
    state().insert(account().id, "contact", contact)
    announce("create", contact)
    return {"id": contact["id"]}, 201


@blueprint.get("/contacts/<id_>")
def get(id_: str) -> Contact:
    permit(SCOPE, "get")
    return paging.shown(found(id_))


@blueprint.put("/contacts/<id_>")
def replace(id_: str) -> dict[str, Any]:
    """Replace a contact in full: what the body leaves out becomes empty."""
    permit(SCOPE, "update")
    contact = found(id_)
    fill(contact, bodies.read((*WRITABLE, *SHOWN_ONLY)))
    state().save(account().id, "contact", contact)
    announce("update", contact)
    return {"status": 1}


@blueprint.delete("/contacts/<id_>")
def delete(id_: str) -> tuple[str, int]:
    """Delete a contact; its documents keep its name and lose the link."""
    permit(SCOPE, "delete")
    remove(found(id_))
    return "", 204


@blueprint.post("/contacts/bulk-archive")
def archive_many() -> tuple[str, int]:
    permit(SCOPE, "bulk_archive")
    for contact in asked():
        state().save(account().id, "contact", contact | {"_archived": True})
    return "", 204


@blueprint.post("/contacts/bulk-delete")
def delete_many() -> tuple[str, int]:
    permit(SCOPE, "bulk_delete")
    for contact in asked():
        remove(contact)
    return "", 204


def asked() -> list[Contact]:
    """Return the contacts a bulk request names: unknown ids are passed over, those of another
    account are refused.
    """
    ids = list(dict.fromkeys(bodies.read(("contact_ids",)).texts("contact_ids", required=True)))
    contacts = [state().find(account().id, "contact", id_) for id_ in ids]
    for id_, contact in zip(ids, contacts, strict=True):
        if contact is None and state().owned_elsewhere("contact", id_):
            raise bad_request(f"contact_ids: {id_[:60]} is not a contact of this account")
    return [each for each in contacts if each is not None]


def next_number() -> int:
    """Return the number a new contact gets in the books."""
    return FIRST_NUMBER + state().count(account().id, "contact") + removed()


def removed() -> int:
    """Return how many contacts were deleted: their numbers in the books are not given again."""
    return int(state().setting(f"contacts_removed {account().id}", "0"))


def remove(contact: Contact) -> None:
    id_ = contact["id"]
    state().set(f"contacts_removed {account().id}", str(removed() + 1))
    for kind in EVERY:
        for document in list(state().each(account().id, kind, contact=id_)):
            state().save(account().id, kind, document | {"contact_id": None})
    state().remove(account().id, "contact", id_)
    payload = {
        "id": id_,
        "isPerson": contact["is_person"],
        "deletedAt": dates.moment(state().now()),
    }
    webhooks.emit(state(), account().id, "contact.delete", payload)


@blueprint.post("/contacts/<id_>/attachments")
def attach(id_: str) -> tuple[dict[str, Any], int]:
    permit(SCOPE, "attach")
    return attachments.add(f"contact:{found(id_)['id']}")


@blueprint.get("/contacts/<id_>/attachments")
def list_attached(id_: str) -> dict[str, Any]:
    permit(SCOPE, "get")
    return attachments.listing(f"contact:{found(id_)['id']}")


@blueprint.get("/contacts/<id_>/attachments/<asked>")
def get_attached(id_: str, asked: str) -> Response:
    permit(SCOPE, "get")
    return attachments.content(f"contact:{found(id_)['id']}", asked)


@blueprint.get("/contacts/<id_>/portal-link")
def portal_link(id_: str) -> NoReturn:
    permit(SCOPE, "get")
    found(id_)
    raise unsupported("portal-link: the shape of its answer was never captured")


def found(id_: str) -> Contact:
    contact = state().find(account().id, "contact", id_)
    if contact is None:
        raise not_found()
    return contact


def blank(number: int) -> Contact:
    """Return an empty contact; Holded shows a missing record as ``[]``, not as null."""
    now = dates.moment(state().now())
    return {
        "id": state().new_id(), "custom_id": None, "iban": None, "swift": None, "group_id": None,
        "tags": [], "created_at": now, "updated_at": now,
        "client_record": {"num": number, "name": ""}, "supplier_record": [],
        "shipping_addresses": [], "notes": [], "contact_persons": [], "extra_emails": [],
        "social_networks": [], "rate": [],
    }  # fmt: skip


def fill(contact: Contact, body: Body) -> None:
    name = body.text("name", required=True, longest=500)
    if body.text("type") not in (None, *TYPES):
        raise bad_request(f"type must be one of {', '.join(TYPES)}")
    contact |= {
        "name": name,
        **{each: body.text(each, longest=500) for each in TEXTS},
        "is_person": body.flag("is_person", False),
        "bill_address": part(body, "bill_address", ADDRESS) or [],
        "custom_fields": body.mappings("custom_fields"),
        "defaults": part(body, "defaults", DEFAULTS) or dict.fromkeys(DEFAULTS),
        "updated_at": dates.moment(state().now()),
    }
    contact["client_record"]["name"] = name


def part(body: Body, name: str, known: tuple[str, ...]) -> dict[str, Any] | None:
    """Return a sub-record with all its fields, or None when it was left out."""
    given = body.mapping(name)
    if given is None:
        return None
    Body(given, f"{name}.").only(known)
    return {each: given.get(each) for each in known}


def announce(what: str, contact: Contact) -> None:
    payload = {
        "id": contact["id"],
        "name": contact["name"],
        "email": contact["email"],
        "isPerson": contact["is_person"],
        "createdAt": contact["created_at"],
    }
    webhooks.emit(state(), account().id, f"contact.{what}", payload)
