"""What is told of a subscription on a day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.domain.catalogue import Price
from portal.domain.markets import Market, market_of
from portal.domain.notices import Notice, NoticeKind, due
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus

END = datetime(2027, 3, 20, 12, tzinfo=UTC)
YEAR = Price("price_1", "prod_1", "eur", 29_000, "year")
MONTH = replace(YEAR, interval="month")
SPAIN, STATES, NOWHERE = market_of("ES"), market_of("US"), market_of("PT")


def subscribed(price: Price = YEAR, **fields: object) -> Subscription:
    item = SubscriptionItem("si_1", price, 1, END - timedelta(days=365), END)
    running = Subscription("sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (item,))
    return replace(running, **fields)


TRIAL = subscribed(status=SubscriptionStatus.TRIALING, trial_end=END)


def told(subscription: Subscription, market: Market, today: date, **more: object) -> list[Notice]:
    return due(subscription, market, today=today, day_of=datetime.date, **more)


@pytest.mark.parametrize(
    ("subscription", "market", "days", "kind"),
    [
        (subscribed(), SPAIN, 15, NoticeKind.RENEWS),
        (subscribed(), SPAIN, 16, None),
        (subscribed(), SPAIN, 1, NoticeKind.RENEWS),
        (subscribed(), SPAIN, 0, None),
        (subscribed(MONTH), SPAIN, 10, None),
        (subscribed(cancel_at_period_end=True), SPAIN, 10, None),
        (subscribed(status=SubscriptionStatus.PAUSED), SPAIN, 10, None),
        (subscribed(collection_method="send_invoice"), SPAIN, 10, None),
        (subscribed(), NOWHERE, 10, None),
        (TRIAL, STATES, 7, NoticeKind.TRIAL_ENDS),
        (TRIAL, STATES, 8, None),
        (TRIAL, SPAIN, 7, None),
    ],
)
def test_it_is_told_on_its_day_and_not_before(
    subscription: Subscription, market: Market, days: int, kind: NoticeKind | None
) -> None:
    found = told(subscription, market, END.date() - timedelta(days=days))

    assert found == ([Notice(kind, END.date())] if kind else [])


@pytest.mark.parametrize(
    ("began", "today", "day"),
    [
        (datetime(2026, 3, 5, tzinfo=UTC), date(2027, 3, 5), date(2027, 3, 5)),
        (datetime(2026, 3, 5, tzinfo=UTC), date(2027, 3, 11), date(2027, 3, 5)),
        (datetime(2026, 3, 5, tzinfo=UTC), date(2027, 3, 13), None),
        (datetime(2026, 3, 5, tzinfo=UTC), date(2026, 3, 5), None),
        (datetime(2024, 12, 30, tzinfo=UTC), date(2027, 1, 2), date(2026, 12, 30)),
        (datetime(2024, 2, 29, tzinfo=UTC), date(2027, 3, 1), date(2027, 3, 1)),
    ],
)
def test_what_is_paid_is_told_each_year(began: datetime, today: date, day: date | None) -> None:
    found = told(subscribed(MONTH, created_at=began), STATES, today)

    assert found == ([Notice(NoticeKind.YEARLY, day)] if day else [])


def test_a_higher_price_is_told_thirty_days_before() -> None:
    found = told(subscribed(), STATES, END.date() - timedelta(days=30), dearer_at=END)

    assert found == [Notice(NoticeKind.PRICE_RISES, END.date())]
