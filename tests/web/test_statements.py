"""The statement of account in the browser: choosing a period, the page, and its files."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from portal.domain.invoices import InvoiceState
from tests.browser import Browser
from tests.factories import make_invoice
from tests.papers import text_of
from tests.payer import Payer

HOST = "http://127.0.0.1:8000"
OF_2026 = {"from": "2026-01-01", "to": "2026-12-31"}


@pytest.fixture
def customer(signed_in: Payer) -> int:
    return signed_in.visit().customer.id


def bill(payer: Payer, customer: int, **more: Any) -> None:
    make_invoice(payer.house.db, payer.house.merchant, customer, **more)


def download(browser: Browser, kind: str, **asked: str) -> Any:
    address = f"/nuvol/statement/{kind}"
    with browser.client.get(address, base_url=HOST, query_string=asked) as answer:
        assert answer.data is not None
        return answer


def test_the_page_shows_what_moved_and_what_is_owed(
    signed_in: Payer, browser: Browser, customer: int
) -> None:
    bill(signed_in, customer, number="F-1")
    bill(
        signed_in,
        customer,
        number="F-2",
        state=InvoiceState.PAID,
        paid=12_100,
        paid_on=date(2026, 11, 3),
    )

    page = browser.get("customer.statements.show", **OF_2026).text

    assert "January 1, 2026 to December 31, 2026" in page
    assert "Opening balance €0.00" in page
    assert "Invoice F-1 Nov 1, 2026 €121.00" in page
    assert "Payment F-2 Nov 3, 2026 −€121.00" in page
    assert "Closing balance €121.00" in page


def test_without_a_period_it_is_this_quarters(signed_in: Payer, browser: Browser) -> None:
    page = browser.get("customer.statements.show")

    assert "Nothing was owed and nothing moved in this period." in page.text


def test_a_choice_of_the_form_is_a_period(
    signed_in: Payer, browser: Browser, customer: int
) -> None:
    bill(signed_in, customer, number="F-1")

    page = browser.get("customer.statements.show", period="2026-10-01_2026-12-31")

    assert "October 1, 2026 to December 31, 2026" in page.text
    assert "Invoice F-1" in page.text


@pytest.mark.provider
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "2026-12-31", "to": "2026-01-01"}, "The first day is after the last one."),
        ({"from": "2026-13-01", "to": "2026-01-01"}, "Write both days, the first and the last."),
        ({"from": "2026-01-01"}, "Write both days, the first and the last."),
        ({"period": "x_y"}, "Write both days, the first and the last."),
        ({"from": "'; --", "to": "\u0663"}, "Write both days, the first and the last."),
    ],
)
@pytest.mark.parametrize("page", ["show", "pdf", "csv"])
def test_a_period_that_is_none_is_said_beside_the_fields(
    signed_in: Payer, browser: Browser, page: str, asked: dict[str, str], said: str
) -> None:
    shown = browser.get(f"customer.statements.{page}", status=422, **asked)

    assert said in shown.text


def test_the_pdf_has_the_same_sums(signed_in: Payer, browser: Browser, customer: int) -> None:
    bill(signed_in, customer, number="F-1")

    answer = download(browser, "pdf", **OF_2026)

    text = text_of(answer.data)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "statement-2026-01-01-2026-12-31.pdf" in answer.headers["Content-Disposition"]
    assert "Closing balance\n€121.00" in text
    assert "Invoice F-1\n€121.00\n€121.00" in text


def test_the_csv_has_the_same_sums(signed_in: Payer, browser: Browser, customer: int) -> None:
    bill(signed_in, customer, number="F-1")

    answer = download(browser, "csv", **OF_2026)

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert ".csv" in answer.headers["Content-Disposition"]
    assert [row["balance"] for row in rows] == ["0.00", "121.00", "121.00"]


def test_a_page_of_thousands_shows_the_first_and_names_the_files(
    signed_in: Payer, browser: Browser, customer: int
) -> None:
    for number in range(301):
        bill(signed_in, customer, number=f"F-{number}")

    page = browser.get("customer.statements.show", **OF_2026)

    assert "The first 300 movements are shown." in page.text
    assert download(browser, "csv", **OF_2026).data.count(b"\r\n") == 304


def test_b74_a_statement_survives_any_name(
    signed_in: Payer, browser: Browser, customer: int
) -> None:
    bill(signed_in, customer, number="\u202e" + "F" * 70, description="م" * 10_000 + "\u200b😀")

    assert browser.get("customer.statements.show", **OF_2026)
    assert download(browser, "pdf", **OF_2026).status_code == 200
    assert download(browser, "csv", **OF_2026).status_code == 200


@pytest.mark.provider
@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_is_translated(
    signed_in: Payer, browser: Browser, customer: int, locale: str
) -> None:
    bill(signed_in, customer)

    browser.get("customer.statements.show", locale=locale, **OF_2026)


def test_invoices_and_history_lead_to_it(signed_in: Payer, browser: Browser) -> None:
    for page in ("customer.invoices.list_all", "customer.history.list_all"):
        assert browser.get(page).link("Statement of account") == "/nuvol/statement"


def test_days_of_ones_own_stay_in_sight(signed_in: Payer, browser: Browser) -> None:
    usual = browser.get("customer.statements.show", period="2026-10-01_2026-12-31")
    own = browser.get("customer.statements.show", **{"from": "2026-10-02", "to": "2026-10-03"})

    assert "<details>" in usual.html
    assert "<details open>" in own.html
