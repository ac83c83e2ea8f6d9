"""Ending a contract and withdrawing from one, by who is not signed in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.person import DESK, Person

TOLD = {
    "name": "Ana Ventura",
    "contract": "Nuvol Pro",
    "email": "ana@fornventura.example",
}


@pytest.mark.parametrize(
    ("lane", "steps", "end", "how"),
    [
        ("de", ["jetzt kündigen"], "Ihre Kündigung ist eingegangen", {"theme": "dark"}),
        (
            "eude",
            ["Weiter zur Bestätigung", "Widerruf bestätigen"],
            "Ihr Widerruf ist eingegangen",
            {"viewport": DESK},
        ),
    ],
)
def test_a_lane_is_gone_through_to_its_receipt_and_axe_says_nothing(
    person: Callable[..., Person],
    pictures: Path | None,
    lane: str,
    steps: list[str],
    end: str,
    how: dict[str, object],
) -> None:
    someone = person(**how)
    found = []

    someone.open(f"/nuvol/declare/{lane}")
    found += someone.audit()
    keep(someone, pictures, f"{lane}-form")
    for field, value in TOLD.items():
        someone.page.locator(f"[name={field}]").fill(value)
    for step in steps:
        someone.press(step)
        found += someone.audit()
        keep(someone, pictures, f"{lane}-{step}")

    someone.sees(end)
    assert found == []


def keep(someone: Person, pictures: Path | None, name: str) -> None:
    """Keep a picture of the page, if somebody wants them."""
    if pictures is not None:
        someone.page.screenshot(path=str(pictures / f"declare-{name}.png"), full_page=True)
