"""The address people come back to: anybody's browser, a sum, how it went, and no more."""

import re

import pytest

from portal.domain.customers import Origin
from portal.domain.payments import PaymentState
from portal.services import payment_methods
from portal.store import operations
from portal.store import payments as rows
from portal.store.payments import PaymentRow
from tests.browser import Browser, Page
from tests.factories import make_customer, make_session
from tests.house import House
from tests.kinds import bill, take
from tests.payer import Payer
from tests.web.signing_in import carry, lose_cookie


def begin(payer: Payer, browser: Browser, card: str = "", **more: str) -> str:
    """Press for an invoice and return the path people come back to."""
    with browser.app.app_context():
        invoice = payer.invoice()
        pressed = payer.pay(invoice, payer.card(card) if card else "", **more)
    return f"/r/{pressed.return_key}"


def is_looking_again(page: Page) -> bool:
    return any(main.get("data-poll") is not None for main in page.tree.iter("main"))


@pytest.mark.parametrize(
    ("card", "title", "looks_again"),
    [
        ("pm_card_visa", "Paid", True),
        ("pm_card_authenticationRequired", "One step is left", True),
        ("pm_card_chargeCustomerFail", "Not paid", False),
        ("", "Not paid yet", True),
    ],
)
def test_each_outcome_is_told_to_a_browser_nobody_is_signed_in_at(
    signed_in: Payer, browser: Browser, card: str, title: str, looks_again: bool
) -> None:
    path = begin(signed_in, browser, card)
    lose_cookie(browser)

    page = browser.open(path)

    assert page.h1 == title
    assert "€121.00" in page.text
    assert is_looking_again(page) is looks_again
    assert ("http-equiv" in page.html) is looks_again


def test_it_tells_no_names_and_no_numbers_of_cards(signed_in: Payer, browser: Browser) -> None:
    path = begin(signed_in, browser, "pm_card_visa")
    lose_cookie(browser)

    page = browser.open(path)

    for private in ("Ann", "ann@example.com", "4242", "F26", "/invoices/"):
        assert private not in page.html


def test_who_is_signed_in_gets_the_way_back_to_the_invoice(
    signed_in: Payer, browser: Browser
) -> None:
    page = browser.open(begin(signed_in, browser, "pm_card_chargeCustomerFail"))

    assert page.link("Back to the invoice").startswith("/nuvol/invoices/")
    assert page.link("Choose how to pay").endswith("/pay")
    assert "You were not charged." in page.text


def test_somebody_else_who_is_signed_in_gets_no_way_to_the_invoice(
    signed_in: Payer, browser: Browser, house: House
) -> None:
    path = begin(signed_in, browser)
    carry(browser, make_session(house.at, make_customer(house.db, house.merchant, email="b@x.com")))

    page = browser.open(path)

    assert "/invoices/" not in page.html
    assert ":8001" not in page.html


def test_b30_without_any_webhook_the_page_knows_by_reading(
    signed_in: Payer, browser: Browser
) -> None:
    path = begin(signed_in, browser)
    operation = path.removeprefix("/r/")
    signed_in.at_checkout(_leave_url(signed_in, operation))

    assert browser.open(path).h1 == "Paid"


def test_the_one_object_is_read_at_most_every_two_seconds(
    signed_in: Payer, browser: Browser
) -> None:
    path = begin(signed_in, browser)

    def reads() -> int:
        return len([one for one in signed_in.house.requests("stripe") if one["method"] == "GET"])

    before = reads()
    for _ in range(5):
        browser.open(path)
    in_a_row = reads() - before
    signed_in.house.pass_time(3)
    browser.open(path)

    assert in_a_row == 1
    assert reads() - before == 2


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", ""])
def test_a_provider_that_is_down_does_not_break_the_page(
    signed_in: Payer, browser: Browser, card: str
) -> None:
    path = begin(signed_in, browser, card)
    signed_in.house.stripe_wire.is_cut = True

    assert browser.open(path).h1 in {"One step is left", "Not paid yet"}


def test_a_bank_step_that_failed_says_so(signed_in: Payer, browser: Browser) -> None:
    path = begin(signed_in, browser, "pm_card_authenticationRequired")
    signed_in.at_bank(_leave_url(signed_in, path.removeprefix("/r/")), confirms=False)

    page = browser.open(path)

    assert page.h1 == "Not paid"
    assert "The confirmation at your bank did not work. You were not charged." in page.text
    assert "Try again, or use another payment method." in page.text


def test_b31_what_looks_failed_is_read_before_it_is_said(
    signed_in: Payer, browser: Browser
) -> None:
    path = begin(signed_in, browser, "pm_card_authenticationRequired")
    signed_in.at_bank(_leave_url(signed_in, path.removeprefix("/r/")))
    with signed_in.house.db.write() as unit:
        rows.move(unit.query(PaymentRow).one(), PaymentState.FAILED, now=signed_in.house.now())

    assert browser.open(path).h1 == "Paid"


def test_a_debit_says_when_it_counts(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        pressed = signed_in.pay(signed_in.invoice(), signed_in.debit())

    page = browser.open(f"/r/{pressed.return_key}")

    assert page.h1 == "Your payment is on its way"
    assert "in about 5 working days" in page.text


def test_a_slip_is_told_from_a_debit_before_any_webhook(signed_in: Payer, browser: Browser) -> None:
    take(signed_in, "multibanco")
    due = bill(signed_in, "multibanco")
    pressed = due.press()
    due.fill_in(pressed)

    page = browser.open(f"/r/{pressed.return_key}")

    assert page.h1 == "One step is left"
    assert "The slip is made and not paid yet." in page.text
    assert "on its way" not in page.text


def test_the_bank_is_a_press_away(signed_in: Payer, browser: Browser) -> None:
    page = browser.open(begin(signed_in, browser, "pm_card_authenticationRequired"))

    assert page.link("Go on with the payment").startswith("http://127.0.0.1:8001/")


def test_what_stripe_adds_to_the_address_is_dropped(signed_in: Payer, browser: Browser) -> None:
    path = begin(signed_in, browser, "pm_card_visa")

    page = browser.open(f"{path}?payment_intent_client_secret=pi_1_secret_2&redirect_status=x")

    assert page.url == path
    assert "secret" not in page.html


@pytest.mark.parametrize("token", ["nothing", "x" * 5_000, "%00", "..%2f"])
def test_an_unknown_address_tells_nothing(browser: Browser, token: str) -> None:
    answer = browser.client.get(f"/r/{token}", base_url="http://127.0.0.1:8000")

    assert answer.status_code in {400, 404}


# Saving a method


def test_a_saved_method_is_told_at_once_and_leads_on(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        row = payment_methods.add(signed_in.visit(), consent="Keep it.")
    signed_in.at_checkout(row.leave_url)

    page = browser.open(f"/r/{row.return_key}")

    assert page.h1 == "The payment method is saved"
    assert page.link("Payment methods") == "/nuvol/payment-methods"


def test_a_method_that_was_not_saved_says_so_and_leads_back_to_the_invoice(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.stripe_invoice()
    with browser.app.app_context():
        row = payment_methods.add(signed_in.visit(), consent="Keep it.", then=invoice)

    page = browser.open(f"/r/{row.return_key}")

    assert page.h1 == "No payment method was saved yet"
    assert page.link("Back to paying the invoice") == f"/nuvol/invoices/{invoice}/pay"


def test_saving_for_an_invoice_says_that_it_is_not_paid_until_it_is(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.stripe_invoice()
    with browser.app.app_context():
        row = payment_methods.add(signed_in.visit(), consent="Keep it.", then=invoice)
        signed_in.at_checkout(row.leave_url)
        before = browser.open(f"/r/{row.return_key}")
        signed_in.house.stripe.v1.invoices.pay(invoice, {"paid_out_of_band": True})
        signed_in.house.settle_down()

    after = browser.open(f"/r/{row.return_key}")

    assert "Not paid yet: €121.00" in before.text
    assert before.link("Pay €121.00").startswith(f"/nuvol/invoices/{invoice}/pay?method=")
    assert "Not paid yet" not in after.text
    assert "Pay €121.00" not in after.link_names


def test_with_stripe_down_nobody_is_told_that_a_method_was_saved(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        row = payment_methods.add(signed_in.visit(), consent="Keep it.")
    signed_in.house.stripe_wire.is_cut = True

    page = browser.open(f"/r/{row.return_key}")

    assert page.h1 == "We are checking whether it was saved"
    assert is_looking_again(page)


def test_a_finished_setup_is_read_once(signed_in: Payer, browser: Browser) -> None:
    with browser.app.app_context():
        row = payment_methods.add(signed_in.visit(), consent="Keep it.")
    signed_in.at_checkout(row.leave_url)
    browser.open(f"/r/{row.return_key}")
    before = len(signed_in.house.requests("stripe"))
    signed_in.house.pass_time(10)

    browser.open(f"/r/{row.return_key}")

    assert len(signed_in.house.requests("stripe")) == before


@pytest.mark.provider
@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
@pytest.mark.parametrize(
    "card", ["pm_card_visa", "pm_card_authenticationRequired", "pm_card_chargeCustomerFail", ""]
)
def test_every_word_of_an_outcome_is_translated(
    signed_in: Payer, browser: Browser, locale: str, card: str
) -> None:
    path = begin(signed_in, browser, card)

    assert browser.open(f"{path}?locale={locale}").tree.get("lang") == locale


def test_the_holder_of_a_link_gets_the_way_back_to_the_one_invoice(
    signed_in: Payer, browser: Browser
) -> None:
    path = begin(signed_in, browser)
    invoice = re.search(r"invoices/(\w+)", browser.open(path).link("Back to the invoice"))
    assert invoice is not None
    visit = signed_in.link_visit(invoice[1], Origin.HOLDED)
    carry(browser, make_session(signed_in.house.at, visit.customer.id, scope=visit.scope))

    page = browser.open(path)

    assert page.link("Back to the invoice") == f"/nuvol/invoices/{invoice[1]}"


def _leave_url(payer: Payer, return_key: str) -> str:
    with payer.house.db.session() as reader:
        found = operations.find_by_return_key(reader, return_key)
    assert found is not None
    return found.leave_url
