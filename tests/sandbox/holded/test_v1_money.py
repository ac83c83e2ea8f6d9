"""API v1: payments, treasuries, payment methods, taxes and numbering series."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Write = Callable[..., str]

NEW_YEAR = 1_767_222_000


def bank(v1: httpx.Client, **fields: Any) -> str:
    return str(v1.post("/treasury", json={"name": "Banco", **fields}).json()["id"])


def balance(v1: httpx.Client, id_: str) -> float:
    return float(v1.get(f"/treasury/{id_}").json()["balance"])


# Payments


def test_a_loose_payment_is_written_changed_and_deleted(v1: httpx.Client, contact: str) -> None:
    first, second = bank(v1), bank(v1, name="Otro")
    body = {
        "bankId": first,
        "contactId": contact,
        "amount": 355.5,
        "desc": "Gift",
        "date": NEW_YEAR,
    }

    id_ = v1.post("/payments", json=body).json()["id"]
    booked = v1.get(f"/payments/{id_}").json()
    v1.put(f"/payments/{id_}", json={"amount": 300, "bankId": second}).raise_for_status()
    changed = v1.get(f"/payments/{id_}").json()
    balances = (balance(v1, first), balance(v1, second))
    deleted = v1.delete(f"/payments/{id_}")

    assert booked == {**body, "id": id_, "contactName": "Taller Ñandú SL"}
    assert (changed["amount"], changed["bankId"], changed["desc"]) == (300, second, "Gift")
    assert balances == (0, 300)
    assert deleted.json() == {"status": 1, "info": "Successfully deleted", "id": id_}
    assert (v1.get("/payments").json(), balance(v1, second)) == ([], 0)


def test_money_paid_out_is_negative(v1: httpx.Client, holded: httpx.Client) -> None:
    id_ = v1.post("/payments", json={"amount": -10, "date": NEW_YEAR}).json()["id"]

    assert v1.get(f"/payments/{id_}").json()["amount"] == -10
    assert holded.get("/api/v2/payments").json()["items"][0]["amount"] == "10.00"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"date": NEW_YEAR}, 400),
        ({"amount": 1}, 400),
        ({"amount": 0, "date": NEW_YEAR}, 400),
        ({"amount": 1, "date": NEW_YEAR, "bankId": "nobody"}, 400),
        ({"amount": 1, "date": NEW_YEAR, "contactId": "nobody"}, 400),
        ({"amount": 1, "date": NEW_YEAR, "documentId": "5ab391071d6d820034294783"}, 501),
    ],
)
def test_a_payment_that_cannot_be_read_is_refused(
    v1: httpx.Client, body: dict[str, Any], status: int
) -> None:
    answer = v1.post("/payments", json=body)

    assert (answer.status_code, answer.json()["status"]) == (status, 0)
    assert v1.get("/payments").json() == []


def test_payments_are_listed_by_day(v1: httpx.Client) -> None:
    days = [NEW_YEAR, NEW_YEAR + 86_400]
    ids = [v1.post("/payments", json={"amount": 1, "date": day}).json()["id"] for day in days]

    within = {"starttmp": NEW_YEAR, "endtmp": NEW_YEAR + 86_400}

    assert [each["id"] for each in v1.get("/payments", params=within).json()] == ids[:1]
    assert [each["id"] for each in v1.get("/payments").json()] == ids


def test_a_changed_or_deleted_payment_changes_its_invoice(
    v1: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1(approveDoc=True)
    body = {"date": NEW_YEAR, "amount": 100}
    payment = v1.post(f"/documents/invoice/{id_}/pay", json=body).json()["paymentId"]

    v1.put(f"/payments/{payment}", json={"amount": 21}).raise_for_status()
    changed = v1.get(f"/documents/invoice/{id_}").json()
    too_much = v1.put(f"/payments/{payment}", json={"amount": 122})
    v1.delete(f"/payments/{payment}").raise_for_status()
    deleted = v1.get(f"/documents/invoice/{id_}").json()

    assert (changed["paymentsTotal"], changed["paymentsPending"]) == (21, 100)
    assert too_much.status_code == 501
    assert (deleted["paymentsTotal"], deleted["paymentsPending"]) == (0, 121)


def test_a_payment_of_a_purchase_deleted_in_v2_is_taken_back_too(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1("purchase", approveDoc=True)
    body = {"date": NEW_YEAR, "amount": 100}
    payment = v1.post(f"/documents/purchase/{id_}/pay", json=body).json()["paymentId"]

    assert holded.delete(f"/api/v2/payments/{payment}").status_code == 204

    assert v1.get(f"/documents/purchase/{id_}").json()["paymentsPending"] == 121


# Treasuries and payment methods


@pytest.mark.parametrize("path", ["/treasury", "/treasuries"])
def test_a_treasury_is_written_and_read_at_both_addresses(v1: httpx.Client, path: str) -> None:
    body = {
        "name": "Abanca bank",
        "type": "bank",
        "balance": 32435,
        "accountNumber": 57200003,
        "iban": "ES123456789",
        "swift": "CAGLESMM",
        "bank": "abanca",
        "bankname": "Abanca",
    }

    created = v1.post(path, json=body).json()

    shown = {"id": created["id"], **body}
    assert created == {"status": 1, "info": "Created", **shown}
    assert v1.get(path).json() == [shown]
    assert v1.get(f"{path}/{created['id']}").json() == shown


def test_a_treasury_of_an_unknown_type_is_refused(v1: httpx.Client) -> None:
    assert v1.post("/treasury", json={"name": "Safe", "type": "safe"}).status_code == 400


@pytest.mark.parametrize("path", ["/paymentmethods", "/documents/paymentmethods"])
def test_payment_methods_are_read_at_both_addresses(
    v1: httpx.Client, holded: httpx.Client, path: str
) -> None:
    treasury = bank(v1)
    body = {"name": "Stripe", "dueDays": 15, "bankingAccountId": treasury}
    id_ = holded.post("/api/v2/payment-methods", json=body).json()["id"]

    assert v1.get(path).json() == [{"id": id_, "name": "Stripe", "dueDays": 15, "bankId": treasury}]


# Taxes and numbering series


def test_taxes_have_the_keys_that_lines_name(v1: httpx.Client) -> None:
    taxes = {each["key"]: each for each in v1.get("/taxes").json()}

    assert taxes["s_iva_21"] == {
        "name": "IVA 21%",
        "amount": "21",
        "scope": "sales",
        "key": "s_iva_21",
        "group": "iva",
        "type": "percentage",
    }
    assert (taxes["s_ret_15"]["group"], taxes["p_iva_21"]["scope"]) == ("ret", "purchases")


def test_a_numbering_series_is_written_changed_and_deleted(v1: httpx.Client) -> None:
    path = "/numberingseries/invoice"
    body = {"name": "Web", "format": "F17%%%%", "last": 6, "type": "invoice"}

    created = v1.post(path, json=body)
    id_ = created.json()["id"]
    changed = v1.put(f"{path}/{id_}", json={"name": "Tienda", "last": "9"})
    listed = v1.get(path).json()
    deleted = v1.delete(f"{path}/{id_}")

    assert created.json() == {"status": 1, "msg": "Created", "id": id_}
    assert changed.json() == {"status": 1, "info": "Updated", "id": id_}
    assert listed[-1] == {**body, "id": id_, "name": "Tienda", "last": 9}
    assert deleted.json() == {"status": 1, "msg": "Successfully deleted", "id": id_}
    assert [each["name"] for each in v1.get(path).json()] == ["Default"]


def test_a_series_is_found_under_its_own_type_alone(v1: httpx.Client) -> None:
    (serie,) = v1.get("/numberingseries/salesOrder").json()

    assert serie["type"] == "salesorder"
    assert v1.delete(f"/numberingseries/invoice/{serie['id']}").status_code == 400


@pytest.mark.parametrize("body", [{"name": "Web"}, {"format": "F%%%%"}, {"last": "x"}])
def test_a_series_without_name_or_format_is_refused(v1: httpx.Client, body: dict[str, str]) -> None:
    assert v1.post("/numberingseries/invoice", json=body).status_code == 400
