"""When leaving ends a subscription, and in which order reasons are asked."""

from dataclasses import replace
from typing import Any

import pytest

from portal.domain.cancellations import FEEDBACK, Period, ends_at_once, period_of, shuffled
from portal.domain.catalogue import Price
from portal.domain.configurations import PortalConfiguration
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus

PRO = Price("price_pro", "prod_pro", "eur", 2900, "month")
ACTIVE = Subscription(
    "sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (SubscriptionItem("si_1", PRO, 3),)
)


def test_reasons_stand_in_an_order_of_the_visitors_own_with_other_last() -> None:
    ours, same, theirs = shuffled(FEEDBACK, "7"), shuffled(FEEDBACK, "7"), shuffled(FEEDBACK, "8")

    assert ours == same != theirs
    assert ours[-1] == theirs[-1] == "other"
    assert sorted(ours) == sorted(FEEDBACK)


@pytest.mark.parametrize(
    ("more", "period"),
    [
        ({}, Period.PAID),
        ({"status": SubscriptionStatus.TRIALING}, Period.TRIAL),
        ({"status": SubscriptionStatus.PAUSED}, Period.PAUSED),
        ({"paused_by_collection": True}, Period.PAUSED),
        ({"status": SubscriptionStatus.PAST_DUE}, Period.OWED),
        ({"status": SubscriptionStatus.UNPAID}, Period.OWED),
    ],
)
def test_what_a_cancelled_subscription_runs_to_the_end_of(
    more: dict[str, Any], period: Period
) -> None:
    assert period_of(replace(ACTIVE, **more)) is period


def test_a_subscription_that_was_never_paid_ends_at_once() -> None:
    configuration = PortalConfiguration()
    unpaid = replace(ACTIVE, status=SubscriptionStatus.INCOMPLETE)

    assert not ends_at_once(ACTIVE, configuration)
    assert ends_at_once(unpaid, configuration)
    assert ends_at_once(ACTIVE, replace(configuration, cancel_mode="immediately"))
