"""Products, prices, coupons, promotion codes and tax ids."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

DAY = 86400
REFUSED = stripe.InvalidRequestError


def product(shop: Shop, **more: Any) -> Any:
    """A product."""
    return shop.api.products.create({"name": "Club"} | more)


def test_a_product_may_bring_its_id_and_its_price(shop: Shop) -> None:
    data = {"currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}

    made = product(shop, id="club", default_price_data=data)

    price = shop.api.prices.retrieve(made.default_price, {"expand": ["product"]})
    assert (made.id, price.product.id, price.recurring.interval_count) == ("club", "club", 1)
    with pytest.raises(REFUSED) as caught:
        product(shop, id="club")
    assert caught.value.code == "resource_already_exists"


def test_a_product_with_prices_is_archived_not_deleted(shop: Shop) -> None:
    made = product(shop)
    shop.api.prices.create({"product": made.id, "currency": "eur", "unit_amount": 900})

    with pytest.raises(REFUSED, match="cannot be deleted"):
        shop.api.products.delete(made.id)
    shop.api.products.update(made.id, {"active": False})

    assert shop.api.products.list({"active": True}).data == []


def test_a_deleted_product_says_so_and_is_gone(shop: Shop) -> None:
    made = product(shop)

    gone = shop.api.products.delete(made.id)

    assert gone.deleted
    with pytest.raises(stripe.InvalidRequestError, match="No such product"):
        shop.api.products.retrieve(made.id)
    assert shop.api.products.list().data == []


def test_prices_keep_further_currencies_and_exact_decimals(shop: Shop) -> None:
    made = shop.api.prices.create(
        {
            "product": product(shop).id,
            "currency": "eur",
            "unit_amount_decimal": "12.5",
            "currency_options": {"usd": {"unit_amount": 14}},
        }
    )

    found = shop.api.prices.retrieve(made.id, {"expand": ["currency_options"]})

    assert (made.unit_amount, str(made.unit_amount_decimal)) == (None, "12.5")
    assert "currency_options" not in made.to_dict()
    assert found.currency_options["usd"].unit_amount == 14


def test_tiers_are_shown_when_asked_for(shop: Shop) -> None:
    tiers = [{"up_to": 5, "unit_amount": 100}, {"up_to": "inf", "unit_amount": 80}]
    wanted = {"product": product(shop).id, "currency": "eur", "billing_scheme": "tiered"}
    made = shop.api.prices.create(
        wanted | {"tiers": tiers, "tiers_mode": "volume", "recurring": {"interval": "month"}}
    )

    found = shop.api.prices.retrieve(made.id, {"expand": ["tiers"]})

    assert made.unit_amount is None
    assert [(one.up_to, one.unit_amount) for one in found.tiers] == [(5, 100), (None, 80)]


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({}, "unit_amount"),
        ({"unit_amount": 1, "unit_amount_decimal": "2"}, "unit_amount"),
        ({"unit_amount": -1}, "unit_amount"),
        (
            {"unit_amount": 1, "recurring": {"interval": "month", "interval_count": 37}},
            "recurring[interval_count]",
        ),
        (
            {"unit_amount": 1, "recurring": {"interval": "month", "usage_type": "metered"}},
            "recurring[meter]",
        ),
    ],
)
def test_wrong_prices_are_refused(shop: Shop, wrong: dict[str, Any], param: str) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.prices.create({"product": product(shop).id, "currency": "eur"} | wrong)

    assert caught.value.param == param


def test_a_tax_behaviour_is_chosen_once(shop: Shop) -> None:
    made = shop.api.prices.create(
        {"product": product(shop).id, "currency": "eur", "unit_amount": 900}
    )

    chosen = shop.api.prices.update(made.id, {"tax_behavior": "inclusive"})

    assert (made.tax_behavior, chosen.tax_behavior) == ("unspecified", "inclusive")
    with pytest.raises(REFUSED, match="cannot be changed"):
        shop.api.prices.update(made.id, {"tax_behavior": "exclusive"})


def test_a_lookup_key_names_one_price(shop: Shop) -> None:
    wanted = {"product": product(shop).id, "currency": "eur", "unit_amount": 1, "lookup_key": "k"}
    shop.api.prices.create(wanted)

    with pytest.raises(REFUSED, match="lookup key"):
        shop.api.prices.create(wanted)
    second = shop.api.prices.create(wanted | {"transfer_lookup_key": True})

    assert [one.id for one in shop.api.prices.list({"lookup_keys": ["k"]}).data] == [second.id]


def test_a_coupon_runs_out_by_date(shop: Shop) -> None:
    soon = shop.sandbox.clock.now() + DAY
    made = shop.api.coupons.create({"percent_off": 20, "duration": "once", "redeem_by": soon})

    shop.sandbox.advance(2 * DAY)

    assert made.valid
    assert not shop.api.coupons.retrieve(made.id).valid


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"percent_off": 20, "amount_off": 100},
        {"amount_off": 100},
        {"percent_off": 0},
        {"percent_off": 101},
        {"percent_off": 20, "duration": "repeating"},
        {"percent_off": 20, "duration_in_months": 3},
        {"percent_off": 20, "redeem_by": 1},
        {"percent_off": 20, "applies_to": {"products": ["prod_none"]}},
    ],
)
def test_wrong_coupons_are_refused(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(REFUSED):
        shop.api.coupons.create(wrong)

    assert shop.api.coupons.list().data == []


def test_a_code_finds_its_coupon_whatever_its_case(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"id": "SPRING", "amount_off": 500, "currency": "eur"})
    promotion = {"type": "coupon", "coupon": coupon.id}
    made = shop.api.promotion_codes.create({"promotion": promotion, "code": "HOLA"})

    found = shop.api.promotion_codes.list({"code": "hola", "expand": ["data.promotion.coupon"]})

    assert [one.id for one in found.data] == [made.id]
    assert found.data[0].promotion.coupon.amount_off == 500
    with pytest.raises(REFUSED, match="already exists"):
        shop.api.promotion_codes.create({"promotion": promotion, "code": "hola"})


def test_a_code_ends_with_its_coupon(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 10})
    made = shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})

    shop.api.coupons.delete(coupon.id)

    assert not shop.api.promotion_codes.retrieve(made.id).active


def test_tax_ids_are_checked_and_listed_with_their_customer(shop: Shop, customer: Any) -> None:
    made = shop.api.customers.tax_ids.create(customer.id, {"type": "es_cif", "value": "B12345678"})

    found = shop.api.customers.retrieve(customer.id, {"expand": ["tax_ids"]})

    assert made.country == "ES"
    assert [one.id for one in found.tax_ids.data] == [made.id]
    with pytest.raises(REFUSED) as caught:
        shop.api.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "nothing"})
    assert caught.value.code == "tax_id_invalid"


def test_a_deleted_customer_keeps_nothing(shop: Shop, customer: Any) -> None:
    shop.api.customers.tax_ids.create(customer.id, {"type": "es_cif", "value": "B12345678"})
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})

    shop.api.customers.delete(customer.id)

    assert shop.api.customers.retrieve(customer.id).deleted
    assert shop.api.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(REFUSED) as caught:
        shop.api.customers.update(customer.id, {"name": "B"})
    assert caught.value.code == "resource_missing"


def test_a_customer_may_begin_with_all_their_things(shop: Shop) -> None:
    made = shop.api.customers.create(
        {
            "email": "a@example.com",
            "payment_method": "pm_card_visa",
            "tax_id_data": [{"type": "es_cif", "value": "B12345678"}],
            "shipping": {"name": "A", "address": {"line1": "C/ Major 1", "country": "ES"}},
            "preferred_locales": ["ca"],
            "expand": ["tax_ids"],
        }
    )

    assert made.tax_ids.data[0].value == "B12345678"
    assert len(shop.api.customers.payment_methods.list(made.id).data) == 1


def test_the_balance_tells_each_change(shop: Shop, customer: Any) -> None:
    wanted = {"amount": -500, "currency": "eur", "description": "Sorry"}
    shop.api.customers.balance_transactions.create(customer.id, wanted)
    shop.api.customers.balance_transactions.create(customer.id, {"amount": 200, "currency": "eur"})

    found = shop.api.customers.balance_transactions.list(customer.id).data

    assert [(one.amount, one.ending_balance) for one in found] == [(200, -300), (-500, -500)]
    assert shop.api.customers.retrieve(customer.id).balance == -300
