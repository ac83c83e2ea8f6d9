"""What our notes on Stripe state as facts of billing, one test for each, named in its docstring."""

from decimal import Decimal
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.calendar_rules import moment

DAY = 86_400


@pytest.fixture
def made(billing: Any) -> Any:
    """A classic subscription of 10.00 a month."""
    return billing.subscribe(billing.customer().id, billing.price(1000))


@pytest.fixture
def flexible(billing: Any) -> Any:
    """A flexible subscription of 10.00 a month."""
    return billing.subscribe(
        billing.customer().id, billing.price(1000), billing_mode={"type": "flexible"}
    )


def invoice(billing: Any, subscription: Any) -> Any:
    return billing.stripe.invoices.retrieve(subscription.latest_invoice)


def refusal(act: Any) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refused:
        act()
    return refused.value


def request(billing: Any, method: str, path: str, **data: str) -> Any:
    """A bare request with the account's key."""
    key = billing.sandbox.account(billing.account)["_secret_key"]
    return billing.app.test_client().open(
        path, method=method, data=data, headers={"Authorization": f"Bearer {key}"}
    )


def test_periods_are_on_items_only(made: Any) -> None:
    """X1"""
    assert "current_period_end" not in made
    assert made["items"].data[0].current_period_end == moment("2026-05-01")


def test_an_invoice_names_its_payments_not_an_intent(billing: Any, made: Any) -> None:
    """X2"""
    expand = {"expand": ["payments", "confirmation_secret"]}
    found = billing.stripe.invoices.retrieve(made.latest_invoice, expand)

    assert {"payment_intent", "charge", "paid"}.isdisjoint(found.to_dict())
    assert found.payments.data[0].payment.payment_intent.startswith("pi_")
    assert found.confirmation_secret.client_secret.startswith("pi_")


def test_an_intent_leads_to_its_invoice_by_its_payment(billing: Any, made: Any) -> None:
    """X3"""
    intent = billing.intent(made.latest_invoice)
    payment = {"type": "payment_intent", "payment_intent": intent.id}

    (found,) = billing.stripe.invoice_payments.list({"payment": payment}).data

    assert "invoice" not in intent
    assert found.invoice == made.latest_invoice


def test_an_invoice_and_its_lines_name_their_parents(billing: Any, made: Any) -> None:
    """X4"""
    found = invoice(billing, made)
    line = found.lines.data[0]

    assert "subscription" not in found
    assert found.parent.subscription_details.subscription == made.id
    assert line.parent.subscription_item_details.subscription_item == made["items"].data[0].id
    assert line.pricing.price_details.price == made["items"].data[0].price.id


def test_taxes_are_lists(billing: Any) -> None:
    """X5"""
    wanted = {"display_name": "VAT", "percentage": 21, "inclusive": False}
    rate = billing.stripe.tax_rates.create(wanted)
    taxed = billing.subscribe(
        billing.customer().id, billing.price(1000), default_tax_rates=[rate.id]
    )
    found = invoice(billing, taxed)

    assert {"tax", "total_tax_amounts"}.isdisjoint(found.to_dict())
    assert [one.amount for one in found.total_taxes] == [210]
    assert found.lines.data[0].taxes[0].tax_rate_details.tax_rate == rate.id


@pytest.mark.parametrize("name", ["coupon", "promotion_code"])
def test_coupons_are_given_by_discounts_only(billing: Any, name: str) -> None:
    """X6"""
    customer, price = billing.customer().id, billing.price(1000)

    error = refusal(lambda: billing.subscribe(customer, price, **{name: "TEN"}))

    assert (error.code, error.param) == ("parameter_unknown", name)


def test_a_discount_names_its_coupon_as_its_source(billing: Any) -> None:
    """X6, X7: discounts are ids unless expanded, their coupon is in `source`."""
    coupon = billing.stripe.coupons.create({"percent_off": 10, "duration": "forever"})
    code = billing.stripe.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"}
    )
    found = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"promotion_code": code.id}]
    )
    shown = billing.stripe.subscriptions.retrieve(found.id, {"expand": ["discounts"]})

    assert found.discounts == [shown.discounts[0].id]
    assert "coupon" not in shown.discounts[0]
    assert shown.discounts[0].source.coupon == code.promotion.coupon == coupon.id


def test_there_is_no_upcoming_invoice_to_get(billing: Any, made: Any) -> None:
    """X8"""
    _ = made

    assert request(billing, "GET", "/v1/invoices/upcoming").status_code == 404


def test_parts_of_a_cent_are_decimals(billing: Any) -> None:
    """X10"""
    price = billing.price(None, unit_amount_decimal="2.5")

    assert billing.stripe.prices.retrieve(price).unit_amount_decimal == Decimal("2.5")


def test_usage_records_are_gone(billing: Any, made: Any) -> None:
    """X13"""
    item = made["items"].data[0].id

    answer = request(billing, "POST", f"/v1/subscription_items/{item}/usage_records", quantity="1")

    assert answer.status_code == 404


@pytest.mark.parametrize("act", ["update", "resume", "create_preview"])
def test_the_anchor_is_an_object(billing: Any, flexible: Any, act: str) -> None:
    """N8, X16"""
    calls = {
        "update": lambda: billing.stripe.subscriptions.update(
            flexible.id, {"billing_cycle_anchor": "now"}
        ),
        "resume": lambda: billing.stripe.subscriptions.resume(
            flexible.id, {"billing_cycle_anchor": "now"}
        ),
        "create_preview": lambda: billing.stripe.invoices.create_preview(
            {
                "subscription": flexible.id,
                "subscription_details": {"billing_cycle_anchor": "now"},
            }
        ),
    }

    assert "billing_cycle_anchor" in refusal(calls[act]).param


def test_payment_method_types_of_subscriptions_stay_writable(billing: Any) -> None:
    """N7: only intents and Checkout lost them."""
    found = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        payment_settings={"payment_method_types": ["card"]},
    )

    assert billing.intent(found.latest_invoice).payment_method_types == ["card"]


def test_billing_mode_goes_one_way(billing: Any, made: Any) -> None:
    """X20"""
    modes = billing.stripe.subscriptions
    moved = modes.migrate(made.id, {"billing_mode": {"type": "flexible"}})

    error = refusal(lambda: modes.migrate(made.id, {"billing_mode": {"type": "classic"}}))

    assert moved.billing_mode.to_dict() == {
        "type": "flexible",
        "flexible": {"proration_discounts": "included"},
        "updated_at": billing.now,
    }
    assert error.http_status == 400


def test_the_anchor_of_flexible_mode_stays_when_free_becomes_paid(billing: Any) -> None:
    """X21"""
    free = billing.subscribe(
        billing.customer().id, billing.price(0), billing_mode={"type": "flexible"}
    )
    billing.advance(days=12)
    items = [{"id": free["items"].data[0].id, "price": billing.price(1000)}]

    changed = billing.stripe.subscriptions.update(free.id, {"items": items})

    assert changed.billing_cycle_anchor == free.billing_cycle_anchor


@pytest.mark.parametrize(
    ("behavior", "card", "status"),
    [
        ("allow_incomplete", "pm_card_chargeCustomerFail", "past_due"),
        ("default_incomplete", "pm_card_visa", "past_due"),
        ("pending_if_incomplete", "pm_card_chargeCustomerFail", "active"),
    ],
)
def test_payment_behavior_decides_what_a_change_waits_for(
    billing: Any, made: Any, behavior: str, card: str, status: str
) -> None:
    """X24"""
    billing.give(made.customer, card)
    billing.advance(days=10)
    items = [{"id": made["items"].data[0].id, "price": billing.price(2000)}]

    changed = billing.stripe.subscriptions.update(
        made.id,
        {"items": items, "proration_behavior": "always_invoice", "payment_behavior": behavior},
    )

    assert changed.status == status
    assert (changed.pending_update is not None) == (behavior == "pending_if_incomplete")


def test_error_if_incomplete_leaves_all_as_it_was(billing: Any, made: Any) -> None:
    """X24"""
    billing.give(made.customer, "pm_card_chargeCustomerFail")
    billing.advance(days=10)
    items = [{"id": made["items"].data[0].id, "price": billing.price(2000)}]
    wanted = {"items": items, "proration_behavior": "always_invoice"}
    wanted["payment_behavior"] = "error_if_incomplete"

    error = refusal(lambda: billing.stripe.subscriptions.update(made.id, wanted))

    kept = billing.stripe.subscriptions.retrieve(made.id)
    assert error.http_status == 402
    assert (kept.status, kept["items"].data[0].price.unit_amount) == ("active", 1000)


@pytest.mark.parametrize(
    "params",
    [
        {"metadata": {"a": "b"}},
        {"discounts": ""},
        {"cancel_at": 1_900_000_000},
        {"default_payment_method": "pm_1"},
    ],
)
def test_a_pending_update_takes_few_parameters(
    billing: Any, made: Any, params: dict[str, Any]
) -> None:
    """Y6"""
    wanted = {"payment_behavior": "pending_if_incomplete", **params}

    error = refusal(lambda: billing.stripe.subscriptions.update(made.id, wanted))

    assert (error.http_status, error.param) == (400, next(iter(params)))


def test_an_invoice_has_no_address_until_it_is_finalized(billing: Any) -> None:
    """X26"""
    customer = billing.customer()
    billing.stripe.invoice_items.create(
        {"customer": customer.id, "amount": 1000, "currency": "usd"}
    )
    draft = billing.stripe.invoices.create(
        {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )

    opened = billing.stripe.invoices.finalize_invoice(draft.id)

    assert (draft.hosted_invoice_url, draft.invoice_pdf) == (None, None)
    assert opened.hosted_invoice_url is not None
    assert opened.invoice_pdf is not None


def test_an_uncollectible_invoice_says_why(billing: Any, made: Any) -> None:
    """X26"""
    open_ = billing.subscribe(
        made.customer, billing.price(900), payment_behavior="default_incomplete"
    )

    given_up = billing.stripe.invoices.mark_uncollectible(open_.latest_invoice)

    assert given_up.status_details.uncollectible.reason is None


def test_paying_an_invoice_is_off_session_unless_told_otherwise(billing: Any) -> None:
    """X27"""
    customer = billing.customer("pm_card_authenticationRequired")
    open_ = billing.subscribe(
        customer.id, billing.price(1000), payment_behavior="default_incomplete"
    )

    away = refusal(lambda: billing.stripe.invoices.pay(open_.latest_invoice))
    here = refusal(
        lambda: billing.stripe.invoices.pay(open_.latest_invoice, {"off_session": False})
    )

    assert (away.code, here.code) == (
        "authentication_required",
        "invoice_payment_intent_requires_action",
    )


def test_payments_are_not_attached_to_charged_subscription_invoices(billing: Any) -> None:
    """X27"""
    customer = billing.customer()
    open_ = billing.subscribe(
        customer.id, billing.price(1000), payment_behavior="default_incomplete"
    )
    intent = billing.stripe.payment_intents.create(
        {"amount": 1000, "currency": "usd", "customer": customer.id}
    )

    error = refusal(
        lambda: billing.stripe.invoices.attach_payment(
            open_.latest_invoice, {"payment_intent": intent.id}
        )
    )

    assert "not supported" in str(error)


def test_canceled_subscriptions_are_listed_when_asked_for(billing: Any, made: Any) -> None:
    """X28"""
    listed = billing.stripe.subscriptions.list
    billing.stripe.subscriptions.cancel(made.id)

    assert [len(listed(wish).data) for wish in ({}, {"status": "all"}, {"status": "ended"})] == [
        0,
        1,
        1,
    ]


def test_a_cancellation_has_a_reason_of_stripes_and_words_of_the_customers(
    billing: Any, made: Any
) -> None:
    """R1, R2, R3"""
    ended = billing.stripe.subscriptions.cancel(
        made.id, {"cancellation_details": {"feedback": "too_expensive", "comment": "Sorry"}}
    )

    assert ended.cancellation_details.to_dict() == {
        "reason": "cancellation_requested",
        "feedback": "too_expensive",
        "comment": "Sorry",
        "feedback_option": None,
    }


def test_a_scheduled_end_of_classic_mode_is_taken_back_by_its_flag(billing: Any, made: Any) -> None:
    """R7, R8"""
    told = billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": True})
    kept = billing.stripe.subscriptions.update(made.id, {"cancel_at_period_end": False})

    assert (told.cancel_at_period_end, told.cancel_at) == (True, moment("2026-05-01"))
    assert (kept.cancel_at_period_end, kept.cancel_at) == (False, None)


def test_a_scheduled_end_of_flexible_mode_is_a_date(billing: Any, flexible: Any) -> None:
    """R7, R8"""
    told = billing.stripe.subscriptions.update(flexible.id, {"cancel_at": "max_period_end"})
    kept = billing.stripe.subscriptions.update(flexible.id, {"cancel_at": ""})

    assert (told.cancel_at_period_end, told.cancel_at) == (False, moment("2026-05-01"))
    assert kept.cancel_at is None


def test_canceling_at_once_neither_credits_nor_invoices_by_itself(billing: Any, made: Any) -> None:
    """R10"""
    billing.advance(days=10)

    billing.stripe.subscriptions.cancel(made.id)

    assert len(billing.invoices(made.id)) == 1
    assert billing.stripe.invoice_items.list({"pending": True}).data == []


def test_a_coupon_for_once_is_forgotten_when_its_invoice_is_finalized(billing: Any) -> None:
    """R11"""
    coupon = billing.stripe.coupons.create({"percent_off": 20})

    found = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"coupon": coupon.id}]
    )

    assert (found.discounts, invoice(billing, found).total) == ([], 800)


def test_discounts_replace_one_another(billing: Any, made: Any) -> None:
    """R12"""
    first, second = (
        billing.stripe.coupons.create({"percent_off": percent, "duration": "forever"}).id
        for percent in (10, 20)
    )
    update = billing.stripe.subscriptions.update
    one = update(made.id, {"discounts": [{"coupon": first}]}).discounts
    kept = update(made.id, {"metadata": {"a": "b"}}).discounts
    both = update(made.id, {"discounts": [{"discount": one[0]}, {"coupon": second}]}).discounts
    other = update(made.id, {"discounts": [{"coupon": second}]}).discounts
    none = update(made.id, {"discounts": ""}).discounts

    assert kept == one
    assert both == [one[0], *other]
    assert none == []


@pytest.mark.parametrize(
    ("worth", "words"),
    [
        ({"percent_off": 10, "redeem_by": moment("2026-04-02")}, "expired"),
        ({"amount_off": 100, "currency": "eur"}, "cannot be applied"),
    ],
)
def test_a_coupon_that_does_not_hold_is_refused(
    billing: Any, made: Any, worth: dict[str, Any], words: str
) -> None:
    """R13"""
    coupon = billing.stripe.coupons.create(worth).id
    billing.advance(days=1)

    error = refusal(
        lambda: billing.stripe.subscriptions.update(made.id, {"discounts": [{"coupon": coupon}]})
    )

    assert words in str(error)


def test_a_coupon_is_redeemed_as_often_as_it_may_be(billing: Any, made: Any) -> None:
    """R13"""
    coupon = billing.stripe.coupons.create({"percent_off": 10, "max_redemptions": 1})
    wanted = {"discounts": [{"coupon": coupon.id}]}
    billing.stripe.subscriptions.update(made.id, wanted)
    billing.stripe.subscriptions.update(made.id, {"discounts": ""})

    error = refusal(lambda: billing.stripe.subscriptions.update(made.id, wanted))

    assert billing.stripe.coupons.retrieve(coupon.id).valid is False
    assert "expired" in str(error)


@pytest.mark.parametrize("state", ["paused", "canceled", "scheduled"])
def test_what_cannot_be_paused_is_refused(billing: Any, flexible: Any, state: str) -> None:
    """P1"""
    steps = {
        "paused": lambda: billing.stripe.subscriptions.pause(flexible.id),
        "canceled": lambda: billing.stripe.subscriptions.cancel(flexible.id),
        "scheduled": lambda: billing.stripe.subscription_schedules.create(
            {"from_subscription": flexible.id}
        ),
    }
    steps[state]()

    error = refusal(lambda: billing.stripe.subscriptions.pause(flexible.id))

    assert "cannot be paused" in str(error)


def test_a_paused_subscription_takes_no_schedule(billing: Any, flexible: Any) -> None:
    """P1"""
    billing.stripe.subscriptions.pause(flexible.id)

    error = refusal(
        lambda: billing.stripe.subscription_schedules.create({"from_subscription": flexible.id})
    )

    assert error.param == "from_subscription"


def test_a_pause_cuts_the_period_and_says_why(billing: Any, flexible: Any) -> None:
    """P2"""
    billing.advance(days=10)

    paused = billing.stripe.subscriptions.pause(flexible.id)

    assert paused["items"].data[0].current_period_end == billing.now
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert paused.status_details.paused.transitioned_at == billing.now


def test_a_coupons_time_runs_on_during_a_pause(billing: Any) -> None:
    """P1"""
    coupon = billing.stripe.coupons.create(
        {"percent_off": 50, "duration": "repeating", "duration_in_months": 2}
    )
    found = billing.subscribe(
        billing.customer().id,
        billing.price(1000),
        billing_mode={"type": "flexible"},
        discounts=[{"coupon": coupon.id}],
    )
    billing.stripe.subscriptions.pause(
        found.id, {"bill_for": {"unused_time_from": {"type": "none"}}}
    )
    billing.advance(days=70)

    resumed = billing.stripe.subscriptions.resume(
        found.id, {"payment_behavior": "resume_on_payment_success"}
    )

    assert invoice(billing, resumed).total == 1000


def test_a_failed_attempt_to_resume_is_past_due_and_not_retried(
    billing: Any, flexible: Any
) -> None:
    """P4"""
    billing.stripe.subscriptions.pause(
        flexible.id, {"bill_for": {"unused_time_from": {"type": "none"}}}
    )
    bad = billing.give(flexible.customer, "pm_card_chargeCustomerFail")
    waiting = billing.stripe.subscriptions.resume(flexible.id)
    refusal(lambda: billing.stripe.invoices.pay(waiting.latest_invoice, {"payment_method": bad}))
    billing.advance(days=20)

    found = billing.stripe.invoices.retrieve(waiting.latest_invoice)
    assert billing.stripe.subscriptions.retrieve(flexible.id).status == "past_due"
    assert (found.attempt_count, found.next_payment_attempt) == (1, None)


def test_resuming_on_success_needs_flexible_mode(billing: Any) -> None:
    """P4"""
    trial = billing.subscribe(
        billing.customer(None).id,
        billing.price(1000),
        trial_period_days=3,
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )
    billing.advance(days=4)

    error = refusal(
        lambda: billing.stripe.subscriptions.resume(
            trial.id, {"payment_behavior": "resume_on_payment_success"}
        )
    )

    assert error.param == "payment_behavior"


def test_pausing_collection_changes_no_status(billing: Any, made: Any) -> None:
    """P5"""
    changed = billing.stripe.subscriptions.update(
        made.id,
        {"pause_collection": {"behavior": "keep_as_draft", "resumes_at": billing.now + DAY}},
    )

    assert changed.status == "active"
    assert changed.pause_collection.to_dict() == {
        "behavior": "keep_as_draft",
        "resumes_at": billing.now + DAY,
    }


def test_all_states_of_an_ended_subscription_are_closed(billing: Any, made: Any) -> None:
    """L23"""
    billing.stripe.subscriptions.cancel(made.id)

    again = refusal(lambda: billing.stripe.subscriptions.cancel(made.id))
    changed = refusal(lambda: billing.stripe.subscriptions.update(made.id, {"description": "A"}))

    assert (again.http_status, again.code) == (404, "resource_missing")
    assert "cancellation_details and metadata" in str(changed)
