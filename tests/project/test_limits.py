"""The page of limits names every limit, and where each is kept."""

import re

from portal.domain import limits as rules
from scripts import limits


def test_the_page_of_limits_is_made_from_the_rules() -> None:
    assert limits.PAGE.read_text() == limits.page(), "run python -m scripts.limits"


def test_every_limit_of_stripes_portal_has_its_row() -> None:
    named = [id for row in limits.ROWS for id in row.id.split(", ")]

    assert sorted(named) == sorted([*(f"L{number}" for number in range(1, 26)), "P1"])


def test_every_rule_that_keeps_a_limit_is_in_the_row_of_it() -> None:
    said = {
        (found[1], name)
        for name, rule in vars(rules).items()
        if (found := re.match(r"(L\d+|P1)\b", str(getattr(rule, "__doc__", "") or "")))
    }
    rows = {
        (id, place.partition(":")[2])
        for row in limits.ROWS
        for id in row.id.split(", ")
        for place in row.kept_by
    }

    assert len(said) > 15
    assert said - rows == set()
