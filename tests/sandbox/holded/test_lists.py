"""Lists: pages, cursors, filters, and the filters that do not exist."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]


def test_pages_follow_cursors_to_the_end(holded: httpx.Client, write: Write) -> None:
    ids = [write() for _ in range(5)]

    first = holded.get("/api/v2/invoices", params={"limit": 2}).json()
    second = holded.get("/api/v2/invoices", params={"limit": 2, "cursor": first["cursor"]}).json()
    third = holded.get("/api/v2/invoices", params={"limit": 2, "cursor": second["cursor"]}).json()

    pages = [first, second, third]
    assert [each["id"] for page in pages for each in page["items"]] == ids
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert third["cursor"] is None


def test_page_means_nothing(holded: httpx.Client, write: Write) -> None:
    id_ = write()

    answer = holded.get("/api/v2/invoices", params={"page": 7}).json()

    assert [each["id"] for each in answer["items"]] == [id_]


def test_an_empty_cursor_is_an_empty_page(holded: httpx.Client, write: Write) -> None:
    write()

    answer = holded.get("/api/v2/invoices", params={"cursor": ""}).json()

    assert answer == {"items": [], "cursor": None, "has_more": False}


def test_a_malformed_cursor_is_a_400(holded: httpx.Client) -> None:
    answer = holded.get("/api/v2/invoices", params={"cursor": "abc"})

    assert answer.status_code == 400
    assert answer.json()["detail"] == "Error parsing ObjectId string: abc"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "٣"])
def test_a_limit_out_of_bounds_is_a_400(holded: httpx.Client, limit: str) -> None:
    assert holded.get("/api/v2/invoices", params={"limit": limit}).status_code == 400


def test_a_contact_lists_only_its_own_invoices(
    holded: httpx.Client, write: Write, contact: str
) -> None:
    mine = write()
    other = holded.post("/api/v2/contacts", json={"name": "Otra SL"}).json()["id"]
    write(contact_id=other)

    answer = holded.get("/api/v2/invoices", params={"contact_id": contact}).json()

    assert [each["id"] for each in answer["items"]] == [mine]


def test_a_misspelt_contact_filter_lists_everybodys_invoices(
    holded: httpx.Client, write: Write, contact: str
) -> None:
    write()
    other = holded.post("/api/v2/contacts", json={"name": "Otra SL"}).json()["id"]
    write(contact_id=other)

    answer = holded.get("/api/v2/invoices", params={"contactId": contact}).json()

    assert len(answer["items"]) == 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"start_date": "2026-02-01"}, ["march"]),
        ({"end_date": "2026-02-01"}, ["january"]),
        ({"due_date_end": "2026-03-31"}, ["march"]),
        ({"approval_status": "draft"}, ["january"]),
        ({"status": "completed"}, ["march"]),
        ({"status": "pending"}, ["january"]),
    ],
)
def test_the_filters_of_the_provider_filter(
    holded: httpx.Client, write: Write, query: dict[str, str], expected: list[str]
) -> None:
    names = {
        write(approve=False, date="2026-01-10"): "january",
        write(date="2026-03-10", due_date="2026-03-31"): "march",
    }
    march = next(id_ for id_, name in names.items() if name == "march")
    holded.post(f"/api/v2/invoices/{march}/payments").raise_for_status()

    found = holded.get("/api/v2/invoices", params=query).json()["items"]

    assert [names[each["id"]] for each in found] == expected


def test_an_overdue_invoice_is_found_as_such_and_still_says_pending(
    holded: httpx.Client, write: Write
) -> None:
    write(date="2020-01-01", due_date="2020-01-31")

    found = holded.get("/api/v2/invoices", params={"status": "overdue"}).json()["items"]

    assert [each["status"] for each in found] == ["pending"]


def test_lists_show_lines_and_tags_and_no_notes(holded: httpx.Client, write: Write) -> None:
    write(notes="Interno", tags=["web"])

    (listed,) = holded.get("/api/v2/invoices").json()["items"]

    assert listed["tags"] == ["web"]
    assert len(listed["lines"]) == 1
    assert "notes" not in listed


def test_a_new_account_has_taxes_and_series(holded: httpx.Client) -> None:
    taxes = holded.get("/api/v2/taxes").json()["items"]
    series = holded.get("/api/v2/numbering-series/invoice").json()["items"]

    assert "s_iva_21" in [each["key"] for each in taxes]
    assert [each["format"] for each in series] == ["F%[YY]%%%%"]


def test_payment_methods_are_in_camel_case(holded: httpx.Client) -> None:
    body = {"name": "Stripe (portal)", "dueDays": 15}
    id_ = holded.post("/api/v2/payment-methods", json=body).json()["id"]

    assert holded.get(f"/api/v2/payment-methods/{id_}").json() == {
        "id": id_,
        "name": "Stripe (portal)",
        "type": "manual",
        "status": "connected",
        "isDefault": False,
        "dueDays": 15,
        "bankingAccountId": None,
        "connectionId": None,
    }


def test_gateway_treasuries_are_found_by_type(holded: httpx.Client) -> None:
    for name, type_ in (("Banco", "bank"), ("Stripe", "gateway")):
        holded.post("/api/v2/treasury/accounts", json={"name": name, "type": type_})

    found = holded.get("/api/v2/treasury/accounts", params={"type": "gateway"}).json()["items"]

    assert [each["name"] for each in found] == ["Stripe"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("date", ["a", "b", "c"]),
        ("-date", ["c", "b", "a"]),
        ("total", ["c", "a", "b"]),
        ("-total", ["b", "a", "c"]),
        ("dueDate", ["b", "c", "a"]),
    ],
)
def test_documents_are_sorted_and_paged_in_that_order(
    holded: httpx.Client, write: Write, sort: str, expected: list[str]
) -> None:
    names = {
        write(date="2026-03-01", due_date="2026-05-01", items=[{"name": "x", "price": 1}]): "c",
        write(date="2026-01-01", due_date="2026-06-01", items=[{"name": "x", "price": 5}]): "a",
        write(date="2026-02-01", due_date="2026-04-01", items=[{"name": "x", "price": 10}]): "b",
    }

    first = holded.get("/api/v2/invoices", params={"sort": sort, "limit": 2}).json()
    rest = holded.get(
        "/api/v2/invoices", params={"sort": sort, "limit": 2, "cursor": first["cursor"]}
    ).json()

    found = [names[each["id"]] for each in (*first["items"], *rest["items"])]
    assert found == expected
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_an_unknown_order_is_a_400(holded: httpx.Client) -> None:
    assert holded.get("/api/v2/invoices", params={"sort": "colour"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("credit-notes", {"due_date_end": "2026-01-01"}),
        ("proformas", {"approval_status": "draft"}),
        ("sales-orders", {"approval_status": "draft"}),
        ("waybills", {"due_date_start": "2030-01-01"}),
    ],
)
def test_a_filter_of_another_collection_is_ignored(
    holded: httpx.Client, write: Write, path: str, query: dict[str, str]
) -> None:
    id_ = write(path, due_date="2026-12-01")

    found = holded.get(f"/api/v2/{path}", params=query).json()["items"]

    assert [each["id"] for each in found] == [id_]


@pytest.mark.parametrize("path", ["credit-notes", "sales-receipts", "receipt-notes"])
def test_drafts_are_told_apart_where_the_provider_does(
    holded: httpx.Client, write: Write, path: str
) -> None:
    write(path)
    draft = write(path, approve=False)

    found = holded.get(f"/api/v2/{path}", params={"approval_status": "draft"}).json()["items"]

    assert [each["id"] for each in found] == [draft]


def test_invoices_are_found_by_the_account_they_are_booked_on(
    holded: httpx.Client, write: Write
) -> None:
    usual = write()
    special = write(items=[{"name": "Alquiler", "price": 1, "account": "75200000"}])

    def found(number: str) -> list[str]:
        query = {"accounting_account_num": number}
        items = holded.get("/api/v2/invoices", params=query).json()["items"]
        return [each["id"] for each in items]

    assert (found("75200000"), found("70000000")) == ([special], [usual])
