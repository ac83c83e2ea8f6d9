"""A person in a browser: what they see, type and press, and what axe says of the page."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.demo import Demo, wait_for

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


class Person:
    """Somebody with a browser of their own."""

    def __init__(
        self,
        browser: Browser,
        demo: Demo,
        *,
        viewport: dict[str, int] | None = None,
        scripts: bool = True,
        theme: str = "light",
        locale: str = "en-IE",
        speaks: str = "en",
    ) -> None:
        """Open a browser whose settings ask for `locale`, and whose owner chooses `speaks`."""
        self.demo = demo
        self.speaks = speaks
        self.context: BrowserContext = browser.new_context(
            viewport=viewport or PHONE,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            color_scheme=theme,  # type: ignore[arg-type]
            locale=locale,
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.troubles.append(message.text)

    def open(self, path: str) -> None:
        """Go to an address of the portal."""
        self.page.goto(f"{self.demo.portal}{path}")

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of a name."""
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the link of a name."""
        self.page.get_by_role("link", name=name).first.click()

    def ask_for_mail(self, slug: str, email: str) -> dict[str, Any]:
        """Ask for a sign-in mail and return it when it has come."""
        before = len(self.demo.mails(email))
        self.open(f"/{slug}/login?locale={self.speaks}")
        self.page.locator("input[name=email]").fill(email)
        self.page.locator("form:has(input[name=email]) button").first.click()
        return wait_for(lambda: self.demo.mails(email)[before:][-1:] or None, f"a mail to {email}")[
            0
        ]

    def sign_in(self, slug: str, email: str) -> None:
        """Sign in by the link of a mail, as a customer does."""
        mail = self.ask_for_mail(slug, email)
        self.page.goto(link_of(mail, "/l/"))
        self.press(re.compile("Sign in"))
        # Pressing does not wait for the answer, and going elsewhere meanwhile would call it off.
        self.page.wait_for_url(lambda url: "/l/" not in url)

    def open_first_due(self, slug: str) -> str:
        """Go to the first open invoice of Holded and return its id."""
        self.open(f"/{slug}/invoices?show=open")
        rows = self.page.locator("main tr", has_text="Holded")
        link = rows.locator(f"a[href^='/{slug}/invoices/'][href$='/pay']").first
        id = str(link.get_attribute("href")).split("/")[-2]
        self.open(f"/{slug}/invoices/{id}/pay")
        return id

    def choose(self, method: str) -> None:
        """Choose a way to pay by what its label says."""
        self.page.get_by_role("radio", name=re.compile(method)).check(force=True)

    def fill_card(self, number: str) -> None:
        """Type a test card into the page of Checkout and press its button."""
        self.page.locator("input[name=number]").wait_for()
        self.page.locator("input[name=number]").fill(number)
        self.page.locator("input[name=exp]").fill("12/34")
        self.page.locator("input[name=cvc]").fill("123")
        self.page.locator("input[name=name]").fill("A Payer")
        email = self.page.locator("form#pay input[name=email]")
        if email.count():
            email.fill("payer@example.com")
        self.page.locator("form#pay button").click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Say that a text is on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def audit(self) -> list[str]:
        """Return what axe finds wrong with the page, and any sideways scroll."""
        found = self.page.evaluate(
            f"async () => {{ {AXE}; return await axe.run(document, {{runOnly: {RULES!r}}}); }}"
        )
        faults = [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [*faults, *self.troubles, *([f"scrolls sideways by {width}"] if width > 0 else [])]

    def leave(self) -> None:
        """Close the browser."""
        self.context.close()


def link_of(mail: dict[str, Any], part: str) -> str:
    """Return the link of a mail that has a part."""
    return next(str(link) for link in mail["links"] if part in str(link))


def code_of(mail: dict[str, Any]) -> str:
    """Return the 6-digit code of a mail."""
    found = re.search(r"\b(\d{3}) ?(\d{3})\b", mail["text"])
    assert found, mail["text"]
    return found.group(1) + found.group(2)
