"""Slips of Boleto on the pages: shown while they wait, and made anew by one press."""

import pytest

from portal.mirror import invoices
from tests.browser import Browser
from tests.payer import Payer, settle_in_brazil

SHOW = "customer.invoices.show"


@pytest.fixture
def billed(signed_in: Payer, browser: Browser) -> str:
    """An invoice whose slip waits, and which Stripe sent."""
    settle_in_brazil(signed_in.house)
    stripe = signed_in.house.stripe.v1
    with browser.app.app_context():
        method = signed_in.boleto()
        invoice = signed_in.stripe_invoice(currency="brl")
        [paid_by] = stripe.invoice_payments.list({"invoice": invoice}).data
        confirmed = {"payment_method": method, "return_url": "https://shop.example"}
        stripe.payment_intents.confirm(str(paid_by.payment.payment_intent), confirmed)
        signed_in.house.settle_down()
    return invoice


def test_e1_the_invoice_shows_number_end_and_both_papers(
    signed_in: Payer, browser: Browser, billed: str
) -> None:
    slip = invoices.get(signed_in.visit(), billed).slip

    page = browser.get(SHOW, id=billed)

    assert slip is not None
    assert slip.voucher_number in page.text
    assert "Can be paid until" in page.text
    assert page.link("Show the slip") == slip.next_url
    assert page.link("PDF of the slip") == slip.voucher_pdf


def test_e1_the_first_page_shows_it_until_it_is_paid(
    signed_in: Payer, browser: Browser, billed: str
) -> None:
    slip = invoices.get(signed_in.visit(), billed).slip
    assert slip is not None

    page = browser.get("customer.overview.show")

    assert "A slip waits to be paid" in page.text
    assert slip.voucher_number in page.text

    signed_in.house.control("stripe", "clock", advance=5)
    signed_in.house.control("stripe", "payments", payment_intent=slip.id, outcome="pay")
    with browser.app.app_context():
        signed_in.house.settle_down()

    assert "A slip waits" not in browser.get("customer.overview.show").text


def test_e1_a_slip_that_ran_out_is_made_anew_by_one_press(
    signed_in: Payer, browser: Browser, billed: str
) -> None:
    with browser.app.app_context():
        signed_in.house.control("stripe", "clock", advance=5 * 86400)
        signed_in.house.settle_down()
    page = browser.get(SHOW, id=billed)

    left = browser.press("Make a new slip")

    assert "The slip ran out" in page.text
    assert "nothing was charged" in page.text
    assert "/leave/" in left.url
