"""The hosted invoice page by plain form posts, its PDF and its receipt."""

from typing import Any
from urllib.parse import urlsplit

import pytest

CARD = {
    "type": "card",
    "number": "4242 4242 4242 4242",
    "exp": "12 / 34",
    "cvc": "123",
    "name": "Ana",
}


@pytest.fixture
def invoice(billing: Any) -> Any:
    """An open invoice of 42.50 EUR, sent to a customer without payment method."""
    customer = billing.customer(None)
    billing.stripe.invoice_items.create(
        {
            "customer": customer.id,
            "amount": 4250,
            "currency": "eur",
            "description": "Revisión (año)",
        }
    )
    draft = billing.stripe.invoices.create(
        {
            "customer": customer.id,
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "pending_invoice_items_behavior": "include",
        }
    )
    return billing.stripe.invoices.finalize_invoice(draft.id)


@pytest.fixture
def browser(billing: Any) -> Any:
    """A browser without scripts."""
    return billing.app.test_client()


def path(url: str) -> str:
    return urlsplit(url).path


def test_the_page_says_that_it_is_a_simulation_and_what_is_due(browser: Any, invoice: Any) -> None:
    shown = browser.get(path(invoice.hosted_invoice_url)).text

    assert "Simulation of Stripe, test data only" in shown
    assert "€42.50" in shown
    assert "Revisión (año)" in shown
    assert "<script" not in shown


def test_a_good_card_pays_the_invoice(billing: Any, browser: Any, invoice: Any) -> None:
    answer = browser.post(path(invoice.hosted_invoice_url), data=CARD)

    paid = billing.stripe.invoices.retrieve(invoice.id)
    assert (answer.status_code, answer.location) == (303, invoice.hosted_invoice_url)
    assert (paid.status, paid.amount_paid) == ("paid", 4250)
    assert "This invoice is paid" in browser.get(path(invoice.hosted_invoice_url)).text


def test_a_declining_card_is_told_and_pays_nothing(
    billing: Any, browser: Any, invoice: Any
) -> None:
    answer = browser.post(
        path(invoice.hosted_invoice_url), data=CARD | {"number": "4000000000000002"}
    )

    assert answer.status_code == 402
    assert "Your card was declined." in answer.text
    assert billing.stripe.invoices.retrieve(invoice.id).status == "open"


@pytest.mark.parametrize(
    "wrong", [{"number": "1234"}, {"exp": "13/34"}, {"cvc": "x"}, {"name": ""}, {"type": "bizum"}]
)
def test_a_wrong_form_is_refused_in_words(
    billing: Any, browser: Any, invoice: Any, wrong: dict[str, str]
) -> None:
    answer = browser.post(path(invoice.hosted_invoice_url), data=CARD | wrong)

    assert answer.status_code in (400, 402)
    assert 'role="alert"' in answer.text
    assert billing.stripe.invoices.retrieve(invoice.id).status == "open"


def test_a_card_that_needs_the_bank_comes_back_paid(
    billing: Any, browser: Any, invoice: Any
) -> None:
    page = path(invoice.hosted_invoice_url)
    to_bank = browser.post(page, data=CARD | {"number": "4000002760003184"})
    from_bank = browser.post(path(to_bank.location), data={"complete": "yes"})

    assert path(from_bank.location) == page
    assert billing.stripe.invoices.retrieve(invoice.id).status == "paid"


def test_a_failed_authentication_is_told_on_the_way_back(
    billing: Any, browser: Any, invoice: Any
) -> None:
    page = path(invoice.hosted_invoice_url)
    to_bank = browser.post(page, data=CARD | {"number": "4000002760003184"})
    from_bank = browser.post(path(to_bank.location), data={"fail": "yes"})

    shown = browser.get(f"{page}?{urlsplit(from_bank.location).query}").text

    assert "We are unable to authenticate your payment method." in shown
    assert billing.stripe.invoices.retrieve(invoice.id).status == "open"


def test_a_bank_debit_is_processed_for_days_then_paid(
    billing: Any, browser: Any, invoice: Any
) -> None:
    page = path(invoice.hosted_invoice_url)
    browser.post(page, data={"type": "sepa_debit", "iban": "ES0700120345030000067890", "name": "A"})
    waiting = browser.get(page).text

    billing.advance(days=4)

    assert "The payment is being processed." in waiting
    assert billing.stripe.invoices.retrieve(invoice.id).status == "paid"


def test_the_pdf_is_one_and_says_number_lines_and_sum(browser: Any, invoice: Any) -> None:
    answer = browser.get(path(invoice.invoice_pdf))

    text = answer.data.decode("cp1252", "replace")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.4")
    assert answer.data.rstrip().endswith(b"%%EOF")
    for words in (invoice.number, "Revisión", "42.50", "Simulation of Stripe, test data only"):
        assert words in text


def test_there_is_a_receipt_once_it_is_paid(browser: Any, invoice: Any) -> None:
    address = f"{path(invoice.hosted_invoice_url)}/receipt"
    before = browser.get(address).status_code
    browser.post(path(invoice.hosted_invoice_url), data=CARD)

    after = browser.get(address)

    assert (before, after.status_code) == (404, 200)
    assert b"Amount paid" in after.data


def test_a_wrong_address_opens_nothing(browser: Any, invoice: Any) -> None:
    page = path(invoice.hosted_invoice_url)

    assert browser.get(page[:-1] + "x").status_code == 404
    assert browser.get(page.replace("/i/acct_", "/i/acct_x")).status_code == 404
    assert browser.get("/i/acct_1/nothing").status_code == 404
