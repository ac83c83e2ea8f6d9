"""What all kinds of sales document share, and what only some of them have."""

from collections.abc import Callable

import httpx
import pytest

from portal.sandbox.holded.kinds import KINDS

Write = Callable[..., str]
PATHS = [kind.path for kind in KINDS.values()]
NUMBERS = {
    "invoices": "F260001", "credit-notes": "R260001", "proformas": "PRO260001",
    "estimates": "E260001", "sales-receipts": "T260001", "receipt-notes": "RT260001",
    "sales-orders": "SO260001", "waybills": "W260001",
}  # fmt: skip
PAYABLE = ["invoices", "credit-notes", "sales-receipts", "receipt-notes"]
UNPAYABLE = [path for path in PATHS if path not in PAYABLE]
APPROVED = [path for path in PATHS if path != "estimates"]


@pytest.mark.parametrize("path", PATHS)
def test_each_kind_has_its_own_numbers(holded: httpx.Client, write: Write, path: str) -> None:
    document = holded.get(f"/api/v2/{path}/{write(path)}").json()

    assert (document["document_number"], document["draft"]) == (NUMBERS[path], False)
    assert document["total"] == "121.00"


@pytest.mark.parametrize("path", APPROVED)
def test_a_document_begins_as_a_draft(holded: httpx.Client, write: Write, path: str) -> None:
    document = holded.get(f"/api/v2/{path}/{write(path, approve=False)}").json()

    assert (document["document_number"], document["draft"]) == (None, True)


def test_an_estimate_is_never_approved(holded: httpx.Client, write: Write) -> None:
    assert holded.post(f"/api/v2/estimates/{write('estimates')}/approve").status_code == 404


@pytest.mark.parametrize("path", PAYABLE)
def test_payable_kinds_take_payments(holded: httpx.Client, write: Write, path: str) -> None:
    id_ = write(path)

    assert holded.post(f"/api/v2/{path}/{id_}/payments", json={"amount": "21"}).status_code == 201

    assert holded.get(f"/api/v2/{path}/{id_}").json()["payments_pending"] == "100.00"


@pytest.mark.parametrize("path", UNPAYABLE)
def test_other_kinds_have_no_payments(holded: httpx.Client, write: Write, path: str) -> None:
    id_ = write(path)

    assert holded.post(f"/api/v2/{path}/{id_}/payments").status_code == 404
    assert "payments_pending" not in holded.get(f"/api/v2/{path}/{id_}").json()


@pytest.mark.parametrize("path", PAYABLE)
def test_what_is_in_the_books_stays(holded: httpx.Client, write: Write, path: str) -> None:
    id_ = write(path)

    assert holded.put(f"/api/v2/{path}/{id_}", json={"date": "2026-11-02"}).status_code == 422
    assert holded.delete(f"/api/v2/{path}/{id_}").status_code == 422


@pytest.mark.parametrize("path", UNPAYABLE)
def test_what_is_not_in_the_books_can_change_and_go(
    holded: httpx.Client, write: Write, path: str
) -> None:
    id_ = write(path)

    assert holded.put(f"/api/v2/{path}/{id_}", json={"date": "2026-11-02"}).json() == {"id": id_}
    assert holded.get(f"/api/v2/{path}/{id_}").json()["date"] == "2026-11-02"
    assert holded.delete(f"/api/v2/{path}/{id_}").status_code == 204
    assert holded.get(f"/api/v2/{path}/{id_}").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_files_are_attached_and_come_back_as_they_were(
    holded: httpx.Client, write: Write, path: str
) -> None:
    address = f"/api/v2/{path}/{write(path)}/attachments"
    content = bytes(range(256))

    made = holded.post(address, files={"file": ("señal.bin", content)})

    assert made.status_code == 201
    (listed,) = holded.get(address).json()["items"]
    assert (listed["id"], listed["filename"]) == (made.json()["id"], "señal.bin")
    file = holded.get(f"{address}/{listed['id']}")
    assert file.content == content
    assert file.headers["content-type"] == "application/octet-stream"


def test_a_file_belongs_to_its_document(holded: httpx.Client, write: Write) -> None:
    mine, other = write(), write()
    made = holded.post(f"/api/v2/invoices/{mine}/attachments", files={"file": ("a.txt", b"a")})

    assert holded.get(f"/api/v2/invoices/{other}/attachments").json()["items"] == []
    found = holded.get(f"/api/v2/invoices/{other}/attachments/{made.json()['id']}")
    assert found.status_code == 404


def test_an_attachment_without_a_file_is_a_400(holded: httpx.Client, write: Write) -> None:
    assert holded.post(f"/api/v2/invoices/{write()}/attachments").status_code == 400


@pytest.mark.parametrize("path", PATHS)
def test_a_document_is_moved_in_its_pipeline(holded: httpx.Client, write: Write, path: str) -> None:
    id_ = write(path)

    answer = holded.put(f"/api/v2/{path}/{id_}/pipeline", json={"pipeline_id": "abc"})

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert holded.get(f"/api/v2/{path}/{id_}").json()["pipeline_id"] == "abc"


@pytest.mark.parametrize("path", ["sales-orders", "waybills"])
def test_what_is_shipped_can_be_tracked(holded: httpx.Client, write: Write, path: str) -> None:
    id_ = write(path)
    body = {"tracking_name": "Correos", "tracking_number": "PK1", "delivery_date": "2026-11-05"}

    assert holded.put(f"/api/v2/{path}/{id_}/tracking", json=body).status_code == 200

    document = holded.get(f"/api/v2/{path}/{id_}").json()
    assert {name: document[name] for name in body} == body


def test_an_invoice_is_not_tracked(holded: httpx.Client, write: Write) -> None:
    assert holded.put(f"/api/v2/invoices/{write()}/tracking", json={}).status_code == 404


# Several at a time


def test_several_invoices_are_cancelled_and_a_draft_is_left(
    holded: httpx.Client, write: Write
) -> None:
    draft, done = write(approve=False), write()

    some = holded.post("/api/v2/invoices/bulk/cancel", json={"ids": [draft, done]})
    every = holded.post("/api/v2/invoices/bulk/cancel", json={"ids": [write(), write()]})
    none = holded.post("/api/v2/invoices/bulk/cancel", json={"ids": [draft]})

    assert [each.status_code for each in (some, every, none)] == [207, 204, 422]
    assert list(none.json()) == ["message"]
    assert holded.get(f"/api/v2/invoices/{done}").json()["status"] == "cancelled"


def test_several_drafts_are_deleted(holded: httpx.Client, write: Write) -> None:
    ids = [write(approve=False), write(approve=False)]

    answer = holded.request("DELETE", "/api/v2/invoices", json={"ids": ids})

    assert answer.status_code == 204
    assert holded.get("/api/v2/invoices").json()["items"] == []


def test_more_than_a_hundred_at_a_time_are_refused(holded: httpx.Client) -> None:
    body = {"ids": ["0" * 24] * 101}

    assert holded.post("/api/v2/invoices/bulk/approve", json=body).status_code == 400


def test_an_invoice_is_found_by_its_number(holded: httpx.Client, write: Write) -> None:
    write()
    second = write()

    found = holded.get("/api/v2/invoices/find-by-number", params={"number": "F260002"}).json()

    assert [each["id"] for each in found["items"]] == [second]
    assert holded.get("/api/v2/invoices/find-by-number").status_code == 400


# Series


def test_a_refund_is_numbered_in_the_series_that_refunds_the_invoices(
    holded: httpx.Client, write: Write
) -> None:
    refunds = holded.post(
        "/api/v2/numbering-series/creditnote", json={"name": "Web", "format": "RW-%%%"}
    ).json()["id"]
    series = holded.post(
        "/api/v2/numbering-series/invoice",
        json={"name": "Web", "format": "W-%%%", "refund_numbering_series_id": refunds},
    ).json()["id"]
    invoice = write(number_line_id=series)
    body = {"source_type": "invoice", "source_id": invoice, "target_type": "creditnote"}

    note = holded.post("/api/v2/documents/convert", json=body | {"draft": False}).json()["id"]

    assert holded.get(f"/api/v2/invoices/{invoice}").json()["document_number"] == "W-001"
    assert holded.get(f"/api/v2/credit-notes/{note}").json()["document_number"] == "RW-001"


def test_a_series_is_replaced_and_deleted(holded: httpx.Client) -> None:
    address = "/api/v2/numbering-series/invoice"
    id_ = holded.post(address, json={"name": "A", "format": "A%", "last": 7}).json()["id"]

    changed = holded.put(f"{address}/{id_}", json={"name": "B", "format": "B%"})

    assert (changed.json()["name"], changed.json()["last"]) == ("B", 7)
    assert holded.delete(f"{address}/{id_}").status_code == 204
    assert len(holded.get(address).json()["items"]) == 1
    assert holded.put(f"{address}/{id_}", json={"name": "B", "format": "B%"}).status_code == 404


def test_a_series_of_another_kind_is_not_found(holded: httpx.Client) -> None:
    series = holded.get("/api/v2/numbering-series/invoice").json()["items"][0]["id"]

    assert holded.delete(f"/api/v2/numbering-series/estimate/{series}").status_code == 404
    assert holded.get("/api/v2/numbering-series/proforma").status_code == 404
