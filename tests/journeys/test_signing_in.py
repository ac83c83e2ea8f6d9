"""Signing in: by the link of a mail, and by its code on another device."""

from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from tests.journeys.demo import Demo
from tests.journeys.person import DESK, Person, code_of, link_of


def test_somebody_signs_in_by_the_link_of_a_mail(demo: Demo, person: Callable[..., Person]) -> None:
    slug, customer = demo.customer_about("overdue")
    someone = person(scripts=False)

    someone.sign_in(slug, customer["email"])

    expect(someone.page).to_have_url(f"{demo.portal}/{slug}/")
    someone.sees(customer["name"])


def test_the_code_of_a_mail_read_on_another_device_signs_in_where_it_was_asked_for(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("overdue")
    at_the_desk, on_the_phone = person(viewport=DESK), person()
    mail = at_the_desk.ask_for_mail(slug, customer["email"])

    on_the_phone.page.goto(link_of(mail, "/l/"))
    on_the_phone.sees("type the code")
    at_the_desk.page.locator("input[name=code]").fill(code_of(mail))
    at_the_desk.page.locator("form:has(input[name=code]) button").first.click()

    expect(at_the_desk.page).to_have_url(f"{demo.portal}/{slug}/")


def test_b01_a_scanner_that_opens_the_link_leaves_it_to_its_owner(
    demo: Demo, person: Callable[..., Person]
) -> None:
    slug, customer = demo.customer_about("overdue")
    someone, scanner = person(), person()
    mail = someone.ask_for_mail(slug, customer["email"])
    link = link_of(mail, "/l/")
    for _ in range(20):
        httpx.get(link, follow_redirects=True)
    scanner.page.goto(link)

    someone.page.goto(link)
    someone.press("Sign in and continue")

    expect(someone.page).to_have_url(f"{demo.portal}/{slug}/")
