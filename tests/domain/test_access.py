"""How long sessions and links live, and what a session may see."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.access import EVERYTHING, Scope, is_session_alive, may_open
from portal.domain.customers import Origin, canonical_email

START = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since_start", "since_active", "alive"),
    [
        (timedelta(minutes=1), timedelta(), True),
        (timedelta(hours=2), timedelta(minutes=59, seconds=59), True),
        (timedelta(hours=2), timedelta(hours=1), False),
        (timedelta(hours=11, minutes=59), timedelta(), True),
        (timedelta(hours=12), timedelta(), False),
    ],
)
def test_a_session_lives_an_hour_since_activity_and_twelve_in_all(
    since_start: timedelta, since_active: timedelta, alive: bool
) -> None:
    now = START + since_start

    found = is_session_alive(
        now, started_at=START, last_active_at=now - since_active, ended_at=None
    )

    assert found is alive


def test_an_ended_session_is_dead() -> None:
    assert not is_session_alive(START, started_at=START, last_active_at=START, ended_at=START)


@pytest.mark.parametrize(("passed", "opens"), [(299, True), (300, False), (301, False)])
def test_a_link_opens_until_its_end(passed: int, opens: bool) -> None:
    expires_at = START + timedelta(minutes=5)

    found = may_open(START + timedelta(seconds=passed), expires_at=expires_at, ended_at=None)

    assert found is opens


def test_a_scope_of_one_invoice_covers_that_one_only() -> None:
    scope = Scope(Origin.HOLDED, "1")

    assert scope.covers(Origin.HOLDED, "1")
    assert not scope.covers(Origin.HOLDED, "2")
    assert not scope.covers(Origin.STRIPE, "1")
    assert EVERYTHING.covers(Origin.STRIPE, "2")


@pytest.mark.parametrize("typed", ["Ann@Example.com", " ann@example.com ", "ANN@EXAMPLE.COM\n"])
def test_b07_spellings_of_one_address_are_one(typed: str) -> None:
    assert canonical_email(typed) == "ann@example.com"


@pytest.mark.parametrize(
    "typed",
    [
        "ann@exam\ufb01le.com",
        "\u0430nn@example.com",
        "ann@stra\u00dfe.example",
        "\uff41nn@example.com",
    ],
)
def test_b08_look_alikes_are_other_addresses(typed: str) -> None:
    assert canonical_email(typed) not in {
        "ann@examfile.com",
        "ann@example.com",
        "ann@strasse.example",
    }
