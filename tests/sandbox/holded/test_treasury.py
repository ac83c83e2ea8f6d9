"""Treasury accounts and their movements, matched with what was booked."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]


@pytest.fixture
def bank(holded: httpx.Client) -> str:
    body = {"name": "Banco", "type": "bank", "currency": "EUR", "iban": "ES1"}
    return str(holded.post("/api/v2/treasury/accounts", json=body).json()["id"])


@pytest.fixture
def enter(holded: httpx.Client, bank: str) -> Callable[..., str]:
    def enter(amount: str, **fields: str) -> str:
        body = {"amount": amount, "description": "TRANSF", "balance": "500.00", **fields}
        answer = holded.post(f"/api/v2/treasury/accounts/{bank}/bank-movements", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return enter


def test_an_account_is_replaced(holded: httpx.Client, bank: str) -> None:
    address = f"/api/v2/treasury/accounts/{bank}"
    body = {"name": "Otro", "currency": "EUR", "accounting_account_id": "a", "auto_sync": False}

    changed = holded.put(address, json=body).json()

    assert (changed["name"], changed["type"], changed["iban"]) == ("Otro", "bank", None)
    assert holded.put(address, json={"name": "Otro"}).status_code == 400


def test_an_account_is_archived_before_it_is_deleted(holded: httpx.Client, bank: str) -> None:
    address = f"/api/v2/treasury/accounts/{bank}"

    assert holded.delete(address).status_code == 422
    assert holded.post(f"{address}/archive").status_code == 204

    archived = holded.get("/api/v2/treasury/accounts", params={"archived": "true"}).json()["items"]
    assert [each["id"] for each in archived] == [bank]
    assert holded.delete(address).status_code == 204
    assert holded.get(address).status_code == 404


def test_a_movement_waits_to_be_matched(
    holded: httpx.Client, bank: str, enter: Callable[..., str]
) -> None:
    id_ = enter("-250", value_date="2026-03-15")

    (movement,) = holded.get(f"/api/v2/treasury/accounts/{bank}/bank-movements").json()["items"]

    assert (movement["id"], movement["amount"], movement["status"]) == (id_, "-250.00", "pending")
    assert movement["value_date"] == "2026-03-15T00:00:00+00:00"
    account = holded.get(f"/api/v2/treasury/accounts/{bank}").json()
    assert account["transactions_pending_to_reconcile"] == 1


def test_of_many_movements_all_or_none_are_entered(holded: httpx.Client, bank: str) -> None:
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements"
    good = {"amount": "1", "description": "x", "balance": "1"}

    refused = holded.post(address, json=[good, {"amount": "1"}])
    taken = holded.post(address, json=[good, good])

    assert (refused.status_code, taken.status_code) == (400, 201)
    assert len(holded.get(address).json()["items"]) == 2


def test_movements_are_filtered(holded: httpx.Client, bank: str, enter: Callable[..., str]) -> None:
    old, new = enter("1", value_date="2026-01-01"), enter("2", value_date="2026-02-01")
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements"
    holded.post(f"{address}/{old}/reconcile").raise_for_status()

    def found(**query: str) -> list[str]:
        return [each["id"] for each in holded.get(address, params=query).json()["items"]]

    assert found(start_date="2026-01-15") == [new]
    assert found(end_date="2026-01-15") == [old]
    assert found(status="pending,partial") == [new]
    assert found(status="forced_reconciled") == [old]


def test_a_movement_pays_the_invoice_it_is_matched_with(
    holded: httpx.Client, write: Write, bank: str, enter: Callable[..., str]
) -> None:
    invoice, movement = write(), enter("121.00", value_date="2026-11-03")
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements"
    body = {"documents": [{"document_id": invoice, "document_type": "invoice"}]}

    answer = holded.post(f"{address}/{movement}/reconcile", json=body)

    assert (answer.status_code, answer.json()) == (200, {})
    (detail,) = holded.get(f"/api/v2/invoices/{invoice}").json()["payments_detail"]
    assert (detail["amount"], detail["date"], detail["bank_id"]) == ("121.00", "2026-11-03", bank)
    (row,) = holded.get(address).json()["items"]
    assert (row["status"], row["reconciled_amount"]) == ("reconciled", "121.00")
    payment = holded.get(f"/api/v2/payments/{detail['id']}").json()
    assert payment["reconciliation_status"] == "reconciled"
    assert holded.post(f"{address}/{movement}/reconcile").status_code == 422


def test_a_movement_is_shared_among_documents_and_the_rest_waits(
    holded: httpx.Client, write: Write, bank: str, enter: Callable[..., str]
) -> None:
    first, second, movement = write(), write(), enter("300.00")
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements"
    documents = [{"document_id": each, "document_type": "invoice"} for each in (first, second)]

    holded.post(f"{address}/{movement}/reconcile", json={"documents": documents})

    (row,) = holded.get(address).json()["items"]
    assert (row["status"], row["reconciled_amount"]) == ("partial", "242.00")


def test_a_movement_is_matched_with_a_payment_that_is_booked(
    holded: httpx.Client, write: Write, bank: str, enter: Callable[..., str]
) -> None:
    invoice = write()
    holded.post(f"/api/v2/invoices/{invoice}/payments", json={"treasury_id": bank})
    (payment,) = holded.get("/api/v2/payments").json()["items"]
    body = {"documents": [{"document_id": payment["id"], "document_type": "collection"}]}
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements/{enter('121.00')}/reconcile"

    holded.post(address, json=body).raise_for_status()

    assert len(holded.get("/api/v2/payments").json()["items"]) == 1
    assert holded.get(f"/api/v2/treasury/accounts/{bank}").json()["balance"] == "121.00"


@pytest.mark.parametrize(
    ("amount", "document_type", "status"),
    [("-121.00", "invoice", 422), ("121.00", "payroll", 501), ("121.00", "proforma", 400)],
)
def test_what_cannot_be_matched_changes_nothing(
    holded: httpx.Client,
    write: Write,
    bank: str,
    enter: Callable[..., str],
    amount: str,
    document_type: str,
    status: int,
) -> None:
    invoice, movement = write(), enter(amount)
    address = f"/api/v2/treasury/accounts/{bank}/bank-movements"
    body = {"documents": [{"document_id": invoice, "document_type": document_type}]}

    assert holded.post(f"{address}/{movement}/reconcile", json=body).status_code == status

    assert holded.get(address).json()["items"][0]["status"] == "pending"
    assert holded.get(f"/api/v2/invoices/{invoice}").json()["payments_detail"] == []
