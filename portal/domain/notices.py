"""What the law of a market has a customer told before money moves, each once and on its day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal.domain.markets import Market
from portal.domain.subscriptions import Subscription

# What renews each month is no fixed term that somebody forgets.
A_MONTH = 31
# How long a reminder whose day was missed is still sent.
LATE = 7


class NoticeKind(StrEnum):
    """RENEWS: a term begins anew. TRIAL_ENDS: the first charge comes. PRICE_RISES: a planned change
    costs more. YEARLY: what is paid, each year.
    """

    RENEWS = "renews"
    TRIAL_ENDS = "trial_ends"
    PRICE_RISES = "price_rises"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `day` is that of what it tells of, in the merchant's time zone."""

    kind: NoticeKind
    day: date


def due(
    subscription: Subscription,
    market: Market,
    *,
    today: date,
    day_of: Callable[[datetime], date],
    dearer_at: datetime | None = None,
) -> list[Notice]:
    """Return what is to be told today of a subscription, or was to be told lately.

    `dearer_at` is when a change the merchant planned makes it cost more.
    """
    if subscription.is_ended or subscription.is_cancelling or subscription.is_paused:
        return []
    is_long = any(item.price.days > A_MONTH for item in subscription.items)
    renews = None if subscription.is_trialing or not is_long else subscription.renews_at
    trial_end = subscription.trial_end if subscription.is_trialing else None
    ahead = (
        (NoticeKind.RENEWS, renews, market.renewal_days),
        (NoticeKind.TRIAL_ENDS, trial_end, market.trial_days),
        (NoticeKind.PRICE_RISES, dearer_at, market.price_days),
    )
    found = [
        Notice(kind, day_of(moment))
        for kind, moment, days in ahead
        if moment is not None and 0 < (day_of(moment) - today).days <= days
    ]
    if market.reminds_yearly and subscription.created_at is not None:
        found += _yearly(day_of(subscription.created_at), today)
    return found


def _yearly(began: date, today: date) -> list[Notice]:
    """Return the reminder of the last day on which a subscription was some years old."""
    for year in (today.year, today.year - 1):
        leap_day = (began.month, began.day) == (2, 29)
        day = date(year, 3, 1) if leap_day else began.replace(year=year)
        if year > began.year and 0 <= (today - day).days <= LATE:
            return [Notice(NoticeKind.YEARLY, day)]
    return []
