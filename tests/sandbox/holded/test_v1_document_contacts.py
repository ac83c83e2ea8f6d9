"""API v1: whom a new document is made out to, and what it takes over from that contact."""

from typing import Any

import httpx
import pytest

NEW_YEAR = 1_767_222_000


def get(v1: httpx.Client, id_: str) -> dict[str, Any]:
    return dict(v1.get(f"/documents/invoice/{id_}").json())


def test_a_contact_is_found_by_its_tax_number(v1: httpx.Client, contact: str) -> None:
    body = {"date": NEW_YEAR, "contactCode": "B12345678", "contactName": "Otro nombre"}

    answer = v1.post("/documents/invoice", json=body).json()

    assert answer["contactId"] == contact
    assert len(v1.get("/contacts").json()) == 1


def test_a_name_alone_makes_a_new_contact(v1: httpx.Client) -> None:
    body = {
        "date": NEW_YEAR,
        "contactName": "Pepe Pérez",
        "contactEmail": "pepe@example.com",
        "contactAddress": "La Pera 12",
        "contactCity": "Madrid",
        "contactCp": "28029",
        "contactProvince": "Madrid",
        "contactCountryCode": "ES",
    }

    id_ = v1.post("/documents/invoice", json=body).json()["contactId"]

    made = v1.get(f"/contacts/{id_}").json()
    assert (made["name"], made["email"], made["type"]) == (
        "Pepe Pérez",
        "pepe@example.com",
        "client",
    )
    assert made["billAddress"]["postalCode"] == "28029"


@pytest.mark.parametrize(
    "who", [{"contactId": "5ab391071d6d820034294783"}, {"contactCode": "B00000001"}]
)
def test_a_contact_nobody_knows_is_refused(v1: httpx.Client, who: dict[str, str]) -> None:
    answer = v1.post("/documents/invoice", json={"date": NEW_YEAR, **who})

    assert answer.json() == {"status": 0, "info": "Contact not found"}


def test_the_contacts_defaults_count_unless_refused(v1: httpx.Client) -> None:
    defaults = {"language": "fr", "dueDays": 3, "salesTaxes": ["s_iva_10"]}
    body = {"name": "Mapple", "defaults": defaults}
    contact = v1.post("/contacts", json=body).json()["id"]
    line = {"name": "Hora", "subtotal": 100}
    document = {"contactId": contact, "date": NEW_YEAR, "items": [line]}
    without = {**document, "applyContactDefaults": False}

    with_them = get(v1, v1.post("/documents/invoice", json=document).json()["id"])
    plain = get(v1, v1.post("/documents/invoice", json=without).json()["id"])

    assert (with_them["language"], with_them["total"]) == ("fr", 110)
    assert with_them["dueDate"] == NEW_YEAR + 3 * 86_400
    assert (plain["language"], plain["total"], plain["dueDate"]) == ("es", 100, None)


def test_a_contacts_default_discount_is_refused_and_not_guessed(v1: httpx.Client) -> None:
    body = {"name": "Mapple", "defaults": {"discount": 45}}
    contact = v1.post("/contacts", json=body).json()["id"]
    document = {"contactId": contact, "date": NEW_YEAR}

    assert v1.post("/documents/invoice", json=document).status_code == 501
    assert v1.post("/documents/invoice", json={**document, "discount": 0}).status_code == 201


def test_due_days_beyond_reason_are_refused(v1: httpx.Client) -> None:
    body = {"name": "Mapple", "defaults": {"dueDays": 10**11}}
    contact = v1.post("/contacts", json=body).json()["id"]

    answer = v1.post("/documents/invoice", json={"contactId": contact, "date": NEW_YEAR})

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
