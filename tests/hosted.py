"""A browser at Stripe's own pages, as the sandbox serves them: what it shows is filled in and sent.

there = Hosted(house)
there.open(page.link("Go on"))
there.press("Pay €121.00", type="card", ...)
browser.open(there.came_back)     # where those pages sent the payer
"""

import re
from urllib.parse import urljoin, urlsplit

from werkzeug.test import TestResponse

from tests.browser import LONGEST_CHAIN, REDIRECTS, Page
from tests.house import PUBLIC_URL, STRIPE_BASE, House
from tests.lint import parse


class Hosted:
    """Keeps the page it is on, until one leads back to the portal: `came_back` is the path then."""

    def __init__(self, house: House) -> None:
        self._client = house.stripe_app.test_client()
        self.page: Page | None = None
        self.came_back = ""

    @property
    def shown(self) -> Page:
        """The page it is on."""
        assert self.page is not None, "no page is open yet"
        return self.page

    def open(self, url: str) -> None:
        """Open an address and follow redirects from it."""
        self._arrive(urljoin(STRIPE_BASE, url), self._client.get(_path(url)))

    def press(self, button_name: str, **values: str) -> None:
        """Send the form of a button, its fields changed as given; only fields it has."""
        form, button = self.shown.form_of(button_name)
        fields: dict[str, list[str] | str] = {**self.shown.fields_of(form)}
        unknown = values.keys() - fields.keys()
        assert not unknown, f"no fields {unknown} on {self.shown.url}: {sorted(fields)}"
        fields |= values
        if button.get("name"):
            fields[button.get("name", "")] = button.get("value", "")
        self._arrive(self.shown.url, self._client.post(_path(self.shown.url), data=fields))

    def follow(self, link_name: str) -> None:
        """Follow a link; one that leads to the portal is where it came back to."""
        self._go(urljoin(self.shown.url, self.shown.link(link_name)))

    def _go(self, url: str) -> None:
        if url.startswith(PUBLIC_URL):
            self.page, self.came_back = None, _path(url)
        else:
            self.open(url)

    def _arrive(self, url: str, response: TestResponse) -> None:
        for _ in range(LONGEST_CHAIN):
            if response.status_code not in REDIRECTS:
                break
            url = urljoin(url, response.headers["Location"])
            if url.startswith(PUBLIC_URL):
                self.page, self.came_back = None, _path(url)
                return
            response = self._client.get(_path(url))
        assert response.status_code == 200, f"{url} answered {response.status_code}"
        tree, _ = parse(response.text)
        self.page = Page(url, response.status_code, response.text, response.headers, tree)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"^https?://[^/]+", "", parts.geturl())
