"""Which offer fits, and what it makes of a price."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.domain.catalogue import Coupon, Price, Product, TaxBehavior
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.decisions import Reason
from portal.domain.limits import Standing
from portal.domain.markets import market_of
from portal.domain.offers import (
    Conditions,
    Leaver,
    OfferKind,
    RetentionOffer,
    best_offer,
    is_control,
    may_take_offer,
    price_with,
)
from portal.domain.subscriptions import (
    Discount,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)

INCLUSIVE = TaxBehavior.INCLUSIVE
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRO = Price("price_pro", "prod_pro", "eur", 2900, "month")
ACTIVE = Subscription(
    "sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (SubscriptionItem("si_1", PRO, 3),)
)
QUARTER = Coupon("STAY25", "Stay", "repeating", percent_off=2500, duration_in_months=3)
FIVE = Coupon("FIVE", "Five", "once", amount_off=500, currency="eur")


def leaver(subscription: Subscription, **fields: Any) -> Leaver:
    return Leaver(Standing(subscription, None, "card", NOW), **fields)


@pytest.mark.parametrize(
    ("coupon", "subscription", "taken", "reason"),
    [
        (QUARTER, ACTIVE, False, None),
        (replace(QUARTER, is_valid=False), ACTIVE, False, Reason.NO_OFFER),
        (replace(QUARTER, redeem_by=NOW - timedelta(days=1)), ACTIVE, False, Reason.NO_OFFER),
        (replace(QUARTER, max_redemptions=2, times_redeemed=2), ACTIVE, False, Reason.NO_OFFER),
        (replace(QUARTER, products=("prod_other",)), ACTIVE, False, Reason.NO_OFFER),
        (replace(QUARTER, products=("prod_pro",)), ACTIVE, False, None),
        (replace(FIVE, currency="usd"), ACTIVE, False, Reason.NO_OFFER),
        (QUARTER, ACTIVE, True, Reason.OFFER_TAKEN),
        (
            QUARTER,
            replace(ACTIVE, status=SubscriptionStatus.CANCELED),
            False,
            Reason.SUBSCRIPTION_ENDED,
        ),
        (QUARTER, replace(ACTIVE, cancel_at_period_end=True), False, Reason.ALREADY_CANCELLING),
    ],
)
def test_an_offer_is_made_only_where_it_holds(
    coupon: Coupon, subscription: Subscription, taken: bool, reason: Reason | None
) -> None:
    decision = may_take_offer(RetentionOffer(1, coupon), leaver(subscription, has_taken=taken))

    assert decision.reason is reason


def test_the_first_offer_that_fits_is_the_only_one() -> None:
    offers = [
        RetentionOffer(1, replace(QUARTER, is_valid=False)),
        RetentionOffer(2, FIVE),
        RetentionOffer(3, QUARTER),
    ]

    found = best_offer(offers, leaver(ACTIVE))

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


def test_german_and_french_customers_see_no_offer_before_they_have_cancelled() -> None:
    assert not market_of("DE", "ES").offers_on_leaving
    assert not market_of("FR", "ES").offers_on_leaving
    assert market_of("ES", "DE").offers_on_leaving
    assert not market_of("", "DE").offers_on_leaving


OLD = replace(ACTIVE, created_at=NOW - timedelta(days=100))


@pytest.mark.parametrize(
    ("conditions", "subscription", "told", "is_made"),
    [
        (Conditions(reasons=("unused",)), ACTIVE, {"reason": "unused"}, True),
        (Conditions(reasons=("unused",)), ACTIVE, {"reason": "other"}, False),
        (Conditions(reasons=("unused",)), ACTIVE, {}, False),
        (Conditions(products=("prod_pro",)), ACTIVE, {}, True),
        (Conditions(products=("prod_basic",)), ACTIVE, {}, False),
        (Conditions(countries=("ES", "PT")), ACTIVE, {"country": "PT"}, True),
        (Conditions(countries=("ES",)), ACTIVE, {"country": "US"}, False),
        (Conditions(countries=("ES",)), ACTIVE, {}, False),
        (Conditions(days_from=100), OLD, {}, True),
        (Conditions(days_from=101), OLD, {}, False),
        (Conditions(days_to=100), OLD, {}, False),
        (Conditions(days_to=101), OLD, {}, True),
        (Conditions(days_from=1), ACTIVE, {}, False),
        (Conditions(price_from=8700, currency="eur"), ACTIVE, {}, True),
        (Conditions(price_from=8701, currency="eur"), ACTIVE, {}, False),
        (Conditions(price_to=8700, currency="eur"), ACTIVE, {}, False),
        (Conditions(price_to=8701, currency="eur"), ACTIVE, {}, True),
        (Conditions(price_from=1, currency="usd"), ACTIVE, {}, False),
    ],
)
def test_an_offer_is_made_to_those_it_is_for(
    conditions: Conditions, subscription: Subscription, told: dict[str, str], is_made: bool
) -> None:
    offer = RetentionOffer(1, QUARTER, conditions=conditions)

    assert may_take_offer(offer, leaver(subscription, **told)).is_allowed is is_made


def test_a_coupon_the_subscription_has_already_is_no_offer() -> None:
    having = replace(ACTIVE, discounts=(Discount("di_1", QUARTER.id),))

    assert not may_take_offer(RetentionOffer(1, QUARTER), leaver(having)).is_allowed


def test_a_longer_trial_is_for_those_on_trial() -> None:
    offer = RetentionOffer(1, kind=OfferKind.LONGER_TRIAL, days=14)
    trying = replace(ACTIVE, status=SubscriptionStatus.TRIALING)

    assert may_take_offer(offer, leaver(trying)).is_allowed
    assert not may_take_offer(offer, leaver(ACTIVE)).is_allowed


@pytest.mark.parametrize(
    ("price", "is_offered", "is_made"),
    [
        (Price("p", "prod_s", "eur", 900, "month", tax_behavior=INCLUSIVE), True, True),
        (Price("p", "prod_s", "eur", 900, "month", tax_behavior=INCLUSIVE), False, False),
        (Price("p", "prod_s", "eur", 2900, "month", tax_behavior=INCLUSIVE), True, False),
        (Price("p", "prod_s", "eur", 29000, "year", tax_behavior=INCLUSIVE), True, True),
        (Price("p", "prod_s", "eur", 900, "week", tax_behavior=INCLUSIVE), True, False),
        (Price("p", "prod_s", "usd", 900, "month", tax_behavior=INCLUSIVE), True, False),
    ],
)
def test_a_cheaper_plan_costs_less_for_the_same_time_and_can_be_changed_to(
    price: Price, is_offered: bool, is_made: bool
) -> None:
    pro = replace(PRO, tax_behavior=INCLUSIVE)
    configuration = PortalConfiguration(
        subscription_update=True,
        subscription_updates=frozenset({"price"}),
        products=(OfferedProduct("prod_s", ("p",)),) if is_offered else (),
    )
    who = leaver(
        replace(ACTIVE, items=(SubscriptionItem("si_1", pro, 3),)),
        configuration=configuration,
        products={"prod_s": Product("prod_s", "Small")},
    )

    decision = may_take_offer(RetentionOffer(1, kind=OfferKind.CHEAPER_PLAN, price=price), who)

    assert decision.is_allowed is is_made


def test_the_control_group_is_the_same_each_time_and_has_its_share() -> None:
    drawn = [is_control(1, customer, 7, 20) for customer in range(5_000)]

    assert drawn == [is_control(1, customer, 7, 20) for customer in range(5_000)]
    assert 900 < sum(drawn) < 1_100
    assert not any(is_control(1, customer, 7, 0) for customer in range(500))


def test_who_is_held_back_from_one_offer_may_be_shown_another() -> None:
    one, other = ({c for c in range(1_000) if is_control(1, c, id, 50)} for id in (1, 2))

    assert 200 < len(one & other) < 300
