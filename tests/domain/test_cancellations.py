"""When leaving ends a subscription, and in which order reasons are asked."""

from dataclasses import replace

from portal.domain.cancellations import FEEDBACK, ends_at_once, shuffled
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


def test_a_subscription_that_was_never_paid_ends_at_once() -> None:
    configuration = PortalConfiguration()
    unpaid = replace(ACTIVE, status=SubscriptionStatus.INCOMPLETE)

    assert not ends_at_once(ACTIVE, configuration)
    assert ends_at_once(unpaid, configuration)
    assert ends_at_once(ACTIVE, replace(configuration, cancel_mode="immediately"))
