"""Take the pictures of the README from a demo, as a customer who signs in meets it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.journeys import conftest, demo  # noqa: E402 - the project's root comes first
from tests.journeys.person import DESK, PHONE, Person  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
WHO = ("nuvol", "ana@fornventura.example")
SHOTS = (
    ("overview-light", DESK, "light", ""),
    ("overview-dark", DESK, "dark", ""),
    ("overview-phone", PHONE, "light", ""),
    ("invoices-light", DESK, "light", "invoices?show=all"),
)


def main() -> int:
    """Start a demo on ports of its own, sign in once for each picture, and take it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, closing(demo.run(Path(place) / "data")) as started:
        running = next(started)
        with sync_playwright() as playwright:
            browser = conftest.launch(playwright)
            for name, viewport, theme, page in SHOTS:
                someone = Person(browser, running, viewport=viewport, theme=theme)
                someone.sign_in(*WHO)
                someone.open(f"/{WHO[0]}/{page}")
                someone.page.screenshot(path=str(FOLDER / f"{name}.png"))
                someone.leave()
                print(f"docs/screenshots/{name}.png")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
