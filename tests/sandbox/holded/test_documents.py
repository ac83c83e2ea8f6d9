"""Invoices, credit notes, proformas and estimates: from draft to number, totals, refusals."""

from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from portal.sandbox.holded.documents import numbered

Write = Callable[..., str]


def test_a_new_invoice_is_a_draft_without_a_number(holded: httpx.Client, write: Write) -> None:
    invoice = holded.get(f"/api/v2/invoices/{write(approve=False)}").json()

    assert (invoice["draft"], invoice["document_number"], invoice["approved_at"]) == (
        True,
        None,
        None,
    )


def test_approving_gives_the_next_number(holded: httpx.Client, write: Write) -> None:
    ids = [write(), write()]

    numbers = [holded.get(f"/api/v2/invoices/{id_}").json()["document_number"] for id_ in ids]

    assert numbers == ["F260001", "F260002"]


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ("F%[YY]%%%%", "F260007"),
        ("INV-%[YYYY]-%", "INV-2026-7"),
        ("%[YYYY]-%%%%", "2026-0007"),
        ("R", "R7"),
    ],
)
def test_a_series_format_makes_the_number(form: str, number: str) -> None:
    assert numbered(form, 7, "2026-11-20") == number


def test_amounts_are_dot_decimal_strings_and_add_up(holded: httpx.Client, write: Write) -> None:
    lines = [
        {"name": "Diseño", "units": 3, "price": 33.33, "taxes": ["s_iva_21"]},
        {
            "name": "Soporte",
            "price": "1000",
            "discount": 10,
            "taxes": ["s_iva_10", "s_ret_15"],
        },
    ]

    invoice = holded.get(f"/api/v2/invoices/{write(items=lines, discount=5)}").json()

    # 99.99 + 900; 5 % off; 21 % of 94.9905 and 10 % of 855, minus 15 % of 855 withheld.
    assert invoice["subtotal"] == "999.99"
    assert invoice["discount"] == "50.00"
    assert invoice["tax"] == "105.45"
    assert invoice["total"] == "927.19"
    assert invoice["payments_pending"] == "927.19"
    assert invoice["lines"][0]["price"] == "33.33"
    assert invoice["currency"] == "eur"


def test_a_foreign_invoice_is_kept_in_the_accounts_currency(
    holded: httpx.Client, write: Write
) -> None:
    id_ = write(currency="USD", currency_change="1.25")

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()

    assert (invoice["currency"], invoice["currency_change"]) == ("usd", "1.25")
    assert Decimal(invoice["subtotal"]) == Decimal("80.00")


def test_an_approved_invoice_stays_as_it_is(
    holded: httpx.Client, write: Write, contact: str
) -> None:
    id_ = write()
    body = {"contact_id": contact, "items": [{"name": "Otra", "price": 1}]}

    assert holded.put(f"/api/v2/invoices/{id_}", json=body).status_code == 422
    assert holded.delete(f"/api/v2/invoices/{id_}").status_code == 422
    assert holded.post(f"/api/v2/invoices/{id_}/approve").status_code == 422


def test_a_draft_is_replaced_in_full(holded: httpx.Client, write: Write) -> None:
    id_ = write(approve=False, notes="Interno")
    body = {"items": [{"name": "Otra", "price": 10}]}

    assert holded.put(f"/api/v2/invoices/{id_}", json=body).json() == {"id": id_}

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (invoice["notes"], invoice["total"]) == (None, "10.00")


def test_a_collected_invoice_cannot_be_cancelled(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    holded.post(f"/api/v2/invoices/{id_}/payments", json={"amount": "1.00"})

    answer = holded.post(f"/api/v2/invoices/{id_}/cancel")

    assert answer.status_code == 422
    assert list(answer.json()) == ["message"]


def test_a_cancelled_invoice_says_so(holded: httpx.Client, write: Write) -> None:
    id_ = write()

    answer = holded.post(f"/api/v2/invoices/{id_}/cancel")

    assert (answer.status_code, answer.content) == (200, b"")
    assert holded.get(f"/api/v2/invoices/{id_}").json()["status"] == "cancelled"


def test_a_date_in_another_form_is_refused_by_name(holded: httpx.Client, contact: str) -> None:
    body = {
        "contact_id": contact,
        "date": "03-04-2026",
        "items": [{"name": "Hora", "price": 1}],
    }

    answer = holded.post("/api/v2/invoices", json=body)

    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        'Invalid date format: "03-04-2026". Expected format: YYYY-MM-DD (e.g. 2026-08-13) '
        "or ISO 8601 datetime (e.g. 2026-08-13T15:04:12+00:00)"
    )


def test_a_refused_approval_in_bulk_is_told_apart(holded: httpx.Client, write: Write) -> None:
    draft, done = write(approve=False), write()

    some = holded.post("/api/v2/invoices/bulk/approve", json={"ids": [draft, done]})
    none = holded.post("/api/v2/invoices/bulk/approve", json={"ids": [draft, done]})

    assert some.status_code == 207
    assert none.status_code == 422
    assert none.json() == {"message": "None of the invoices could be approved"}


def test_a_proforma_becomes_an_approved_invoice(holded: httpx.Client, write: Write) -> None:
    source = write("proformas")
    body = {
        "source_type": "proform",
        "source_id": source,
        "target_type": "invoice",
        "draft": False,
    }

    id_ = holded.post("/api/v2/documents/convert", json=body).json()["id"]

    invoice = holded.get(f"/api/v2/invoices/{id_}").json()
    assert invoice["from"] == {"id": source, "doc_type": "proform"}
    assert (invoice["draft"], invoice["total"]) == (False, "121.00")


def test_a_proforma_has_no_payment_fields(holded: httpx.Client, write: Write) -> None:
    proforma = holded.get(f"/api/v2/proformas/{write('proformas')}").json()

    assert "payments_pending" not in proforma
    assert "payment_method_id" not in proforma


def test_the_word_proforma_is_no_document_type(holded: httpx.Client, write: Write) -> None:
    body = {
        "source_type": "proforma",
        "source_id": write("proformas"),
        "target_type": "invoice",
    }

    assert holded.post("/api/v2/documents/convert", json=body).status_code == 400


def test_money_given_back_is_booked_on_a_credit_note(holded: httpx.Client, write: Write) -> None:
    id_ = write("credit-notes")

    assert holded.post(f"/api/v2/credit-notes/{id_}/payments").status_code == 201

    note = holded.get(f"/api/v2/credit-notes/{id_}").json()
    assert (note["document_number"], note["payments_pending"]) == ("R260001", "0.00")


def test_sending_is_written_down(holded: httpx.Client, write: Write) -> None:
    id_ = write()
    body = {"emails": ["ana@example.com"], "message": "Paga aquí"}

    answer = holded.post(f"/api/v2/invoices/{id_}/send", json=body)

    assert (answer.status_code, answer.content) == (200, b"")
    sent = holded.get("/_sandbox/sent.json").json()
    assert [(each["document_id"], each["emails"]) for each in sent] == [(id_, ["ana@example.com"])]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"contact_id": NaN}',
        b'{"contact_id": "\\ud800", "items": []}',
        b'{"contact_id": "000000000000000000000000", "items": [{"name": "x"}]}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_invoice_is_a_400(holded: httpx.Client, body: bytes) -> None:
    answer = holded.post("/api/v2/invoices", content=body)

    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad request"
    assert holded.get("/api/v2/invoices").json()["items"] == []


@pytest.mark.parametrize("price", [True, "1,5", "abc", [], 1e30, "9" * 500])
def test_a_price_that_is_no_amount_is_a_400(
    holded: httpx.Client, contact: str, price: object
) -> None:
    body = {"contact_id": contact, "items": [{"name": "Hora", "price": price}]}

    assert holded.post("/api/v2/invoices", json=body).status_code == 400


def test_a_document_can_be_copied_from_what_was_read(
    holded: httpx.Client, write: Write, contact: str
) -> None:
    read = holded.get(f"/api/v2/invoices/{write()}").json()
    copy = read | {"items": [{"name": "Otra", "price": 1}], "contact_email": "a@example.com"}

    id_ = holded.post("/api/v2/invoices", json=copy | {"discount": 0}).json()["id"]

    made = holded.get(f"/api/v2/invoices/{id_}").json()
    assert (made["draft"], made["total"], made["contact_id"]) == (True, "1.00", contact)


def test_a_field_nobody_knows_is_refused_by_name(holded: httpx.Client, contact: str) -> None:
    body = {"contact_id": contact, "items": [{"name": "x"}], "approveDoc": True}

    answer = holded.post("/api/v2/invoices", json=body)

    assert answer.status_code == 400
    assert "approveDoc" in answer.json()["detail"]


def test_a_line_beyond_all_amounts_is_a_400(holded: httpx.Client, contact: str) -> None:
    line = {"name": "x", "price": "999999999999", "units": "999999999999", "taxes": ["s_iva_21"]}
    body = {"contact_id": contact, "items": [line] * 300}

    assert holded.post("/api/v2/invoices", json=body).status_code == 400
