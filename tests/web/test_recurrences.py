"""Recurring invoices of Holded, where customers look for what they pay regularly."""

from datetime import timedelta

from tests.browser import Browser
from tests.payer import Payer


def recur(payer: Payer, **fields: object) -> None:
    line = {"name": "Hosting", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    tomorrow = payer.house.merchant.day_of(payer.house.now()) + timedelta(days=1)
    body = {
        "contact_id": payer.holded_contact,
        "date": tomorrow.isoformat(),
        "periodicity": "q",
        "items": [line],
        **fields,
    }
    payer.house.holded.post("/recurring-invoices", json=body).raise_for_status()


def test_f11_lines_sum_rhythm_and_the_next_days_are_shown(
    signed_in: Payer, browser: Browser
) -> None:
    recur(signed_in)
    signed_in.house.sync()

    page = browser.get("customer.recurrences.list_all")

    assert "Hosting Next invoices:" in page.text
    assert "€121.00 every three months" in page.text


def test_what_has_ended_is_not_shown(signed_in: Payer, browser: Browser) -> None:
    today = signed_in.house.merchant.day_of(signed_in.house.now())
    last = today - timedelta(days=1)
    recur(signed_in, date=(last - timedelta(days=30)).isoformat(), end_date=last.isoformat())
    signed_in.house.sync()

    page = browser.get("customer.recurrences.list_all")

    assert "Nothing is invoiced regularly" in page.text


def test_the_page_asks_holded_nothing(signed_in: Payer, browser: Browser) -> None:
    recur(signed_in)
    signed_in.house.sync()
    before = len(signed_in.house.requests("holded"))

    browser.get("customer.recurrences.list_all")

    assert len(signed_in.house.requests("holded")) == before


def test_the_subscriptions_lead_there(signed_in: Payer, browser: Browser) -> None:
    browser.get("customer.subscriptions.list_all")

    assert browser.follow("Recurring invoices").h1 == "Recurring invoices"
