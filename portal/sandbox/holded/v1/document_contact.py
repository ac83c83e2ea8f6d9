"""Whom a new document is made out to: a contact by id or tax number, or one made from its name."""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded import contacts
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.documents import Kind
from portal.sandbox.holded.v1.answers import Refusal, needed
from portal.sandbox.holded.v1.kinds import PURCHASES
from portal.sandbox.holded.v1.reading import Fields

ADDRESS = {
    "address": ("contactAddress",),
    "city": ("contactCity",),
    "postal_code": ("contactCp",),
    "province": ("contactProvince",),
    "country": ("contactCountry",),
    "country_code": ("contactCountryCode",),
}


def of(kind: Kind, fields: Fields) -> dict[str, Any]:
    """Return the contact: ``contactId``, else the one of ``contactCode``, else a new one.

    A ``contactName`` alone makes a new contact, even if one has that name already.
    """
    id_, code, name = (fields.text(each) for each in ("contactId", "contactCode", "contactName"))
    email = fields.text("contactEmail")
    address = {each: fields.text(*names) for each, names in ADDRESS.items()}
    if id_ is not None:
        found = state().find(account().id, "contact", id_)
        if found is None:
            raise Refusal("Contact not found")
        return found
    if code is not None:
        for each in state().each(account().id, "contact"):
            if each["code"] == code:
                return each
    if name is None:
        raise Refusal("Contact not found") if code else needed("contactId")
    return made(
        {
            "name": name,
            "code": code,
            "email": email,
            "type": "supplier" if kind.name in PURCHASES else "client",
            "bill_address": address if any(address.values()) else None,
        }
    )


def made(body: dict[str, Any]) -> dict[str, Any]:
    """Write a new contact from a v2 body, and tell it by webhook."""
    contact = contacts.blank(contacts.next_number())
    contacts.fill(contact, Body(body))
    state().insert(account().id, "contact", contact)
    contacts.announce("create", contact)
    return contact
