"""The mandates of bank accounts: on the page of payment methods, and each in full."""

from collections.abc import Callable

import pytest

from portal.mirror import payment_methods as mirror
from tests.browser import Browser
from tests.factories import make_customer, make_session
from tests.house import House
from tests.payer import Payer
from tests.web.signing_in import carry, work

LIST, MANDATE = "customer.payment_methods.list_all", "customer.payment_methods.mandate"


@pytest.fixture
def debit(signed_in: Payer, browser: Browser) -> str:
    """A saved bank account of who is signed in."""
    with browser.app.app_context():
        return signed_in.debit()


def revoke(payer: Payer, browser: Browser, method: str) -> None:
    """Have the payer take the mandate of a method back at the bank."""
    given = mirror.get(payer.visit(), method).mandate
    assert given is not None
    payer.house.control("stripe", "clock", advance=5)
    payer.house.control("stripe", "mandates", mandate=given.id)
    payer.house.deliver()
    work(payer.house, browser)


def test_l23_the_list_shows_reference_day_and_state_of_each_mandate(
    signed_in: Payer, browser: Browser, debit: str
) -> None:
    given = mirror.get(signed_in.visit(), debit).mandate

    page = browser.get(LIST)

    assert given is not None
    assert "Mandate for SEPA Direct Debit •••• 7890" in page.text
    assert given.reference in page.text
    assert "Holds" in page.text
    assert "Creditor Nuvol Studio" in page.text
    assert page.link("Read the mandate").endswith(f"/nuvol/payment-methods/{debit}/mandate")


def test_l23_the_mandate_is_there_in_full(signed_in: Payer, browser: Browser, debit: str) -> None:
    given = mirror.get(signed_in.visit(), debit).mandate

    page = browser.get(MANDATE, id=debit)

    assert given is not None
    assert page.h1 == "SEPA Direct Debit mandate"
    assert given.reference in page.text
    assert "you authorise Nuvol Studio and Stripe" in page.text
    assert "within 8 weeks" in page.text
    assert "For recurring debits" in page.text
    assert "at least 2 days before" in page.text
    assert "Identifier of the creditor It stands on your bank statement." in page.text
    assert "A copy was mailed to you" in page.text


def test_the_agreed_time_of_notice_is_the_merchants(
    signed_in: Payer, browser: Browser, debit: str
) -> None:
    signed_in.house.decide(prenotification_days=14)

    assert "at least 14 days before" in browser.get(MANDATE, id=debit).text


def test_a_mandate_that_ended_says_so_and_how_to_replace_the_account(
    signed_in: Payer, browser: Browser, debit: str
) -> None:
    revoke(signed_in, browser, debit)

    page = browser.get(LIST)

    assert "Mandate ended" in page.text
    assert "Add the account again, which gives a new mandate" in page.text
    assert "Make default" not in page.button_names
    assert "This mandate has ended" in browser.get(MANDATE, id=debit).text


def test_a_card_has_no_page_of_a_mandate(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        card = signed_in.card()

    browser.get(MANDATE, id=card, status=404)


def test_b15_somebody_elses_mandate_is_not_found(
    house: House, signed_in: Payer, browser: Browser, debit: str
) -> None:
    stranger = make_customer(house.db, house.merchant, id="cus_stranger")
    carry(browser, make_session(house.at, stranger))

    browser.get(MANDATE, id=debit, status=404)


def test_the_page_takes_few_statements(
    debit: str, statements: Callable[[str], int], browser: Browser
) -> None:
    assert statements(f"/nuvol/payment-methods/{debit}/mandate") <= 5


def test_a_debit_that_came_back_is_said_of_its_account_and_of_its_invoice(
    signed_in: Payer, browser: Browser
) -> None:
    house = signed_in.house
    with browser.app.app_context():
        method = signed_in.debit("ES1700120345000002222227")
        invoice = signed_in.invoice()
        signed_in.pay(invoice, method)
        house.control("stripe", "clock", advance=8 * 86400)
        house.settle_down()

    page = browser.get(LIST)

    assert "Last debit failed" in page.text
    assert "The last debit of SEPA Direct Debit •••• 2227 came back" in page.text
    assert "There was not enough money in the account." in page.text
    page = browser.get("customer.invoices.show", id=invoice)
    assert "There was not enough money in the account. You were not charged." in page.text
    assert page.link("Pay €121.00").endswith(f"/invoices/{invoice}/pay")


def test_one_that_stripe_made_is_said_of_its_invoice_with_the_way_to_repair_it(
    signed_in: Payer, browser: Browser
) -> None:
    house = signed_in.house
    with browser.app.app_context():
        method = signed_in.debit("ES1700120345000002222227")
        invoice = signed_in.stripe_invoice()
        house.stripe.v1.invoices.pay(invoice, {"payment_method": method})
        house.settle_down()
        house.control("stripe", "clock", advance=8 * 86400)
        house.settle_down()

    page = browser.get("customer.invoices.show", id=invoice)

    assert "The debit came back" in page.text
    assert "There was not enough money in the account." in page.text
    assert page.link("Pay €121.00").endswith(f"/invoices/{invoice}/pay")
