"""Paying a Holded invoice: with a saved card, a new one, a careful bank, and a refusal."""

import re
from collections.abc import Callable
from typing import Any

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import Person

PAID = re.compile("Paid|paid")


def _booked(demo: Demo, invoice: str) -> list[dict[str, Any]]:
    """Return what the portal has booked on an invoice."""
    return [
        row
        for row in demo.ledger("holded")
        if row["invoice"] == invoice and "pi_" in row["description"]
    ]


def _charged(demo: Demo, invoice: str) -> list[dict[str, Any]]:
    """Return the charges that took money for an invoice."""
    return [
        row
        for row in demo.ledger("stripe")
        if row["status"] == "succeeded" and invoice in str(row["metadata"].get("invoice"))
    ]


def _is_charged_and_booked_once(demo: Demo, invoice: str) -> None:
    wait_for(lambda: _booked(demo, invoice) or None, "the booking in Holded")
    assert len(_charged(demo, invoice)) == 1
    assert len(_booked(demo, invoice)) == 1


def test_an_invoice_is_paid_with_a_saved_card_without_scripts(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("part-paid", "good card")
    someone = person(scripts=False)
    someone.sign_in(slug, customer["email"])

    invoice = someone.open_first_due(slug)
    someone.choose("4242")
    someone.press(re.compile("^Pay"))

    someone.sees(PAID)
    _is_charged_and_booked_once(demo, invoice)


def test_an_invoice_is_paid_with_a_new_card_which_is_kept(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("part-paid", "good card")
    someone = person()
    someone.sign_in(slug, customer["email"])

    invoice = someone.open_first_due(slug)
    someone.choose("Another card")
    someone.page.locator("input[name=keep]").check()
    someone.press(re.compile("^Pay"))
    someone.fill_card("5555 5555 5555 4444")

    someone.sees(PAID)
    _is_charged_and_booked_once(demo, invoice)
    wait_for(lambda: _has_method(someone, slug, "4444"), "the kept card")


def test_a_card_whose_bank_asks_is_confirmed_on_the_banks_page(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("bank asks for authentication")
    someone = person()
    someone.sign_in(slug, customer["email"])

    invoice = someone.open_first_due(slug)
    someone.page.get_by_role("radio").first.check(force=True)
    someone.press(re.compile("^Pay"))
    someone.page.locator("button[name=complete]").click()

    someone.sees(PAID)
    _is_charged_and_booked_once(demo, invoice)


def test_b31_a_card_that_declines_charges_nothing_and_says_so(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("part-paid", "good card")
    someone = person()
    someone.sign_in(slug, customer["email"])

    invoice = someone.open_first_due(slug)
    someone.choose("Another card")
    someone.press(re.compile("^Pay"))
    someone.fill_card("4000 0000 0000 0002")
    someone.page.locator("[role=alert]").first.wait_for()
    someone.open(f"/{slug}/invoices/{invoice}")

    assert _charged(demo, invoice) == []
    someone.sees(re.compile("Open|Overdue|Part paid"))


def test_b15_another_customers_invoice_is_not_found(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, owner = demo.customer_about("part-paid", "good card")
    _, other = demo.customer_about("no invoice, no plan")
    someone, stranger = person(), person()
    someone.sign_in(slug, owner["email"])
    invoice = someone.open_first_due(slug)
    stranger.sign_in(slug, other["email"])

    for page in ("", "/pay", "/pdf"):
        answer = stranger.page.goto(f"{demo.portal}/{slug}/invoices/{invoice}{page}")
        assert answer is not None
        assert answer.status == 404


def _has_method(someone: Person, slug: str, last4: str) -> bool:
    someone.open(f"/{slug}/payment-methods")
    return someone.page.get_by_text(last4).count() > 0
