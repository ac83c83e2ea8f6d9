"""What is read from Holded's answers about the account's quota, and what is not believed."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from portal.domain.budget import Quota, Window
from portal.gateways.holded import quotas

DATE = "Thu, 26 Nov 2026 10:00:00 GMT"
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def answer(status: int = 200, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={"Date": DATE, **names})


def rate(window: str = "minute", limit: str = "60", remaining: str = "59", after: int = 30):
    reset = str(int(NOW.timestamp()) + after)
    return {
        "X_RateLimit_Window": window,
        "X_RateLimit_Limit": limit,
        "X_RateLimit_Remaining": remaining,
        "X_RateLimit_Reset": reset,
    }


def test_an_answer_tells_of_one_window():
    told = quotas.told(answer(**rate("month", "2000", "1500", 3600)))

    assert told == Quota(Window.MONTH, 2000, 1500, HOUR)


def test_a_refusal_is_over_when_it_says():
    told = quotas.told(answer(429, **rate(remaining="0"), Retry_After="45"))

    assert told == Quota(Window.MINUTE, 60, 0, timedelta(seconds=45), is_refusal=True)


@pytest.mark.parametrize(("after", "window"), [("60", Window.MINUTE), ("86400", Window.MONTH)])
def test_a_refusal_that_names_no_window_is_known_by_its_length(after, window):
    told = quotas.told(answer(429, Retry_After=after))

    assert told == Quota(window, 0, 0, timedelta(seconds=int(after)), is_refusal=True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        rate(window="year"),
        rate(limit="many"),
        rate(remaining="-1"),
        rate(limit="9" * 40),
        rate(after=-60),
        rate(after=10**9),
        {"Retry_After": "60"},
    ],
)
def test_what_makes_no_sense_tells_nothing(headers):
    assert quotas.told(answer(**headers)) is None


def test_usage_is_of_the_whole_month():
    told = quotas.of_usage({"period": "2026-11", "usage": 1200, "limit": 2000}, NOW)

    assert told == Quota(Window.MONTH, 2000, 800, datetime(2026, 12, 1, tzinfo=UTC) - NOW)


def test_more_than_allowed_leaves_nothing():
    told = quotas.of_usage({"usage": 2100, "limit": 2000}, NOW)

    assert told is not None
    assert told.remaining == 0


@pytest.mark.parametrize(
    "body", [{}, {"usage": "1", "limit": 2}, {"usage": 1}, {"usage": 1, "limit": 0}]
)
def test_usage_of_another_shape_tells_nothing(body):
    assert quotas.of_usage(body, NOW) is None
