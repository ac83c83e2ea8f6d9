"""One sale is shown once, whichever half is told first, and stands as both systems say."""

from typing import Any

import pytest

from portal.domain.invoices import Contested, InvoiceStatus
from portal.domain.money import Money
from portal.mirror import balances, invoices
from portal.mirror.invoices import Filter
from tests.house import House
from tests.payer import Payer

LINE = {"name": "Fonts", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}


def draft(payer: Payer, **more: Any) -> str:
    """Have a draft written in Holded for 121.00 and return its id."""
    body = {
        "contact_id": payer.holded_contact,
        "date": "2026-11-01",
        "due_date": "2026-12-15",
        "items": [LINE],
        **more,
    }
    return str(payer.house.holded.post("/invoices", json=body).raise_for_status().json()["id"])


def approve(payer: Payer, id: str, kind: str = "invoices") -> None:
    payer.house.holded.post(f"/{kind}/{id}/approve").raise_for_status()
    payer.house.settle_down()


def correct(payer: Payer, invoice: str) -> str:
    """Have a credit note issued over the whole of an invoice and return its id."""
    asked = {"source_type": "invoice", "source_id": invoice, "target_type": "creditnote"}
    answer = payer.house.holded.post("/documents/convert", json=asked)
    id = str(answer.raise_for_status().json()["id"])
    approve(payer, id, "credit-notes")
    return id


def listed(payer: Payer, which: Filter = Filter.ALL) -> list[tuple[str, InvoiceStatus, int]]:
    found, _ = invoices.list_page(payer.visit(), which)
    return [(row.invoice.id, row.status, row.invoice.due) for row in found]


def open_sums(payer: Payer) -> list[tuple[Money, int]]:
    return [(one.due, one.count) for one in invoices.balances(payer.visit())]


def test_a_sale_is_shown_once_when_the_receipt_comes_first(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()

    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    assert [row[0] for row in listed(payer)] == [at_holded]
    assert open_sums(payer) == [(Money(12100, "eur"), 1)]


def test_a_sale_is_shown_once_when_the_invoice_comes_first(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])
    with payer.house.db.write() as unit:
        unit.execute(invoices.InvoiceRow.__table__.delete())
    payer.house.sync()
    both = {row[0] for row in listed(payer)}

    payer.house.stripe.v1.invoices.update(at_stripe, {"metadata": {"any": "thing"}})
    payer.house.settle_down()

    assert both == {at_holded}
    assert {row[0] for row in listed(payer)} == {at_holded}


def test_a_draft_in_holded_hides_nothing_until_it_is_approved(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = draft(payer, tags=[f"stripe:{at_stripe}"])
    payer.house.settle_down()
    before = [row[0] for row in listed(payer)]

    approve(payer, at_holded)

    assert (before, [row[0] for row in listed(payer)]) == ([at_stripe], [at_holded])


def test_an_invoice_cancelled_in_holded_gives_its_receipt_back(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    payer.house.holded.post(f"/invoices/{at_holded}/cancel").raise_for_status()
    payer.house.settle_down()

    found = {id: status for id, status, _ in listed(payer)}
    assert found == {at_stripe: InvoiceStatus.OPEN, at_holded: InvoiceStatus.VOID}


@pytest.mark.parametrize("where", ["description", "notes", "line"])
def test_a_reference_in_a_text_matches_where_the_sums_agree(payer: Payer, where: str) -> None:
    at_stripe = payer.stripe_invoice()
    text = f"Stripe invoice {at_stripe}."
    told = {"items": [{**LINE, "name": text}]} if where == "line" else {where: text}

    at_holded = payer.invoice(**told)
    other = payer.invoice("50.00", **{**told, "items": [{**LINE, "price": "50", "name": text}]})

    assert {row[0] for row in listed(payer)} == {at_holded, other}


def test_a_listing_that_leaves_the_notes_out_unties_nothing(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(notes=f"It is {at_stripe}")
    other = payer.invoice("7.00")

    payer.pay_in_holded(other, "8.47")
    payer.house.settle_down()
    payer.house.sync()

    assert {row[0] for row in listed(payer)} == {at_holded, other}


def test_another_customers_document_hides_nothing(house: House, payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    contact = house.holded.post("/contacts", json={"name": "Bea", "type": "client"}).json()["id"]

    payer.invoice(contact_id=contact, tags=[f"stripe:{at_stripe}"])

    assert [row[0] for row in listed(payer)] == [at_stripe]


def test_what_stripe_has_got_is_paid_in_the_list_and_in_the_sums(payer: Payer) -> None:
    card = payer.card()
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    payer.house.stripe.v1.invoices.pay(at_stripe, {"payment_method": card})
    payer.house.settle_down()

    assert listed(payer) == [(at_holded, InvoiceStatus.PAID, 0)]
    assert [row[0] for row in listed(payer, Filter.PAID)] == [at_holded]
    assert (listed(payer, Filter.OPEN), open_sums(payer)) == ([], [])


def test_what_holded_has_got_is_paid_and_its_receipt_cannot_be_paid_any_more(
    payer: Payer,
) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    payer.pay_in_holded(at_holded)
    payer.house.settle_down()

    half = invoices.get(payer.visit(), at_stripe)
    assert listed(payer) == [(at_holded, InvoiceStatus.PAID, 0)]
    assert half.status is InvoiceStatus.PAID
    assert not half.may_pay.is_allowed


def test_what_is_left_of_a_pair_is_what_neither_has_got(payer: Payer) -> None:
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    payer.pay_in_holded(at_holded, "40.00")
    payer.house.settle_down()

    assert listed(payer) == [(at_holded, InvoiceStatus.OVERDUE, 8100)] or listed(payer) == [
        (at_holded, InvoiceStatus.PART_PAID, 8100)
    ]
    assert open_sums(payer) == [(Money(8100, "eur"), 1)]


def test_a_payment_of_the_receipt_is_under_way_for_the_invoice(payer: Payer) -> None:
    debit = payer.debit()
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])

    payer.pay(at_holded, debit)
    payer.house.settle_down()

    assert [(id, status) for id, status, _ in listed(payer)] == [
        (at_holded, InvoiceStatus.PROCESSING)
    ]
    assert [one.on_its_way for one in invoices.balances(payer.visit())] == [Money(12100, "eur")]


def test_a_credit_note_lowers_what_is_left_until_it_is_offset(payer: Payer) -> None:
    invoice = payer.invoice()
    note = correct(payer, invoice)
    credited = listed(payer)
    sums = open_sums(payer)

    payer.house.holded.post(
        f"/credit-notes/{note}/payments", json={"amount": "121.00", "date": "2026-11-20"}
    ).raise_for_status()
    payer.house.settle_down()

    assert (invoice, InvoiceStatus.CREDITED, 0) in credited
    assert sums == []
    assert open_sums(payer) == [(Money(12100, "eur"), 1)]


def test_a_credit_note_of_stripe_lowers_what_is_left(payer: Payer) -> None:
    invoice = payer.stripe_invoice()

    payer.house.stripe.v1.credit_notes.create({"invoice": invoice, "amount": 2100})
    payer.house.settle_down()

    found = invoices.get(payer.visit(), invoice)
    assert (found.invoice.due, found.invoice.credited) == (10000, 2100)
    assert open_sums(payer) == [(Money(10000, "eur"), 1)]


def test_a_refund_makes_a_paid_invoice_part_refunded_and_then_refunded(payer: Payer) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    intent = payer.house.stripe.v1.payment_intents.list({}).data[0].id

    payer.house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 2100})
    payer.house.settle_down()
    partly = listed(payer)
    payer.house.stripe.v1.refunds.create({"payment_intent": intent})
    payer.house.settle_down()

    assert partly == [(invoice, InvoiceStatus.PART_REFUNDED, 0)]
    assert listed(payer) == [(invoice, InvoiceStatus.REFUNDED, 0)]


def test_a_refund_of_an_accidental_second_payment_leaves_the_good_one_paid(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card("pm_card_authenticationRequired")
    pressed = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice)
    payer.house.settle_down()
    intent = payer.house.stripe.v1.payment_intents.list({}).data[0].id

    payer.house.stripe.v1.refunds.create({"payment_intent": intent})
    payer.house.settle_down()

    assert listed(payer) == [(invoice, InvoiceStatus.PAID, 0)]


def test_a_refund_of_stripes_own_invoice_is_told_on_the_invoice_of_the_sale(payer: Payer) -> None:
    card = payer.card()
    at_stripe = payer.stripe_invoice()
    at_holded = payer.invoice(tags=[f"stripe:{at_stripe}"])
    payer.house.stripe.v1.invoices.pay(at_stripe, {"payment_method": card})
    payer.house.settle_down()
    intent = payer.house.stripe.v1.payment_intents.list({}).data[0].id

    payer.house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 100})
    payer.house.settle_down()

    assert listed(payer) == [(at_holded, InvoiceStatus.PART_REFUNDED, 0)]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [("losing_evidence", InvoiceStatus.RETURNED), ("winning_evidence", InvoiceStatus.PAID)],
)
def test_a_dispute_is_told_while_it_is_open_and_when_it_is_decided(
    payer: Payer, evidence: str, expected: InvoiceStatus
) -> None:
    invoice = payer.invoice()
    payer.pay(invoice, payer.card("pm_card_createDispute"))
    payer.house.settle_down()
    payer.house.control("stripe", "clock", advance=60)
    payer.house.settle_down()
    while_open = invoices.get(payer.visit(), invoice)
    dispute = payer.house.stripe.v1.disputes.list({}).data[0].id

    payer.house.stripe.v1.disputes.update(
        dispute, {"evidence": {"uncategorized_text": evidence}, "submit": True}
    )
    payer.house.control("stripe", "clock", advance=60)
    payer.house.settle_down()

    assert while_open.status is InvoiceStatus.DISPUTED
    assert while_open.invoice.contested is Contested.OPEN
    assert not while_open.may_pay.is_allowed
    assert listed(payer) == [(invoice, expected, 0)]


def test_a_refund_told_before_its_invoice_is_not_forgotten(payer: Payer) -> None:
    card = payer.card()
    invoice = payer.stripe_invoice()
    payer.house.stripe.v1.invoices.pay(invoice, {"payment_method": card})
    payer.house.settle_down()
    intent = payer.house.stripe.v1.payment_intents.list({}).data[0].id
    payer.house.stripe.v1.refunds.create({"payment_intent": intent})
    payer.house.settle_down()
    with payer.house.db.write() as unit:
        unit.execute(invoices.InvoiceRow.__table__.delete())

    payer.house.sync()

    assert listed(payer) == [(invoice, InvoiceStatus.REFUNDED, 0)]


def test_a_credit_at_stripe_stands_by_itself(payer: Payer) -> None:
    payer.stripe_invoice()
    payer.house.stripe.v1.customers.balance_transactions.create(
        payer.stripe_customer, {"amount": -2500, "currency": "eur"}
    )
    payer.house.settle_down()

    summary = balances.summary_of(balances.look(payer.visit()))

    assert summary.credit == Money(-2500, "eur")
    assert [one.due for one in summary.balances] == [Money(12100, "eur")]
