"""A browser without a screen: what it opens is linted, and its forms are filled in as people do.

page = browser.get("customer.invoices.show", id=invoice.id)
page = browser.press("Pay €12.10", method="pm_1")     # sends the form this button belongs to
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.lint import faults, parse, text_of

REDIRECTS = {301, 302, 303, 307, 308}
LONGEST_CHAIN = 5
SILENT = {"head", "script", "template", "option", "dialog"}


@dataclass(frozen=True)
class Page:
    """An answer as people see it; `tree` is its parsed HTML."""

    url: str
    status: int
    html: str
    headers: Any
    tree: Element

    @property
    def title(self) -> str:
        """The title of the page."""
        return text_of(next(self.tree.iter("title")))

    @property
    def h1(self) -> str:
        """Its one heading of the first level."""
        return text_of(next(self.tree.iter("h1")))

    @property
    def text(self) -> str:
        """Everything it says, in the order of the document, without what is hidden by attribute."""
        return " ".join(" ".join(_shown(self.tree)).split())

    def link(self, name: str) -> str:
        """Return where the link of that name leads; the name may be a part of it."""
        for element in self.tree.iter("a"):
            if name in text_of(element):
                return element.get("href", "")
        raise AssertionError(f"no link {name!r} on {self.url}: {self.link_names}")

    @property
    def link_names(self) -> list[str]:
        """The texts of its links."""
        return [text_of(element) for element in self.tree.iter("a")]

    @property
    def button_names(self) -> list[str]:
        """The texts of the buttons that can be pressed."""
        return [text_of(button) for button in self.tree.iter("button") if not _is_shut(button)]

    def form_of(self, button_name: str) -> tuple[Element, Element]:
        """Return the form a button sends, and the button."""
        for form in self.tree.iter("form"):
            outside = [
                button
                for button in self.tree.iter("button")
                if form.get("id") and button.get("form") == form.get("id")
            ]
            for button in [*form.iter("button"), *outside]:
                is_its_own = button.get("form") in {None, form.get("id")}
                if is_its_own and button_name in text_of(button) and not _is_shut(button):
                    return form, button
        raise AssertionError(f"no button {button_name!r} on {self.url}: {self.button_names}")

    def fields_of(self, form: Element) -> dict[str, list[str]]:
        """Return the names and values a form would send as it stands."""
        values: dict[str, list[str]] = {}
        for element in self.tree.iter():
            if (
                element.tag not in {"input", "select", "textarea"}
                or element.get("disabled") is not None
            ):
                continue
            belongs = (
                element.get("form") == form.get("id")
                if element.get("form")
                else element in form.iter()
            )
            if belongs and element.get("name"):
                values.setdefault(element.get("name", ""), []).extend(_values(element))
        return values


class Browser:
    """Keeps cookies and the page it is on; a page with a fault fails the test that opened it."""

    def __init__(self, app: Flask, *, scheme: str = "http", **defaults: str) -> None:
        """Use an app; the defaults (`merchant="nuvol"`) fill addresses that take them."""
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.scheme = scheme
        self.defaults = defaults
        self.page: Page | None = None

    def address(self, endpoint: str, **values: Any) -> str:
        """Return the path of an endpoint."""
        rules = list(self.app.url_map.iter_rules(endpoint))
        taken = {name for rule in rules for name in rule.arguments}
        fitting = {name: value for name, value in self.defaults.items() if name in taken}
        with self.app.test_request_context(base_url=f"{self.scheme}://{self._host()}"):
            return self.app.url_for(endpoint, _external=False, **{**fitting, **values})

    def get(self, endpoint: str, *, status: int = 200, **values: Any) -> Page:
        """Open an endpoint's page and follow redirects to it."""
        return self.open(self.address(endpoint, **values), status=status)

    def open(self, path: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Page:
        """Open an address and follow redirects from it."""
        return self._arrive(path, self.client.get(path, headers=headers, **self._at_home()), status)

    def press(self, button_name: str, *, status: int = 200, **values: str | list[str]) -> Page:
        """Send the form of a button on the current page, its fields changed as given."""
        page = self._on_a_page()
        form, button = page.form_of(button_name)
        fields = {**page.fields_of(form), **values}
        if button.get("name"):
            fields[button.get("name", "")] = button.get("value", "")
        target = urljoin(page.url, button.get("formaction") or form.get("action") or page.url)
        if form.get("method", "get").lower() == "get":
            response = self.client.get(target, query_string=fields, **self._at_home())
        else:
            response = self.client.post(target, data=fields, **self._at_home(page.url))
        return self._arrive(target, response, status)

    def post(
        self, endpoint: str, data: dict[str, Any] | None = None, *, status: int = 200, **values: Any
    ) -> Page:
        """Post to an endpoint with the token of the current page, and follow the redirect."""
        path = self.address(endpoint, **values)
        token = self._token()
        fields = {**({"csrf_token": token} if token else {}), **(data or {})}
        came_from = self.page.url if self.page else "/"
        return self._arrive(
            path, self.client.post(path, data=fields, **self._at_home(came_from)), status
        )

    def follow(self, link_name: str, *, status: int = 200) -> Page:
        """Follow a link of the current page."""
        page = self._on_a_page()
        return self.open(urljoin(page.url, page.link(link_name)), status=status)

    def _arrive(self, path: str, response: TestResponse, status: int) -> Page:
        for _ in range(LONGEST_CHAIN):
            if response.status_code not in REDIRECTS or response.status_code == status:
                break
            path = urljoin(path, response.headers["Location"])
            assert path.startswith("/"), f"sent away to {path}"
            response = self.client.get(path, **self._at_home())
        assert response.status_code == status, (
            f"{path} answered {response.status_code}, not {status}: {response.text[:2000]}"
        )
        return self._see(path, response)

    def _see(self, path: str, response: TestResponse) -> Page:
        is_page = response.mimetype == "text/html" and bool(response.data)
        html = response.text if is_page else ""
        tree, _ = parse(html)
        self.page = Page(path, response.status_code, html, response.headers, tree)
        if is_page:
            found = faults(html, response.headers)
            assert not found, f"{path}:\n" + "\n".join(found)
        return self.page

    def _at_home(self, came_from: str = "/") -> dict[str, Any]:
        host = f"{self.scheme}://{self._host()}"
        return {"base_url": host, "environ_overrides": {"HTTP_REFERER": host + came_from}}

    def _host(self) -> str:
        hosts: list[str] | None = self.app.config.get("TRUSTED_HOSTS")
        return hosts[0] if hosts else "localhost"

    def _token(self) -> str:
        fields = self.page.tree.iter("input") if self.page else ()
        return next((f.get("value", "") for f in fields if f.get("name") == "csrf_token"), "")

    def _on_a_page(self) -> Page:
        assert self.page is not None, "no page is open yet"
        return self.page


def _is_shut(button: Element) -> bool:
    return button.get("disabled") is not None or button.get("type") == "button"


def _shown(element: Element) -> list[str]:
    texts = []
    if isinstance(element.tag, str) and element.tag not in SILENT and element.get("hidden") is None:
        texts.append(element.text or "")
        for child in element:
            texts += _shown(child)
    texts.append(element.tail or "")
    return texts


def _values(element: Element) -> list[str]:
    if element.tag == "textarea":
        return [element.text or ""]
    if element.tag == "select":
        options = list(element.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        if element.get("multiple") is None:
            chosen = chosen[-1:] or options[:1]
        return [option.get("value", text_of(option)) for option in chosen]
    if element.get("type") in {"checkbox", "radio"}:
        return [element.get("value", "on")] if element.get("checked") is not None else []
    if element.get("type") in {"submit", "button", "image", "reset"}:
        return []
    return [element.get("value", "")]
