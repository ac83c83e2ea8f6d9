"""What both adapters promise on the sandbox: what they read, book, and make of faults."""

from datetime import UTC, date, datetime

import httpx
import pytest

from portal.db import Database
from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import InvoiceKind, InvoiceState
from portal.domain.money import Money
from portal.gateways.holded import connection
from portal.gateways.holded.v1 import HoldedV1
from portal.gateways.holded.v2 import HoldedV2
from portal.gateways.snapshots import Gone

PROFORMA = ObjectKind.PROFORMA
CUSTOMER, INVOICE, CREDIT_NOTE = ObjectKind.CUSTOMER, ObjectKind.INVOICE, ObjectKind.CREDIT_NOTE
PROBLEM = {"Content-Type": "application/problem+json"}
PDF = {"Content-Type": "application/pdf"}
DAY = date(2026, 11, 21)
NOBODY = "5ab391071d6d820034294783"


@pytest.fixture(params=[HoldedV2, HoldedV1], ids=["v2", "v1"])
def adapter(request):
    return request.param


def every(holded, kind, **options):
    """Read a list to its end."""
    page = holded.list_page(kind, **options)
    found = list(page.snapshots)
    while page.cursor:
        page = holded.list_page(kind, cursor=page.cursor, **options)
        found += page.snapshots
    return found


def pay(holded, invoice, amount=12100, treasury=""):
    holded.record_payment(
        invoice, Money(amount, "eur"), treasury=treasury, paid_on=DAY, description="pi_1"
    )


def bytes_of(stream):
    return b"".join(stream)


# Reading


def test_a_contact_is_read(holded, desk):
    id = desk.add_contact("Taller Ñandú SL", email="t@example.com", code="B1")

    profile = holded.fetch(CUSTOMER, id).snapshot

    assert (profile.id, profile.name, profile.email) == (id, "Taller Ñandú SL", "t@example.com")


def test_an_invoice_is_read(holded, desk, contact):
    id = desk.add_document(contact)

    invoice = holded.fetch(INVOICE, id).snapshot

    assert (invoice.id, invoice.customer, invoice.state) == (id, contact, InvoiceState.OPEN)
    assert (invoice.total, invoice.due, invoice.currency) == (12100, 12100, "eur")
    assert invoice.lines[0].amount == Money(10000, "eur")


def test_a_draft_and_a_cancelled_invoice_are_told_apart(holded, desk, contact):
    draft = desk.add_document(contact, approve=False)
    void = desk.add_document(contact)
    desk.ask("POST", f"/api/v2/invoices/{void}/cancel")

    assert holded.fetch(INVOICE, draft).snapshot.state is InvoiceState.DRAFT
    assert holded.fetch(INVOICE, void).snapshot.state is InvoiceState.VOID


def test_a_credit_note_is_read(holded, desk, contact):
    id = desk.add_document(contact, "credit-notes")

    note = holded.fetch(CREDIT_NOTE, id).snapshot

    assert (note.kind, note.total, note.due) == (InvoiceKind.CREDIT_NOTE, 12100, 0)


def test_a_proforma_is_read_as_one_that_wants_its_whole_sum(holded, desk, contact):
    id = desk.add_document(contact, "proformas")

    proforma = holded.fetch(PROFORMA, id).snapshot

    assert (proforma.kind, proforma.state) == (InvoiceKind.PROFORMA, InvoiceState.OPEN)
    assert (proforma.total, proforma.due, proforma.paid) == (12100, 12100, 0)


def test_a_draft_proforma_is_none_yet(holded, desk, contact):
    id = desk.add_document(contact, "proformas", approve=False)

    assert holded.fetch(PROFORMA, id).snapshot.state is InvoiceState.DRAFT


def test_what_contacts_are_paid_by_is_read(holded, desk):
    method = desk.add("payment-methods", name="Stripe")
    contact = desk.add_contact(defaults={"payment_method": method})
    other = desk.add_contact()

    assert [(one.id, one.name) for one in holded.list_methods()] == [(method, "Stripe")]
    assert holded.fetch(CUSTOMER, contact).snapshot.pays_by == method
    assert holded.fetch(CUSTOMER, other).snapshot.pays_by == ""


def test_recurring_invoices_are_listed_or_none_are(holded):
    page = holded.list_page(ObjectKind.RECURRENCE)

    assert (page.snapshots, page.cursor) == ((), "")
    assert page.at.tzinfo is UTC


def test_an_invoice_in_another_currency_is_marked(holded, desk, contact):
    id = desk.add_document(contact, currency="usd", currency_change="1.1")

    assert holded.fetch(INVOICE, id).snapshot.is_foreign


def test_what_holded_does_not_have_is_gone(holded):
    seen = holded.fetch(INVOICE, NOBODY)

    assert seen.snapshot == Gone(INVOICE, NOBODY)
    assert seen.at.tzinfo is UTC


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "a?b", "a b", "ñ", "x" * 65, "a\r\nb"])
def test_what_cannot_be_an_id_is_never_asked_for(holded, desk, id):
    with pytest.raises(GatewayRefused) as refusal:
        holded.fetch(INVOICE, id)

    assert refusal.value.is_missing
    assert desk.requests == []


def test_the_time_of_a_snapshot_is_holdeds_own(answering):
    body = {"id": "c1", "name": "A"}
    holded = answering(json=body, headers={"Date": "Sat, 21 Nov 2026 09:30:00 GMT"})

    assert holded.fetch(CUSTOMER, "c1").at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_a_list_is_read_to_its_end(holded, desk):
    ids = [desk.add_contact(f"Contact {number}") for number in range(203)]

    assert [profile.id for profile in every(holded, CUSTOMER)] == ids


def test_a_list_of_one_contact_holds_nobody_elses(holded, desk, contact):
    desk.add_document(desk.add_contact("Somebody else"))
    own = desk.add_document(contact)

    assert [invoice.id for invoice in every(holded, INVOICE, parent=contact)] == [own]


def test_another_object_than_asked_for_is_refused(answering):
    with pytest.raises(GatewayRefused) as refusal:
        answering(json={"id": "c2", "name": "Somebody else"}).fetch(CUSTOMER, "c1")

    assert refusal.value.code == "leak"


@pytest.mark.parametrize("fault", ["spanish_amounts", "upper_currency", "empty_as_list"])
def test_odd_shapes_of_holded_change_nothing(holded, desk, contact, fault):
    id = desk.add_document(contact, items=[{"name": "A", "price": "1020.3", "units": 1}])
    plain = holded.fetch(INVOICE, id).snapshot
    desk.break_next(fault)

    assert holded.fetch(INVOICE, id).snapshot == plain


def test_documents_since_a_day_are_those_of_that_day_and_later(holded, desk, contact):
    desk.add_document(contact, date="2026-11-18")
    kept = [desk.add_document(contact, date=f"2026-11-{day}") for day in (19, 20)]

    found = every(holded, INVOICE, since=date(2026, 11, 19))

    assert {invoice.id for invoice in found} == set(kept)


def test_what_is_open_is_listed_whatever_its_day(holded, desk, contact):
    treasury = desk.add_treasury()
    paid, unpaid, part, overdue = (
        desk.add_document(contact, date=f"2026-0{month}-01", due_date=f"2026-0{month}-20")
        for month in (1, 2, 3, 4)
    )
    pay(holded, paid, 12100, treasury)
    pay(holded, part, 100, treasury)

    page = holded.list_open()
    found = {invoice.id for invoice in page.snapshots}
    while page.cursor:
        page = holded.list_open(cursor=page.cursor)
        found |= {invoice.id for invoice in page.snapshots}

    assert found == {unpaid, part, overdue}


# PDFs


def test_a_pdf_comes_byte_for_byte(holded, desk, contact, sandbox):
    id = desk.add_document(contact)
    original = desk.client.get(f"/api/v2/invoices/{id}/pdf").content

    assert original.startswith(b"%PDF-")
    assert bytes_of(holded.fetch_pdf(INVOICE, id)) == original


def test_half_a_pdf_is_no_answer(holded, desk, contact):
    id = desk.add_document(contact)
    desk.break_next("half_body", path="/pdf")

    with pytest.raises(GatewayUnavailable):
        bytes_of(holded.fetch_pdf(INVOICE, id))


def test_the_pdf_of_what_does_not_exist_is_missing(holded):
    with pytest.raises(GatewayRefused) as refusal:
        bytes_of(holded.fetch_pdf(INVOICE, NOBODY))

    assert refusal.value.is_missing


# Booking


def test_a_payment_is_booked_once_with_all_it_says(holded, desk, contact):
    invoice, treasury = desk.add_document(contact), desk.add_treasury()

    pay(holded, invoice, 4005, treasury)

    entry = desk.booked[0]
    assert len(desk.booked) == 1
    assert (entry["amount"], entry["treasury"]) == ("40.05", treasury)
    assert (entry["date"], entry["description"].split()[0]) == ("2026-11-21", "pi_1")
    seen = holded.fetch(INVOICE, invoice).snapshot
    assert (seen.paid, seen.due) == (4005, 8095)
    (part,) = holded.list_parts(seen, paid_on=DAY)
    assert (part.amount, part.treasury) == (Money(4005, "eur"), treasury)


def test_a_payment_in_another_currency_than_the_books_is_not_sent(holded, desk, contact):
    invoice = desk.add_document(contact)

    with pytest.raises(ValueError, match="usd"):
        holded.record_payment(invoice, Money(100, "usd"), treasury="", paid_on=DAY, description="")

    assert desk.booked == []


def test_a_payment_beyond_what_is_due_is_refused(holded, desk, contact):
    with pytest.raises(GatewayRefused):
        pay(holded, desk.add_document(contact), 99999)

    assert desk.booked == []


def test_a_payment_whose_answer_is_lost_may_be_booked(holded, desk, contact):
    invoice = desk.add_document(contact)
    desk.break_next("lose_answer", path="/pay")

    with pytest.raises(GatewayUnavailable) as lost:
        pay(holded, invoice)

    assert lost.value.was_sent
    assert len(desk.booked) == 1


def test_nothing_is_asked_while_a_transaction_is_open(holded, desk, contact, tmp_path):
    invoice = desk.add_document(contact)
    db = Database(f"sqlite:///{tmp_path}/portal.db")

    with pytest.raises(RuntimeError), db.write():
        pay(holded, invoice)

    db.dispose()
    assert desk.requests == []


def test_a_draft_is_issued(holded, desk, contact):
    draft = desk.add_document(contact, approve=False)

    holded.approve_invoice(draft)

    assert holded.fetch(INVOICE, draft).snapshot.state is InvoiceState.OPEN


# Permissions


def test_a_good_token_learns_where_money_can_be_booked(holded, desk):
    gateway = desk.add_treasury("Stripe", "gateway")

    found = holded.check()

    assert [(treasury.id, treasury.name, treasury.type) for treasury in found] == [
        (gateway, "Stripe", "gateway")
    ]
    assert desk.booked == []


@pytest.mark.parametrize("token", ["pat_unknown", "0123456789abcdef0123456789abcdef"])
def test_a_dead_token_is_the_merchants_to_mend(door, token):
    with pytest.raises(GatewayMisconfigured, match="does not accept the token") as error:
        door(token).check()

    assert token not in str(error.value)


# Faults


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        ("reset", {}, GatewayUnavailable),
        ("lose_answer", {}, GatewayUnavailable),
        ("half_body", {}, GatewayUnavailable),
        ("html", {}, GatewayUnavailable),
        ("status", {"status": 500}, GatewayUnavailable),
        ("status", {"status": 503}, GatewayUnavailable),
        ("rate_limit", {"window": "minute"}, GatewayUnavailable),
        ("rate_limit", {"window": "month"}, GatewayUnavailable),
        ("http200_info", {}, GatewayRefused),
        ("status", {"status": 400}, GatewayRefused),
        ("status", {"status": 422}, GatewayRefused),
        ("forbidden_scope", {}, GatewayMisconfigured),
        ("forbidden_token", {}, GatewayMisconfigured),
    ],
)
def test_each_fault_is_one_of_three_kinds(holded, desk, contact, fault, options, error):
    id = desk.add_document(contact)
    desk.break_next(fault, **options)

    with pytest.raises(error):
        holded.fetch(INVOICE, id)


def test_a_quota_says_when_to_come_again(holded, desk, contact):
    id = desk.add_document(contact)
    desk.break_next("rate_limit", window="month")

    with pytest.raises(GatewayUnavailable, match="month, again after 86400 s"):
        holded.fetch(INVOICE, id)


@pytest.mark.parametrize(
    ("error", "was_sent"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.ReadError, True),
        (httpx.WriteError, True),
        (httpx.RemoteProtocolError, True),
        (ConnectionResetError, True),
    ],
)
def test_only_a_request_that_never_left_is_known_to_have_done_nothing(answering, error, was_sent):
    with pytest.raises(GatewayUnavailable) as unavailable:
        pay(answering(raises=error), "i1")

    assert unavailable.value.was_sent is was_sent


@pytest.mark.parametrize("status", [401, 403, 404, 400, 302])
def test_a_page_between_us_and_holded_is_no_answer(answering, status):
    page = answering(status, content="<html></html>", headers={"Content-Type": "text/html"})

    with pytest.raises(GatewayUnavailable):
        page.fetch(INVOICE, "i1")


@pytest.mark.parametrize("content", ["", "{", "NaN", "[" * 100_000, '{"id": NaN}'])
def test_what_is_no_json_is_no_answer(answering, content):
    with pytest.raises(GatewayUnavailable):
        answering(content=content, headers={"Content-Type": "application/json"}).fetch(
            INVOICE, "i1"
        )


def test_an_answer_without_end_is_given_up(answering):
    endless = (b" " * connection.MEBIBYTE for _ in range(500))
    holded = answering(content=endless, headers={"Content-Type": "application/json"})

    with pytest.raises(GatewayUnavailable, match="too large"):
        holded.fetch(INVOICE, "i1")


def test_the_portal_names_itself(holded, desk, contact):
    holded.fetch(CUSTOMER, contact)

    assert desk.requests[0]["user_agent"] == "portal-tests billing-portal"
