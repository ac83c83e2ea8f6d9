"""The page of a customer's own reference, and where it is shown."""

import pytest

from portal.domain.purchase_orders import Span
from portal.services import purchase_orders
from tests.browser import Browser
from tests.house import House
from tests.payer import Payer


def settle(browser: Browser, house: House) -> None:
    with browser.app.app_context():
        house.settle_down()


def test_a_reference_is_kept_and_shown_on_the_account_page(
    house: House, browser: Browser, signed_in: Payer
) -> None:
    browser.get("customer.purchase_orders.show")

    page = browser.post("customer.purchase_orders.keep", {"reference": " PO-7 "}, span="always")
    account = browser.get("customer.account.show")

    assert "Saved. It is printed from your next invoice on." in page.text
    assert "On every invoice PO-7" in account.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("x" * 31, "At most 30 characters, please."),
        ("zero\u200bwidth", "Letters, digits and signs in one line, please"),
        ("turned\u202earound", "This has characters in it that cannot be shown."),
    ],
)
def test_b_bad_reference_is_told_beside_its_field_and_changes_nothing(
    browser: Browser, signed_in: Payer, typed: str, sentence: str
) -> None:
    browser.get("customer.purchase_orders.show")

    page = browser.post(
        "customer.purchase_orders.keep", {"reference": typed}, span="always", status=422
    )

    assert sentence in page.text
    assert purchase_orders.of_visit(signed_in.visit()) == {}


def test_an_invoice_shows_what_stands_on_it_and_takes_one_for_the_next(
    house: House, browser: Browser, signed_in: Payer
) -> None:
    id = signed_in.invoice(custom_fields=[{"field": "PO number", "value": "4711"}])

    page = browser.get("customer.invoices.show", id=id)
    browser.press("Save the reference", reference="PO-8")

    assert "PO number 4711" in page.text
    assert "This invoice is issued and stays as it is." in page.text
    assert purchase_orders.of_visit(signed_in.visit()) == {Span.NEXT: "PO-8"}


def test_a_merchant_that_takes_none_shows_none(
    house: House, browser: Browser, signed_in: Payer
) -> None:
    id = signed_in.invoice()
    house.decide(purchase_orders=False)

    assert "Your reference on invoices" not in browser.get("customer.account.show").text
    assert "Your reference on invoices" not in browser.get("customer.invoices.show", id=id).text
    assert browser.get("customer.purchase_orders.show", status=409).status == 409


def test_another_span_is_no_page(browser: Browser, signed_in: Payer) -> None:
    browser.get("customer.purchase_orders.show")

    page = browser.post(
        "customer.purchase_orders.keep", {"reference": "x"}, span="ever", status=404
    )

    assert page.status == 404


@pytest.mark.provider
@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_every_word_is_translated(browser: Browser, signed_in: Payer, locale: str) -> None:
    page = browser.open(f"/nuvol/purchase-order?locale={locale}")

    assert page.tree.get("lang") == locale
