"""API v1 and v2 show one state: each sees what the other wrote."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]

NEW_YEAR = 1_767_222_000


def test_v1_shows_the_invoice_v2_made(
    v1: httpx.Client, holded: httpx.Client, write: Write, contact: str
) -> None:
    id_ = write(date="2026-01-01", due_date="2026-01-31", tags=["web"], notes="Interno")
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "21.00"})

    invoice = v1.get(f"/documents/invoice/{id_}").json()

    assert (invoice["contact"], invoice["date"]) == (contact, NEW_YEAR)
    assert (invoice["dueDate"], invoice["tags"]) == (NEW_YEAR + 30 * 86_400, ["web"])
    assert (invoice["docNumber"], invoice["total"], invoice["status"]) == ("F260001", 121, 2)
    assert (invoice["paymentsTotal"], invoice["paymentsPending"]) == (21, 100)
    assert invoice["products"][0]["taxes"] == ["s_iva_21"]
    assert v1.get("/payments").json()[0]["amount"] == 21


def test_v2_shows_the_invoice_v1_made(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write, contact: str
) -> None:
    id_ = write_v1(
        dueDate=NEW_YEAR, notes="Interno", tags=["web"], approveDoc=True, invoiceNum="A-1"
    )
    body = {"date": NEW_YEAR, "amount": 121, "desc": "pi_1"}
    v1.post(f"/documents/invoice/{id_}/pay", json=body).raise_for_status()

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()

    assert (invoice["contact_id"], invoice["due_date"]) == (contact, "2026-01-01")
    assert (invoice["document_number"], invoice["total"]) == ("A-1", "121.00")
    assert (invoice["status"], invoice["payments_pending"]) == ("completed", "0.00")
    assert invoice["lines"][0]["price"] == "50.00"
    assert [name for name in invoice if name.startswith("_")] == []
    (payment,) = holded.get("/api/v2/payments").json()["items"]
    assert (payment["document_id"], payment["description"]) == (id_, "pi_1")


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("proform", "proformas"),
        ("creditnote", "credit-notes"),
        ("salesreceipt", "sales-receipts"),
        ("receiptnote", "receipt-notes"),
        ("salesorder", "sales-orders"),
        ("waybill", "waybills"),
        ("estimate", "estimates"),
    ],
)
def test_other_kinds_are_shared_too(
    v1: httpx.Client, holded: httpx.Client, write: Write, write_v1: Write, word: str, path: str
) -> None:
    first, second = write(path, approve=False), write_v1(word)

    assert [each["id"] for each in v1.get(f"/documents/{word}").json()] == [first, second]
    items = holded.get(f"/api/v2/{path}").json()["items"]
    assert [each["id"] for each in items] == [first, second]


def test_both_versions_number_from_one_series(
    v1: httpx.Client, write: Write, write_v1: Write
) -> None:
    ids = [write(), write_v1(approveDoc=True), write()]

    numbers = [v1.get(f"/documents/invoice/{id_}").json()["docNumber"] for id_ in ids]

    assert numbers == ["F260001", "F260002", "F260003"]


def test_a_contact_is_shared(v1: httpx.Client, holded: httpx.Client, contact: str) -> None:
    shown = v1.get(f"/contacts/{contact}").json()
    v1.put(f"/contacts/{contact}", json={"tradeName": "Ñandú", "groupId": "g"}).raise_for_status()

    changed = holded.get(f"/api/v2/contacts/{contact}").json()

    assert (shown["name"], shown["billAddress"]["city"]) == ("Taller Ñandú SL", "Madrid")
    assert (changed["trade_name"], changed["group_id"]) == ("Ñandú", "g")
    assert changed["bill_address"]["address"] == "Calle Mayor 1"
    assert [name for name in changed if name.startswith("_")] == []


def test_what_v1_alone_knows_outlives_a_replacement_in_v2(
    v1: httpx.Client, holded: httpx.Client
) -> None:
    body = {"name": "Una SL", "customId": "cus_1", "taxOperation": "intra", "iban": "ES12"}
    id_ = v1.post("/contacts", json=body).json()["id"]

    holded.put(f"/api/v2/contacts/{id_}", json={"name": "Dos SL"}).raise_for_status()

    contact = v1.get(f"/contacts/{id_}").json()
    assert (contact["name"], contact["customId"]) == ("Dos SL", "cus_1")
    assert (contact["taxOperation"], contact["iban"]) == ("intra", "ES12")


def test_a_v1_change_is_told_by_webhook(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    hook = {"account": "acc_sandbox", "url": "http://hooks.test/", "secret": "s"}
    holded.post("/_sandbox/webhooks", json=hook).raise_for_status()

    id_ = write_v1(approveDoc=True)
    v1.post(f"/documents/invoice/{id_}/pay", json={"date": NEW_YEAR, "amount": 1})

    sent = holded.get("/_sandbox/webhooks").json()["deliveries"]
    assert [each["event"] for each in sent][::-1] == [
        "invoice.create",
        "invoice.approve",
        "payment.create",
        "invoice.update",
    ]


def test_a_v1_call_is_in_the_ledger_without_its_key(v1: httpx.Client, holded: httpx.Client) -> None:
    v1.get("/documents/invoice", params={"paid": "0"})

    answer = holded.get("/_sandbox/requests.json")

    (seen,) = answer.json()
    assert (seen["account"], seen["path"]) == ("acc_sandbox", "/api/invoicing/v1/documents/invoice")
    assert v1.headers["key"] not in answer.text


@pytest.mark.parametrize(
    ("path", "v2_path", "body"),
    [
        ("/contacts/groups", "contact-groups", {"name": "VIP"}),
        ("/saleschannels", "sales-channels", {"name": "Web", "accountNum": 70000001}),
        ("/expensesaccounts", "expenses-accounts", {"name": "Gastos", "accountNum": 60000001}),
        ("/services", "services", {"name": "Hora", "subtotal": 50, "tax": 21}),
        ("/warehouses", "warehouses", {"name": "Main", "default": True}),
        ("/products", "products", {"name": "Camiseta", "price": 10, "tax": 21}),
        ("/treasury", "treasury/accounts", {"name": "Banco"}),
    ],
)
def test_what_v1_made_is_shown_by_v2_without_what_only_the_sandbox_knows(
    v1: httpx.Client, holded: httpx.Client, path: str, v2_path: str, body: dict[str, object]
) -> None:
    id_ = v1.post(path, json=body).json()["id"]

    shown = holded.get(f"/api/v2/{v2_path}/{id_}").json()

    assert (shown["id"], shown["name"]) == (id_, body["name"])
    assert [name for name in shown if name.startswith("_")] == []


def test_a_file_attached_in_v1_is_listed_by_v2(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1()
    v1.post(f"/documents/invoice/{id_}/attach", files={"file": ("nota.txt", b"hola")})

    (attached,) = holded.get(f"/api/v2/invoices/{id_}/attachments").json()["items"]

    assert (attached["filename"], attached["size"]) == ("nota.txt", 4)


def test_a_file_attached_to_a_contact_in_v2_is_read_by_v1(
    v1: httpx.Client, holded: httpx.Client, contact: str
) -> None:
    holded.post(f"/api/v2/contacts/{contact}/attachments", files={"file": ("nif.pdf", b"%PDF")})

    path = f"/contacts/{contact}/attachments"

    assert v1.get(f"{path}/list").json() == ["nif.pdf"]
    assert v1.get(f"{path}/get", params={"filename": "nif.pdf"}).content == b"%PDF"


def test_tracking_written_in_v1_is_shown_by_v2(
    v1: httpx.Client, holded: httpx.Client, write_v1: Write
) -> None:
    id_ = write_v1("waybill")
    body = {"key": "correos", "num": "1,2-3", "pickUpDate": "31/01/2026"}
    v1.post(f"/documents/waybill/{id_}/updatetracking", json=body).raise_for_status()

    waybill = holded.get(f"/api/v2/waybills/{id_}").json()

    assert (waybill["tracking_key"], waybill["tracking_number"]) == ("correos", "1,2-3")
    assert waybill["pickup_date"] == "2026-01-31"
