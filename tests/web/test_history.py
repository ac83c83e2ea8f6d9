"""The history: what was done, and the receipt of each action."""

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
        invoices=[{"id": "1", "number": "F-7", "amount": 12100}],
    )

    page = browser.get("customer.history.show", number=number)

    assert f"{number}" in page.text
    assert "F-7" in page.text
    assert "€121.00" in page.text


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
