"""Which calls to Holded may be made: what is left, what is kept for whom, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.budget import (
    COSTS,
    Budget,
    Effect,
    Priority,
    Told,
    Wait,
    cost_of,
    may_spend,
    month_start,
)

MIDDLE = datetime(2026, 11, 16, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def budget(used: int = 0, *, decided: int = 1000, now: datetime = MIDDLE, **more: Told) -> Budget:
    return Budget(now, {Effect.SYNC: used}, decided, **more)


def told(limit: int, remaining: int, resets_at: datetime, **more: int) -> Told:
    return Told(limit, remaining, MIDDLE, resets_at, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effect", "n", "calls"),
    [
        (Effect.BOOKING, 1, 3),
        (Effect.BOOKING, 100, 300),
        (Effect.PDF, 500, 500),
        (Effect.SYNC, 1, 1),
        (Effect.SYNC, 200, 1),
        (Effect.SYNC, 201, 2),
        (Effect.SYNC, 0, 0),
    ],
)
def test_an_effect_costs_what_its_row_says(effect: Effect, n: int, calls: int) -> None:
    assert cost_of(effect, n) == calls


def test_every_effect_has_a_cost() -> None:
    assert set(COSTS) == set(Effect)


# Half of November is left: 15 % of the month's calls are kept for money, 10 % for hooks, 10 % for
# sweeps.
@pytest.mark.parametrize(
    ("effect", "used", "waits"),
    [
        (Effect.PDF, 649, None),
        (Effect.PDF, 650, Wait.RESERVED),
        (Effect.SWEEP, 749, None),
        (Effect.SWEEP, 750, Wait.RESERVED),
        (Effect.HOOK, 849, None),
        (Effect.HOOK, 850, Wait.RESERVED),
        (Effect.HOOK, 1000, Wait.MONTH),
        (Effect.PDF, 1000, Wait.MONTH),
        (Effect.BOOKING, 999, None),
        (Effect.BOOKING, 5000, None),
        (Effect.USAGE, 5000, None),
    ],
)
def test_what_is_left_goes_to_the_higher_first(
    effect: Effect, used: int, waits: Wait | None
) -> None:
    assert may_spend(budget(used), effect).why is waits


def test_what_is_kept_shrinks_with_the_month() -> None:
    reserves = [
        budget(now=day).reserve(Priority.PDFS)
        for day in (month_start(MIDDLE), MIDDLE, NEXT_MONTH - timedelta(seconds=1))
    ]

    assert reserves == [700, 350, 0]


def test_who_books_more_than_a_share_keeps_more() -> None:
    busy = Budget(MIDDLE, {Effect.BOOKING: 400}, 1000)

    assert busy.reserve(Priority.HOOKS) == 400
    assert busy.forecast == 800


def test_a_first_sync_is_no_rate_to_keep_calls_by() -> None:
    assert budget(400).reserve(Priority.PDFS) == 350


def test_what_waits_is_told_when_enough_will_be_free() -> None:
    found = may_spend(budget(700), Effect.PDF)

    assert found.until is not None
    later = Budget(found.until + timedelta(seconds=1), {Effect.SYNC: 700}, 1000)
    assert MIDDLE < found.until < NEXT_MONTH
    assert may_spend(later, Effect.PDF).is_allowed


def test_many_at_once_wait_where_one_would_not() -> None:
    assert may_spend(budget(500), Effect.PDF, 100).is_allowed
    assert may_spend(budget(500), Effect.PDF, 200).why is Wait.RESERVED


def test_nothing_waits_where_nobody_says_how_many_are_allowed() -> None:
    unknown = budget(10_000, decided=0)

    assert (unknown.allowance, unknown.left) == (0, None)
    assert may_spend(unknown, Effect.PDF).is_allowed


def test_the_calls_of_other_programs_on_the_account_count_too() -> None:
    shared = budget(30, decided=0, month=told(2000, 900, NEXT_MONTH, since=5))

    assert (shared.allowance, shared.used, shared.left) == (2000, 1105, 895)


def test_our_own_count_holds_where_holded_tells_of_less() -> None:
    assert budget(30, month=told(2000, 1990, NEXT_MONTH)).used == 30


def test_what_the_merchant_decided_goes_before_what_holded_tells() -> None:
    assert budget(decided=500, month=told(2_000_000, 2_000_000, NEXT_MONTH)).allowance == 500


def test_a_closed_minute_makes_everybody_wait_until_it_is_over() -> None:
    minute = told(60, 0, MIDDLE + MINUTE, is_closed=True)

    found = [may_spend(budget(minute=minute), effect) for effect in Effect]

    assert {(one.why, one.until) for one in found} == {(Wait.MINUTE, MIDDLE + MINUTE)}
    after = budget(minute=minute, now=MIDDLE + MINUTE)
    assert may_spend(after, Effect.PDF).is_allowed


@pytest.mark.parametrize(
    ("effect", "remaining", "is_allowed"),
    [
        (Effect.BOOKING, 1, True),
        (Effect.BOOKING, 0, False),
        (Effect.PDF, 7, True),
        (Effect.PDF, 6, False),
        (Effect.HOOK, 6, False),
    ],
)
def test_the_last_calls_of_a_minute_are_for_money(
    effect: Effect, remaining: int, is_allowed: bool
) -> None:
    minute = told(60, remaining, MIDDLE + MINUTE)

    assert may_spend(budget(minute=minute), effect).is_allowed is is_allowed


def test_of_a_closed_month_money_asks_again_each_hour_and_the_rest_waits() -> None:
    month = told(2000, 0, NEXT_MONTH, is_closed=True)
    at_once = budget(decided=0, month=month)
    later = budget(decided=0, month=month, now=MIDDLE + timedelta(hours=1))

    assert may_spend(at_once, Effect.BOOKING).until == MIDDLE + timedelta(hours=1)
    assert may_spend(later, Effect.BOOKING).is_allowed
    assert may_spend(later, Effect.HOOK).until == NEXT_MONTH


@pytest.mark.parametrize("day", [datetime(2026, 12, 31, 23, 59, tzinfo=UTC), MIDDLE])
def test_a_month_ends_when_the_next_begins(day: datetime) -> None:
    found = Budget(day)

    assert found.begins_at <= day < found.ends_at
    assert found.ends_at == month_start(found.ends_at)
