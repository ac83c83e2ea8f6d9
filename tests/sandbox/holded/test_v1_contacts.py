"""API v1: contacts, their groups, and what searches do not find."""

from typing import Any

import httpx
import pytest


def made(v1: httpx.Client, **fields: Any) -> str:
    answer = v1.post("/contacts", json={"name": "Una SL", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def get(v1: httpx.Client, id_: str) -> dict[str, Any]:
    return dict(v1.get(f"/contacts/{id_}").json())


def test_a_contact_is_written_changed_in_part_and_deleted(v1: httpx.Client) -> None:
    created = v1.post("/contacts", json={"name": "Una SL", "email": "una@example.com"})
    id_ = created.json()["id"]

    changed = v1.put(f"/contacts/{id_}", json={"phone": "911"})
    contact = get(v1, id_)
    deleted = v1.delete(f"/contacts/{id_}")

    assert created.json() == {"status": 1, "info": "Created", "id": id_}
    assert changed.json() == {"status": 1, "info": "Updated", "id": id_}
    assert (contact["name"], contact["email"], contact["phone"]) == (
        "Una SL",
        "una@example.com",
        "911",
    )
    assert deleted.json() == {"status": 1, "info": "Successfully deleted", "id": id_}
    assert v1.get(f"/contacts/{id_}").status_code == 400


def test_a_contact_needs_a_name(v1: httpx.Client) -> None:
    answer = v1.post("/contacts", json={"email": "una@example.com"})

    assert (answer.status_code, answer.json()) == (400, {"status": 0, "info": "name needed"})


@pytest.mark.parametrize("spelling", ["customId", "CustomId"])
def test_the_custom_id_can_be_written_in_v1(
    v1: httpx.Client, holded: httpx.Client, spelling: str
) -> None:
    id_ = made(v1, **{spelling: "cus_1"})

    found = holded.get("/api/v2/contacts", params={"custom_id": "cus_1"}).json()["items"]

    assert [each["id"] for each in found] == [id_]
    assert get(v1, id_)["customId"] == "cus_1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"phone": "+34 911"}, ["A"]),
        ({"phone": "34911"}, []),
        ({"mobile": "600-1"}, ["B"]),
        ({"customId": "cus_a"}, ["A"]),
        ({"customId": "cus_a,cus_b"}, ["A", "B"]),
        ({"customId[]": ["cus_b", "cus_x"]}, ["B"]),
        ({"customId": "CUS_A"}, []),
        ({"customId": "cus_a", "mobile": "600-1"}, []),
    ],
)
def test_contacts_are_found_exactly_by_phone_mobile_or_custom_id(
    v1: httpx.Client, query: dict[str, Any], expected: list[str]
) -> None:
    made(v1, name="A", phone="+34 911", customId="cus_a")
    made(v1, name="B", mobile="600-1", customId="cus_b")

    assert [each["name"] for each in v1.get("/contacts", params=query).json()] == expected


@pytest.mark.parametrize("name", ["email", "code", "name", "limit"])
def test_contacts_cannot_be_found_by_anything_else(v1: httpx.Client, name: str) -> None:
    made(v1, email="a@example.com", code="B1")
    made(v1, email="b@example.com", code="B2")

    assert len(v1.get("/contacts", params={name: "b@example.com"}).json()) == 2


def test_custom_fields_of_contacts_are_split_by_their_own_keys(v1: httpx.Client) -> None:
    id_ = made(v1, customFields=[{"field": "src", "value": "val"}])
    created = get(v1, id_)["customFields"]

    v1.put(f"/contacts/{id_}", json={"customFields": [{"src": "val"}]})

    assert created == [{"field": "field", "value": "src"}, {"field": "value", "value": "val"}]
    assert get(v1, id_)["customFields"] == [{"field": "src", "value": "val"}]


def test_parts_of_an_address_are_changed_alone(v1: httpx.Client) -> None:
    id_ = made(v1, billAddress={"city": "Barcelona", "postalCode": 8767, "countryCode": "ES"})

    v1.put(f"/contacts/{id_}", json={"billAddress": {"address": "Carrer del Mar"}})

    address = get(v1, id_)["billAddress"]
    assert (address["address"], address["city"]) == ("Carrer del Mar", "Barcelona")
    assert address["postalCode"] == "8767"


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "customer"},
        {"taxOperation": "none"},
        {"defaults": {"language": "pt"}},
        {"defaults": {"dueDays": 1.5}},
        {"billAddress": "Calle Mayor 1"},
        {"isperson": "maybe"},
        {"tags": [1]},
        {"contactPersons": {"name": "Pep"}},
        {"name": "x" * 20_000},
    ],
)
def test_a_contact_that_cannot_be_read_is_refused(v1: httpx.Client, fields: dict[str, Any]) -> None:
    answer = v1.post("/contacts", json={"name": "Una SL", **fields})

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
    assert v1.get("/contacts").json() == []


def test_a_payment_method_of_0_is_none(v1: httpx.Client, holded: httpx.Client) -> None:
    id_ = made(v1, defaults={"paymentMethod": 0, "salesChannel": 0, "dueDays": 3})

    defaults = get(v1, id_)["defaults"]

    assert (defaults["paymentMethod"], defaults["salesChannel"], defaults["dueDays"]) == (0, 0, 3)
    assert holded.get(f"/api/v2/contacts/{id_}").json()["defaults"]["payment_method"] is None


def test_a_deleted_contact_leaves_its_name_on_documents(v1: httpx.Client) -> None:
    id_ = made(v1)
    body = {"contactId": id_, "date": 1_767_222_000}
    purchase = v1.post("/documents/purchase", json=body).json()["id"]

    v1.delete(f"/contacts/{id_}").raise_for_status()

    document = v1.get(f"/documents/purchase/{purchase}").json()
    assert (document["contact"], document["contactName"]) == ("", "Una SL")


def test_a_contact_has_no_files_that_v1_could_list(v1: httpx.Client) -> None:
    id_ = made(v1)

    assert v1.get(f"/contacts/{id_}/attachments/list").json() == []
    missing = v1.get(f"/contacts/{id_}/attachments/get", params={"filename": "nif.pdf"})
    assert missing.json() == {"status": 0, "info": "not found"}
