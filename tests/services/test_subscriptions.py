"""What pages say of a subscription, and which method it is charged to."""

import pytest

from portal.db import counted_statements
from portal.domain.errors import Refused
from portal.domain.resolver import Action, Place
from portal.services import subscriptions
from portal.store import actions
from tests.house import House
from tests.shop import GOOD, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def test_a_subscription_is_shown_with_its_price_next_charge_and_method(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    [shown] = subscriptions.list_shown(visit)

    assert (shown.name, shown.status) == ("Basic", "active")
    assert shown.amount is not None
    assert (shown.amount.amount, shown.price.interval) == (900, "month")
    assert shown.next_charge_at == shop.held(visit, subscription).period_end
    assert shown.method is not None
    assert shown.method.last4 == "4242"


def test_several_items_are_lines_and_their_sum(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    items = [{"price": shop.prices["basic"], "quantity": 2}, {"price": shop.prices["pro"]}]
    subscription = shop.subscribe(customer, items=items)
    visit = shop.visit(customer)

    shown = subscriptions.get_shown(visit, subscription)

    assert [(line.name, line.quantity, line.amount.amount) for line in shown.lines] == [
        ("Basic", 2, 1800),
        ("Pro", 1, 2900),
    ]
    assert shown.amount.amount == 4700
    assert shown.answers[Action.CHANGE].place is Place.ASK_MERCHANT
    assert shown.answers[Action.CANCEL].place is Place.HERE


def test_discounts_in_force_are_named(shop: Shop) -> None:
    shop.stripe.coupons.create(
        {"id": "HALF", "percent_off": 50, "duration": "repeating", "duration_in_months": 2}
    )
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, discounts=[{"coupon": "HALF"}])
    visit = shop.visit(customer)

    [taken] = subscriptions.get_shown(visit, subscription).discounts

    assert taken.coupon is not None
    assert taken.coupon.percent_off == 5000
    assert taken.ends_at is not None


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_three_statements_however_long_it_is(shop: Shop, count: int) -> None:
    customer = shop.customer(GOOD)
    for _ in range(count):
        shop.subscribe(customer)
    visit = shop.visit(customer)

    with counted_statements() as statements:
        shown = subscriptions.list_shown(visit)

    assert len(shown) == count
    assert statements == [3]


def test_one_subscription_can_be_charged_to_a_method_of_its_own(shop: Shop) -> None:
    customer = shop.customer(GOOD, "pm_card_mastercard")
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)
    second = shop.stripe.customers.payment_methods.list(customer).data
    mastercard = next(method.id for method in second if method.card.brand == "mastercard")

    subscriptions.charge_to(visit, subscription, mastercard)

    assert shop.told(subscription).default_payment_method == mastercard
    assert subscriptions.get_shown(visit, subscription).method.brand == "mastercard"
    [receipt] = actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id)
    assert (receipt.verb, receipt.details["last4"]) == ("method_chosen", "4444")


def test_a_subscription_that_has_ended_takes_no_other_method(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    shop.stripe.subscriptions.cancel(subscription)
    visit = shop.visit(customer)
    method = subscriptions.get_shown(visit, subscription).method

    with pytest.raises(Refused):
        subscriptions.charge_to(visit, subscription, method.id)
