"""Holded's JSON as it was observed, and what the domain makes of it."""

from datetime import date
from typing import Any

import pytest

from portal.domain.customers import Address, Origin, TaxId
from portal.domain.invoices import InvoiceKind, InvoicePart, InvoiceState
from portal.domain.money import Money
from portal.gateways.holded.amounts import Unreadable
from portal.gateways.holded.dates import day
from portal.gateways.holded.translate import invoice, profile

CONTACT: dict[str, Any] = {
    "id": "5aa939a95b70640009653d72",
    "name": "Daniela Real",
    "trade_name": "Dani",
    "email": "dani@example.org",
    "phone": "911111111",
    "mobile": "600000000",
    "code": "12345678A",
    "vat_number": "ES12345678A",
    "bill_address": {
        "address": "Calle Mayor 1",
        "city": "Madrid",
        "postal_code": 8767,
        "province": "Madrid",
        "country": "Spain",
        "country_code": "es",
        "info": None,
    },
    "defaults": {"language": "ca", "currency": "EUR"},
    "supplier_record": [],
    "notes": [{"name": "slow payer", "description": "do not trust"}],
}
DOCUMENT: dict[str, Any] = {
    "id": "5ab391071d6d820034294783",
    "document_number": "F260001",
    "contact_id": "5aa939a95b70640009653d72",
    "contact_name": "Daniela Real",
    "description": "November",
    "date": "2026-11-20",
    "due_date": "2026-12-20",
    "subtotal": "100.00",
    "discount": "0.00",
    "tax": "21.00",
    "total": "121.00",
    "currency": "EUR",
    "status": "pending",
    "tags": ["stripe:in_1"],
    "lines": [
        {"name": "Design", "price": "50.00", "units": "2", "discount": "0", "tax": "21"},
    ],
    "notes": "they always pay late",
    "approved_at": "2026-11-20T09:00:00",
    "draft": False,
    "from": None,
    "payments_total": "40.00",
    "payments_pending": "81.00",
    "payments_refunds": "0.00",
    "payments_detail": [
        {"id": "p1", "amount": "40.00", "date": "2026-11-21", "bank_id": "t1"},
    ],
}


def translated(kind: InvoiceKind = InvoiceKind.INVOICE, currency: str = "eur", **changes: Any):
    return invoice(DOCUMENT | changes, kind, currency)


def lacking(*names: str, **changes: Any):
    document = {name: value for name, value in DOCUMENT.items() if name not in names}
    return invoice(document | changes, InvoiceKind.INVOICE, "eur")


def test_a_contact_becomes_a_profile():
    found = profile(CONTACT)

    assert found.origin is Origin.HOLDED
    assert (found.id, found.name) == ("5aa939a95b70640009653d72", "Daniela Real")
    assert found.emails == ("dani@example.org",)
    assert found.phone == "911111111"
    assert found.address == Address("Calle Mayor 1", "", "Madrid", "8767", "Madrid", "ES")
    assert found.tax_ids == (
        TaxId("code", "code", "12345678A"),
        TaxId("vat_number", "vat_number", "ES12345678A"),
    )
    assert found.locales == ("ca",)
    assert found.currency == "eur"


def test_a_contact_of_empty_lists_is_an_empty_profile():
    names = ("bill_address", "defaults", "shipping_addresses", "extra_emails", "contact_persons")
    odd = {name: [] for name in names}

    found = profile({"id": "c1", "name": "Client Only SL", "email": None, **odd})

    assert found.emails == ()
    assert found.address.is_empty
    assert found.locales == found.tax_ids == ()


def test_mails_may_go_to_those_who_are_sent_the_documents():
    people = [
        {"email": "books@example.org", "send_documents_by_default": True},
        {"email": "driver@example.org", "send_documents_by_default": False},
        {"email": None, "send_documents_by_default": True},
    ]

    found = profile(
        CONTACT
        | {"extra_emails": ["pay@example.org", "dani@example.org"], "contact_persons": people}
    )

    assert found.emails == ("dani@example.org", "pay@example.org", "books@example.org")


def test_one_number_as_code_and_vat_number_is_told_once():
    found = profile(CONTACT | {"code": "B1", "vat_number": "B1"})

    assert found.tax_ids == (TaxId("code", "code", "B1"),)


def test_private_notes_of_the_merchant_are_in_no_snapshot():
    snapshots = f"{profile(CONTACT)!r}{translated()!r}"

    assert "slow payer" not in snapshots
    assert "do not trust" not in snapshots
    assert "pay late" not in snapshots


def test_an_invoice_is_translated():
    found = translated()

    assert found.origin is Origin.HOLDED
    assert found.customer == "5aa939a95b70640009653d72"
    assert found.number == "F260001"
    assert found.state is InvoiceState.OPEN
    assert (found.total, found.due, found.paid) == (12100, 8100, 4000)
    assert (found.subtotal, found.tax, found.currency) == (10000, 2100, "eur")
    assert (found.issued_on, found.due_on) == (date(2026, 11, 20), date(2026, 12, 20))
    assert found.parts == (InvoicePart("p1", Money(4000, "eur"), date(2026, 11, 21), "t1"),)
    assert found.tags == ("stripe:in_1",)
    assert not found.is_foreign


def test_a_line_tells_its_net_amount_and_the_tax_added_to_it():
    lines = [
        {"name": "A", "price": "33.335", "units": "2.50", "discount": "10", "tax": "21"},
        {"name": "", "description": "B", "price": "1", "units": "1", "tax": "21", "retention": 15},
        {"name": "C", "price": "-5.00", "units": "1", "tax": "0"},
    ]

    found = translated(lines=lines, subtotal="71.00").lines

    assert [(line.text, line.amount.amount) for line in found] == [
        ("A", 7500),
        ("B", 100),
        ("C", -500),
    ]
    assert [line.quantity for line in found] == ["2.5", "1", "1"]
    assert [line.tax_note for line in found] == ["21%", "21% −15%", ""]


@pytest.mark.parametrize(
    ("changes", "state", "due"),
    [
        ({}, InvoiceState.OPEN, 8100),
        ({"payments_pending": "0.00"}, InvoiceState.PAID, 0),
        ({"payments_pending": "0.00", "status": "pending"}, InvoiceState.PAID, 0),
        ({"status": "completed"}, InvoiceState.OPEN, 8100),
        ({"status": "cancelled"}, InvoiceState.VOID, 0),
        ({"draft": True}, InvoiceState.DRAFT, 0),
        ({"draft": True, "status": "cancelled"}, InvoiceState.DRAFT, 0),
        ({"draft": None, "approved_at": None, "document_number": ""}, InvoiceState.DRAFT, 0),
        ({"draft": None, "approved_at": None}, InvoiceState.OPEN, 8100),
        ({"total": "-10.00", "payments_pending": "-10.00"}, InvoiceState.PAID, 0),
    ],
)
def test_the_state_is_derived_and_not_believed(changes, state, due):
    found = translated(**changes)

    assert (found.state, found.due) == (state, due)


def test_a_credit_note_asks_nothing_and_names_what_it_corrects():
    found = translated(InvoiceKind.CREDIT_NOTE, **{"from": {"id": "i1", "doc_type": "invoice"}})

    assert found.kind is InvoiceKind.CREDIT_NOTE
    assert found.state is InvoiceState.PAID
    assert (found.total, found.due, found.corrects) == (12100, 0, "i1")


def test_an_invoice_made_from_an_estimate_corrects_nothing():
    assert translated(**{"from": {"id": "e1", "doc_type": "estimate"}}).corrects == ""


def test_odd_collections_are_empty_ones():
    found = translated(lines={}, tags="", payments_detail={}, **{"from": []})

    assert found.lines == found.tags == found.parts == ()
    assert found.corrects == ""


def test_a_document_in_another_currency_is_told_in_that_of_the_books_and_marked():
    found = lacking("currency", currency="USD")

    assert found.is_foreign
    assert found.currency == "eur"


@pytest.mark.parametrize("written", ["EUR", "eur", "", None])
def test_the_currency_of_the_books_is_not_foreign(written):
    assert not lacking("currency", currency=written).is_foreign


def test_spanish_amounts_are_the_same_amounts():
    found = translated(
        subtotal="1.234,56",
        discount="0,00",
        tax="259,26",
        total="1.493,82",
        payments_total="1.000,00",
        payments_pending="493,82",
        payments_detail=[{"id": "p1", "amount": "1.000,00", "date": None, "bank_id": "t1"}],
        lines=[{"name": "A", "price": "1.234,56", "units": "1", "discount": "0", "tax": "21"}],
    )

    assert (found.total, found.due, found.paid) == (149382, 49382, 100000)
    assert found.parts[0].amount.amount == 100000
    assert found.lines[0].amount.amount == 123456


def test_a_doubtful_amount_is_settled_by_the_sums():
    doubtful = {
        "subtotal": "1.234", "tax": "259,14", "total": "1.493,14",
        "payments_total": "0,00", "payments_pending": "1.493,14", "payments_detail": [],
    }  # fmt: skip

    found = translated(**doubtful, lines=[{"name": "A", "price": "1.234", "units": "1"}])

    assert found.subtotal == 123400
    assert found.lines[0].amount.amount == 123400


def test_a_doubtful_sum_due_is_settled_by_what_was_paid():
    found = translated(
        subtotal="2000", tax="0", total="2000", payments_total="766", payments_pending="1.234",
        payments_detail=[],
    )  # fmt: skip

    assert found.due == 123400


def test_a_doubtful_amount_is_settled_although_a_part_is_withheld():
    line = {"name": "A", "price": "1234", "units": "1", "tax": "21", "retention": "15"}

    found = translated(
        subtotal="1.234", tax="259,14", total="1.308,04", payments_total="0",
        payments_pending="1.308,04", payments_detail=[], lines=[line],
    )  # fmt: skip

    assert (found.subtotal, found.total) == (123400, 130804)


def test_lines_that_cannot_be_read_for_sure_are_left_to_the_pdf():
    found = translated(lines=[{"name": "A", "price": "1.500", "units": "1"}])

    assert found.lines == ()
    assert found.total == 12100


@pytest.mark.parametrize(
    "changes",
    [
        {"subtotal": "1.000", "tax": "0", "total": "1.000"},
        {"total": "12,34,56"},
        {"total": None},
        {"total": []},
        {"payments_pending": None},
        {"payments_pending": "1.234", "payments_total": "5"},
        {"date": "11/20/2026"},
        {"due_date": "soon"},
        {"id": None},
    ],
)
def test_what_cannot_be_read_without_guessing_is_refused(changes):
    with pytest.raises(Unreadable):
        translated(**changes)


def test_an_invoice_that_does_not_say_what_is_due_is_refused():
    with pytest.raises(Unreadable):
        lacking("payments_pending")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("20/11/2026", date(2026, 11, 20)),
        ("09/02/2026", date(2026, 2, 9)),
        ("2026-11-20T23:30:00Z", date(2026, 11, 21)),
        ("2026-11-20T23:30:00", date(2026, 11, 20)),
        ("2026-11-20T10:00:00+00:00", date(2026, 11, 20)),
        (None, None),
        ("", None),
        ([], None),
    ],
)
def test_days_are_read_as_in_madrid(written, expected):
    assert day(written) == expected


@pytest.mark.parametrize(
    "written",
    ["11/20/2026", "2026-13-01", "20-11-2026", "20261120", "1/2/26", 1767222000, "x" * 99],
)
def test_other_dates_are_refused(written):
    with pytest.raises(Unreadable):
        day(written)


def test_several_due_dates_count_from_the_first():
    parts = [{"date": "2027-01-20", "amount": "60"}, {"date": "2026-12-31", "amount": "61"}]

    assert translated(due_date=None, multiple_due_dates=parts).due_on == date(2026, 12, 31)
    assert translated(due_date=None, multiple_due_dates=[]).due_on is None
