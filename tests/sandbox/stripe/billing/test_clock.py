"""What the clock does: renewals, dunning, trials, ends, and once each in order."""

from datetime import UTC, datetime
from typing import Any

import pytest

DAY = 86_400


def day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def test_a_renewal_is_a_draft_for_an_hour_and_then_paid(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    billing.advance(days=30)
    draft = billing.invoices(made.id)[0]
    billing.advance(seconds=3600)

    paid = billing.invoices(made.id)[0]
    renewed = billing.stripe.subscriptions.retrieve(made.id)
    assert (draft.status, draft.billing_reason) == ("draft", "subscription_cycle")
    assert (paid.id, paid.status, paid.amount_paid) == (draft.id, "paid", 1000)
    assert day(renewed["items"].data[0].current_period_end) == "2026-06-01"


def test_a_renewal_says_what_it_changed(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=30)

    (event,) = billing.events("customer.subscription.updated")

    previous = event["data"]["previous_attributes"]
    assert previous["latest_invoice"] == made.latest_invoice
    old = previous["items"]["data"][0]
    assert day(old["current_period_end"]) == "2026-05-01"
    assert old["price"]["unit_amount"] == 1000
    assert set(previous) == {"items", "latest_invoice"}


def test_fourteen_months_bill_fourteen_times_once_each(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    billing.advance(days=14 * 30 + 8)

    found = billing.invoices(made.id)
    starts = [day(one.lines.data[0].period.start) for one in reversed(found)]
    assert starts == [
        *(f"2026-{month:02}-01" for month in range(4, 13)),
        *(f"2027-{month:02}-01" for month in range(1, 7)),
    ]
    assert {one.status for one in found} == {"paid"}
    assert len(billing.events("invoice.paid")) == len(found) == 15


def test_a_yearly_and_a_monthly_item_renew_each_in_its_time(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        billing.price(12000, "year"),
        billing_mode={"type": "flexible"},
    )

    billing.advance(days=31)

    assert [one.total for one in billing.invoices(made.id)] == [1000, 13000]


def test_a_card_that_stops_working_is_tried_again_and_then_the_subscription_ends(
    billing: Any,
) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")

    billing.advance(days=30, seconds=3600)
    first = billing.stripe.subscriptions.retrieve(made.id).status
    invoice = billing.invoices(made.id)[0]
    billing.advance(days=15)

    ended = billing.stripe.subscriptions.retrieve(made.id)
    last = billing.stripe.invoices.retrieve(invoice.id)
    assert first == "past_due"
    assert (
        invoice.next_payment_attempt
        == billing.events("invoice.payment_failed")[0]["created"] + 3 * DAY
    )
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert (last.attempt_count, last.status, last.auto_advance) == (4, "open", False)
    assert len(billing.events("invoice.payment_failed")) == 4


@pytest.mark.parametrize("action", ["unpaid", "past_due"])
def test_what_follows_the_last_attempt_is_a_setting(billing: Any, action: str) -> None:
    account = billing.sandbox.account(billing.account)
    account["_settings"]["final_action"] = action
    billing.sandbox.save_account(account)
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")

    billing.advance(days=50)

    assert billing.stripe.subscriptions.retrieve(made.id).status == action


def test_paying_the_open_invoice_heals_a_past_due_subscription(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")
    billing.advance(days=31)
    good = billing.give(customer.id, "pm_card_visa")

    paid = billing.stripe.invoices.pay(billing.invoices(made.id)[0].id, {"payment_method": good})

    assert paid.status == "paid"
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"
    assert billing.events("customer.subscription.updated")[-1]["data"]["previous_attributes"] == {
        "status": "past_due"
    }


def test_a_retry_with_a_new_card_succeeds_by_itself(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_chargeCustomerFail")
    billing.advance(days=31)
    billing.give(customer.id, "pm_card_visa")

    billing.advance(days=4)

    assert billing.invoices(made.id)[0].status == "paid"
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"


def test_a_trial_is_announced_and_then_billed(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000), trial_period_days=14)

    billing.advance(days=11)
    announced = billing.events("customer.subscription.trial_will_end")
    billing.advance(days=3, seconds=3600)

    after = billing.stripe.subscriptions.retrieve(made.id)
    assert len(announced) == 1
    assert (after.status, billing.invoices(made.id)[0].amount_paid) == ("active", 1000)
    assert day(after["items"].data[0].current_period_end) == "2026-05-15"


@pytest.mark.parametrize(
    ("wish", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "active")]
)
def test_a_trial_without_payment_method_ends_as_wished(
    billing: Any, wish: str, status: str
) -> None:
    made = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        trial_period_days=7,
        trial_settings={"end_behavior": {"missing_payment_method": wish}},
    )

    billing.advance(days=7)

    assert billing.stripe.subscriptions.retrieve(made.id).status == status


def test_canceling_at_period_end_ends_without_another_invoice(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    told = billing.stripe.subscriptions.update(
        made.id,
        {
            "cancel_at_period_end": True,
            "cancellation_details": {"feedback": "unused", "comment": "Too busy"},
        },
    )

    billing.advance(days=31)

    ended = billing.stripe.subscriptions.retrieve(made.id)
    assert (told.status, told.cancel_at) == ("active", made["items"].data[0].current_period_end)
    assert (ended.status, ended.ended_at) == ("canceled", told.cancel_at)
    assert ended.cancellation_details.to_dict() == {
        "comment": "Too busy",
        "feedback": "unused",
        "feedback_option": None,
        "reason": "cancellation_requested",
    }
    assert len(billing.invoices(made.id)) == 1
    assert len(billing.events("customer.subscription.deleted")) == 1


def test_taking_a_cancellation_back_renews_again(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": True})

    kept = billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": False})
    billing.advance(days=31)

    assert (kept.cancel_at, kept.canceled_at, kept.cancellation_details.reason) == (None,) * 3
    assert len(billing.invoices(made.id)) == 2


def test_flexible_cancellations_may_name_the_period_end(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), billing_mode={"type": "flexible"}
    )

    told = billing.stripe.subscriptions.update(made.id, {"cancel_at": "max_period_end"})
    kept = billing.stripe.subscriptions.update(made.id, {"cancel_at": ""})

    assert told.cancel_at == made["items"].data[0].current_period_end
    assert told.cancel_at_period_end is False
    assert kept.cancel_at is None


def test_canceling_at_once_can_credit_and_invoice_what_is_left(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=15)

    ended = billing.stripe.subscriptions.cancel(made.id, {"prorate": True, "invoice_now": True})

    assert ended.status == "canceled"
    assert billing.stripe.invoices.retrieve(ended.latest_invoice).total == -500
    assert billing.stripe.customers.retrieve(made.customer).balance == -500


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection_bills_without_collecting(
    billing: Any, behavior: str, status: str
) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.stripe.subscriptions.update(made.id, {"pause_collection": {"behavior": behavior}})

    billing.advance(days=31)

    assert billing.invoices(made.id)[0].status == status
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"


def test_paused_collection_resumes_by_itself(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.stripe.subscriptions.update(
        made.id,
        {"pause_collection": {"behavior": "void", "resumes_at": billing.now + 40 * DAY}},
    )

    billing.advance(days=62)

    assert [one.status for one in billing.invoices(made.id)] == ["paid", "void", "paid"]


def test_a_bank_debit_activates_at_once_and_is_paid_days_later(billing: Any) -> None:
    customer, method = _debtor(billing, "ES0700120345030000067890")

    made = billing.subscribe(customer, _euros(billing), default_payment_method=method)
    first = billing.stripe.invoices.retrieve(made.latest_invoice).status
    billing.advance(days=4)

    assert (made.status, first) == ("active", "open")
    assert billing.stripe.invoices.retrieve(made.latest_invoice).status == "paid"


def test_a_first_bank_debit_that_comes_back_voids_its_invoice(billing: Any) -> None:
    customer, method = _debtor(billing, "ES9121000418450200051332")

    made = billing.subscribe(customer, _euros(billing), default_payment_method=method)
    billing.advance(days=4)

    assert billing.stripe.invoices.retrieve(made.latest_invoice).status == "void"
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"
    assert billing.events("invoice.payment_failed")


def _euros(billing: Any) -> str:
    return str(billing.price(1000, currency="eur"))


def _debtor(billing: Any, iban: str) -> tuple[str, str]:
    customer = billing.customer(None)
    setup = billing.stripe.setup_intents.create(
        {
            "customer": customer.id,
            "confirm": True,
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": iban},
                "billing_details": {"name": "Ana", "email": "ana@example.com"},
            },
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
            "return_url": "https://example.com",
        }
    )
    return customer.id, setup.payment_method


def test_an_upcoming_renewal_is_announced_a_week_before(billing: Any) -> None:
    billing.subscribe(billing.customer().id, billing.price(1000))

    billing.advance(days=23)

    (event,) = billing.events("invoice.upcoming")
    assert event["data"]["object"]["amount_due"] == 1000


def test_a_repeating_coupon_ends_after_its_months(billing: Any) -> None:
    coupon = billing.stripe.coupons.create(
        {"percent_off": 50, "duration": "repeating", "duration_in_months": 2}
    )
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"coupon": coupon.id}]
    )

    billing.advance(days=92)

    assert [one.total for one in reversed(billing.invoices(made.id))] == [500, 500, 1000, 1000]
    assert billing.stripe.subscriptions.retrieve(made.id).discounts == []


def test_a_coupon_for_once_leaves_with_the_invoice_that_took_it(billing: Any) -> None:
    coupon = billing.stripe.coupons.create({"amount_off": 300, "currency": "usd"})
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    told = billing.stripe.subscriptions.update(made.id, {"discounts": [{"coupon": coupon.id}]})

    billing.advance(days=61, seconds=7200)

    assert len(told.discounts) == 1
    assert [one.total for one in reversed(billing.invoices(made.id))] == [1000, 700, 1000]
    assert billing.stripe.coupons.retrieve(coupon.id).times_redeemed == 1


def test_an_end_inside_a_later_period_shortens_and_prorates_that_period(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(3100))
    end = billing.now + 30 * DAY + 10 * DAY

    billing.stripe.subscriptions.update(made.id, {"cancel_at": end})
    preview = billing.stripe.invoices.create_preview({"subscription": made.id})
    billing.advance(days=45)

    # Ten of the 31 days of May.
    ended = billing.stripe.subscriptions.retrieve(made.id)
    assert (preview.total, billing.invoices(made.id)[0].total) == (1000, 1000)
    assert (ended.status, ended.ended_at) == ("canceled", end)


def test_an_unpaid_sent_invoice_leaves_the_subscription_past_due(billing: Any) -> None:
    made = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        collection_method="send_invoice",
        days_until_due=5,
    )

    billing.advance(days=50)

    assert billing.stripe.subscriptions.retrieve(made.id).status == "past_due"


def test_a_renewal_that_needs_the_holder_is_paid_on_the_hosted_page(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.give(customer.id, "pm_card_authenticationRequired")
    billing.advance(days=30, seconds=3600)
    late = billing.stripe.subscriptions.retrieve(made.id).status
    invoice = billing.invoices(made.id)[0]

    page = invoice.hosted_invoice_url.removeprefix("http://127.0.0.1:8001")
    billing.app.test_client().post(
        page,
        data={
            "type": "card",
            "number": "4242424242424242",
            "exp": "12/34",
            "cvc": "123",
            "name": "Ana",
        },
    )

    assert billing.events("invoice.payment_action_required")
    assert late == "past_due"
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"


def test_a_bank_debit_of_a_renewal_that_comes_back_is_past_due(billing: Any) -> None:
    customer, method = _debtor(billing, "ES9121000418450200051332")
    made = billing.subscribe(
        customer, _euros(billing), default_payment_method=method, trial_period_days=5
    )

    billing.advance(days=6)
    while_processing = billing.stripe.subscriptions.retrieve(made.id).status
    billing.advance(days=3)

    assert while_processing == "active"
    assert billing.stripe.subscriptions.retrieve(made.id).status == "past_due"


def test_metered_items_are_billed_nothing_without_usage(billing: Any) -> None:
    meter = billing.stripe.billing.meters.create(
        {
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    metered = billing.price(
        10, recurring={"interval": "month", "usage_type": "metered", "meter": meter.id}
    )
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), metered, billing_mode={"type": "flexible"}
    )

    billing.advance(days=31)

    first, renewal = reversed(billing.invoices(made.id))
    assert [line.amount for line in first.lines.data] == [1000]
    assert [line.amount for line in renewal.lines.data] == [1000, 0]
    assert "quantity" not in made["items"].data[1]
