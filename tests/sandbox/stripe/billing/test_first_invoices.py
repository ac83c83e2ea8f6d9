"""What a new subscription's first invoice is, and what paying or not paying it does."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.shapes import differences


def test_a_good_card_makes_the_subscription_active_and_its_invoice_paid(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    item = made["items"].data[0]
    assert (made.status, invoice.status, invoice.amount_paid) == ("active", "paid", 1000)
    assert invoice.parent.subscription_details.subscription == made.id
    assert invoice.lines.data[0].description == "1 × Plan 1000 (at $10.00 / month)"
    assert item.current_period_end - item.current_period_start == 30 * 86400


def test_what_is_answered_has_the_shape_of_the_sdk(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    expand = {"expand": ["payments", "confirmation_secret", "lines.data.discounts"]}

    answers = [
        made,
        billing.stripe.invoices.retrieve(made.latest_invoice, expand),
        billing.stripe.invoice_payments.list({"invoice": made.latest_invoice}),
        billing.stripe.subscription_items.list({"subscription": made.id}),
        billing.stripe.invoices.line_items.list(made.latest_invoice),
        billing.stripe.subscriptions.list({"customer": made.customer}),
    ]

    assert [found for one in answers for found in differences(one.to_dict(for_json=True))] == []


def test_the_first_event_of_a_subscription_is_its_creation(billing: Any) -> None:
    billing.subscribe(billing.customer().id, billing.price(1000))

    kinds = [kind for kind in billing.kinds() if kind.startswith("customer.subscription")]
    assert kinds == ["customer.subscription.created"]
    assert {
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    } <= set(billing.kinds())


def test_a_declined_card_leaves_the_subscription_incomplete(billing: Any) -> None:
    customer = billing.customer("pm_card_chargeCustomerFail")

    made = billing.subscribe(customer.id, billing.price(1000))

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert (made.status, invoice.status, invoice.attempt_count) == ("incomplete", "open", 1)
    assert billing.events("invoice.payment_failed")


def test_an_incomplete_subscription_expires_after_23_hours_and_its_invoice_is_void(
    billing: Any,
) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), payment_behavior="default_incomplete"
    )

    billing.advance(seconds=23 * 3600)

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert billing.stripe.subscriptions.retrieve(made.id).status == "incomplete_expired"
    assert invoice.status == "void"
    assert billing.intent(invoice.id).status == "canceled"


def test_confirming_the_intent_of_the_first_invoice_activates_the_subscription(
    billing: Any,
) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), payment_behavior="default_incomplete"
    )

    billing.stripe.payment_intents.confirm(
        billing.intent(made.latest_invoice).id,
        {"payment_method": "pm_card_visa", "return_url": "https://example.com/back"},
    )

    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"
    assert billing.stripe.invoices.retrieve(made.latest_invoice).status == "paid"
    assert billing.events("customer.subscription.updated")[-1]["data"]["previous_attributes"] == {
        "status": "incomplete"
    }


def test_error_if_incomplete_makes_nothing(billing: Any) -> None:
    customer = billing.customer("pm_card_chargeCustomerFail")
    price = billing.price(1000)

    with pytest.raises(stripe.CardError) as refused:
        billing.subscribe(customer.id, price, payment_behavior="error_if_incomplete")

    assert refused.value.code == "card_declined"
    assert billing.stripe.subscriptions.list({"status": "all"}).data == []
    assert billing.stripe.invoices.list().data == []


def test_without_any_payment_method_nothing_is_made(billing: Any) -> None:
    customer = billing.customer(None)
    price = billing.price(1000)

    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        billing.subscribe(customer.id, price)

    assert billing.stripe.subscriptions.list({"status": "all"}).data == []


def test_a_card_that_needs_authentication_waits_for_the_customer(billing: Any) -> None:
    customer = billing.customer("pm_card_authenticationRequired")

    made = billing.subscribe(customer.id, billing.price(1000))

    assert made.status == "incomplete"
    assert billing.intent(made.latest_invoice).status == "requires_action"
    assert billing.events("invoice.payment_action_required")


def test_a_sent_invoice_is_a_draft_for_an_hour_and_the_subscription_active(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        collection_method="send_invoice",
        days_until_due=14,
    )
    draft = billing.stripe.invoices.retrieve(made.latest_invoice)

    billing.advance(seconds=3600)

    sent = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert (made.status, draft.status, sent.status) == ("active", "draft", "open")
    assert sent.due_date == billing.now + 14 * 86400
    assert billing.events("invoice.sent")


def test_an_unpaid_sent_invoice_makes_the_subscription_past_due_then_paying_heals_it(
    billing: Any,
) -> None:
    made = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        collection_method="send_invoice",
        days_until_due=5,
    )
    billing.advance(days=6)
    late = billing.stripe.subscriptions.retrieve(made.id).status

    billing.stripe.invoices.pay(made.latest_invoice, {"paid_out_of_band": True})

    assert (late, billing.stripe.subscriptions.retrieve(made.id).status) == ("past_due", "active")
    assert billing.stripe.invoices.retrieve(made.latest_invoice).amount_paid_off_stripe == 1000


def test_a_future_anchor_bills_the_time_until_then(billing: Any) -> None:
    anchor = billing.now + 15 * 86400

    made = billing.subscribe(
        billing.customer().id, billing.price(3100), billing_cycle_anchor=anchor
    )

    # The whole interval is 17 March to 16 April, 31 days less the hour of no daylight saving: UTC.
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert invoice.total == 1500
    assert made["items"].data[0].current_period_end == anchor


def test_a_trial_starts_with_a_paid_invoice_of_nothing(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000), trial_period_days=14)

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert (made.status, invoice.status, invoice.total) == ("trialing", "paid", 0)
    assert invoice.lines.data[0].description == "Trial period for Plan 1000"
    assert made.trial_end == made.billing_cycle_anchor == billing.now + 14 * 86400
