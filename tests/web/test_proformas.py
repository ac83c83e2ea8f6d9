"""A proforma as its customer meets it: a document to pay, and then the invoice that it became."""

import pytest

from portal.domain.access import Scope
from portal.domain.customers import Origin
from portal.services import payments
from portal.services.payments import Wish
from tests.browser import Browser
from tests.factories import make_session
from tests.payer import DUE, Payer
from tests.web.signing_in import carry


@pytest.fixture
def proforma(signed_in: Payer, browser: Browser) -> str:
    item = {"name": "A website", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    body = {"contact_id": signed_in.holded_contact, "date": "2026-11-01", "items": [item]}
    holded = signed_in.house.holded
    id = str(holded.post("/proformas", json=body).raise_for_status().json()["id"])
    holded.post(f"/proformas/{id}/approve").raise_for_status()
    with browser.app.app_context():
        signed_in.house.settle_down()
    return id


def test_a_proforma_says_that_it_is_one_and_can_be_paid(browser: Browser, proforma: str) -> None:
    page = browser.get("customer.invoices.show", id=proforma)
    listed = browser.get("customer.invoices.list_all")

    assert page.h1.startswith("Proforma invoice PRO")
    assert "When it is paid, you get the invoice for it." in page.text
    assert page.link("Pay €121.00").endswith(f"/{proforma}/pay")
    assert "Proforma invoice · Holded" in listed.text


def test_f9_after_paying_the_invoice_has_taken_its_place(
    signed_in: Payer, browser: Browser, proforma: str
) -> None:
    with browser.app.app_context():
        signed_in.pay(proforma, signed_in.card())
        signed_in.house.settle_down()

    page = browser.get("customer.invoices.show", id=proforma)
    listed = browser.get("customer.invoices.list_all")

    assert "An invoice has taken its place." in page.text
    assert "Pay €121.00" not in page.link_names
    assert "PRO" not in listed.text
    assert "Paid" in listed.text


def test_a_proforma_has_its_own_pdf(browser: Browser, proforma: str) -> None:
    path = browser.address("customer.invoices.pdf", id=proforma)

    with browser.client.get(path, base_url="http://127.0.0.1:8000") as answer:
        assert answer.status_code == 200
        assert answer.data.startswith(b"%PDF-")


def test_f9_who_paid_from_the_link_of_a_proforma_comes_back_to_it(
    signed_in: Payer, browser: Browser, proforma: str
) -> None:
    at, visit = signed_in.house.at, signed_in.link_visit(proforma)
    carry(browser, make_session(at, visit.customer.id, scope=Scope(Origin.HOLDED, proforma)))
    with browser.app.app_context():
        pressed = payments.pay(visit, proforma, Wish(DUE))
        signed_in.at_checkout(signed_in.leave_url(pressed))
        signed_in.house.settle_down()

    browser.open(f"/r/{pressed.return_key}")
    page = browser.follow("Back to the invoice")

    assert page.url.endswith(proforma)
    assert "An invoice has taken its place." in page.text
