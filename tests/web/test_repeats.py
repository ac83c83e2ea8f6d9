"""Pages that are the same again are not rendered again, and are never older than their rows."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, template_rendered

from portal.web.repeats import TOKEN
from tests.browser import Browser
from tests.factories import make_session
from tests.house import House
from tests.payer import Payer
from tests.web.signing_in import carry

PAGES = ["/nuvol/", "/nuvol/invoices"]


@pytest.fixture
def renderings(app: Flask) -> Callable[[], int]:
    """Count the pages of the list and the overview that are rendered."""
    rendered: list[str] = []

    def note(_app: Flask, template: Any, **_: Any) -> None:
        rendered.append(template.name)

    template_rendered.connect(note, app)
    # The signal holds what it calls weakly.
    app.extensions["noting_renderings"] = note
    return lambda: len(rendered)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_the_same_again_is_rendered_once(
    page: str, signed_in: Payer, browser: Browser, renderings: Callable[[], int]
) -> None:
    signed_in.invoice()

    first = browser.open(page)
    second = browser.open(page)

    assert renderings() == 1
    assert second.text == first.text


@pytest.mark.parametrize("page", PAGES)
def test_what_changed_meanwhile_shows_at_once(
    page: str, signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    before = browser.open(page)

    signed_in.pay_in_holded(invoice)
    signed_in.house.settle_down()

    assert "Paid" in browser.open(page).text
    assert "Overdue" in before.text


def test_a_minute_later_it_is_rendered_anew(
    signed_in: Payer, browser: Browser, renderings: Callable[[], int]
) -> None:
    browser.open("/nuvol/")

    signed_in.house.pass_time(61)
    browser.open("/nuvol/")

    assert renderings() == 2


@pytest.mark.parametrize("page", PAGES)
def test_every_session_has_pages_of_its_own(
    page: str, house: House, signed_in: Payer, browser: Browser, other_browser: Browser
) -> None:
    customer = signed_in.visit().customer
    carry(other_browser, make_session(house.at, customer.id, email=customer.email))

    pages = [browser.open(page), browser.open(page), other_browser.open(page)]

    assert all(TOKEN not in page.html for page in pages)
    assert pages[0].text == pages[2].text


def test_another_language_is_another_page(signed_in: Payer, browser: Browser) -> None:
    english = browser.open("/nuvol/")

    spanish = browser.open("/nuvol/?locale=es")

    assert (english.h1, spanish.h1) == ("Overview", "Resumen")
