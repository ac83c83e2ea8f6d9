"""Contacts: filters, search, full replacement, shared addresses."""

from collections.abc import Callable

import httpx


def make(holded: httpx.Client, name: str, **fields: object) -> str:
    answer = holded.post("/api/v2/contacts", json={"name": name, **fields})
    assert answer.status_code == 201
    return str(answer.json()["id"])


def test_several_contacts_of_one_address_are_all_found(holded: httpx.Client) -> None:
    first = make(holded, "Una SL", email="ana@example.com")
    second = make(holded, "Dos SL", email="ana@example.com")
    make(holded, "Tres SL", email="berta@example.com")

    found = holded.get("/api/v2/contacts", params={"email": "ana@example.com"}).json()["items"]

    assert [each["id"] for each in found] == [first, second]


def test_an_unknown_filter_is_ignored(holded: httpx.Client) -> None:
    make(holded, "Una SL")
    make(holded, "Dos SL")

    found = holded.get("/api/v2/contacts", params={"name": "Una SL", "contactId": "x"}).json()

    assert len(found["items"]) == 2


def test_search_finds_by_the_start_of_the_name(holded: httpx.Client) -> None:
    id_ = make(holded, "Panadería Sol")
    make(holded, "El Sol")

    found = holded.get("/api/v2/contacts/search", params={"name": "panad"}).json()["items"]

    assert [each["id"] for each in found] == [id_]


def test_a_put_empties_what_it_leaves_out(holded: httpx.Client) -> None:
    id_ = make(holded, "Una SL", email="ana@example.com", phone="911111111")

    answer = holded.put(f"/api/v2/contacts/{id_}", json={"name": "Una SL", "phone": "922222222"})

    assert answer.json() == {"status": 1}
    contact = holded.get(f"/api/v2/contacts/{id_}").json()
    assert (contact["email"], contact["phone"]) == (None, "922222222")


def test_what_was_read_can_be_sent_back(holded: httpx.Client) -> None:
    id_ = make(holded, "Una SL", bill_address={"city": "Vic"})
    contact = holded.get(f"/api/v2/contacts/{id_}").json()

    answer = holded.put(f"/api/v2/contacts/{id_}", json=contact | {"phone": "933333333"})

    assert answer.status_code == 200
    assert holded.get(f"/api/v2/contacts/{id_}").json()["bill_address"]["city"] == "Vic"


def test_nothing_sets_a_custom_id(holded: httpx.Client) -> None:
    id_ = make(holded, "Una SL", custom_id="cus_1")

    assert holded.get(f"/api/v2/contacts/{id_}").json()["custom_id"] is None


def test_a_missing_record_is_an_empty_list(holded: httpx.Client) -> None:
    contact = holded.get(f"/api/v2/contacts/{make(holded, 'Una SL')}").json()

    assert contact["supplier_record"] == []
    assert contact["bill_address"] == []
    assert contact["client_record"]["num"] == 43_000_001


def test_a_misspelt_field_is_refused(holded: httpx.Client) -> None:
    answer = holded.post("/api/v2/contacts", json={"name": "Una SL", "e_mail": "a@example.com"})

    assert answer.status_code == 400
    assert "e_mail" in answer.json()["detail"]


def test_a_deleted_contact_leaves_its_name_on_its_documents(holded: httpx.Client) -> None:
    id_ = make(holded, "Una SL")
    body = {"contact_id": id_, "items": [{"name": "Hora", "price": 10}]}
    invoice = holded.post("/api/v2/invoices", json=body).json()["id"]

    assert holded.delete(f"/api/v2/contacts/{id_}").status_code == 204

    left = holded.get(f"/api/v2/invoices/{invoice}").json()
    assert (left["contact_name"], left["contact_id"]) == ("Una SL", None)


def test_search_knows_no_accents_and_looks_at_every_word(holded: httpx.Client) -> None:
    id_ = make(holded, "Peña e Hijos SL")
    make(holded, "Otra SL")

    for asked in ("pena", "HIJOS", "hij peñ"):
        found = holded.get("/api/v2/contacts/search", params={"name": asked}).json()["items"]
        assert [each["id"] for each in found] == [id_]


def test_archived_contacts_are_listed_only_when_asked_for(holded: httpx.Client) -> None:
    kept, gone = make(holded, "Una SL"), make(holded, "Dos SL")
    body = {"contact_ids": [gone, gone, "0" * 24]}

    assert holded.post("/api/v2/contacts/bulk-archive", json=body).status_code == 204

    def listed(**query: str) -> list[str]:
        items = holded.get("/api/v2/contacts", params=query).json()["items"]
        return [each["id"] for each in items]

    assert (listed(), listed(archived="true")) == ([kept], [gone])
    assert holded.get("/api/v2/contacts/search", params={"name": "Dos"}).json()["items"] == []
    assert holded.get(f"/api/v2/contacts/{gone}").json()["name"] == "Dos SL"


def test_contacts_of_another_account_are_refused_in_bulk(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    mine = make(holded, "Una SL")
    holded.post("/_sandbox/accounts", json={"id": "b", "name": "B", "token": "pat_b"})
    theirs = make(connect("pat_b"), "Dos SL")
    body = {"contact_ids": [mine, theirs]}

    assert holded.post("/api/v2/contacts/bulk-delete", json=body).status_code == 400

    assert holded.get(f"/api/v2/contacts/{mine}").status_code == 200


def test_a_contacts_file_is_found_by_id_and_by_name(holded: httpx.Client) -> None:
    address = f"/api/v2/contacts/{make(holded, 'Una SL')}/attachments"

    id_ = holded.post(address, files={"file": ("dni.pdf", b"%PDF-")}).json()["id"]

    assert holded.get(f"{address}/{id_}").content == b"%PDF-"
    assert holded.get(f"{address}/dni.pdf").content == b"%PDF-"


def test_a_number_in_the_books_is_not_given_again(holded: httpx.Client) -> None:
    first, second = make(holded, "Una SL"), make(holded, "Dos SL")
    holded.delete(f"/api/v2/contacts/{first}")

    third = make(holded, "Tres SL")

    numbers = [
        holded.get(f"/api/v2/contacts/{each}").json()["client_record"]["num"]
        for each in (second, third)
    ]
    assert numbers == [43_000_002, 43_000_003]
