"""Whose pause a paused subscription is in, as Stripe's object tells it."""

from typing import Any

import pytest

from portal.gateways.stripe import translate


def paused(until: Any, *, since: int | None = 1_000, status: str = "paused") -> Any:
    told = {
        "id": "sub_1",
        "customer": "cus_1",
        "status": status,
        "currency": "eur",
        "items": {"data": []},
        "metadata": {translate.PAUSED_UNTIL: until} if until is not None else {},
        "status_details": {"paused": {"transitioned_at": since}} if since is not None else None,
    }
    return translate.subscription(told)


@pytest.mark.parametrize(
    ("told", "is_here"),
    [
        (paused("2000"), True),
        (paused("2000", since=None), True),
        (paused(None), False),
        (paused("900"), False),
        (paused("2000", status="active"), False),
        (paused("soon"), False),
        (paused("²"), False),
        (paused("9" * 40), False),
        (paused(""), False),
    ],
)
def test_a_pause_is_ours_by_a_note_that_is_as_old_as_it(told: Any, is_here: bool) -> None:
    assert told.is_paused_here is is_here
