"""The history: what was done, and the receipt of each action."""

import re

import pytest
from flask import Flask

from portal.store import actions
from tests.browser import Browser
from tests.factories import make_customer, make_session
from tests.house import House
from tests.web.signing_in import carry


@pytest.fixture
def customer(house: House, app: Flask, browser: Browser) -> int:
    """Somebody signed in, by the id of the customer."""
    made = make_customer(house.db, house.merchant)
    carry(browser, make_session(house.at, made))
    return made


def _act(house: House, customer: int, verb: str, **details: object) -> int:
    with house.db.write() as unit:
        return actions.add(
            unit,
            house.merchant,
            customer,
            verb,
            now=house.now(),
            by_email="ann@example.com",
            **details,
        ).number


def test_a_receipt_says_number_sum_and_invoice(
    house: House, browser: Browser, customer: int
) -> None:
    number = _act(
        house,
        customer,
        "paid",
        amount=12100,
        currency="eur",
        method_type="card",
        brand="visa",
        last4="4242",
        invoices=[{"id": "1", "number": "F-7", "amount": 12100}],
    )

    page = browser.get("customer.history.show", number=number)

    assert f"{number}" in page.text
    assert "F-7" in page.text
    assert "€121.00" in page.text
    assert "Payment method Visa •••• 4242" in page.text
    assert page.link("See the invoice") == "/nuvol/invoices/1"


def test_the_list_says_when_what_about_and_how_much(
    house: House, browser: Browser, customer: int
) -> None:
    shares = [{"id": "1", "number": "F-7", "amount": 12100}]
    _act(house, customer, "paid", amount=12100, currency="eur", invoices=shares)
    _act(house, customer, "cancelled", plan="Team plan")
    _act(house, customer, "method_added", method_type="card", brand="visa", last4="4242")

    page = browser.get("customer.history.list_all")

    assert re.search(r"Payment F-7 November 2\d, 2026, .{5,9} 1001 €121\.00", page.text)
    assert "Subscription cancelled Team plan" in page.text
    assert "Payment method saved Visa •••• 4242" in page.text


def test_a_change_of_period_alone_says_how_often_each_is_charged(
    house: House, browser: Browser, customer: int
) -> None:
    periods = {"period_before": ["month", 1], "period": ["month", 6]}
    number = _act(house, customer, "plan_changed", plan_before="Hosting", plan="Hosting", **periods)

    page = browser.get("customer.history.show", number=number)

    assert "Until now Hosting, each month Plan Hosting, every 6 months" in page.text


def test_the_list_shows_the_newest_first_and_goes_on(
    house: House, browser: Browser, customer: int
) -> None:
    numbers = [_act(house, customer, "resumed") for _ in range(30)]

    first = browser.get("customer.history.list_all")
    older = browser.follow("Older")

    assert str(numbers[-1]) in first.text
    assert str(numbers[0]) not in first.text
    assert str(numbers[0]) in older.text


def test_b15_somebody_elses_receipt_is_not_found(
    house: House, browser: Browser, customer: int
) -> None:
    other = make_customer(house.db, house.merchant)
    number = _act(house, other, "resumed")

    browser.get("customer.history.show", number=number, status=404)


def test_an_empty_history_says_what_will_be_there(browser: Browser, customer: int) -> None:
    assert "Nothing was done here yet" in browser.get("customer.history.list_all").text
