"""Adding a card, preferring it, and removing it; the last one that is needed stays."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import Person


def test_a_card_is_added_made_the_default_and_removed(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("no invoice, no plan")
    someone = person(scripts=False)
    someone.sign_in(slug, customer["email"])

    someone.open(f"/{slug}/payment-methods")
    someone.press(re.compile("Add payment method"))
    _on_checkout(someone)
    someone.fill_card("4242 4242 4242 4242")
    someone.page.wait_for_url(re.compile("/r/"))
    wait_for(lambda: _is_listed(someone, slug, "4242", "Default"), "the first card as default")

    someone.press(re.compile("Add payment method"))
    _on_checkout(someone)
    someone.fill_card("5555 5555 5555 4444")
    someone.page.wait_for_url(re.compile("/r/"))
    wait_for(lambda: _is_listed(someone, slug, "4444"), "the second card")
    someone.press(re.compile("Make default"))
    wait_for(lambda: _is_listed(someone, slug, "4444", "Default"), "the new default")

    row = someone.page.locator("li", has_text="4242")
    row.get_by_role("link", name=re.compile("Remove")).or_(
        row.get_by_role("button", name=re.compile("Remove"))
    ).first.click()
    confirm = someone.page.get_by_role("button", name=re.compile("^Remove"))
    if someone.page.locator("li", has_text="4444").count() == 0:
        confirm.first.click()
    wait_for(lambda: not _is_listed(someone, slug, "4242"), "the first card to be gone")


def test_the_only_card_a_plan_is_charged_to_cannot_go(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("a card that declines")
    someone = person()
    someone.sign_in(slug, customer["email"])

    someone.open(f"/{slug}/payment-methods")

    expect(someone.page.get_by_role("button", name="Remove", exact=True)).to_have_count(0)


def _on_checkout(someone: Person) -> None:
    """Arrive at Checkout: the page that leads out opens it by itself, or by its link."""
    someone.page.wait_for_url(re.compile("/c/pay/"))


def _is_listed(someone: Person, slug: str, *words: str) -> bool:
    someone.open(f"/{slug}/payment-methods")
    rows = someone.page.locator("main li")
    for word in words:
        rows = rows.filter(has_text=word)
    return rows.count() > 0
