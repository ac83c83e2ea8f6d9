"""Checkout in subscription mode: what is due now, what begins, and what an end undoes."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.selling.test_quotes import DAY, by_usage, monthly, one_off, vat
from tests.sandbox.stripe.test_checkout import BACK, FILLED

REFUSED = stripe.InvalidRequestError


def subscribe(shop: Shop, *prices: str, **more: Any) -> Any:
    """A session that sells one of each price."""
    lines = [{"price": price, "quantity": 1} for price in prices]
    wanted = {"mode": "subscription", "line_items": lines}
    return shop.api.checkout.sessions.create(wanted | BACK | more)


def done(shop: Shop, session: Any) -> Any:
    """The session as it is now."""
    return shop.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "invoice"]})


def press(shop: Shop, session: Any, **form: str) -> Any:
    """The payer's press of the button."""
    return shop.browser.post(path_of(session.url), data=FILLED | form)


def test_a_card_starts_the_subscription(shop: Shop) -> None:
    made = subscribe(
        shop,
        monthly(shop),
        one_off(shop),
        subscription_data={"description": "Members", "metadata": {"plan": "a"}},
    )

    answer = press(shop, made)

    found = done(shop, made)
    assert answer.location.startswith("https://shop.example/ok")
    assert (found.status, found.payment_status, found.payment_intent) == ("complete", "paid", None)
    assert (found.subscription.status, found.subscription.description) == ("active", "Members")
    assert found.subscription.metadata["plan"] == "a"
    assert (found.invoice.status, found.invoice.total) == ("paid", made.amount_total)
    methods = shop.api.payment_methods.list({"customer": found.customer}).data
    assert [found.subscription.default_payment_method] == [one.id for one in methods]


def test_a_line_billed_by_usage_says_null_for_its_quantity(shop: Shop) -> None:
    made = subscribe(shop, line_items=[{"price": by_usage(shop)}])

    press(shop, made)

    shown = shop.api.checkout.sessions.line_items.list(made.id).data[0].to_dict()
    assert (shown["quantity"], shown["adjustable_quantity"]) == (None, None)
    assert done(shop, made).subscription.status == "active"


def test_events_tell_of_the_subscription_and_then_of_the_session(shop: Shop) -> None:
    press(shop, subscribe(shop, monthly(shop)))

    seen = shop.events()
    assert seen.index("invoice.paid") < seen.index("checkout.session.completed")
    assert seen.count("checkout.session.completed") == 1
    assert seen.count("customer.subscription.created") == 1


def test_a_declined_card_begins_nothing_and_another_pays_the_same_invoice(shop: Shop) -> None:
    made = subscribe(shop, monthly(shop))
    declined = press(shop, made, number="4000000000000002")
    before = done(shop, made)

    press(shop, made)

    assert declined.status_code == 402
    assert (before.status, before.subscription) == ("open", None)
    assert done(shop, made).subscription.status == "active"
    everything = shop.api.subscriptions.list({"status": "all"}).data
    assert len(everything) == 1


def test_a_bank_that_asks_starts_it_after_its_answer(shop: Shop) -> None:
    made = subscribe(shop, monthly(shop))
    to_bank = press(shop, made, number="4000002760003184")

    back = shop.browser.post(path_of(to_bank.location), data={"complete": "yes"})
    done_page = shop.browser.get(path_of(back.location))

    assert done_page.location.startswith("https://shop.example/ok")
    assert done(shop, made).subscription.status == "active"


def test_an_end_undoes_what_waited_for_the_bank(shop: Shop) -> None:
    made = subscribe(shop, monthly(shop))
    press(shop, made, number="4000002760003184")

    shop.api.checkout.sessions.expire(made.id)

    subscription = shop.api.subscriptions.list({"status": "all"}).data[0]
    invoice = shop.api.invoices.list().data[0]
    assert (subscription.status, invoice.status) == ("incomplete_expired", "void")
    assert done(shop, made).subscription is None


def test_a_debit_starts_it_unpaid(shop: Shop) -> None:
    made = subscribe(shop, monthly(shop))
    debit = {"type": "sepa_debit", "iban": "ES07 0012 0345 0300 0006 7890"}
    press(shop, made, **debit)
    before = done(shop, made)

    shop.sandbox.advance(4 * DAY)

    assert (before.status, before.payment_status) == ("complete", "unpaid")
    assert before.subscription.status == "active"
    assert done(shop, made).payment_status == "paid"
    assert shop.events()[-1] == "checkout.session.async_payment_succeeded"


def test_a_trial_saves_the_card_and_takes_nothing(shop: Shop) -> None:
    made = subscribe(shop, monthly(shop), subscription_data={"trial_period_days": 7})

    press(shop, made)

    found = done(shop, made)
    assert (made.amount_total, found.payment_status) == (0, "no_payment_required")
    assert found.subscription.status == "trialing"
    assert found.subscription.default_payment_method
    assert shop.charges() == []


def test_a_trial_may_do_without_a_card(shop: Shop) -> None:
    made = subscribe(
        shop,
        monthly(shop),
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        },
    )
    page = shop.browser.get(path_of(made.url)).text

    shop.browser.post(path_of(made.url), data={"email": "ana@example.com"})
    trialing = done(shop, made).subscription.status
    shop.sandbox.advance(8 * DAY)

    assert 'name="number"' not in page
    assert trialing == "trialing"
    assert done(shop, made).subscription.status == "canceled"


@pytest.mark.parametrize(
    ("coupon", "rate"),
    [
        ({"percent_off": 33.33}, 21),
        ({"amount_off": 333, "currency": "eur"}, 5.2),
        ({"percent_off": 10, "duration": "forever"}, 0),
    ],
)
def test_sums_equal_the_first_invoice_to_the_cent(
    shop: Shop, coupon: dict[str, Any], rate: float
) -> None:
    taxes = [vat(shop, rate), vat(shop, 4, inclusive=True)]
    lines = [
        {"price": monthly(shop, 999), "quantity": 3, "tax_rates": [vat(shop, 10)]},
        {"price": one_off(shop, 1), "quantity": 7},
        {"price": monthly(shop, 3333, "Extra"), "quantity": 1},
    ]
    made = subscribe(
        shop,
        line_items=lines,
        subscription_data={"default_tax_rates": taxes},
        discounts=[{"coupon": shop.api.coupons.create(coupon).id}],
    )

    press(shop, made)

    invoice = done(shop, made).invoice
    assert made.amount_total == invoice.total
    assert made.total_details.amount_tax == sum(one.amount for one in invoice.total_taxes)
    off = sum(one.amount for one in invoice.total_discount_amounts)
    assert made.total_details.amount_discount == off


@pytest.mark.parametrize("behavior", ["create_prorations", "none"])
def test_a_fixed_billing_day_costs_the_time_until_then(shop: Shop, behavior: str) -> None:
    anchor = shop.sandbox.clock.now() + 10 * DAY
    data = {"billing_cycle_anchor": anchor, "proration_behavior": behavior}
    made = subscribe(shop, monthly(shop, 3100), subscription_data=data)

    press(shop, made)

    found = done(shop, made)
    assert found.subscription.billing_cycle_anchor == anchor
    assert (made.amount_total > 0) is (behavior == "create_prorations")
    assert (found.invoice.total if found.invoice else 0) == made.amount_total
    statuses = {"create_prorations": "paid", "none": "no_payment_required"}
    assert found.payment_status == statuses[behavior]


def test_a_known_customer_pays_with_a_saved_card(shop: Shop, customer: Any) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.api.payment_methods.update(method.id, {"allow_redisplay": "always"})
    made = subscribe(shop, monthly(shop), customer=customer.id)

    shop.browser.post(path_of(made.url), data={"saved": method.id})

    found = done(shop, made)
    assert found.subscription.default_payment_method == method.id
    assert found.customer == customer.id


def test_a_subscription_offers_the_default_card_first(shop: Shop, customer: Any) -> None:
    cards = [
        shop.api.payment_methods.attach(token, {"customer": customer.id}).id
        for token in ("pm_card_mastercard", "pm_card_visa")
    ]
    for card in cards:
        shop.api.payment_methods.update(card, {"allow_redisplay": "always"})
    default = {"invoice_settings": {"default_payment_method": cards[0]}}
    shop.api.customers.update(customer.id, default)

    page = shop.browser.get(path_of(subscribe(shop, monthly(shop), customer=customer.id).url))

    assert "•••• 4444" in page.text


def test_inline_prices_are_subscribed_to(shop: Shop) -> None:
    data = {
        "currency": "eur",
        "unit_amount": 1500,
        "recurring": {"interval": "year"},
        "product_data": {"name": "Club"},
    }
    made = subscribe(shop, line_items=[{"price_data": data, "quantity": 2}])

    press(shop, made)

    assert done(shop, made).invoice.total == 3000


def test_usage_is_sold_without_a_quantity(shop: Shop) -> None:
    lines = [{"price": by_usage(shop)}, {"price": monthly(shop), "quantity": 1}]
    made = subscribe(shop, line_items=lines)

    press(shop, made)

    assert (made.amount_total, done(shop, made).subscription.status) == (1000, "active")
    with pytest.raises(REFUSED, match="Quantity is required"):
        subscribe(shop, line_items=[{"price": monthly(shop)}])


DATA = "subscription_data"


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"customer_creation": "always"}, "customer_creation", None),
        ({"invoice_creation": {"enabled": True}}, "invoice_creation", None),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data", None),
        ({DATA: {"trial_end": 1}}, f"{DATA}[trial_end]", None),
        ({DATA: {"trial_period_days": 0}}, f"{DATA}[trial_period_days]", None),
        (
            {DATA: {"trial_period_days": 3, "billing_cycle_anchor": 9_999_999_999}},
            f"{DATA}[billing_cycle_anchor]",
            None,
        ),
        ({DATA: {"proration_behavior": "none"}}, f"{DATA}[proration_behavior]", None),
        (
            {DATA: {"application_fee_percent": 1}},
            f"{DATA}[application_fee_percent]",
            "sandbox_unsupported",
        ),
        ({DATA: {"on_behalf_of": "acct_1"}}, f"{DATA}[on_behalf_of]", "sandbox_unsupported"),
    ],
)
def test_what_a_subscription_does_not_take_is_named(
    shop: Shop, more: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(REFUSED) as caught:
        subscribe(shop, monthly(shop), **more)

    assert (caught.value.param, caught.value.code) == (param, code)


def test_intervals_are_not_mixed(shop: Shop) -> None:
    yearly = one_off(shop, recurring={"interval": "year"})

    with pytest.raises(REFUSED) as caught:
        subscribe(shop, monthly(shop), yearly)

    assert caught.value.code == "sandbox_unsupported"
