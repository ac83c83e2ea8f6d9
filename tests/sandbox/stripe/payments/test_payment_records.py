"""Payments reported from outside Stripe."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

REFUSED = stripe.InvalidRequestError
CUSTOM = {"type": "custom", "custom": {"display_name": "Bank transfer"}}


def report(shop: Shop, **more: Any) -> Any:
    """A payment of 50.00 outside Stripe."""
    wanted = {
        "amount_requested": {"currency": "eur", "value": 5000},
        "initiated_at": 1_790_000_000,
        "payment_method_details": CUSTOM,
        "processor_details": {"type": "custom", "custom": {"payment_reference": "T-1"}},
    }
    return shop.api.payment_records.report_payment(wanted | more)


def test_a_reported_payment_is_guaranteed(shop: Shop, customer: Any) -> None:
    ended = {"outcome": "guaranteed", "guaranteed": {"guaranteed_at": 1_790_000_100}}

    record = report(shop, customer_details={"customer": customer.id}, **ended)

    assert (record.amount.value, record.amount_guaranteed.value) == (5000, 5000)
    assert record.processor_details.custom.payment_reference == "T-1"
    attempt = shop.api.payment_attempt_records.retrieve(record.latest_payment_attempt_record)
    assert (attempt.payment_record, attempt.amount_guaranteed.value) == (record.id, 5000)
    assert [one.id for one in shop.api.payment_records.list().data] == [record.id]


def test_an_attempt_fails_and_another_follows(shop: Shop) -> None:
    record = report(shop)
    records = shop.api.payment_records

    failed = records.report_payment_attempt_failed(record.id, {"failed_at": 1_790_000_100})
    again = records.report_payment_attempt(
        record.id, {"initiated_at": 1_790_000_200, "payment_method_details": CUSTOM}
    )
    done = records.report_payment_attempt_guaranteed(record.id, {"guaranteed_at": 1_790_000_300})

    assert (failed.amount_failed.value, failed.amount_guaranteed.value) == (5000, 0)
    assert again.latest_payment_attempt_record != record.latest_payment_attempt_record
    assert (done.amount_failed.value, done.amount_guaranteed.value) == (0, 5000)
    listed = shop.api.payment_attempt_records.list({"payment_record": record.id}).data
    assert len(listed) == 2


def test_an_attempt_ends_once(shop: Shop) -> None:
    record = report(shop)
    shop.api.payment_records.report_payment_attempt_canceled(record.id, {"canceled_at": 1})

    with pytest.raises(REFUSED):
        shop.api.payment_records.report_payment_attempt_failed(record.id, {"failed_at": 2})


def test_a_reported_refund_is_at_most_what_was_paid(shop: Shop) -> None:
    ended = {"outcome": "guaranteed", "guaranteed": {"guaranteed_at": 1_790_000_100}}
    record = report(shop, **ended)
    asked = {
        "outcome": "refunded",
        "processor_details": {"type": "custom", "custom": {"refund_reference": "R"}},
        "refunded": {"refunded_at": 1_790_000_200},
    }

    part = shop.api.payment_records.report_refund(
        record.id, asked | {"amount": {"currency": "eur", "value": 2000}}
    )

    assert part.amount_refunded.value == 2000
    with pytest.raises(REFUSED):
        shop.api.payment_records.report_refund(
            record.id, asked | {"amount": {"currency": "eur", "value": 3001}}
        )


def test_an_outcome_says_when(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        report(shop, outcome="failed")

    assert caught.value.param == "failed"
