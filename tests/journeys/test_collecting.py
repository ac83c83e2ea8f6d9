"""Holded documents that charge themselves: a mail with a link, a method, and then the money."""

import re
from collections.abc import Callable

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import Person


def test_f5_what_the_merchant_asked_to_collect_is_charged_when_a_card_is_added(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("a proforma", "charge themselves")
    asked = wait_for(lambda: _asked(demo, customer["email"]), "the mails with the links")
    someone = person(scripts=False)
    someone.sign_in(slug, customer["email"])

    someone.open(f"/{slug}/payment-methods")
    someone.press(re.compile("Add payment method"))
    someone.page.wait_for_url(re.compile("/c/pay/"))
    someone.fill_card("4242 4242 4242 4242")
    someone.page.wait_for_url(re.compile("/r/"))

    booked = wait_for(lambda: _booked(demo), "two bookings in Holded")
    assert len(asked) == 2
    assert sorted(row["amount"] for row in booked) == ["423.50", "871.20"]
    assert {row["number"][0] for row in booked} == {"F"}


def _asked(demo: Demo, email: str) -> list[str] | None:
    """Return the links of one invoice each that were mailed, once both are there."""
    links = [link for mail in demo.mails(email) for link in mail["links"] if "/i/" in link]
    return sorted(set(links)) if len(set(links)) == 2 else None


def _booked(demo: Demo) -> list[dict[str, str]] | None:
    found = [row for row in demo.ledger("holded") if row["amount"] in {"871.20", "423.50"}]
    return found if len(found) == 2 else None
