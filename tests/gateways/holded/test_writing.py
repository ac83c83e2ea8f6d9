"""What the door to Holded writes: contacts, and drafts of invoices and credit notes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portal.domain.bills import Payer
from portal.domain.counterparts import Sold
from portal.domain.customers import Address, TaxId
from portal.domain.drafts import Draft, Item
from portal.domain.errors import GatewayMisconfigured, GatewayRefused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState

DAY = date(2026, 11, 20)
TAG = "stripe:in_1"
PAYER = Payer(
    "cus_1",
    "Forn Aurora",
    "ana@example.com",
    phone="+34 600",
    address=Address("Carrer 1", "2n", "Girona", "17001", "Girona", "ES"),
    tax_ids=(TaxId("", "es_cif", "B12345678"), TaxId("", "eu_vat", "ESB12345678")),
)


def _draft(contact: str, tag: str = TAG, price: str = "173.370001") -> Draft:
    items = (
        Item("Fonts", Decimal(price), ("s_iva_21",), units=3, discount=Decimal("12.5")),
        Item("Books", Decimal("-5"), ("s_iva_10",)),
    )
    return Draft(contact, DAY, DAY, "Stripe F-1", tag, items)


def _ids(seen) -> list[str]:
    return [one.snapshot.id for one in seen]


def test_a_draft_arrives_with_the_digits_it_was_made_of(holded, desk, contact):
    holded.create_draft(ObjectKind.INVOICE, _draft(contact))

    (seen,) = holded.list_tagged(ObjectKind.INVOICE, contact, day=DAY, tag=TAG)
    told = seen.snapshot
    lines = desk.ask("GET", f"/api/v2/invoices/{told.id}")["lines"]
    assert isinstance(told, Invoice)
    assert (told.state, told.issued_on, told.due_on) == (InvoiceState.DRAFT, DAY, DAY)
    assert [(line["price"], line["units"], line["discount"], line["taxes"]) for line in lines] == [
        ("173.370001", "3", "12.5", ["s_iva_21"]),
        ("-5.00", "1", "0", ["s_iva_10"]),
    ]


def test_only_documents_of_the_contact_days_and_tag_are_found(holded, desk, contact):
    other = desk.add_contact("Other SL")
    holded.create_draft(ObjectKind.INVOICE, _draft(contact))
    holded.create_draft(ObjectKind.INVOICE, _draft(contact, "stripe:in_2"))
    holded.create_draft(ObjectKind.INVOICE, _draft(other))

    found = holded.list_tagged(ObjectKind.INVOICE, contact, day=DAY, tag="STRIPE:IN_1")

    assert len(found) == 1
    assert found[0].snapshot.customer == contact
    for days, count in ((-2, 0), (-1, 1), (1, 1), (2, 0)):
        near = DAY + timedelta(days=days)
        assert len(holded.list_tagged(ObjectKind.INVOICE, contact, day=near, tag=TAG)) == count


def test_a_draft_is_deleted_and_gone_once_more_is_no_error(holded, contact):
    holded.create_draft(ObjectKind.CREDIT_NOTE, _draft(contact))
    (id,) = _ids(holded.list_tagged(ObjectKind.CREDIT_NOTE, contact, day=DAY, tag=TAG))

    holded.delete_draft(ObjectKind.CREDIT_NOTE, id)
    holded.delete_draft(ObjectKind.CREDIT_NOTE, id)

    assert holded.list_tagged(ObjectKind.CREDIT_NOTE, contact, day=DAY, tag=TAG) == []


def test_what_is_approved_has_a_number_and_cannot_be_deleted(holded, contact):
    holded.create_draft(ObjectKind.INVOICE, _draft(contact))
    (id,) = _ids(holded.list_tagged(ObjectKind.INVOICE, contact, day=DAY, tag=TAG))

    holded.approve_invoice(id)

    assert holded.fetch(ObjectKind.INVOICE, id).snapshot.number
    with pytest.raises(GatewayRefused):
        holded.delete_draft(ObjectKind.INVOICE, id)


def test_a_contact_is_written_with_what_its_invoices_need(holded, desk):
    id = holded.create_contact(PAYER, language="ca")

    told = desk.ask("GET", f"/api/v2/contacts/{id}")
    assert (told["name"], told["email"], told["type"]) == (
        "Forn Aurora", "ana@example.com", "client",
    )  # fmt: skip
    assert (told["code"], told["vat_number"]) == ("B12345678", "ESB12345678")
    assert told["bill_address"]["address"] == "Carrer 1, 2n"
    assert told["bill_address"]["country_code"] == "ES"
    assert told["defaults"]["language"] == "ca"


def test_a_language_that_holded_lacks_is_left_out(holded, desk):
    id = holded.create_contact(Payer("cus_1", "", "ana@example.com"), language="sv")

    told = desk.ask("GET", f"/api/v2/contacts/{id}")
    assert (told["name"], told["defaults"]["language"]) == ("ana@example.com", None)


def test_contacts_are_compared_though_holded_ignores_filters_it_does_not_know(answering):
    strangers = [{"id": "1", "name": "One", "email": "one@example.com", "code": "A1"}]
    door = answering(json={"items": strangers, "has_more": False})

    assert door.find_contacts(email="ana@example.com") == ()
    assert door.find_contacts(code="B2") == ()
    assert [one.id for one in door.find_contacts(email="ONE@example.com")] == ["1"]
    assert [one.id for one in door.find_contacts(code="A1")] == ["1"]


def test_taxes_on_sales_are_told_with_their_rates(holded):
    told = {tax.key: tax.percent for tax in holded.list_taxes()}

    assert told["s_iva_75"] == Decimal("7.5")
    assert told["s_ret_15"] == Decimal(-15)
    assert [key for key in told if key.startswith("p_")] == []


def test_a_tax_that_is_switched_off_is_not_offered(answering):
    rows = [
        {"key": "s_iva_21", "name": "IVA", "amount": "21", "status": False},
        {"key": "s_iva_10", "name": "IVA", "amount": "10", "status": True},
    ]

    told = answering(json={"items": rows, "has_more": False}).list_taxes()

    assert [tax.key for tax in told] == ["s_iva_10"]


def test_the_items_of_an_invoice_are_told_less_its_discount(holded, desk, contact):
    lines = [
        {"name": "A", "units": 2, "price": 50, "taxes": ["s_iva_21"]},
        {"name": "B", "units": 1, "price": 10, "discount": 50, "taxes": []},
    ]
    id = desk.add_document(contact, items=lines, discount=10)

    assert holded.fetch_sold(id) == (
        Sold(Decimal(90), ("s_iva_21",), Decimal(21)),
        Sold(Decimal("4.5"), (), Decimal(0)),
    )


def test_the_permissions_to_write_documents_are_tried_where_they_are_needed(door, desk):
    desk.ask(
        "POST", "/_sandbox/accounts", id="acc_2", name="Two", token="pat_two",
        scopes=[
            "contacts:contacts.read", "sales:invoices.read", "sales:invoices.write",
            "accounting:banks.read", "sales:proforms.read", "sales:proforms.write",
            "sales:invoicing-settings.read", "sales:recurring-invoices.read",
        ],
    )  # fmt: skip
    two = door("pat_two")
    two.check()

    with pytest.raises(GatewayMisconfigured) as misconfigured:
        two.check(issues=True)

    message = str(misconfigured.value)
    assert "contacts:contacts.write" in message
    assert "accounting:taxes.read" in message
    assert "sales:invoices.write" not in message


def test_trying_the_permissions_writes_nothing(holded, desk):
    holded.check(issues=True)

    assert desk.ask("GET", "/api/v2/contacts")["items"] == []
    assert desk.ask("GET", "/api/v2/credit-notes")["items"] == []
