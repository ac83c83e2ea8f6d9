"""What the states of a subscription mean, and what a period of it costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.catalogue import Price
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BASIC = Price("price_basic", "prod_basic", "eur", 900, "month")
METERED = replace(BASIC, id="price_use", usage_type="metered")
TIERED = replace(BASIC, id="price_tiers", unit_amount=None)
DOLLARS = replace(BASIC, id="price_usd", currency="usd", currency_options=(("eur", 850),))


def holding(*items: tuple[Price, int], **fields: object) -> Subscription:
    held = tuple(
        SubscriptionItem(f"si_{price.id}", price, quantity, NOW, NOW + timedelta(days=30))
        for price, quantity in items
    )
    return replace(Subscription("sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", held), **fields)


@pytest.mark.parametrize(
    ("subscription", "amount"),
    [
        (holding((BASIC, 1)), 900),
        (holding((BASIC, 2), (DOLLARS, 1)), 2650),
        (holding((METERED, 0)), None),
        (holding((BASIC, 1), (METERED, 0)), None),
        (holding((TIERED, 1)), None),
        (holding((BASIC, 1), has_more_items=True), None),
    ],
)
def test_a_period_costs_the_sum_of_its_items_unless_usage_decides(
    subscription: Subscription, amount: int | None
) -> None:
    money = subscription.recurring_amount()

    assert (money.amount if money else None) == amount


@pytest.mark.parametrize(
    ("fields", "is_cancelling", "ends"),
    [
        ({}, False, None),
        ({"cancel_at_period_end": True}, True, NOW + timedelta(days=30)),
        ({"cancel_at": NOW + timedelta(days=9)}, True, NOW + timedelta(days=9)),
        (
            {"cancel_at": NOW, "status": SubscriptionStatus.CANCELED},
            False,
            None,
        ),
    ],
)
def test_an_end_is_set_in_either_billing_mode(
    fields: dict[str, object], is_cancelling: bool, ends: datetime | None
) -> None:
    subscription = holding((BASIC, 1), **fields)

    assert subscription.is_cancelling is is_cancelling
    assert subscription.ends_at == ends
