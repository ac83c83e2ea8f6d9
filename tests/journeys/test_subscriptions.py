"""Changing a plan, staying with the offer, leaving, and coming back."""

import re
from collections.abc import Callable

import httpx

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import Person


def _subscription(demo: Demo, slug: str, customer: str) -> dict[str, object]:
    """Return the customer's first subscription, as Stripe has it."""
    merchant = next(one for one in demo.told["merchants"] if one["slug"] == slug)
    answer = httpx.get(
        f"{demo.told['stripe_sandbox']}/v1/subscriptions",
        params={"customer": customer, "status": "all"},
        auth=(merchant["stripe_secret_key"], ""),
    )
    return dict(answer.json()["data"][0])


def _open_subscription(someone: Person, slug: str) -> str:
    someone.open(f"/{slug}/subscriptions")
    someone.follow("Manage")
    someone.page.wait_for_url(re.compile("/subscriptions/sub_"))
    return someone.page.url.removeprefix(someone.demo.portal)


def test_a_plan_is_changed_for_the_very_sum_that_was_shown(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("part-paid", "good card")
    someone = person(scripts=False)
    someone.sign_in(slug, customer["email"])
    page = _open_subscription(someone, slug)

    someone.open(f"{page}/change")
    someone.page.get_by_role("radio", name=re.compile("Bàsic")).first.check(force=True)
    someone.press("Show the exact sum")
    agree = someone.page.locator("input[name=agree]")
    if agree.count():
        agree.check()
    someone.press(re.compile("^Change (to|and|now)"))

    someone.page.wait_for_url(re.compile("/history/|/subscriptions/sub_"))
    someone.open(page)
    someone.sees("Hosting Bàsic")
    items = _subscription(demo, slug, customer["stripe_customer"])["items"]
    assert items["data"][0]["price"]["unit_amount"] == 900  # type: ignore[index]


def test_somebody_who_wants_to_leave_stays_with_the_offer(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("an active plan and a good card")
    someone = person()
    someone.sign_in(slug, customer["email"])
    page = _open_subscription(someone, slug)

    someone.open(f"{page}/cancel")
    someone.press(re.compile("^Stay with"))

    someone.page.wait_for_url(re.compile("/history/"))
    kept = _subscription(demo, slug, customer["stripe_customer"])
    assert kept["discounts"]
    assert not kept["cancel_at_period_end"]
    someone.open(f"{page}/cancel")
    assert someone.page.get_by_role("button", name=re.compile("^Stay with")).count() == 0


def test_somebody_leaves_with_one_press_and_takes_it_back(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("300 holded invoices")
    someone = person(scripts=False)
    someone.sign_in(slug, customer["email"])
    page = _open_subscription(someone, slug)

    someone.open(f"{page}/cancel")
    someone.page.locator("select[name=reason]").select_option("unused")
    someone.press("Cancel subscription")
    someone.page.wait_for_url(re.compile("/history/"))
    left = _subscription(demo, slug, customer["stripe_customer"])
    mails = wait_for(
        lambda: [mail for mail in demo.mails(customer["email"]) if "ancel" in mail["subject"]],
        "the receipt by mail",
    )
    someone.open(page)
    someone.press(re.compile("Keep|Take|back|Resume"))
    someone.page.wait_for_url(re.compile("/history/|/subscriptions/sub_"))
    back = _subscription(demo, slug, customer["stripe_customer"])

    assert left["cancel_at_period_end"] or left["cancel_at"]
    assert left["cancellation_details"]["feedback"] == "unused"  # type: ignore[index]
    assert mails
    assert not back["cancel_at_period_end"]
    assert not back["cancel_at"]
