"""Pausing subscriptions and resuming them."""

from typing import Any

import pytest
import stripe

DAY = 86_400


@pytest.fixture
def running(billing: Any) -> Any:
    """A flexible subscription of 30.00 a month, ten days old."""
    made = billing.subscribe(
        billing.customer().id, billing.price(3000), billing_mode={"type": "flexible"}
    )
    billing.advance(days=10)
    return made


def test_a_pause_credits_unused_time_and_stops_billing(billing: Any, running: Any) -> None:
    paused = billing.stripe.subscriptions.pause(running.id, {"type": "subscription"})
    pending = billing.stripe.invoice_items.list({"pending": True}).data
    billing.advance(days=60)

    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert paused["items"].data[0].current_period_end == billing.now - 60 * DAY
    assert [one.amount for one in pending] == [-2000]
    assert len(billing.invoices(running.id)) == 1
    assert billing.events("customer.subscription.paused")


def test_a_pause_may_credit_nothing(billing: Any, running: Any) -> None:
    billing.stripe.subscriptions.pause(
        running.id, {"bill_for": {"unused_time_from": {"type": "none"}}}
    )

    assert billing.stripe.invoice_items.list({"pending": True}).data == []


def test_a_pause_preview_is_the_invoice_of_the_pause(billing: Any, running: Any) -> None:
    wanted = {"invoicing_behavior": "invoice"}
    preview = billing.stripe.invoices.create_preview(
        {"subscription": running.id, "subscription_details": {"pause": wanted}}
    )

    paused = billing.stripe.subscriptions.pause(running.id, wanted)

    invoice = billing.stripe.invoices.retrieve(paused.latest_invoice)
    assert preview.total == invoice.total == -2000


def test_a_pause_that_invoices_nothing_has_no_preview(billing: Any, running: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        billing.stripe.invoices.create_preview(
            {
                "subscription": running.id,
                "subscription_details": {"pause": {"type": "subscription"}},
            }
        )

    assert refused.value.http_status == 404


def test_resuming_bills_a_new_period_and_waits_for_payment(billing: Any, running: Any) -> None:
    billing.stripe.subscriptions.pause(
        running.id, {"bill_for": {"unused_time_from": {"type": "none"}}}
    )
    billing.advance(days=20)

    waiting = billing.stripe.subscriptions.resume(running.id)
    billing.stripe.invoices.pay(waiting.latest_invoice)

    resumed = billing.stripe.subscriptions.retrieve(running.id)
    assert (waiting.status, resumed.status) == ("paused", "active")
    assert resumed.billing_cycle_anchor == billing.now
    assert "status_details" not in resumed
    assert billing.events("customer.subscription.resumed")


def test_resume_on_payment_success_pays_in_the_request(billing: Any, running: Any) -> None:
    billing.stripe.subscriptions.pause(running.id)

    resumed = billing.stripe.subscriptions.resume(
        running.id, {"payment_behavior": "resume_on_payment_success"}
    )

    # 30.00 for the new period less the 20.00 that the pause credited.
    assert resumed.status == "active"
    assert billing.stripe.invoices.retrieve(resumed.latest_invoice).amount_paid == 1000


def test_an_unpaid_resumption_is_void_after_23_hours_and_stays_paused(
    billing: Any, running: Any
) -> None:
    billing.stripe.subscriptions.pause(running.id)
    waiting = billing.stripe.subscriptions.resume(running.id)

    billing.advance(days=1)

    assert billing.stripe.invoices.retrieve(waiting.latest_invoice).status == "void"
    assert billing.stripe.subscriptions.retrieve(running.id).status == "paused"


@pytest.mark.parametrize(
    "params",
    [
        {"billing_mode": {"type": "classic"}},
        {"collection_method": "send_invoice", "days_until_due": 7},
        {"trial_period_days": 7},
    ],
)
def test_what_stripe_does_not_pause_is_refused(billing: Any, params: dict[str, Any]) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(3000),
        **({"billing_mode": {"type": "flexible"}} | params),
    )

    with pytest.raises(stripe.InvalidRequestError, match="cannot be paused"):
        billing.stripe.subscriptions.pause(made.id)


def test_only_a_paused_subscription_can_be_resumed(billing: Any, running: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="not paused"):
        billing.stripe.subscriptions.resume(running.id)
