"""What a merchant does by hand, between two calls of a client."""

from collections.abc import Callable

import httpx

Write = Callable[..., str]
AT = "/_sandbox/merchant"


def test_a_draft_is_approved_and_paid_behind_the_clients_back(
    holded: httpx.Client, write: Write
) -> None:
    id_ = write(approve=False)
    calls = holded.get("/api/v2/usage").json()["usage"]

    body = {"approve": True, "payment": {"amount": "21.00", "date": "2026-11-02"}}
    holded.post(f"{AT}/documents/invoice/{id_}", json=body).raise_for_status()

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (invoice["document_number"], invoice["payments_pending"]) == ("F260001", "100.00")
    assert holded.get("/api/v2/usage").json()["usage"] == calls + 2


def test_a_due_date_is_split(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    parts = [{"date": "2026-12-01", "amount": "60.50"}, {"date": "2027-01-01", "amount": 60.5}]

    holded.post(f"{AT}/documents/invoice/{id_}", json={"multiple_due_dates": parts})

    assert holded.get(f"/api/v2/invoices/{id_}").json()["multiple_due_dates"] == [
        {"date": "2026-12-01", "amount": "60.50"},
        {"date": "2027-01-01", "amount": "60.50"},
    ]


def test_a_contact_gets_what_no_call_can_set(holded: httpx.Client, contact: str) -> None:
    body = {
        "custom_id": "cus_1",
        "extra_emails": ["dos@example.com"],
        "contact_persons": [{"name": "Ana", "email": "ana@example.com"}],
    }

    holded.post(f"{AT}/contacts/{contact}", json=body).raise_for_status()

    found = holded.get("/api/v2/contacts", params={"custom_id": "cus_1"}).json()["items"]
    assert [each["id"] for each in found] == [contact]
    assert found[0]["extra_emails"] == ["dos@example.com"]
    assert found[0]["contact_persons"][0]["name"] == "Ana"
    assert holded.get("/api/v2/contacts", params={"email": "dos@example.com"}).json()["items"] == []


def test_what_is_refused_changes_nothing(holded: httpx.Client, write: Write) -> None:
    id_ = write(approve=False)

    answer = holded.post(
        f"{AT}/documents/invoice/{id_}", json={"approve": True, "payment": {"amount": "999"}}
    )

    assert answer.status_code == 422
    assert holded.get(f"/api/v2/invoices/{id_}").json()["draft"]


def test_the_account_can_be_named(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    holded.post("/_sandbox/accounts", json={"id": "b", "name": "B", "token": "pat_b"})
    other = connect("pat_b")
    id_ = other.post("/api/v2/contacts", json={"name": "Una SL"}).json()["id"]

    assert holded.post(f"{AT}/contacts/{id_}", json={"custom_id": "x"}).status_code == 404
    answer = holded.post(f"{AT}/contacts/{id_}", json={"custom_id": "x", "account": "b"})

    assert answer.status_code == 200
    assert other.get(f"/api/v2/contacts/{id_}").json()["custom_id"] == "x"
