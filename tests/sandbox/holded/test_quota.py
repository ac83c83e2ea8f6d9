"""The quota of a plan: a minute and a month, by the sandbox's clock, in every answer's headers."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import create_app, usage
from portal.sandbox.holded.app import start_over

Connect = Callable[..., httpx.Client]
NOW = int(datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp())
HALF_HOUR = 30 * 60


@pytest.fixture
def still(app: Flask, connect: Connect) -> httpx.Client:
    """A sandbox whose clock stands still, half an hour before the year ends."""
    start_over(app, lambda: NOW)
    return connect()


def subscribe(client: httpx.Client, plan: str, token: str = "pat_plan") -> None:
    body = {"id": f"acc_{plan}", "name": plan, "token": token, "plan": plan}
    client.post("/_sandbox/accounts", json=body).raise_for_status()


def rate(answer: httpx.Response) -> dict[str, str]:
    prefix = "x-ratelimit-"
    return {
        name.removeprefix(prefix): value
        for name, value in answer.headers.items()
        if name.startswith(prefix)
    }


def test_every_answer_says_what_is_left_of_the_minute(
    still: httpx.Client, connect: Connect
) -> None:
    subscribe(still, "basic")
    client = connect("pat_plan")

    first, second = client.get("/api/v2/taxes"), client.get("/api/v2/contacts/x")

    reset = str(NOW + 60)
    assert rate(first) == {"limit": "60", "remaining": "59", "reset": reset, "window": "minute"}
    assert (second.status_code, rate(second)["remaining"]) == (404, "58")


def test_a_minute_that_is_used_up_is_a_429_until_it_is_over(
    still: httpx.Client, connect: Connect
) -> None:
    subscribe(still, "standard")
    client = connect("pat_plan")
    for _ in range(120):
        assert client.get("/api/v2/taxes").status_code == 200
    still.post("/_sandbox/clock", json={"advance": 20}).raise_for_status()

    refused = client.get("/api/v2/taxes")

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "40"
    assert rate(refused) == {
        "limit": "120", "remaining": "0", "reset": str(NOW + 60), "window": "minute",
    }  # fmt: skip
    assert refused.json()["detail"] == (
        "You have reached the per-minute limit (120). Retry in 40 seconds."
    )
    still.post("/_sandbox/clock", json={"advance": 40}).raise_for_status()
    assert rate(client.get("/api/v2/taxes"))["remaining"] == "119"


def test_a_month_that_is_used_up_is_a_429_until_the_next(
    still: httpx.Client, connect: Connect
) -> None:
    subscribe(still, "plus")
    client = connect("pat_plan")
    for _ in range(9):
        answers = [client.get("/api/v2/taxes").status_code for _ in range(60)]
        still.post("/_sandbox/clock", json={"advance": 60}).raise_for_status()

    refused = client.get("/api/v2/taxes")

    assert answers.count(200) == 500 - 8 * 60
    assert (refused.status_code, rate(refused)["window"]) == (429, "month")
    assert refused.headers["Retry-After"] == str(HALF_HOUR - 9 * 60)
    assert client.get("/api/v2/usage").status_code == 429
    still.post("/_sandbox/clock", json={"advance": HALF_HOUR}).raise_for_status()
    assert client.get("/api/v2/usage").json()["period"] == "2027-01"


@pytest.mark.parametrize(
    ("plan", "minute", "month", "upgrade"),
    [
        ("plus", "60", 500, ("basic", 2_000)),
        ("basic", "60", 2_000, ("standard", 7_500)),
        ("standard", "120", 7_500, ("advanced", 30_000)),
        ("advanced", "120", 30_000, ("premium", 2_000_000)),
        ("premium", "600", 2_000_000, (None, None)),
    ],
)
def test_each_plan_has_its_limits(
    still: httpx.Client,
    connect: Connect,
    plan: str,
    minute: str,
    month: int,
    upgrade: tuple[str | None, int | None],
) -> None:
    subscribe(still, plan)

    answer = connect("pat_plan").get("/api/v2/usage")

    assert rate(answer)["limit"] == minute
    shown = answer.json()
    assert (shown["limit"], shown["next_plan"], shown["next_limit"]) == (month, *upgrade)


def test_an_account_without_a_plan_counts_towards_the_ceiling(still: httpx.Client) -> None:
    still.get("/api/v2/taxes")

    assert rate(still.get("/api/v2/taxes")) == {
        "limit": "2000000",
        "remaining": "1999998",
        "reset": str(NOW + HALF_HOUR),
        "window": "month",
    }


def test_accounts_have_quotas_of_their_own(still: httpx.Client, connect: Connect) -> None:
    subscribe(still, "plus", "pat_one")
    subscribe(still, "basic", "pat_two")
    one, two = connect("pat_one"), connect("pat_two")
    one.get("/api/v2/taxes")

    assert rate(two.get("/api/v2/taxes"))["remaining"] == "59"


def test_a_call_that_is_not_permitted_costs_nothing(still: httpx.Client, connect: Connect) -> None:
    body = {"id": "a", "name": "a", "token": "pat_a", "plan": "plus", "scopes": []}
    still.post("/_sandbox/accounts", json=body).raise_for_status()

    answer = connect("pat_a").get("/api/v2/taxes")

    assert (answer.status_code, rate(answer)["remaining"]) == (403, "60")


def test_the_month_is_remembered_over_a_restart(tmp_path: Path, connect: Connect) -> None:
    first = connect(to=create_app(tmp_path, real_time=lambda: NOW))
    for _ in range(3):
        first.get("/api/v2/taxes")

    again = connect(to=create_app(tmp_path, real_time=lambda: NOW))

    assert rate(again.get("/api/v2/taxes"))["remaining"] == str(usage.CEILING - 4)
    assert again.get("/api/v2/usage").json()["usage"] == 4


@pytest.mark.parametrize(
    ("day", "end"),
    [("2026-01-31", "2026-02-01"), ("2026-12-01", "2027-01-01"), ("2028-02-29", "2028-03-01")],
)
def test_when_a_month_is_over(day: str, end: str) -> None:
    now, then = (int(datetime.fromisoformat(each + "T00:00Z").timestamp()) for each in (day, end))

    assert usage.month_end(now) == then
