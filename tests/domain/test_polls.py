"""How often Holded is asked, and for what next."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import polls
from portal.domain.polls import Listing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEP = timedelta(minutes=45)


@pytest.mark.parametrize("calls", [1, 500, 2_000, 7_500, 30_000, 100_000])
def test_a_month_of_turns_stays_within_half_of_its_calls(calls: int) -> None:
    turns = timedelta(days=31) / polls.interval_of(calls)

    assert turns <= max(calls / 2, 1)


@pytest.mark.parametrize(
    ("calls", "minutes"), [(500, 178), (2_000, 44), (7_500, 11), (30_000, 5), (2_000_000, 5)]
)
def test_a_larger_plan_is_asked_more_often_up_to_a_point(calls: int, minutes: int) -> None:
    assert polls.interval_of(calls) // timedelta(minutes=1) == minutes


def test_what_waits_longest_comes_first() -> None:
    due = dict.fromkeys(Listing, NOW)
    due[Listing.CONTACTS] = NOW - timedelta(seconds=1)

    assert polls.next_listing(due) is Listing.CONTACTS


def test_of_equals_the_most_urgent_comes_first() -> None:
    assert polls.next_listing(dict.fromkeys(reversed(Listing), NOW)) is Listing.INVOICES


def test_a_long_list_takes_turns_with_new_invoices() -> None:
    due = {Listing.INVOICES: NOW, Listing.CONTACTS: NOW}
    asked, now = [], NOW
    for _ in range(6):
        listing = polls.next_listing(due)
        asked.append(listing)
        due[listing] = now if listing is Listing.CONTACTS else now + STEP
        now += STEP

    assert asked == [Listing.INVOICES, Listing.CONTACTS] * 3


@pytest.mark.parametrize(
    ("listing", "after"),
    [
        (Listing.INVOICES, STEP),
        (Listing.PROFORMAS, timedelta(hours=6)),
        (Listing.CREDIT_NOTES, timedelta(hours=12)),
        (Listing.OPEN, timedelta(days=1)),
        (Listing.CONTACTS, timedelta(days=1)),
    ],
)
def test_a_question_is_asked_anew_after_its_period(listing: Listing, after: timedelta) -> None:
    assert polls.due_again(listing, NOW, now=NOW, step=STEP) == NOW + after


def test_a_round_that_took_longer_than_its_period_begins_anew_with_the_next_turn() -> None:
    now = NOW + timedelta(days=3)

    assert polls.due_again(Listing.OPEN, NOW, now=now, step=STEP) == now + STEP


@pytest.mark.parametrize(
    ("fails", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 45), (400, 45)]
)
def test_failures_are_tried_again_later_and_later_up_to_a_turn(fails: int, minutes: int) -> None:
    assert polls.back_off(fails, step=STEP) == timedelta(minutes=minutes)
