"""What the adapter of the second API alone has to cope with."""

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import InvoiceState
from portal.gateways.holded import connection

PROFORMA, RECURRENCE = ObjectKind.PROFORMA, ObjectKind.RECURRENCE
NOBODY = "5ab391071d6d820034294783"
CUSTOMER, INVOICE, CREDIT_NOTE = ObjectKind.CUSTOMER, ObjectKind.INVOICE, ObjectKind.CREDIT_NOTE
PROBLEM = {"Content-Type": "application/problem+json"}
PDF = {"Content-Type": "application/pdf"}


def every(holded, kind, **options):
    """Read a list to its end."""
    page = holded.list_page(kind, **options)
    found = list(page.snapshots)
    while page.cursor:
        page = holded.list_page(kind, cursor=page.cursor, **options)
        found += page.snapshots
    return found


def bytes_of(stream):
    return b"".join(stream)


# Reading


def test_what_documents_and_contacts_are_paid_by_is_read(holded, desk):
    method = desk.add("payment-methods", name="Stripe")
    contact = desk.add_contact(defaults={"payment_method": method})
    invoice = desk.add_document(contact)

    assert [(one.id, one.name) for one in holded.list_methods()] == [(method, "Stripe")]
    assert holded.fetch(CUSTOMER, contact).snapshot.pays_by == method
    assert holded.fetch(INVOICE, invoice).snapshot.pays_by == method


def test_a_recurring_invoice_is_read_with_its_days_and_listed_without(holded, desk, contact):
    line = {"name": "Hosting", "units": 1, "price": 100, "taxes": ["s_iva_21"]}
    id = desk.add(
        "recurring-invoices", contact_id=contact, items=[line], periodicity="m",
        date="2026-11-30", convert_automatically=True,
    )  # fmt: skip

    read, (listed,) = holded.fetch(RECURRENCE, id).snapshot, every(holded, RECURRENCE)

    assert (read.customer, read.rhythm, read.total, read.is_approved) == (contact, "m", 12100, True)
    assert date(2026, 12, 30) in read.days
    assert listed == replace(read, days=())


def test_a_filter_that_holded_ignored_leaks_nothing(answering):
    strangers = {"items": [{"id": "i1", "contact_id": "other"}], "cursor": None, "has_more": False}

    with pytest.raises(GatewayRefused) as refusal:
        answering(json=strangers).list_page(INVOICE, parent="mine")

    assert refusal.value.code == "leak"


def test_a_list_that_never_ends_is_an_error(holded, desk, contact):
    desk.add_document(contact)
    desk.break_next("repeated_cursor", times=9)

    with pytest.raises(GatewayUnavailable):
        every(holded, INVOICE)


@pytest.mark.parametrize(
    "body",
    [
        {"items": [], "cursor": "", "has_more": True},
        {"items": []},
        {"items": "no", "has_more": False},
        {"items": ["no"], "has_more": False},
        [],
        None,
    ],
)
def test_a_list_of_another_shape_is_an_error(answering, body):
    with pytest.raises(GatewayUnavailable):
        answering(json=body).list_page(INVOICE)


def test_an_amount_that_cannot_be_read_refuses_the_document_by_name(answering):
    body = {"id": "i1", "document_number": "F1", "total": "1.000", "payments_pending": "1.000"}

    with pytest.raises(GatewayRefused, match="i1") as refusal:
        answering(json=body | {"subtotal": "1.000"}).fetch(INVOICE, "i1")

    assert refusal.value.code == "unreadable"


def test_decimals_of_json_are_exact(answering):
    content = '{"id": "i1", "document_number": "F1", "total": 4.35, "payments_pending": 1.15}'
    holded = answering(content=content, headers={"Content-Type": "application/json"})

    invoice = holded.fetch(INVOICE, "i1").snapshot

    assert (invoice.total, invoice.due) == (435, 115)


# PDFs


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"}),
        (b"<!DOCTYPE html><html></html>", PDF),
        (b"%PDF-1.7", {"Content-Type": "text/html"}),
        (b'{"status": 0, "info": "no"}', {"Content-Type": "application/json"}),
        (b"", PDF),
        (b"%PD", PDF),
    ],
)
def test_what_is_no_pdf_is_refused(answering, content, headers):
    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(answering(content=content, headers=headers).fetch_pdf(INVOICE, "i1"))

    assert refusal.value.code == "not_a_pdf"


def test_a_pdf_in_small_pieces_is_still_one(answering):
    pieces = iter([b"%", b"PD", b"F-1.7 ", b"rest"])

    assert bytes_of(answering(content=pieces, headers=PDF).fetch_pdf(INVOICE, "i1")) == (
        b"%PDF-1.7 rest"
    )


def test_a_pdf_beyond_the_cap_is_refused(answering):
    mebibytes = (b"%PDF-" + b"x" * (connection.MEBIBYTE - 5) for _ in range(500))

    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(answering(content=mebibytes, headers=PDF).fetch_pdf(INVOICE, "i1"))

    assert refusal.value.code == "too_large"


# Conversions


def test_a_proforma_is_made_into_a_draft_invoice_and_issued(holded, desk, contact):
    proforma = desk.add_document(contact, "proformas")

    invoice = holded.convert_proforma(proforma)
    draft = holded.fetch(INVOICE, invoice).snapshot
    holded.approve_invoice(invoice)

    assert (draft.state, draft.made_from, draft.total) == (InvoiceState.DRAFT, proforma, 12100)
    assert holded.fetch(INVOICE, invoice).snapshot.state is InvoiceState.OPEN


def test_a_proforma_that_is_not_there_is_not_made_into_anything(holded):
    with pytest.raises(GatewayRefused) as refusal:
        holded.convert_proforma(NOBODY)

    assert refusal.value.is_missing


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": "../x"}, {"id": 7}])
def test_a_conversion_that_names_no_invoice_is_looked_after(answering, body):
    with pytest.raises(GatewayUnavailable):
        answering(json=body).convert_proforma(NOBODY)


# Permissions


def test_an_archived_treasury_is_not_offered(answering):
    items = [{"id": "t1", "name": "Old", "type": "bank", "archived": True}]

    assert answering(json={"items": items, "has_more": False}).check() == ()


def test_all_missing_permissions_are_named_at_once(door, desk):
    desk.ask(
        "POST", "/_sandbox/accounts", id="acc_2", name="Two", token="pat_two",
        scopes=["contacts:contacts.read", "sales:invoices.read"],
    )  # fmt: skip

    with pytest.raises(GatewayMisconfigured) as misconfigured:
        door("pat_two").check()

    message = str(misconfigured.value)
    assert "sales:invoices.write" in message
    assert "sales:proforms.read" in message
    assert "sales:invoicing-settings.read" in message
    assert message.count("sales:invoices.write") == 1
    assert "accounting:banks.read" in message
    assert "sales:invoices.read" not in message
    assert "contacts:contacts.read" not in message


def test_a_missing_permission_is_named(holded, desk, contact):
    id = desk.add_document(contact)
    desk.break_next("forbidden_scope")

    with pytest.raises(GatewayMisconfigured, match=r"sales:invoices\.read"):
        holded.fetch(INVOICE, id)
