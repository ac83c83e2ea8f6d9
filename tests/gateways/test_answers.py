"""The time a provider's answer tells."""

from datetime import UTC, datetime

import pytest

from portal.gateways.answers import moment_of

GMT = "Fri, 27 Nov 2026 07:51:24 GMT"


@pytest.mark.parametrize("date", [GMT, f"{GMT}, {GMT}", GMT.replace("GMT", "-0000"), GMT[:-4]])
def test_it_is_aware_and_utc_however_its_zone_is_written(date: str) -> None:
    assert moment_of(date) == datetime(2026, 11, 27, 7, 51, 24, tzinfo=UTC)


def test_another_zone_is_the_same_moment() -> None:
    assert moment_of(GMT.replace("GMT", "+0100")).hour == 6


@pytest.mark.parametrize("date", ["", "soon", "2026-11-27T07:51:24Z"])
def test_what_is_no_date_is_refused(date: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(date)
