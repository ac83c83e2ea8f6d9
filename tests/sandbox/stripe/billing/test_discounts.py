"""Coupons and promotion codes on subscriptions: who may, how often, on what."""

from typing import Any

import pytest
import stripe


def coupon(billing: Any, **params: Any) -> str:
    return str(billing.stripe.coupons.create({"duration": "forever", **params}).id)


def first_total(billing: Any, *prices: str, **params: Any) -> int:
    made = billing.subscribe(billing.customer().id, *prices, **params)
    return int(billing.stripe.invoices.retrieve(made.latest_invoice).total)


def test_order_decides_when_percent_and_amount_are_stacked(billing: Any) -> None:
    percent = coupon(billing, percent_off=20)
    amount = coupon(billing, amount_off=500, currency="usd")
    price = billing.price(10000)

    totals = [
        first_total(billing, price, discounts=[{"coupon": one}, {"coupon": other}])
        for one, other in [(percent, amount), (amount, percent)]
    ]

    assert totals == [7500, 7600]


def test_a_coupon_for_one_product_leaves_the_other(billing: Any) -> None:
    cheap, dear = billing.price(1000), billing.price(2000)
    product = billing.stripe.prices.retrieve(dear).product
    half = coupon(billing, percent_off=50, applies_to={"products": [product]})

    assert first_total(billing, cheap, dear, discounts=[{"coupon": half}]) == 2000


def test_an_items_own_discount_comes_before_the_subscriptions(billing: Any) -> None:
    half, tenth = coupon(billing, percent_off=50), coupon(billing, percent_off=10)
    customer = billing.customer()

    made = billing.stripe.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": billing.price(1000), "discounts": [{"coupon": half}]}],
            "discounts": [{"coupon": tenth}],
        }
    )

    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert (invoice.subtotal, invoice.total) == (500, 450)
    assert [one.amount for one in invoice.total_discount_amounts] == [500, 50]


def test_discounts_can_be_expanded_to_their_coupon(billing: Any) -> None:
    tenth = coupon(billing, percent_off=10)
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"coupon": tenth}]
    )

    shown = billing.stripe.subscriptions.retrieve(made.id, {"expand": ["discounts.source.coupon"]})

    assert shown.discounts[0].source.coupon.percent_off == 10
    assert shown.discounts[0].subscription == made.id


def test_a_list_of_discounts_replaces_the_old_ones_and_keeps_those_named(billing: Any) -> None:
    tenth, half = coupon(billing, percent_off=10), coupon(billing, percent_off=50)
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"coupon": tenth}]
    )
    update = billing.stripe.subscriptions.update

    both = update(made.id, {"discounts": [{"discount": made.discounts[0]}, {"coupon": half}]})
    same = update(made.id, {"metadata": {"a": "b"}})
    none = update(made.id, {"discounts": ""})

    assert both.discounts[0] == made.discounts[0]
    assert same.discounts == both.discounts
    assert (len(both.discounts), none.discounts) == (2, [])
    assert len(billing.events("customer.discount.created")) == 2
    assert len(billing.events("customer.discount.deleted")) == 2


def test_adding_a_discount_alone_prorates_nothing(billing: Any) -> None:
    made = billing.subscribe(billing.customer().id, billing.price(1000))
    billing.advance(days=10)

    billing.stripe.subscriptions.update(
        made.id,
        {
            "discounts": [{"coupon": coupon(billing, percent_off=50)}],
            "proration_behavior": "always_invoice",
        },
    )

    assert len(billing.invoices(made.id)) == 1
    assert billing.stripe.invoice_items.list({"pending": True}).data == []


def test_a_preview_with_a_coupon_redeems_nothing(billing: Any) -> None:
    half = coupon(billing, percent_off=50)
    made = billing.subscribe(billing.customer().id, billing.price(1000))

    shown = billing.stripe.invoices.create_preview(
        {"subscription": made.id, "discounts": [{"coupon": half}]}
    )

    assert shown.total == 500
    assert billing.stripe.coupons.retrieve(half).times_redeemed == 0
    assert billing.stripe.subscriptions.retrieve(made.id).discounts == []


def test_a_coupon_is_spent_after_its_redemptions(billing: Any) -> None:
    once = coupon(billing, percent_off=50, max_redemptions=1)
    price = billing.price(1000)
    first_total(billing, price, discounts=[{"coupon": once}])

    with pytest.raises(stripe.InvalidRequestError) as refused:
        first_total(billing, price, discounts=[{"coupon": once}])

    assert refused.value.code == "coupon_expired"


def test_an_amount_in_another_currency_is_refused(billing: Any) -> None:
    euros = coupon(billing, amount_off=500, currency="eur")
    price = billing.price(1000)

    with pytest.raises(stripe.InvalidRequestError, match="is in eur"):
        first_total(billing, price, discounts=[{"coupon": euros}])


def test_a_promotion_code_may_be_for_one_customer_or_the_first_order(billing: Any) -> None:
    half = coupon(billing, percent_off=50)
    ana, eve = billing.customer(), billing.customer()
    price = billing.price(1000)
    create = billing.stripe.promotion_codes.create
    promotion = {"type": "coupon", "coupon": half}
    hers = create({"promotion": promotion, "code": "ANA", "customer": ana.id})
    first = create(
        {
            "promotion": promotion,
            "code": "FIRST",
            "restrictions": {"first_time_transaction": True},
        }
    )

    made = billing.subscribe(ana.id, price, discounts=[{"promotion_code": hers.id}])

    assert billing.stripe.invoices.retrieve(made.latest_invoice).total == 500
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed by this customer"):
        billing.subscribe(eve.id, price, discounts=[{"promotion_code": hers.id}])
    with pytest.raises(stripe.InvalidRequestError, match="prior transactions"):
        billing.subscribe(ana.id, price, discounts=[{"promotion_code": first.id}])
    assert billing.subscribe(eve.id, price, discounts=[{"promotion_code": first.id}]).discounts


def test_the_same_coupon_twice_is_refused(billing: Any) -> None:
    half = coupon(billing, percent_off=50)
    price = billing.price(1000)

    with pytest.raises(stripe.InvalidRequestError, match="unique"):
        first_total(billing, price, discounts=[{"coupon": half}, {"coupon": half}])


def test_a_deleted_coupon_goes_on_where_it_was_given(billing: Any) -> None:
    half = coupon(billing, percent_off=50)
    made = billing.subscribe(
        billing.customer().id, billing.price(1000), discounts=[{"coupon": half}]
    )
    billing.stripe.coupons.delete(half)

    billing.advance(days=31)

    assert billing.invoices(made.id)[0].total == 500
