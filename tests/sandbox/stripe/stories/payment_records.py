"""Payments that were taken outside Stripe and reported."""

from typing import Any

from tests.sandbox.stripe.stories.customers import ADDRESS
from tests.sandbox.stripe.stories.telling import Teller, story

MOMENT = 1_790_000_000
TRANSFER = {"type": "custom", "custom": {"display_name": "Bank transfer"}}
AGAIN = {"initiated_at": MOMENT, "payment_method_details": TRANSFER}


def report(shop: Teller, **more: Any) -> Any:
    """A payment of 50.00."""
    asked = {"amount_requested": {"currency": "eur", "value": 5000}}
    return shop.api.payment_records.report_payment(asked | AGAIN | more)


@story
def attempts(shop: Teller) -> None:
    """One fails, one is cancelled, the third is guaranteed."""
    records = shop.api.payment_records
    record = report(shop, description="A hat", metadata={"a": "b"})
    records.report_payment_attempt_failed(record.id, {"failed_at": MOMENT + 1})
    records.report_payment_attempt(record.id, AGAIN)
    records.report_payment_attempt_canceled(record.id, {"canceled_at": MOMENT + 2})
    records.report_payment_attempt(record.id, AGAIN)
    records.report_payment_attempt_guaranteed(record.id, {"guaranteed_at": MOMENT + 3})
    shop.api.payment_attempt_records.list({"payment_record": record.id})
    records.retrieve(record.id)
    records.list()


@story
def reported(shop: Teller) -> None:
    """Everything told of a payment, some of it later, and a refund of a part."""
    customer = shop.customer(None)
    person = {"name": "Ana", "email": "ana@example.com", "phone": "1"}
    record = report(
        shop,
        customer_details={"customer": customer.id},
        customer_presence="on_session",
        outcome="guaranteed",
        guaranteed={"guaranteed_at": MOMENT + 1},
        payment_method_details={**TRANSFER, "billing_details": {**person, "address": ADDRESS}},
        processor_details={"type": "custom", "custom": {"payment_reference": "T-1"}},
    )
    shop.api.payment_records.report_payment_attempt_informational(
        record.id,
        {
            "customer_details": person,
            "description": "A hat",
            "metadata": {"a": "b"},
            "shipping_details": {"name": "Ana", "phone": "1", "address": ADDRESS},
        },
    )
    shop.api.payment_records.report_refund(
        record.id,
        {
            "amount": {"currency": "eur", "value": 2000},
            "outcome": "refunded",
            "processor_details": {"type": "custom", "custom": {"refund_reference": "R"}},
            "refunded": {"refunded_at": MOMENT + 2},
        },
    )
    shop.api.payment_attempt_records.retrieve(record.latest_payment_attempt_record)
    shop.api.payment_records.retrieve(record.id)
