"""Promotion codes on the customer portal's pages, typed by a browser without scripts."""

from typing import Any

import pytest

from tests.sandbox.stripe.conftest import Shop
from tests.sandbox.stripe.test_billing_portal_pages import Portal

TENTH = {"percent_off": 10, "duration": "repeating", "duration_in_months": 3}
YES = {"confirm": "yes"}


@pytest.fixture
def portal(shop: Shop, customer: Any) -> Portal:
    """A customer in a portal that takes promotion codes."""
    made = Portal(shop, customer)
    allowed = {"enabled": True, "default_allowed_updates": ["price", "quantity", "promotion_code"]}
    shop.api.billing_portal.configurations.update(
        made.configuration.id, {"features": {"subscription_update": allowed}}
    )
    return made


def offer(portal: Portal, coupon: dict[str, Any], **rules: Any) -> Any:
    """The promotion code HOLA10 for a new coupon."""
    made = portal.shop.api.coupons.create(coupon)
    promotion = {"promotion": {"type": "coupon", "coupon": made.id}, "code": "HOLA10"}
    return portal.shop.api.promotion_codes.create(promotion | rules)


def typed(portal: Portal, code: str = "HOLA10", more: str = "") -> str:
    """The path that the page of choices leads to with a code in its field."""
    update = portal.flow("subscription_update")
    return update.replace("/update", f"/confirm?promotion_code={code}{more}")


def discounts(portal: Portal) -> list[Any]:
    """The discounts of the subscription."""
    found = portal.shop.api.subscriptions.retrieve(
        portal.subscription.id, {"expand": ["discounts"]}
    )
    return list(found.discounts)


def test_the_page_of_choices_has_a_field_for_a_code(portal: Portal) -> None:
    page = portal.browser.get(portal.flow("subscription_update")).text

    assert 'name="promotion_code"' in page


def test_a_portal_that_takes_no_codes_has_no_field_and_takes_none(
    shop: Shop, customer: Any
) -> None:
    portal = Portal(shop, customer)
    offer(portal, TENTH)

    page = portal.browser.get(portal.flow("subscription_update")).text
    answer = portal.browser.post(typed(portal), data=YES)

    assert 'name="promotion_code"' not in page
    assert answer.status_code == 400
    assert discounts(portal) == []


def test_a_code_shows_what_it_takes_off_and_takes_it_off(portal: Portal) -> None:
    code = offer(portal, TENTH)
    path = typed(portal, "hola10")

    shown = portal.browser.get(path).text
    answer = portal.browser.post(path, data=YES)

    assert "Promotion code HOLA10: 10% off for 3 months." in shown
    assert "<td>Discount</td><td>-€0.90</td>" in shown
    assert "The next invoice: €8.10." in shown
    assert answer.location == "https://shop.example/done"
    assert [one.promotion_code for one in discounts(portal)] == [code.id]


def test_the_merchant_is_told_of_a_code(portal: Portal) -> None:
    offer(portal, TENTH)
    path = typed(portal)
    before = portal.shop.events()

    portal.browser.post(path, data=YES)

    told = portal.shop.events()[len(before) :]
    assert told == ["customer.discount.created", "customer.subscription.updated"]


def test_looking_at_a_code_does_not_redeem_it(portal: Portal) -> None:
    code = offer(portal, TENTH)

    portal.browser.get(typed(portal))

    assert portal.shop.api.promotion_codes.retrieve(code.id).times_redeemed == 0
    assert discounts(portal) == []


def test_a_code_comes_to_the_discounts_that_are_there(portal: Portal) -> None:
    fifth = portal.shop.api.coupons.create({"percent_off": 20, "duration": "forever"})
    portal.shop.api.subscriptions.update(
        portal.subscription.id, {"discounts": [{"coupon": fifth.id}]}
    )
    code = offer(portal, TENTH)

    portal.browser.post(typed(portal), data=YES)

    assert [one.promotion_code for one in discounts(portal)] == [None, code.id]


def test_a_code_goes_with_a_change_of_plan(portal: Portal) -> None:
    offer(portal, TENTH)

    portal.browser.post(typed(portal, more=f"&price={portal.gold.id}"), data=YES)

    assert len(discounts(portal)) == 1
    assert portal.retrieve()["items"].data[0].price.id == portal.gold.id


def test_a_code_alone_does_not_end_a_trial(portal: Portal) -> None:
    items = [{"price": portal.silver.id}]
    portal.subscription = portal.shop.api.subscriptions.create(
        {"customer": portal.customer.id, "items": items, "trial_period_days": 14}
    )
    offer(portal, TENTH)

    portal.browser.post(typed(portal), data=YES)

    assert portal.retrieve().status == "trialing"
    assert len(discounts(portal)) == 1


def test_a_named_change_takes_a_code_where_it_is_confirmed(portal: Portal) -> None:
    item = portal.subscription["items"].data[0].id
    path = portal.flow("subscription_update_confirm", items=[{"id": item, "price": portal.gold.id}])
    offer(portal, TENTH)

    page = portal.browser.get(path).text
    refused = portal.browser.get(f"{path}?promotion_code=ADEU")
    portal.browser.post(f"{path}?promotion_code=HOLA10", data=YES)

    assert 'name="promotion_code"' in page
    assert (refused.status_code, "does not exist" in refused.text) == (400, True)
    assert len(discounts(portal)) == 1
    assert portal.retrieve()["items"].data[0].price.id == portal.gold.id


def test_a_change_that_waits_takes_no_code(portal: Portal) -> None:
    deferred = {"schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]}}
    portal.shop.api.billing_portal.configurations.update(
        portal.configuration.id,
        {"features": {"subscription_update": {"enabled": True} | deferred}},
    )
    portal.shop.api.subscription_items.update(
        portal.subscription["items"].data[0].id, {"quantity": 2}
    )
    offer(portal, TENTH)

    answer = portal.browser.post(typed(portal, more="&quantity=1"), data=YES)

    assert "Enter the code by itself first." in answer.text
    assert not portal.retrieve().schedule


AMOUNT = {"amount_off": 100, "duration": "once"}
LEAST = {"minimum_amount": 901, "minimum_amount_currency": "eur"}
DOLLARS = {"minimum_amount": 1, "minimum_amount_currency": "usd"}
DAY = 86_400


@pytest.mark.parametrize(
    ("coupon", "rules", "said"),
    [
        (TENTH, {"code": "ADEU"}, "does not exist"),
        (TENTH, {"active": False}, "no longer valid"),
        (TENTH, {"restrictions": {"first_time_transaction": True}}, "for a first purchase only"),
        (TENTH, {"restrictions": LEAST}, "needs an amount of €9.01 or more"),
        (TENTH, {"restrictions": DOLLARS}, "cannot be used in EUR"),
        (AMOUNT | {"currency": "usd"}, {}, "cannot be used in EUR"),
    ],
)
def test_a_code_that_cannot_be_used_is_refused_beside_its_field(
    portal: Portal, coupon: dict[str, Any], rules: dict[str, Any], said: str
) -> None:
    offer(portal, coupon, **rules)
    path = typed(portal, more=f"&price={portal.silver.id}")

    answer = portal.browser.post(path, data=YES)

    assert answer.status_code == 400
    assert 'value="HOLA10"' in answer.text
    assert 'aria-describedby="promotion_code_problem"' in answer.text
    assert said in answer.text
    assert discounts(portal) == []


def test_a_code_of_another_customer_is_refused(portal: Portal) -> None:
    other = portal.shop.api.customers.create({"email": "bea@example.com"})
    offer(portal, TENTH, customer=other.id)

    assert "for another customer" in portal.browser.get(typed(portal)).text


def test_a_code_of_another_account_is_refused(portal: Portal, open_shop: Any) -> None:
    other = open_shop(name="Verd")
    coupon = other.api.coupons.create(TENTH)
    promotion = {"type": "coupon", "coupon": coupon.id}
    other.api.promotion_codes.create({"promotion": promotion, "code": "HOLA10"})

    assert "does not exist" in portal.browser.get(typed(portal)).text


def test_a_code_is_refused_from_its_last_second_on(portal: Portal) -> None:
    offer(portal, TENTH, expires_at=portal.shop.sandbox.clock.now() + DAY)

    portal.shop.sandbox.advance(DAY)

    assert "has expired" in portal.browser.get(typed(portal)).text


def test_a_code_whose_coupon_has_run_out_is_refused(portal: Portal) -> None:
    offer(portal, TENTH | {"redeem_by": portal.shop.sandbox.clock.now() + DAY})

    portal.shop.sandbox.advance(DAY)

    assert "no longer valid" in portal.browser.get(typed(portal)).text


def test_a_code_is_used_as_often_as_it_may_be(portal: Portal) -> None:
    code = offer(portal, TENTH, max_redemptions=1)
    price = portal.subscription["items"].data[0].price.id
    other = portal.shop.api.customers.create({"payment_method": "pm_card_visa"})
    portal.shop.api.subscriptions.create(
        {
            "customer": other.id,
            "items": [{"price": price}],
            "collection_method": "send_invoice",
            "days_until_due": 14,
            "discounts": [{"promotion_code": code.id}],
        }
    )

    assert "as often as it may be" in portal.browser.get(typed(portal)).text


def test_a_code_for_one_product_is_refused_on_another(portal: Portal) -> None:
    offer(portal, TENTH | {"applies_to": {"products": [portal.gold.product]}})

    refused = portal.browser.get(typed(portal))
    taken = portal.browser.get(typed(portal, more=f"&price={portal.gold.id}"))

    assert "not for this product" in refused.text
    assert taken.status_code == 200


def test_a_code_is_taken_once(portal: Portal) -> None:
    offer(portal, TENTH)
    portal.browser.post(typed(portal), data=YES)

    assert "has this discount already" in portal.browser.get(typed(portal)).text
