"""One demo and one Chromium for all journeys; a person with an empty browser for each."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.journeys import demo as demos
from tests.journeys.demo import Demo
from tests.journeys.person import Person


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as a newcomer starts it, on ports and data of its own."""
    yield from demos.run(tmp_path_factory.mktemp("demo") / "data")


def launch(playwright: Playwright) -> Browser:
    """Start the browser of the machine; nothing is downloaded."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise LookupError("journeys need Chromium: run `make test-deps`")
    return playwright.chromium.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Browser, demo: Demo) -> Iterator[Callable[..., Person]]:
    """Makes people: `person()` on a phone, `person(viewport=DESK, scripts=False)` and so on."""
    people: list[Person] = []

    def meet(**how: object) -> Person:
        people.append(Person(chromium, demo, **how))  # type: ignore[arg-type]
        return people[-1]

    yield meet
    for one in people:
        one.leave()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where to keep pictures of every page that is audited, if PORTAL_PICTURES names a folder."""
    folder = os.environ.get("PORTAL_PICTURES")
    return Path(folder) if folder else None
