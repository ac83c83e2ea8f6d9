"""Which offer fits, and what it makes of a price."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.catalogue import Coupon, Price
from portal.domain.decisions import Reason
from portal.domain.markets import market_of
from portal.domain.offers import RetentionOffer, best_offer, may_take_offer, price_with
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRO = Price("price_pro", "prod_pro", "eur", 2900, "month")
ACTIVE = Subscription(
    "sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (SubscriptionItem("si_1", PRO, 3),)
)
QUARTER = Coupon("STAY25", "Stay", "repeating", percent_off=2500, duration_in_months=3)
FIVE = Coupon("FIVE", "Five", "once", amount_off=500, currency="eur")


@pytest.mark.parametrize(
    ("coupon", "subscription", "taken", "reason"),
    [
        (QUARTER, ACTIVE, (), None),
        (replace(QUARTER, is_valid=False), ACTIVE, (), Reason.NO_OFFER),
        (replace(QUARTER, redeem_by=NOW - timedelta(days=1)), ACTIVE, (), Reason.NO_OFFER),
        (replace(QUARTER, max_redemptions=2, times_redeemed=2), ACTIVE, (), Reason.NO_OFFER),
        (replace(QUARTER, products=("prod_other",)), ACTIVE, (), Reason.NO_OFFER),
        (replace(QUARTER, products=("prod_pro",)), ACTIVE, (), None),
        (replace(FIVE, currency="usd"), ACTIVE, (), Reason.NO_OFFER),
        (QUARTER, ACTIVE, ("sub_1",), Reason.OFFER_TAKEN),
        (
            QUARTER,
            replace(ACTIVE, status=SubscriptionStatus.CANCELED),
            (),
            Reason.SUBSCRIPTION_ENDED,
        ),
        (QUARTER, replace(ACTIVE, cancel_at_period_end=True), (), Reason.ALREADY_CANCELLING),
    ],
)
def test_an_offer_is_made_only_where_it_holds(
    coupon: Coupon, subscription: Subscription, taken: tuple[str, ...], reason: Reason | None
) -> None:
    decision = may_take_offer(RetentionOffer(1, coupon), subscription, taken=taken, now=NOW)

    assert decision.reason is reason


def test_the_first_offer_that_fits_is_the_only_one() -> None:
    offers = [
        RetentionOffer(1, replace(QUARTER, is_valid=False)),
        RetentionOffer(2, FIVE),
        RetentionOffer(3, QUARTER),
    ]

    found = best_offer(offers, ACTIVE, taken=(), now=NOW)

    assert found is not None
    assert found.id == 2


@pytest.mark.parametrize(
    ("coupon", "subscription", "amount"),
    [
        (QUARTER, ACTIVE, 6525),
        (FIVE, ACTIVE, 8200),
        (replace(FIVE, amount_off=99_999), ACTIVE, 0),
        (replace(QUARTER, percent_off=3333), ACTIVE, 5800),
        (replace(QUARTER, products=("prod_pro",)), ACTIVE, None),
        (QUARTER, replace(ACTIVE, has_more_items=True), None),
    ],
)
def test_the_price_with_an_offer_is_told_where_arithmetic_is_enough(
    coupon: Coupon, subscription: Subscription, amount: int | None
) -> None:
    price = price_with(coupon, subscription)

    assert (price.amount if price else None) == amount


def test_german_customers_see_no_offer_before_they_have_cancelled() -> None:
    assert not market_of("DE", "ES").offers_on_leaving
    assert market_of("ES", "DE").offers_on_leaving
    assert not market_of("", "DE").offers_on_leaving
