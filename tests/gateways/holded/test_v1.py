"""What the adapter of the first API alone has to cope with."""

from base64 import b64encode
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import InvoiceState
from portal.domain.money import Money
from portal.gateways.holded import v1_connection
from portal.gateways.holded.amounts import Unreadable
from portal.gateways.holded.dates import day_of_seconds, seconds_of_day
from portal.gateways.holded.v1 import HoldedV1
from portal.gateways.holded.v1_pages import ROUND, SMALLEST, Place
from portal.gateways.registry import Transports, build_invoicing
from portal.gateways.snapshots import Gone
from portal.settings import Settings

CUSTOMER, INVOICE, CREDIT_NOTE = ObjectKind.CUSTOMER, ObjectKind.INVOICE, ObjectKind.CREDIT_NOTE
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}
PAGE = "<!DOCTYPE html><html></html>"
PDF = b"%PDF-1.7 the rest"
BASE64 = b64encode(PDF).decode()
DAY = date(2026, 11, 21)
# 22 March 2018 in Madrid, as the reference writes it.
OFFICIAL_SAMPLE = 1521673200


@pytest.fixture
def adapter():
    return HoldedV1


def written(**more):
    """Return an approved invoice of 121.00 as the first API shows it."""
    return {
        "id": "i1",
        "contact": "c1",
        "docNumber": "F1",
        "approvedAt": OFFICIAL_SAMPLE,
        "date": OFFICIAL_SAMPLE,
        "dueDate": OFFICIAL_SAMPLE,
        "subtotal": 100,
        "tax": 21,
        "total": 121,
        "paymentsTotal": 0,
        "paymentsPending": 121,
        "status": 0,
        "currency": "eur",
        "products": [],
        **more,
    }


@pytest.fixture
def read(answering):
    """Return the snapshot of an object: ``read(kind, body)``."""

    def read(kind, body):
        return answering(json=body).fetch(kind, body["id"]).snapshot

    return read


def bytes_of(stream):
    return b"".join(stream)


# Which API a key is for


def test_the_shape_of_a_key_says_which_api_it_opens(tmp_path):
    settings = Settings(portal_data=tmp_path)

    doors = [
        build_invoicing(settings, token, "eur", "portal-tests", Transports())
        for token in ("pat_1", "0123456789abcdef0123456789abcdef")
    ]

    assert [door.has_webhooks for door in doors] == [True, False]


def test_the_key_of_another_api_is_the_merchants_to_mend(door):
    with pytest.raises(GatewayMisconfigured, match="does not accept the token") as error:
        door("pat_sandbox").fetch(INVOICE, "i1")

    assert "pat_sandbox" not in str(error.value)


def test_the_other_address_of_the_treasuries_is_tried(holded, desk):
    treasury = desk.add_treasury()
    desk.break_next("html", path="/treasury")

    assert [found.id for found in holded.check()] == [treasury]
    assert [one["path"].rpartition("/")[2] for one in desk.requests[-2:]] == [
        "treasury",
        "treasuries",
    ]


# Days and amounts


def test_a_day_begins_at_midnight_in_madrid(read):
    invoice = read(INVOICE, written())

    assert (invoice.issued_on, invoice.due_on) == (date(2018, 3, 22), date(2018, 3, 22))


@pytest.mark.parametrize(
    "day",
    [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26), DAY],
)
def test_a_day_survives_the_change_of_the_clock(day):
    assert day_of_seconds(seconds_of_day(day)) == day


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (OFFICIAL_SAMPLE, date(2018, 3, 22)),
        (str(OFFICIAL_SAMPLE), date(2018, 3, 22)),
        (Decimal(OFFICIAL_SAMPLE), date(2018, 3, 22)),
        (None, None),
        (0, None),
        ("", None),
        ([], None),
    ],
)
def test_seconds_are_read_in_each_form_they_come_in(value, day):
    assert day_of_seconds(value) == day


@pytest.mark.parametrize("value", [True, "2026-11-21", -1, Decimal("1.5"), {"a": 1}, 10**13])
def test_what_are_no_seconds_is_not_guessed_at(value):
    with pytest.raises(Unreadable):
        day_of_seconds(value)


def test_numbers_of_json_are_exact(answering):
    content = (
        '{"id": "i1", "contact": "c1", "docNumber": "F1", "subtotal": 1117.182, "tax": 234.608,'
        ' "total": 1351.79, "paymentsTotal": 1.15, "paymentsPending": 1350.64}'
    )

    invoice = answering(content=content, headers=JSON).fetch(INVOICE, "i1").snapshot

    assert (invoice.total, invoice.paid, invoice.due) == (135179, 115, 135064)


# What a document says


@pytest.mark.parametrize(
    ("told", "state", "due"),
    [
        ({"status": 0}, InvoiceState.OPEN, 12100),
        ({"status": 1}, InvoiceState.OPEN, 12100),
        ({"status": 2, "paymentsPending": 0, "paymentsTotal": 121}, InvoiceState.PAID, 0),
        ({"status": 0, "paymentsPending": 0, "paymentsTotal": 121}, InvoiceState.PAID, 0),
        ({"status": 3}, InvoiceState.VOID, 0),
        ({"status": "3"}, InvoiceState.VOID, 0),
        ({"docNumber": "", "approvedAt": None}, InvoiceState.DRAFT, 0),
        ({"approvedAt": None}, InvoiceState.OPEN, 12100),
    ],
)
def test_of_the_status_only_cancelled_is_believed(read, told, state, due):
    invoice = read(INVOICE, written(**told))

    assert (invoice.state, invoice.due) == (state, due)


def test_sub_records_that_are_missing_come_as_lists(read):
    invoice = read(INVOICE, written(**{"from": [], "products": {}, "tags": "", "customFields": []}))
    profile = read(
        CUSTOMER, {"id": "c1", "name": "A", "billAddress": [], "defaults": [], "contactPersons": []}
    )

    assert (invoice.corrects, invoice.lines, invoice.tags) == ("", (), ())
    assert (profile.address.line1, profile.other_emails) == ("", ())


def test_an_object_that_is_an_empty_list_is_no_proof_that_there_is_none(answering):
    with pytest.raises(GatewayUnavailable):
        answering(json=[]).fetch(INVOICE, "i1")


def test_notes_of_the_merchant_are_never_read(read):
    assert "secret" not in repr(read(INVOICE, written(notes="secret")))


def test_a_contact_is_read_whole(read):
    profile = read(
        CUSTOMER,
        {
            "id": "c1",
            "name": "Taller SL",
            "email": "t@example.com",
            "code": "B1",
            "vatnumber": "ESB1",
            "billAddress": {"address": "C/ 1", "postalCode": 8767, "countryCode": "ES"},
            "contactPersons": [
                {"email": "p@example.com", "sendDocumentsByDefault": 1},
                {"email": "q@example.com", "sendDocumentsByDefault": 0},
            ],
            "defaults": {"language": "ca", "currency": 0},
        },
    )

    assert profile.other_emails == ("p@example.com",)
    assert [tax.value for tax in profile.tax_ids] == ["B1", "ESB1"]
    assert (profile.address.postal_code, profile.address.country) == ("08767", "ES")
    assert (profile.locales, profile.currency) == (("ca",), "")


# Refusals


@pytest.mark.parametrize("status", [200, 400])
def test_what_is_not_found_is_gone(answering, status):
    holded = answering(status, json={"status": 0, "info": "not found"})

    assert holded.fetch(INVOICE, "i1").snapshot == Gone(INVOICE, "i1")


def test_a_page_with_200_is_no_proof_that_there_is_nothing(answering):
    with pytest.raises(GatewayUnavailable):
        answering(content=PAGE, headers=HTML).fetch(INVOICE, "i1")


def test_another_no_is_a_no(answering):
    with pytest.raises(GatewayRefused, match="amount needed"):
        answering(400, json={"status": 0, "info": "amount needed"}).fetch(INVOICE, "i1")


# Lists


@pytest.mark.parametrize("size", [SMALLEST, 100, 500])
def test_pages_of_any_size_are_read_until_one_is_short(size):
    rows = [{"id": str(number)} for number in range(size)]

    second = Place.read(Place().after(rows))

    assert (second.number, second.size) == (2, size)
    assert not second.repeats([{"id": "other"}])
    assert second.after([{"id": "other"}]) == ""


def test_a_page_too_small_to_be_full_is_the_last():
    assert Place().after([{"id": "1"}] * (SMALLEST - 1)) == ""


def test_a_page_that_comes_again_was_the_last():
    rows = [{"id": str(number)} for number in range(SMALLEST + 5)]

    assert Place.read(Place().after(rows)).repeats(rows)


def test_a_full_page_that_comes_again_hides_what_comes_after_it():
    rows = [{"id": str(number)} for number in range(ROUND * 2)]
    second = Place.read(Place().after(rows))

    with pytest.raises(GatewayUnavailable, match="circles"):
        second.repeats(rows)


def test_a_list_over_pages_is_read_whole(holded, desk):
    for number in range(501):
        desk.ask("POST", "/api/v2/contacts", name=f"C{number}")

    first = holded.list_page(CUSTOMER)
    second = holded.list_page(CUSTOMER, cursor=first.cursor)

    assert (len(first.snapshots), len(second.snapshots), second.cursor) == (500, 1, "")


@pytest.mark.parametrize("body", [{}, {"items": []}, "no", 1, ["no"], None])
def test_a_list_of_another_shape_is_an_error(answering, body):
    with pytest.raises(GatewayUnavailable):
        answering(json=body).list_page(INVOICE)


def test_a_filter_that_holded_ignored_leaks_nothing(answering):
    rows = [written(contact="mine"), written(id="i2", contact="other")]

    with pytest.raises(GatewayRefused) as refusal:
        answering(json=rows).list_page(INVOICE, parent="mine")

    assert refusal.value.code == "leak"


def test_documents_are_asked_for_by_the_filters_holded_knows(holded, desk):
    holded.list_page(INVOICE, parent="c1", since=DAY)

    query = desk.requests[-1]["query"]
    assert query["starttmp"] == str(seconds_of_day(DAY))
    assert (query["contactid"], query["sort"]) == ("c1", "created-desc")


# PDFs


@pytest.mark.parametrize(
    "content",
    [PDF, BASE64, f'"{BASE64}"', f'{{"status": 1, "data": "{BASE64}"}}',
     f" {BASE64[:8]}\n{BASE64[8:]}"],
)  # fmt: skip
def test_a_pdf_is_found_in_each_wrapping_seen(answering, content):
    holded = answering(content=content, headers={"Content-Type": "text/plain"})

    assert bytes_of(holded.fetch_pdf(INVOICE, "i1")) == PDF


@pytest.mark.parametrize(
    "content",
    ["", PAGE, "{}", "{", '{"status": 1, "data": null}', '{"status": 1, "data": []}',
     "JVBERi!", '"no"'],
)  # fmt: skip
def test_what_is_no_pdf_is_refused(answering, content):
    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(answering(content=content, headers=JSON).fetch_pdf(INVOICE, "i1"))

    assert refusal.value.code == "not_a_pdf"


def test_the_pdf_of_what_is_gone_is_missing(answering):
    holded = answering(json={"status": 0, "info": "not found"})

    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(holded.fetch_pdf(INVOICE, "i1"))

    assert refusal.value.is_missing


def test_a_pdf_beyond_the_cap_is_refused(answering, monkeypatch):
    monkeypatch.setattr(v1_connection, "LARGEST_PDF", 10)

    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(answering(content=PDF).fetch_pdf(INVOICE, "i1"))

    assert refusal.value.code == "too_large"


def test_a_body_beyond_the_cap_is_given_up(answering):
    mebibytes = (b"J" * 1024 * 1024 for _ in range(500))

    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(answering(content=mebibytes).fetch_pdf(INVOICE, "i1"))

    assert refusal.value.code == "too_large"


# Booking


def test_a_booking_is_known_by_the_id_in_the_answer(holded, desk, contact):
    invoice, treasury = desk.add_document(contact), desk.add_treasury()

    entry = holded.record_payment(
        invoice, Money(4005, "eur"), treasury=treasury, paid_on=DAY, description="Stripe pi_1"
    )

    seen = holded.fetch(INVOICE, invoice).snapshot
    (part,) = holded.list_parts(seen, paid_on=DAY)
    assert (part.id, part.amount, part.paid_on) == (entry, Money(4005, "eur"), DAY)


def test_an_answer_about_another_invoice_is_no_receipt(answering):
    holded = answering(json={"status": 1, "invoiceId": "i2", "paymentId": "p1"})

    assert (
        holded.record_payment("i1", Money(100, "eur"), treasury="", paid_on=DAY, description="pi_1")
        == ""
    )


def test_payments_of_other_documents_contacts_and_days_are_not_counted(holded, desk, contact):
    treasury, other = desk.add_treasury(), desk.add_contact("Other")
    mine, second, theirs = (desk.add_document(who) for who in (contact, contact, other))
    book = {"treasury": treasury, "paid_on": DAY, "description": "pi_1"}
    entry = holded.record_payment(mine, Money(100, "eur"), **book)
    holded.record_payment(second, Money(100, "eur"), **book)
    holded.record_payment(theirs, Money(100, "eur"), **book)
    holded.record_payment(mine, Money(100, "eur"), **{**book, "paid_on": date(2026, 11, 22)})
    desk.ask("POST", f"/api/v2/invoices/{mine}/payments", amount="1.00", date="2026-11-21")

    found = holded.list_parts(holded.fetch(INVOICE, mine).snapshot, paid_on=DAY)

    assert [part.id for part in found] == [entry]
