"""Money booked on invoices: what is left, what is refused, what a judge reads."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]


@pytest.fixture
def gateway(holded: httpx.Client) -> str:
    body = {"name": "Stripe", "type": "gateway"}
    return str(holded.post("/api/v2/treasury/accounts", json=body).json()["id"])


def test_the_answer_to_a_payment_names_nothing_and_less_is_pending(
    holded: httpx.Client, write: Write, gateway: str
) -> None:
    id_ = write()
    body = {
        "amount": "21.00",
        "treasury_id": gateway,
        "date": "2026-11-02",
        "description": "pi_1",
    }

    answer = holded.post(f"/api/v2/invoices/{id_}/payments", json=body)

    assert (answer.status_code, answer.json()) == (201, {})
    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert invoice["status"] == "partial"
    assert (invoice["payments_total"], invoice["payments_pending"]) == ("21.00", "100.00")
    (detail,) = invoice["payments_detail"]
    assert (detail["amount"], detail["date"], detail["bank_id"]) == (
        "21.00",
        "2026-11-02",
        gateway,
    )
    assert "description" not in detail


def test_without_a_body_all_that_is_pending_is_booked(holded: httpx.Client, write: Write) -> None:
    id_ = write()

    holded.post(f"/api/v2/invoices/{id_}/payments").raise_for_status()

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (invoice["status"], invoice["payments_pending"]) == ("completed", "0.00")


def test_an_amount_may_be_a_json_number(holded: httpx.Client, write: Write) -> None:
    id_ = write()

    answer = holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": 10.0})

    assert answer.status_code == 201
    assert holded.get(f"/api/v2/invoices/{id_}").json()["payments_total"] == "10.00"


@pytest.mark.parametrize("amount", ["121.01", "0.00", "-1.00"])
def test_more_than_is_pending_or_nothing_is_refused(
    holded: httpx.Client, write: Write, amount: str
) -> None:
    id_ = write()

    answer = holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": amount})

    assert answer.status_code == 422
    assert holded.get(f"/api/v2/invoices/{id_}").json()["payments_detail"] == []


def test_a_draft_cannot_be_paid(holded: httpx.Client, write: Write) -> None:
    assert holded.post(f"/api/v2/invoices/{write(approve=False)}/payments").status_code == 422


def test_the_payments_of_a_document_are_listed_with_their_description(
    holded: httpx.Client, write: Write
) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"description": "pi_1"})
    loose = {"type": "collection", "amount": "5.00", "date": "2026-11-03"}
    holded.post("/api/v2/payments", json=loose).raise_for_status()

    found = holded.get("/api/v2/payments", params={"document_id": id_}).json()["items"]

    assert [(each["amount"], each["description"]) for each in found] == [("121.00", "pi_1")]
    assert len(holded.get("/api/v2/payments").json()["items"]) == 2


def test_a_payment_moves_the_balance_of_its_treasury(
    holded: httpx.Client, write: Write, gateway: str
) -> None:
    holded.post(f"/api/v2/invoices/{write()}/payments", json={"treasury_id": gateway})

    assert holded.get(f"/api/v2/treasury/accounts/{gateway}").json()["balance"] == "121.00"


def test_the_ledger_tells_every_booking(holded: httpx.Client, write: Write, gateway: str) -> None:
    id_ = write()
    body = {
        "amount": "121.00",
        "treasury_id": gateway,
        "date": "2026-11-02",
        "description": "pi_1",
    }
    holded.post(f"/api/v2/invoices/{id_}/payments", json=body).raise_for_status()

    (booked,) = holded.get("/_sandbox/ledger.json").json()

    assert booked.pop("payment")
    assert booked == {
        "account": "acc_sandbox",
        "invoice": id_,
        "number": "F260001",
        "amount": "121.00",
        "currency": "eur",
        "date": "2026-11-02",
        "treasury": gateway,
        "description": "pi_1",
    }


def test_a_payment_is_shown_with_what_it_belongs_to(
    holded: httpx.Client, write: Write, contact: str, gateway: str
) -> None:
    id_ = write()
    body = {"treasury_id": gateway, "date": "2026-11-02", "description": "pi_1"}
    holded.post(f"/api/v2/invoices/{id_}/payments", json=body)
    (detail,) = holded.get(f"/api/v2/invoices/{id_}").json()["payments_detail"]

    assert holded.get(f"/api/v2/payments/{detail['id']}").json() == {
        "id": detail["id"],
        "bank_account_id": gateway,
        "contact_id": contact,
        "contact_name": "Taller Ñandú SL",
        "amount": "121.00",
        "description": "pi_1",
        "date": "2026-11-02T00:00:00+00:00",
        "status": "paid",
        "reconciliation_status": "pending",
        "total_documents": "121.00",
        "total_transactions": "0.00",
        "total_advance": "0.00",
        "document_type": "invoice",
        "document_id": id_,
    }


def test_a_payment_that_is_changed_takes_its_document_along(
    holded: httpx.Client, write: Write, gateway: str
) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "21", "treasury_id": gateway})
    payment = holded.get("/api/v2/payments").json()["items"][0]["id"]
    change = {
        "type": "collection", "amount": "50", "date": "2026-11-05", "bank_account_id": gateway,
    }  # fmt: skip

    assert holded.put(f"/api/v2/payments/{payment}", json=change).json() == {"id": payment}

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (invoice["payments_total"], invoice["payments_pending"]) == ("50.00", "71.00")
    assert [each["date"] for each in invoice["payments_detail"]] == ["2026-11-05"]
    assert holded.get(f"/api/v2/treasury/accounts/{gateway}").json()["balance"] == "50.00"
    refused = holded.put(f"/api/v2/payments/{payment}", json=change | {"amount": "121.01"})
    assert refused.status_code == 422
    assert holded.get(f"/api/v2/invoices/{id_}").json()["payments_total"] == "50.00"


def test_a_payment_that_is_deleted_is_pending_again(
    holded: httpx.Client, write: Write, gateway: str
) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"treasury_id": gateway})
    payment = holded.get("/api/v2/payments").json()["items"][0]["id"]

    assert holded.delete(f"/api/v2/payments/{payment}").status_code == 204

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (invoice["status"], invoice["payments_pending"]) == ("pending", "121.00")
    assert invoice["payments_detail"] == []
    assert holded.get(f"/api/v2/treasury/accounts/{gateway}").json()["balance"] == "0.00"
    assert holded.get(f"/api/v2/payments/{payment}").status_code == 404


def test_a_payment_made_with_a_documents_id_is_refused(holded: httpx.Client, write: Write) -> None:
    body = {"type": "collection", "amount": "1", "date": "2026-11-02", "document_id": write()}

    answer = holded.post("/api/v2/payments", json=body)

    assert answer.status_code == 501
    assert "sandbox_unsupported" in answer.json()["detail"]
    assert holded.get("/api/v2/payments").json()["items"] == []


def test_what_was_read_of_a_payment_can_be_sent_back(holded: httpx.Client) -> None:
    body = {"type": "payment", "amount": "5.00", "date": "2026-11-03"}
    id_ = holded.post("/api/v2/payments", json=body).json()["id"]
    read = holded.get(f"/api/v2/payments/{id_}").json()

    answer = holded.put(f"/api/v2/payments/{id_}", json=read | {"type": "payment"})

    assert answer.status_code == 200
    assert holded.get(f"/api/v2/payments/{id_}").json() == read
