"""Plans: the prices of older clients."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

REFUSED = stripe.InvalidRequestError
MONTHLY = {"currency": "eur", "interval": "month", "amount": 2000}


def plan(shop: Shop, **more: Any) -> Any:
    """A plan of 20.00 a month, with a product of its own."""
    return shop.api.plans.create({**MONTHLY, "product": {"name": "Club"}} | more)


def told(shop: Shop) -> list[str]:
    """The events so far of plans and prices."""
    return [one for one in shop.events() if one.startswith(("plan.", "price."))]


def test_a_plan_is_a_price(shop: Shop) -> None:
    made = plan(shop, interval_count=3, trial_period_days=7)

    price = shop.api.prices.retrieve(made.id, {"expand": ["product"]})

    assert (price.unit_amount, price.type, price.product.name) == (2000, "recurring", "Club")
    assert (price.recurring.interval_count, price.recurring.trial_period_days) == (3, 7)


def test_a_recurring_price_is_a_plan_and_one_paid_once_is_not(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Club"}).id
    once = {"currency": "eur", "unit_amount": 500, "product": product}
    monthly = shop.api.prices.create({**once, "recurring": {"interval": "month"}})
    single = shop.api.prices.create(once)

    assert shop.api.plans.retrieve(monthly.id).amount == 500
    assert [one.id for one in shop.api.plans.list().data] == [monthly.id]
    with pytest.raises(REFUSED, match=f"No such plan: '{single.id}'"):
        shop.api.plans.retrieve(single.id)


def test_plan_and_price_are_told_of_together(shop: Shop) -> None:
    made = plan(shop)
    shop.api.plans.update(made.id, {"metadata": {"a": "b"}})
    shop.api.prices.update(made.id, {"tax_behavior": "exclusive"})
    shop.api.plans.delete(made.id)

    assert told(shop) == [
        "plan.created",
        "price.created",
        "plan.updated",
        "price.updated",
        "price.updated",
        "plan.deleted",
        "price.deleted",
    ]
    updated = shop.api.events.list({"type": "plan.updated"}).data[0]
    assert updated.data.previous_attributes.to_dict() == {"metadata": {"a": None}}


def test_a_price_paid_once_is_told_of_as_no_plan(shop: Shop) -> None:
    product = shop.api.products.create({"name": "Club"}).id

    shop.api.prices.create({"currency": "eur", "unit_amount": 500, "product": product})

    assert told(shop) == ["price.created"]


def test_a_deleted_plan_is_gone_as_a_price_too(shop: Shop) -> None:
    made = plan(shop)

    gone = shop.api.plans.delete(made.id)

    assert (gone.id, gone.deleted) == (made.id, True)
    with pytest.raises(REFUSED, match="No such plan"):
        shop.api.plans.retrieve(made.id)
    with pytest.raises(REFUSED, match="No such price"):
        shop.api.prices.retrieve(made.id)
    assert shop.api.products.delete(made.product).deleted


def test_a_plan_somebody_pays_is_not_deleted(shop: Shop, customer: Any) -> None:
    made = plan(shop)
    shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    method = shop.api.customers.payment_methods.list(customer.id).data[0].id
    shop.api.subscriptions.create(
        {"customer": customer.id, "items": [{"plan": made.id}], "default_payment_method": method}
    )

    with pytest.raises(REFUSED) as caught:
        shop.api.plans.delete(made.id)

    assert caught.value.code == "sandbox_unsupported"
    other = shop.api.products.create({"name": "Other"}).id
    with pytest.raises(REFUSED, match="has been used"):
        shop.api.plans.update(made.id, {"product": other})


def test_an_unused_plan_may_move_to_another_product(shop: Shop) -> None:
    made = plan(shop)
    other = shop.api.products.create({"name": "Other"}).id

    assert shop.api.plans.update(made.id, {"product": other}).product == other
    assert shop.api.prices.retrieve(made.id).product == other


def test_a_plan_may_bring_its_own_id(shop: Shop) -> None:
    wanted = {**MONTHLY, "id": "gold", "product[name]": "Club"}
    made = shop.call("POST", "/v1/plans", data=wanted).json()

    again = shop.call("POST", "/v1/plans", data=wanted)

    assert made["id"] == "gold"
    assert again.json()["error"]["message"] == "Plan already exists."
    assert shop.call("GET", "/v1/prices/gold").json()["unit_amount"] == 2000


@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"amount_decimal": "5"}, "amount"),
        (
            {"transform_usage": {"divide_by": 5, "round": "up"}, "billing_scheme": "tiered"},
            "transform_usage",
        ),
        ({"interval_count": 40}, "interval_count"),
        ({"usage_type": "metered"}, "meter"),
        ({"currency": "zzz"}, "currency"),
        ({"aggregate_usage": "sum"}, "aggregate_usage"),
        ({"product": "prod_none"}, "product"),
        ({"product": {"name": "Club", "shelf": "7"}}, "product[shelf]"),
        ({"amount": -1}, "amount"),
    ],
)
def test_a_wrong_plan_is_refused_by_the_name_it_was_given(
    shop: Shop, wanted: Any, param: str
) -> None:
    with pytest.raises(REFUSED) as caught:
        plan(shop, **wanted)

    assert caught.value.param == param
    assert told(shop) == []


def test_a_plan_needs_a_product(shop: Shop) -> None:
    with pytest.raises(REFUSED, match="Missing required param: product"):
        shop.api.plans.create(MONTHLY)
