"""Credit notes on open and paid invoices."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.shapes import differences


@pytest.fixture
def paid(billing: Any) -> Any:
    """A paid subscription invoice of 100.00 with 21 % of tax on top."""
    rate = billing.stripe.tax_rates.create(
        {"display_name": "IVA", "percentage": 21, "inclusive": False}
    )
    made = billing.subscribe(
        billing.customer().id, billing.price(10000), default_tax_rates=[rate.id]
    )
    return billing.stripe.invoices.retrieve(made.latest_invoice)


def credit(billing: Any, invoice: Any, **params: Any) -> Any:
    return billing.stripe.credit_notes.create({"invoice": invoice.id, **params})


def test_a_line_is_credited_with_its_tax_and_refunded(billing: Any, paid: Any) -> None:
    line = {
        "type": "invoice_line_item",
        "invoice_line_item": paid.lines.data[0].id,
        "amount": 5000,
    }

    note = credit(billing, paid, lines=[line], refund_amount=6050)

    after = billing.stripe.invoices.retrieve(paid.id)
    refund = billing.stripe.refunds.retrieve(note.refunds[0].refund)
    assert differences(note.to_dict(for_json=True)) == []
    assert (note.subtotal, note.total, note.type) == (5000, 6050, "post_payment")
    assert note.number == f"{paid.number}-CN-01"
    assert (after.post_payment_credit_notes_amount, after.status) == (6050, "paid")
    assert (refund.amount, refund.status) == (6050, "succeeded")


def test_credit_goes_to_the_customers_balance(billing: Any, paid: Any) -> None:
    note = credit(billing, paid, amount=1000, credit_amount=1000, reason="order_change")

    transaction = billing.stripe.customers.balance_transactions.retrieve(
        paid.customer, note.customer_balance_transaction
    )
    assert billing.stripe.customers.retrieve(paid.customer).balance == -1000
    assert (transaction.type, transaction.credit_note) == ("credit_note", note.id)


def test_an_open_invoice_asks_for_less_and_its_intent_too(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(10000), payment_behavior="default_incomplete"
    )
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)

    note = credit(billing, invoice, amount=2500)

    after = billing.stripe.invoices.retrieve(invoice.id)
    assert (note.type, note.pre_payment_amount) == ("pre_payment", 2500)
    assert (after.amount_remaining, after.pre_payment_credit_notes_amount) == (7500, 2500)
    assert billing.intent(invoice.id).amount == 7500


def test_voiding_it_asks_for_the_whole_again(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(10000), payment_behavior="default_incomplete"
    )
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    note = credit(billing, invoice, amount=2500)

    voided = billing.stripe.credit_notes.void_credit_note(note.id)

    assert voided.status == "void"
    assert billing.stripe.invoices.retrieve(invoice.id).amount_remaining == 10000


def test_crediting_all_of_an_open_invoice_pays_it(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(10000), payment_behavior="default_incomplete"
    )
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)

    credit(billing, invoice, amount=10000)

    assert billing.stripe.invoices.retrieve(invoice.id).status == "paid"
    assert billing.intent(invoice.id).status == "canceled"


def test_a_preview_issues_nothing(billing: Any, paid: Any) -> None:
    shown = billing.stripe.credit_notes.preview(
        {"invoice": paid.id, "amount": 700, "credit_amount": 700}
    )

    assert shown.total == 700
    assert billing.stripe.credit_notes.list({"invoice": paid.id}).data == []


@pytest.mark.parametrize(
    "params",
    [
        {"amount": 1000},
        {"amount": 20000, "credit_amount": 20000},
        {"amount": 1000, "credit_amount": 500},
        {"lines": [{"type": "invoice_line_item", "invoice_line_item": "il_x", "amount": 5}]},
        {},
    ],
)
def test_sums_that_do_not_fit_are_refused(billing: Any, paid: Any, params: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        credit(billing, paid, **params)

    assert billing.stripe.invoices.retrieve(paid.id).post_payment_credit_notes_amount == 0


def test_a_credit_note_has_a_pdf(billing: Any, paid: Any) -> None:
    note = credit(billing, paid, amount=1000, credit_amount=1000)

    answer = billing.app.test_client().get(note.pdf.removeprefix("http://127.0.0.1:8001"))

    assert answer.data.startswith(b"%PDF")
    assert note.number.encode() in answer.data
