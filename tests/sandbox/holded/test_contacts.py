"""Contacts: filters, search, full replacement, shared addresses."""

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
