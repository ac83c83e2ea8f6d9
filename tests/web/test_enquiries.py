"""Asking the merchant from wherever the portal sends people to it, and the answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.enquiries import About, Topic
from portal.domain.offers import Conditions, OfferKind
from portal.services import enquiries, offers
from portal.services.offers import Terms
from portal.store.offers import OfferVisitRow
from tests.browser import Browser, Page
from tests.house import House
from tests.shared import lend
from tests.shop import GOOD, Shop, sign_in

WRITE, SEND, SHOW = (f"customer.enquiries.{name}" for name in ("write", "send", "show"))


@pytest.fixture
def shop(house: House) -> Iterator[Shop]:
    """A shop where no plan can be changed; the application is there for the worker's mails."""
    with lend(house).app_context():
        shop = Shop(house)
        shop.configure(subscription_update=False)
        yield shop


def enter(shop: Shop, browser: Browser, **fields) -> str:
    """Sign somebody in whose plan cannot be changed here, and return the subscription."""
    customer = shop.customer(GOOD, **fields)
    subscription = shop.subscribe(customer)
    sign_in(browser, shop.visit(customer))
    return subscription


def ask(
    browser: Browser, subscription: str, message: str = "Please move me to Pro.", status: int = 200
) -> Page:
    """Follow the way from the page of a subscription and send a question."""
    page = browser.get("customer.subscriptions.show", id=subscription)
    browser.open(page.link("Ask them"))
    return browser.press("Send the question", status=status, message=message)


def outcomes(house: House) -> list[tuple[str, str]]:
    """Return what became of the offers that were shown, and for which reason."""
    with house.db.session() as reader:
        return [(row.outcome, row.reason) for row in reader.scalars(select(OfferVisitRow))]


def mails(house: House, start: str) -> list:
    return [mail for mail in house.postbox.mails if mail.id.startswith(start)]


def test_what_is_refused_leads_to_people_who_answer(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)

    sent = ask(browser, subscription, "Please move me to Pro.\nFrom May on.")
    shop.house.settle_down()

    [mail] = mails(shop.house, "enquiry-")
    number = sent.h1.rpartition(" ")[2]
    assert sent.h1 == f"Your question {number}"
    assert "Please move me to Pro." in sent.text
    assert "It is with Nuvol Studio." in sent.text
    assert mail.subject == f"Question {number}: Change the plan"
    assert (mail.to, mail.reply_to) == ("help@nuvol.example", "ana@fornaurora.example")
    assert "Please move me to Pro.\nFrom May on." in mail.text
    assert subscription in mail.text
    assert "You asked: Change the plan" in mails(shop.house, "receipt-")[0].text
    assert "You have not opened this to your customers." in mail.text


def test_the_answer_is_mailed_and_stands_in_the_portal(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    number = int(ask(browser, subscription).h1.rpartition(" ")[2])

    enquiries.answer(shop.house.at, number, "Done.\nIt counts from May.")
    shop.house.settle_down()

    [mail] = mails(shop.house, "answer-")
    page = browser.get(SHOW, number=number)
    assert (mail.to, mail.reply_to) == ("ana@fornaurora.example", "help@nuvol.example")
    assert "Done.\nIt counts from May." in mail.text
    assert f"/nuvol/questions/{number}" in mail.text
    assert "Nuvol Studio has answered." in page.text
    assert "Done. It counts from May." in page.text


def test_the_same_question_is_not_asked_twice(shop: Shop, browser: Browser) -> None:
    subscription = enter(shop, browser)
    first = ask(browser, subscription)

    again = browser.get(WRITE, topic="change", of=subscription)
    browser.post(SEND, {"message": "Again"}, topic="change", of=subscription)
    shop.house.settle_down()

    assert "You have asked this already" in again.text
    assert browser.page.h1 == first.h1
    assert len(mails(shop.house, "enquiry-")) == 1


def test_nobody_floods_the_merchant(shop: Shop, browser: Browser) -> None:
    customer = shop.customer(GOOD)
    mine = [shop.subscribe(customer) for _ in range(6)]
    sign_in(browser, shop.visit(customer))

    for one in mine[:5]:
        ask(browser, one)
    page = browser.get(WRITE, topic="change", of=mine[5])
    browser.post(SEND, {"message": "And this?"}, topic="change", of=mine[5])
    shop.house.settle_down()

    assert "Several of your questions wait for an answer already." in page.text
    assert page.link("See your questions") == "/nuvol/history"
    assert browser.page.h1 == "Ask Nuvol Studio"
    assert len(mails(shop.house, "enquiry-")) == 5


def test_who_has_no_address_is_answered_in_the_portal(shop: Shop, browser: Browser) -> None:
    customer = shop.customer(GOOD)
    shop.stripe.customers.update(customer, {"email": ""})
    visit = replace(shop.visit(customer), email="")
    number = enquiries.ask(visit, About(Topic.OTHER), "Do you open on Sundays?")
    shop.house.settle_down()
    enquiries.answer(shop.house.at, number, "Only in May.")
    shop.house.settle_down()
    sign_in(browser, visit)

    page = browser.get(SHOW, number=number)

    [mail] = mails(shop.house, "enquiry-")
    assert mail.reply_to == "help@nuvol.example"
    assert "No address of this customer is known." in mail.text
    assert mails(shop.house, "answer-") == []
    assert "Only in May." in page.text


def test_help_is_a_question_of_no_single_thing(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)

    browser.open(browser.get("customer.account.show").link("Get help"))
    browser.press("Send the question", message="Do you open on Sundays?")

    [asked] = enquiries.list_open(shop.house.at)
    assert (asked.topic, asked.subject) == (Topic.OTHER, "")


def test_b45_many_presses_at_once_are_one_question(shop: Shop) -> None:
    visit = shop.visit(shop.customer(GOOD))

    with ThreadPoolExecutor(6) as pool:
        presses = [pool.submit(enquiries.ask, visit, About(Topic.OTHER), "When?") for _ in range(6)]
    numbers = {press.result() for press in presses}

    assert numbers == {one.number for one in enquiries.list_open(shop.house.at)}
    assert len(numbers) == 1


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("", "Please write what you ask for."),
        ("x" * 2_001, "At most 2000 characters"),
        ("a\u202eb", "cannot be shown"),
    ],
)
def test_b74_what_is_no_question_is_said_beside_the_field(
    shop: Shop, browser: Browser, message: str, said: str
) -> None:
    page = ask(browser, enter(shop, browser), message, status=422)

    assert said in page.text
    assert enquiries.list_open(shop.house.at) == []


def test_what_somebody_wrote_is_text_and_no_header_or_markup(shop: Shop, browser: Browser) -> None:
    evil = "<b>Hi</b>\nBcc: all@example.com"
    page = ask(browser, enter(shop, browser), evil)
    shop.house.settle_down()

    [mail] = mails(shop.house, "enquiry-")
    assert "<b>Hi</b>" in page.text
    assert "&lt;b&gt;Hi&lt;/b&gt;" in mail.html
    assert "Bcc" not in mail.subject + mail.to + mail.reply_to


@pytest.mark.parametrize(
    ("topic", "of"), [("nonsense", ""), ("change", "sub_1"), ("invoice", "in_1")]
)
def test_b15_nothing_is_asked_of_what_is_not_ones_own(
    shop: Shop, browser: Browser, topic: str, of: str
) -> None:
    enter(shop, browser)

    browser.get(WRITE, status=404, topic=topic, of=of)


def test_a_talk_is_offered_beside_leaving_and_taken_when_asked(
    shop: Shop, browser: Browser
) -> None:
    offers.add(shop.house.at, Terms(OfferKind.PERSON, conditions=Conditions(("low_quality",))))
    subscription = enter(shop, browser)

    page = browser.get("customer.subscriptions.cancel", id=subscription, reason="low_quality")
    form = browser.press("Write to a person")
    before = outcomes(shop.house)
    browser.press("Send the question", message="It is slow.")
    shop.house.settle_down()

    [mail] = mails(shop.house, "enquiry-")
    assert mail.subject.endswith(": Talk before I leave")
    assert "The quality is not good enough" in form.text
    assert "The quality is not good enough" in mail.text
    assert "Cancel subscription" in page.button_names
    assert before == []
    assert outcomes(shop.house) == [("accepted", "low_quality")]


def test_it_is_listed_answered_and_closed_at_the_command_line(
    shop: Shop, browser: Browser, app: Flask
) -> None:
    customer = shop.customer(GOOD)
    first, second = (shop.subscribe(customer) for _ in range(2))
    sign_in(browser, shop.visit(customer))
    numbers = [ask(browser, one).h1.rpartition(" ")[2] for one in (first, second)]

    def run(*arguments: str, words: str = "") -> str:
        command = ["portal", *arguments]
        return app.test_cli_runner().invoke(args=command, input=words).output

    tasks = run("tasks")
    listed = run("enquiry", "list", "nuvol")
    shown = run("enquiry", "show", "nuvol", numbers[0])
    unknown = run("enquiry", "show", "nuvol", "7")
    answered = run("enquiry", "answer", "nuvol", numbers[0], words="It is done.\n")
    closed = run("enquiry", "close", "nuvol", numbers[1])
    again = run("enquiry", "close", "nuvol", numbers[1])

    assert f"question {numbers[0]}: change {first}" in tasks
    assert listed.count("Please move me to Pro.") == 2
    assert {"state:\topen", "why:\tfeature_disabled"} <= set(shown.splitlines())
    assert "There is no question 7." in unknown
    assert "is answered" in answered
    assert "It is done." in run("enquiry", "show", "nuvol", numbers[0])
    assert "is closed" in closed
    assert "No question" in again
    assert "No question waits." in run("enquiry", "list", "nuvol")
    assert "Nothing waits for you." in run("tasks")
