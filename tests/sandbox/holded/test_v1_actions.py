"""API v1: documents paid, sent, printed, attached to, shipped and tracked."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Write = Callable[..., str]

NEW_YEAR = 1_767_222_000


def get(v1: httpx.Client, id_: str, word: str = "invoice") -> dict[str, Any]:
    return dict(v1.get(f"/documents/{word}/{id_}").json())


# Paying


def test_a_payment_is_answered_with_its_id_and_shown_on_the_invoice(
    v1: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1(approveDoc=True)
    bank = v1.post("/treasury", json={"name": "Stripe", "type": "gateway"}).json()["id"]
    body = {"date": str(NEW_YEAR), "amount": 21.0, "treasury": bank, "desc": "pi_1"}

    answer = v1.post(f"/documents/invoice/{id_}/pay", json=body)

    payment = v1.get("/payments").json()[0]["id"]
    assert answer.status_code == 200
    assert answer.json() == {
        "status": 1,
        "invoiceId": id_,
        "invoiceNum": "F260001",
        "paymentId": payment,
    }
    invoice = get(v1, id_)
    assert (invoice["paymentsTotal"], invoice["paymentsPending"]) == (21, 100)
    assert v1.get(f"/treasury/{bank}").json()["balance"] == 21


def test_the_treasury_of_a_payment_may_be_called_bank_id(v1: httpx.Client, write_v1: Write) -> None:
    id_ = write_v1(approveDoc=True)
    bank = v1.post("/treasury", json={"name": "Banco"}).json()["id"]
    body = {"date": NEW_YEAR, "amount": 1, "bankId": bank}

    v1.post(f"/documents/invoice/{id_}/pay", json=body).raise_for_status()

    assert v1.get("/payments").json()[0]["bankId"] == bank


@pytest.mark.parametrize(
    ("body", "status", "info"),
    [
        ({"amount": 1}, 400, "date needed"),
        ({"date": NEW_YEAR}, 400, "amount needed"),
        ({"date": NEW_YEAR, "amount": 121.01}, 501, "sandbox_unsupported"),
        ({"date": NEW_YEAR, "amount": -1}, 501, "sandbox_unsupported"),
        ({"date": NEW_YEAR, "amount": 1, "treasury": "nobody"}, 400, "not found"),
    ],
)
def test_a_payment_that_cannot_be_booked_is_refused(
    v1: httpx.Client, write_v1: Write, body: dict[str, Any], status: int, info: str
) -> None:
    id_ = write_v1(approveDoc=True)

    answer = v1.post(f"/documents/invoice/{id_}/pay", json=body)

    assert answer.status_code == status
    assert answer.json()["info"].startswith(info)
    assert get(v1, id_)["paymentsPending"] == 121
    assert v1.get("/payments").json() == []


def test_a_draft_cannot_be_paid(v1: httpx.Client, write_v1: Write) -> None:
    body = {"date": NEW_YEAR, "amount": 1}

    assert v1.post(f"/documents/invoice/{write_v1()}/pay", json=body).status_code == 400


@pytest.mark.parametrize(
    ("word", "balance"),
    [("salesreceipt", 121), ("creditnote", -121), ("purchase", -121), ("purchaserefund", 121)],
)
def test_money_goes_in_or_out_by_the_kind_of_document(
    v1: httpx.Client, write_v1: Write, word: str, balance: int
) -> None:
    id_ = write_v1(word, approveDoc=True)
    bank = v1.post("/treasury", json={"name": "Banco"}).json()["id"]
    body = {"date": NEW_YEAR, "amount": 121, "treasury": bank}

    v1.post(f"/documents/{word}/{id_}/pay", json=body).raise_for_status()

    assert v1.get(f"/treasury/{bank}").json()["balance"] == balance
    assert v1.get("/payments").json()[0]["amount"] == balance


# Sending


@pytest.mark.parametrize(
    "emails",
    [
        {"emails": "ana@example.com,eva@example.com"},
        {"emails": ["ana@example.com", "eva@example.com"]},
        {"email": "ana@example.com, eva@example.com"},
    ],
)
def test_sending_is_written_down(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write, emails: dict[str, Any]
) -> None:
    id_ = write_v1()
    body = {**emails, "subject": "Su factura", "message": "Puede pagarla en el portal."}

    answer = v1.post(f"/documents/invoice/{id_}/send", json=body)

    assert (answer.status_code, answer.json()) == (200, {"status": 1, "info": "Document sent"})
    (sent,) = holded.get("/_sandbox/sent.json").json()
    assert sent["document_id"] == id_
    assert sent["emails"] == ["ana@example.com", "eva@example.com"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"emails": "nobody"},
        {"emails": "a@b.c", "subject": "Too short"},
        {"emails": "a@b.c", "message": "19 characters here."},
    ],
)
def test_a_mail_without_address_or_too_short_is_refused(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write, body: dict[str, Any]
) -> None:
    answer = v1.post(f"/documents/invoice/{write_v1()}/send", json=body)

    assert (answer.status_code, answer.json()["status"]) == (400, 0)
    assert holded.get("/_sandbox/sent.json").json() == []


# PDF and files


@pytest.mark.parametrize("word", ["invoice", "salesorder", "purchaserefund"])
def test_a_pdf_is_base64_inside_json(v1: httpx.Client, write_v1: Write, word: str) -> None:
    answer = v1.get(f"/documents/{word}/{write_v1(word)}/pdf")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["status"] == 1
    assert b64decode(answer.json()["data"], validate=True).startswith(b"%PDF-")


def test_the_pdf_of_both_versions_is_the_same(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1(approveDoc=True)

    data = v1.get(f"/documents/invoice/{id_}/pdf").json()["data"]

    assert b64decode(data) == holded.get(f"/api/v2/invoices/{id_}/pdf").content


def test_an_attachment_is_answered_without_an_id_and_listed_nowhere(
    v1: httpx.Client, write_v1: Write
) -> None:
    path = f"/documents/invoice/{write_v1()}"

    answer = v1.post(f"{path}/attach", files={"file": ("nota.txt", b"hola")})

    assert answer.status_code == 201
    assert answer.json() == {"status": 1, "info": "Attachment uploaded"}
    assert v1.get(f"{path}/attachments").text.startswith("<!DOCTYPE html>")


def test_an_attachment_without_a_file_is_refused(v1: httpx.Client, write_v1: Write) -> None:
    answer = v1.post(f"/documents/invoice/{write_v1()}/attach", json={"file": "x"})

    assert answer.json() == {"status": 0, "info": "file needed"}


# Shipping


def test_a_sales_order_is_shipped_by_lines_and_then_whole(
    v1: httpx.Client, write_v1: Write
) -> None:
    path = f"/documents/salesorder/{write_v1('salesorder')}"
    lines = {"lines": [{"itemLinePosition": 0, "units": 1}]}

    some = v1.post(f"{path}/shipbylines", json=lines)
    (after_some,) = v1.get(f"{path}/shippeditems").json()
    v1.post(f"{path}/shipall").raise_for_status()
    (after_all,) = v1.get(f"{path}/shippeditems").json()

    assert some.json() == {"status": 1, "info": "Items Shipped"}
    assert after_some == {"name": "Diseño", "sku": "", "total": 2, "sent": 1, "pending": 1}
    assert (after_all["sent"], after_all["pending"]) == (2, 0)


@pytest.mark.parametrize(
    "line", [{"itemLinePosition": 1, "units": 1}, {"itemLinePosition": 0, "units": 3}, {}]
)
def test_more_than_was_ordered_is_not_shipped(
    v1: httpx.Client, write_v1: Write, line: dict[str, int]
) -> None:
    path = f"/documents/salesorder/{write_v1('salesorder')}"

    assert v1.post(f"{path}/shipbylines", json={"lines": [line]}).status_code == 400
    assert v1.get(f"{path}/shippeditems").json()[0]["sent"] == 0


@pytest.mark.parametrize("word", ["salesorder", "waybill"])
def test_orders_and_delivery_notes_are_tracked_and_moved_along(
    v1: httpx.Client, write_v1: Write, word: str
) -> None:
    path = f"/documents/{word}/{write_v1(word)}"

    told = {"key": "correos", "num": "1,2-3", "pickUpDate": "31/01/2026"}

    tracked = v1.post(f"{path}/updatetracking", json=told)
    moved = v1.post(f"{path}/pipeline/set", json={"pipeline": "shipped"})
    refused = v1.post(f"{path}/updatetracking", json={"deliveryDate": "2026-01-31"})

    assert tracked.json() == {"status": 1, "data": "Updated"}
    assert moved.json() == {"status": 1, "info": "Done"}
    assert refused.status_code == 400


def test_an_invoice_is_not_shipped_or_tracked(v1: httpx.Client, write_v1: Write) -> None:
    path = f"/documents/invoice/{write_v1()}"

    assert v1.post(f"{path}/shipall").status_code == 400
    assert v1.post(f"{path}/updatetracking", json={"key": "mrw"}).status_code == 400
