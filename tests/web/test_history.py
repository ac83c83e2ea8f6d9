"""The history: what was done, and the receipt of each action."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from portal.domain.payments import PaymentState
from portal.services.actions import TITLES
from portal.store import actions
from portal.store.payments import PaymentRow
from tests.browser import Browser
from tests.factories import make_customer, make_session
from tests.house import House
from tests.papers import text_of
from tests.web.signing_in import carry

HOST = "http://127.0.0.1:8000"
PAID = {
    "amount": 12100,
    "currency": "eur",
    "method_type": "card",
    "brand": "visa",
    "last4": "4242",
    "invoices": [{"id": "1", "number": "F-7", "amount": 12100}],
}


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


def _pdf(browser: Browser, number: int) -> Any:
    with browser.client.get(f"/nuvol/history/{number}/pdf", base_url=HOST) as answer:
        assert answer.data is not None
        return answer


def test_a_receipt_can_be_kept_as_pdf(house: House, browser: Browser, customer: int) -> None:
    number = _act(house, customer, "paid", **PAID)

    answer = _pdf(browser, number)

    text = text_of(answer.data)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f"receipt-{number}.pdf" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert f"Receipt {number}: Payment" in text
    assert "Invoice F-7\n€121.00" in text
    assert "Status\nSettled" in text
    assert "Payment method\nVisa •••• 4242" in text


def test_a_receipt_is_the_same_pdf_each_time(house: House, browser: Browser, customer: int) -> None:
    number = _act(house, customer, "paid", **PAID)

    assert _pdf(browser, number).data == _pdf(browser, number).data


def test_the_time_of_a_receipt_is_the_merchants(
    house: House, browser: Browser, customer: int
) -> None:
    with house.db.write() as unit:
        moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
        number = actions.add(unit, house.merchant, customer, "paid", now=moment).number

    assert "January 1, 2027, 12:30" in text_of(_pdf(browser, number).data).replace("\u202f", " ")


def test_one_receipt_names_every_charge_of_a_press(
    house: House, browser: Browser, customer: int
) -> None:
    shares = [
        {"id": "1", "number": "F-7", "amount": 12100},
        {"id": "2", "number": "F-8", "amount": 50},
    ]
    charges = [
        {"intent": "pi_1", "amount": 12100, "invoices": shares[:1]},
        {"intent": "pi_2", "amount": 50, "invoices": shares[1:]},
    ]
    number = _act(house, customer, "paid", amount=12150, currency="eur", charges=charges)
    _pay(house, customer, "pi_2", PaymentState.PROCESSING)

    page = browser.get("customer.history.show", number=number).text
    text = text_of(_pdf(browser, number).data)

    assert "Invoice F-7 €121.00 Invoice F-8 €0.50" in page
    assert "Charge 1 of 2 €121.00 · F-7 · Settled" in page
    assert "Charge 2 of 2 €0.50 · F-8 · On its way, it counts when the bank has paid" in page
    assert "Charge 1 of 2\n€121.00 · F-7 · Settled" in text
    assert "F-7, F-8" in browser.get("customer.history.list_all").text


@pytest.mark.provider
@pytest.mark.parametrize("verb", sorted(TITLES))
def test_every_action_has_a_pdf(house: House, browser: Browser, customer: int, verb: str) -> None:
    number = _act(house, customer, verb, plan="Team plan")

    text = text_of(_pdf(browser, number).data).replace("\n", " ")

    assert f"Receipt {number}: {TITLES[verb]}" in text


def test_somebody_elses_receipt_does_not_exist(
    house: House, browser: Browser, customer: int
) -> None:
    other = make_customer(house.db, house.merchant)
    number = _act(house, other, "paid", **PAID)

    assert _pdf(browser, number).status_code == 404


def test_b74_a_receipt_survives_any_name(house: House, browser: Browser, customer: int) -> None:
    shares = [{"id": "1", "number": "\u202e" + "F" * 10_000, "amount": 12100}]
    number = _act(house, customer, "paid", **{**PAID, "invoices": shares})

    assert _pdf(browser, number).status_code == 200


def _pay(house: House, customer: int, intent: str, state: PaymentState) -> None:
    with house.db.write() as unit:
        unit.add(
            PaymentRow(
                id=f"of_{intent}",
                merchant_id=house.merchant.id,
                account=house.merchant.stripe_account,
                livemode=house.merchant.livemode,
                customer_id=customer,
                state=state,
                amount=50,
                currency="eur",
                intent=intent,
                started_at=house.now(),
                changed_at=house.now(),
            )
        )
