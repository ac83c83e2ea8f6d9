"""How long a pause is, and when what it credits is what was shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import limits
from portal.domain.decisions import Reason
from portal.domain.limits import Standing
from portal.domain.pauses import end_of, is_as_shown, lengths
from portal.domain.subscriptions import PhaseChange, Schedule, Subscription, SubscriptionStatus

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
RUNNING = Subscription(
    "sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (), billing_mode="flexible"
)
PAUSED = replace(RUNNING, status=SubscriptionStatus.PAUSED)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (NOW, 1, datetime(2026, 12, 30, 9, tzinfo=UTC)),
        (NOW, 3, datetime(2027, 2, 28, 9, tzinfo=UTC)),
        (NOW, 12, datetime(2027, 11, 30, 9, tzinfo=UTC)),
        (datetime(2027, 11, 30, tzinfo=UTC), 3, datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_pause_ends_on_the_same_day_or_the_last_there_is(
    start: datetime, months: int, end: datetime
) -> None:
    assert end_of(start, months) == end


@pytest.mark.parametrize(("most", "offered"), [(0, ()), (1, (1,)), (5, (1, 2, 3))])
def test_a_pause_is_no_longer_than_the_merchant_allows(most: int, offered: tuple[int]) -> None:
    assert lengths(most) == offered


@pytest.mark.parametrize(
    ("now", "minutes", "is_same"),
    [(30_000, 0, True), (29_980, 10, True), (29_900, 10, False), (30_000, 60, False)],
)
def test_a_credit_may_shrink_by_the_time_that_passed_and_no_more(
    now: int, minutes: int, is_same: bool
) -> None:
    at = NOW + timedelta(minutes=minutes)
    ends_at = NOW + timedelta(days=10)

    assert is_as_shown(30_000, now, shown_at=NOW, at=at, ends_at=ends_at) is is_same


PLANNED = Schedule("sub_sched_1", "sub_1", "active", (PhaseChange(NOW + timedelta(days=9), ()),))


@pytest.mark.parametrize(
    ("subscription", "schedule", "reason"),
    [
        (RUNNING, None, None),
        (replace(RUNNING, collection_method="send_invoice"), None, Reason.INVOICES_SENT),
        (replace(RUNNING, billing_mode="classic"), None, Reason.BILLED_CLASSICALLY),
        (replace(RUNNING, status=SubscriptionStatus.TRIALING), None, Reason.IN_TRIAL),
        (PAUSED, None, Reason.SUBSCRIPTION_PAUSED),
        (replace(PAUSED, resumes_at=NOW), None, Reason.PAUSED_HERE),
        (replace(RUNNING, status=SubscriptionStatus.INCOMPLETE), None, Reason.FIRST_PAYMENT_OPEN),
        (replace(RUNNING, status=SubscriptionStatus.CANCELED), None, Reason.SUBSCRIPTION_ENDED),
        (replace(RUNNING, cancel_at_period_end=True), None, Reason.ALREADY_CANCELLING),
        (replace(RUNNING, status=SubscriptionStatus.PAST_DUE), None, Reason.PAYMENT_MISSING),
        (RUNNING, PLANNED, Reason.CHANGE_SCHEDULED),
        (replace(RUNNING, schedule="sub_sched_1"), None, Reason.CHANGE_SCHEDULED),
    ],
)
def test_p1_what_stripe_does_not_pause_is_not_paused(
    subscription: Subscription, schedule: Schedule | None, reason: Reason | None
) -> None:
    assert limits.may_pause(Standing(subscription, schedule, "card", NOW, 3)).reason is reason


def test_nobody_pauses_unless_the_merchant_allows_it() -> None:
    decision = limits.may_pause(Standing(RUNNING, None, "card", NOW))

    assert decision.reason is Reason.FEATURE_DISABLED


@pytest.mark.parametrize(
    ("subscription", "reason"),
    [
        (replace(PAUSED, resumes_at=NOW), None),
        (PAUSED, Reason.SUBSCRIPTION_PAUSED),
        (RUNNING, Reason.NOT_PAUSED),
        (replace(PAUSED, resumes_at=NOW, cancel_at_period_end=True), Reason.ALREADY_CANCELLING),
    ],
)
def test_only_a_pause_made_here_is_ended_here(
    subscription: Subscription, reason: Reason | None
) -> None:
    assert limits.may_go_on(Standing(subscription, None, "card", NOW, 3)).reason is reason
