"""Packs in the browser: what one takes, how far it is, its file."""

import io
from datetime import date
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask

from portal.domain.statements import quarter_of
from portal.services import packs
from portal.store.packs import PackRow
from tests.browser import Browser
from tests.payer import Payer

HOST = "http://127.0.0.1:8000"
QUARTER = {"period": "2026-10-01_2026-12-31"}


def work(app: Flask, payer: Payer) -> None:
    """Have the worker do what waits; its mails need an application."""
    with app.app_context():
        payer.house.settle_down()


def press(browser: Browser) -> str:
    """Press the button and return the address one is led to."""
    browser.get("customer.packs.choose", **QUARTER)
    return browser.press("Make the file").url


def file_of(browser: Browser, address: str) -> Any:
    with browser.client.get(f"{address}/zip", base_url=HOST) as answer:
        assert answer.data is not None
        return answer


def test_the_page_says_beforehand_what_it_takes(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice(), signed_in.invoice()
    signed_in.house.decide(holded_calls_a_month=10_000)

    page = browser.get("customer.packs.choose", **QUARTER)

    assert "2 documents" in page.text
    assert "2 of them have to be fetched from Holded first." in page.text
    assert "this month" not in page.text, "the merchant's contract is not the customer's to read"
    assert "takes some days" not in page.text


def test_with_too_few_calls_left_it_says_that_it_takes_days(
    signed_in: Payer, browser: Browser
) -> None:
    signed_in.invoice(), signed_in.invoice()
    signed_in.house.decide(holded_calls_a_month=1)

    page = browser.get("customer.packs.choose", **QUARTER)

    assert "so the file takes some days. It is made by itself." in page.text


def test_a_press_makes_the_file_and_the_page_shows_how_far_it_is(
    app: Flask, signed_in: Payer, browser: Browser
) -> None:
    signed_in.invoice()

    address = press(browser)
    making = browser.open(address)
    work(app, signed_in)
    ready = browser.open(address)

    assert making.h1 == "Your file is being made"
    assert "0 of 1 documents are here" in making.text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in making.html
    assert ready.h1 == "Your file is ready"
    assert "refresh" not in ready.html


def test_the_file_comes_as_it_was_made(app: Flask, signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice()
    address = press(browser)
    work(app, signed_in)

    answer = file_of(browser, address)

    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 3
    assert answer.headers["Content-Type"] == "application/zip"
    assert "documents-2026-10-01-2026-12-31.zip" in answer.headers["Content-Disposition"]


def test_a_file_that_is_not_ready_is_not_there(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice()

    assert file_of(browser, press(browser)).status_code == 404


def test_the_page_of_one_that_waits_for_holded_says_until_when(
    app: Flask, signed_in: Payer, browser: Browser
) -> None:
    signed_in.invoice()
    signed_in.house.decide(holded_calls_a_month=1)
    address = press(browser)
    work(app, signed_in)

    page = browser.open(address)

    assert "Holded answers no more calls for now." in page.text
    assert 'http-equiv="refresh" content="300"' in page.html


def test_a_second_press_shows_the_one_under_way(signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice()

    assert press(browser) == press(browser)


@pytest.mark.parametrize(
    ("period", "status"), [("", 200), ("x", 422), ("2026-12-31_2026-01-01", 422)]
)
def test_a_period_that_is_none_makes_nothing(
    signed_in: Payer, browser: Browser, period: str, status: int
) -> None:
    browser.get("customer.packs.choose")

    browser.post("customer.packs.ask", {"period": period}, status=status)

    with signed_in.house.db.session() as reader:
        assert reader.query(PackRow).count() == 0


def test_a_quarter_without_documents_offers_no_file(signed_in: Payer, browser: Browser) -> None:
    page = browser.get("customer.packs.choose", **QUARTER)

    assert "No document in this period" in page.text
    assert "Make the file" not in page.text


def test_those_made_are_listed(app: Flask, signed_in: Payer, browser: Browser) -> None:
    signed_in.invoice()
    address = press(browser)
    work(app, signed_in)

    page = browser.get("customer.packs.choose", **QUARTER)

    assert page.link("Show October 1, 2026 to December 31, 2026") == address
    assert " kB" in page.text


@pytest.mark.provider
@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_is_translated(
    app: Flask, signed_in: Payer, browser: Browser, locale: str
) -> None:
    signed_in.invoice()
    pack = packs.ask(signed_in.visit(), quarter_of(date(2026, 10, 1)))

    browser.open(f"/nuvol/packs/{pack}?locale={locale}")
    browser.open("/nuvol/packs?period=2026-10-01_2026-12-31")
    work(app, signed_in)
    browser.open(f"/nuvol/packs/{pack}")
