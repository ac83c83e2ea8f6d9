"""Every page by axe and without sideways scroll: in three of six looks, in all by `make audit`.

The six looks pair every brand, theme, width and direction with every other. The direction is turned
in the browser, since no language that ships reads from right to left yet.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.demo import Demo
from tests.journeys.person import DESK, PHONE, Person

WHO = {
    "nuvol": "ana@fornventura.example",
    "sunbeam": "office@harborbakery.example",
    "rubra": "contato@livrariadocais.example",
}
PAGES = (
    "/",
    "/invoices?show=open",
    "/invoices?show=all",
    "/invoices?show=paid&q=nothing-is-called-so",
    "/invoices/<invoice>",
    "/invoices/<invoice>/pay",
    "/payment-methods",
    "/subscriptions",
    "/subscriptions/<subscription>",
    "/subscriptions/<subscription>/change",
    "/subscriptions/<subscription>/cancel",
    "/subscriptions/<subscription>/pause",
    "/account",
    "/history",
    "/questions/new?topic=change&of=<subscription>",
    "/statement",
    "/statement?from=2026-12-31&to=2026-01-01",
    "/packs",
    "/login",
    "/there-is-no-such-page",
)


@dataclass(frozen=True)
class Look:
    """One way a page may look."""

    slug: str
    theme: str
    width: int
    direction: str


LOOKS = (
    Look("nuvol", "light", 390, "ltr"),
    Look("sunbeam", "dark", 390, "rtl"),
    Look("rubra", "dark", 1280, "ltr"),
    Look("nuvol", "dark", 1280, "rtl"),
    Look("sunbeam", "light", 1280, "ltr"),
    Look("rubra", "light", 390, "rtl"),
)


def _chosen() -> list[tuple[str, Look]]:
    number = len(LOOKS) if os.environ.get("AUDIT") == "full" else 3
    return [
        (page, LOOKS[(place + step) % len(LOOKS)])
        for place, page in enumerate(PAGES)
        for step in range(number)
    ]


@pytest.fixture(scope="module")
def cookies(chromium: Browser, demo: Demo) -> dict[str, list[dict[str, object]]]:
    """The cookies of one customer of each merchant, each signed in once."""
    found = {}
    for slug, email in WHO.items():
        someone = Person(chromium, demo)
        someone.sign_in(slug, email)
        found[slug] = list(someone.context.cookies())
        someone.leave()
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(("page", "look"), _chosen(), ids=str)
def test_a_page_has_nothing_for_axe_to_say_in_any_look(
    page: str,
    look: Look,
    chromium: Browser,
    demo: Demo,
    cookies: dict[str, list[dict[str, object]]],
    pictures: Path | None,
) -> None:
    viewport = PHONE if look.width == 390 else DESK
    someone = Person(chromium, demo, viewport=viewport, theme=look.theme)
    someone.context.add_cookies(cookies[look.slug])  # type: ignore[arg-type]

    someone.open(f"/{look.slug}{_address(someone, look.slug, page)}")
    someone.page.evaluate(f"document.documentElement.dir = '{look.direction}'")
    found = someone.audit()
    if pictures is not None:
        name = re.sub(r"\W+", "-", f"{page}-{look.slug}-{look.theme}-{look.width}-{look.direction}")
        someone.page.screenshot(path=str(pictures / f"{name.strip('-')}.png"), full_page=True)
    someone.leave()

    assert found == []


def _address(someone: Person, slug: str, page: str) -> str:
    """Put the first invoice or subscription of the list into an address."""
    for name, noun in (("<invoice>", "invoices"), ("<subscription>", "subscriptions")):
        if name in page:
            someone.open(f"/{slug}/{noun}")
            link = someone.page.locator(f"main a[href^='/{slug}/{noun}/']").first
            id = str(link.get_attribute("href")).split("/")[3]
            page = page.replace(name, id.split("?")[0])
    return page
