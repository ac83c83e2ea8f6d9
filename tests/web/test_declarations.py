"""The lanes of Germany, France and the European Union: each demand of the law as a test."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.domain.declarations import DeclarationState, Lane
from portal.domain.errors import TooManyTries
from portal.gateways.mail import Mail
from portal.services import declarations, tries
from portal.store import declarations as rows
from portal.store.merchants import MerchantRow
from tests.browser import Browser, Page
from tests.house import House
from tests.papers import text_of as text_of_paper
from tests.payer import Payer
from tests.shared import lend
from tests.shop import GOOD, Shop

WRITE, SHOW = "customer.declarations.write", "customer.declarations.show"
NAME, EMAIL = "Forn Aurora", "ana@fornaurora.example"
TOLD = {"name": NAME, "contract": "Pro", "email": EMAIL}


@pytest.fixture
def shop(house: House) -> Iterator[Shop]:
    house.decide(lanes=("de", "fr", "eu", "eude"))
    with lend(house).app_context():
        shop = Shop(house)
        shop.configure()
        yield shop


def subscribed(shop: Shop, **fields: Any) -> str:
    subscription = shop.subscribe(shop.customer(GOOD, **fields), "pro")
    shop.house.settle_down()
    return subscription


def declare(browser: Browser, lane: str, **more: str) -> Page:
    """Go through a lane to its end."""
    browser.get(WRITE, lane=lane)
    if lane == "de":
        return browser.press("jetzt kündigen", **{**TOLD, **more})
    first, last = {
        "fr": ("Vérifier la résiliation", "Notifier la résiliation"),
        "eu": ("Go on to confirm", "Confirm withdrawal"),
        "eude": ("Weiter zur Bestätigung", "Widerruf bestätigen"),
    }[lane]
    browser.press(first, **{**TOLD, **more})
    return browser.press(last)


def mails(shop: Shop, start: str = "declaration-") -> list[Mail]:
    return [mail for mail in shop.house.postbox.mails if mail.id.startswith(start)]


def is_cancelling(shop: Shop, subscription: str) -> bool:
    told = shop.told(subscription)
    return bool(told.cancel_at or told.cancel_at_period_end)


def fields_of(page: Page) -> set[str]:
    names = {
        str(one.get("name"))
        for kind in ("input", "textarea", "select")
        for one in page.tree.iter(kind)
    }
    return names - {"csrf_token", "nonce", "locale", "back", "theme", "None"}


@pytest.mark.parametrize(
    ("lane", "label"),
    [
        ("de", "Verträge hier kündigen"),
        ("fr", "Résilier votre contrat"),
        ("eu", "Withdraw from contract here"),
        ("eude", "Vertrag widerrufen"),
    ],
)
def test_l1_l4_l5_l9_a_link_of_its_name_stands_on_public_pages(
    shop: Shop, browser: Browser, lane: str, label: str
) -> None:
    page = browser.get("customer.entry.login")

    assert page.link(label) == f"/nuvol/declare/{lane}"


def test_l5_l6_the_german_page_holds_all_and_asks_no_more(shop: Shop, browser: Browser) -> None:
    page = browser.get(WRITE, lane="de")

    assert "jetzt kündigen" in page.button_names
    assert fields_of(page) == {"kind", "reason", "name", "contract", "ends_on", "email"}
    assert "Ordentliche Kündigung" in page.text
    assert "Außerordentliche Kündigung" in page.text
    assert "Leer lassen für den frühestmöglichen Zeitpunkt" in page.text


def test_l7_it_is_receipted_at_once_and_can_be_saved(shop: Shop, browser: Browser) -> None:
    subscribed(shop)

    page = declare(browser, "de")
    pdf = browser.client.get(page.link("Bestätigung speichern (PDF)"), **browser._at_home())
    shop.house.settle_down()

    [mail] = mails(shop)
    assert page.h1 == "Ihre Kündigung ist eingegangen"
    for words in ("Eingegangen am", "(Europe/Madrid)", NAME, "frühestmöglicher Zeitpunkt"):
        assert words in page.text
        assert words in mail.text
        assert words.partition(" ")[0] in text_of_paper(pdf.data)
    assert (mail.to, mail.subject) == (EMAIL, "Ihre Kündigung ist eingegangen")
    assert len(mail.attachments) == 1


def test_l5_what_is_sure_is_cancelled_for_the_end_of_its_period(
    shop: Shop, browser: Browser
) -> None:
    subscription = subscribed(shop)

    declare(browser, "de")
    shop.house.settle_down()

    assert is_cancelling(shop, subscription)
    assert any("Subscription cancelled" in one.subject for one in mails(shop, "receipt-"))


def test_b28_a_worker_that_died_after_cancelling_leaves_nothing_to_a_person(
    shop: Shop, browser: Browser
) -> None:
    subscription = subscribed(shop)
    declare(browser, "de")
    shop.house.settle_down()
    with shop.house.db.write() as unit:
        rows.get(unit, shop.house.merchant.id, 1).state = DeclarationState.RECEIVED

    declarations.act(shop.house.at, 1)

    assert declarations.list_open(shop.house.at) == []
    assert is_cancelling(shop, subscription)
    assert len([one for one in mails(shop, "receipt-") if "cancelled" in one.subject]) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Somebody Else"},
        {"email": "other@else.example"},
        {"kind": "for_cause", "reason": "It never worked."},
        {"ends_on": "2030-01-01"},
    ],
)
def test_what_is_not_sure_waits_for_a_person_and_says_nothing(
    shop: Shop, browser: Browser, app: Flask, more: dict[str, str]
) -> None:
    subscription = subscribed(shop)

    page = declare(browser, "de", **more)
    shop.house.settle_down()
    run = app.test_cli_runner().invoke
    tasks, listed = (
        run(args=["portal", *words]).output
        for words in (["tasks"], ["declaration", "list", "nuvol"])
    )
    done = run(args=["portal", "declaration", "done", "nuvol", "1"]).output

    assert page.h1 == "Ihre Kündigung ist eingegangen"
    assert not is_cancelling(shop, subscription)
    assert "declaration 1 (de): Pro" in tasks
    assert f"Ihr Name: {more.get('name', NAME)}" in listed
    assert "is done" in done
    assert "Nothing waits for you." in run(args=["portal", "tasks"]).output


def test_l8_a_contract_without_a_subscription_can_be_ended_too(
    shop: Shop, browser: Browser
) -> None:
    shop.customer(GOOD)
    shop.house.settle_down()

    page = declare(browser, "de", contract="Hosting, paid once for five years")
    shop.house.settle_down()

    [waiting] = declarations.list_open(shop.house.at)
    assert page.h1 == mails(shop)[0].subject == "Ihre Kündigung ist eingegangen"
    assert waiting.contract == "Hosting, paid once for five years"


def test_a_declaration_counts_when_stripe_is_down(shop: Shop, browser: Browser) -> None:
    subscription = subscribed(shop)
    shop.house.stripe_wire.is_cut = True

    page = declare(browser, "de")
    shop.house.settle_down()
    shop.house.stripe_wire.is_cut = False
    for _ in range(5):
        shop.house.pass_time(1_800)
        shop.house.settle_down()

    assert page.h1 == "Ihre Kündigung ist eingegangen"
    assert is_cancelling(shop, subscription)


def test_nobody_ends_a_contract_at_once_from_outside(shop: Shop, browser: Browser) -> None:
    shop.configure(cancel_mode="immediately")
    subscription = subscribed(shop)

    declare(browser, "de")
    shop.house.settle_down()

    assert shop.told(subscription).status == "active"


def test_who_names_the_subscription_needs_no_name_that_is_known(
    shop: Shop, browser: Browser
) -> None:
    subscription = subscribed(shop)

    declare(browser, "de", name="Ana Puig", contract=f"Pro, {subscription}")
    shop.house.settle_down()

    assert is_cancelling(shop, subscription)


@pytest.mark.parametrize(
    ("lane", "last"), [("fr", "Notifier la résiliation"), ("eu", "Confirm withdrawal")]
)
def test_l1_l10_a_recap_comes_before_the_last_control(
    shop: Shop, browser: Browser, lane: str, last: str
) -> None:
    first = "Vérifier la résiliation" if lane == "fr" else "Go on to confirm"
    form = browser.get(WRITE, lane=lane)
    recap = browser.press(first, **TOLD)
    before = len(mails(shop))
    done = browser.press(last)
    shop.house.settle_down()

    expected = {"name", "contract", "email"}
    more = {"kind", "reason", "ends_on"} if lane == "fr" else set()
    assert fields_of(form) == expected | more
    assert {NAME, "Pro", EMAIL} <= set(recap.text.replace(" Pro ", " ").split("  ")) | {
        one for one in (NAME, "Pro", EMAIL) if one in recap.text
    }
    assert before == 0
    assert len(mails(shop)) == 1
    assert NAME in done.text


def test_l9_proofs_have_an_address_and_days_are_written_in_words(
    shop: Shop, browser: Browser
) -> None:
    with shop.house.db.write() as unit:
        unit.get_one(MerchantRow, shop.house.merchant.id).support_email = "hola@nuvol.example"

    form = browser.get(WRITE, lane="fr")
    recap = browser.press("Vérifier la résiliation", **TOLD, ends_on="2027-02-01")

    assert "Envoyez vos justificatifs à hola@nuvol.example" in form.text
    assert "1 février 2027" in recap.text


def test_l2_a_withdrawal_is_mailed_with_content_day_and_time(shop: Shop, browser: Browser) -> None:
    subscription = subscribed(shop)

    declare(browser, "eu")
    shop.house.settle_down()

    [mail] = mails(shop)
    assert mail.subject == "Your withdrawal is received"
    assert "Received on: " in mail.text
    assert "Contract: Pro" in mail.text
    assert not is_cancelling(shop, subscription)


def test_l4_a_german_withdrawal_is_confirmed_and_receipted_in_german(
    shop: Shop, browser: Browser
) -> None:
    subscription = subscribed(shop)

    page = declare(browser, "eude")
    shop.house.settle_down()

    [mail] = mails(shop)
    assert page.h1 == mail.subject == "Ihr Widerruf ist eingegangen"
    assert "Eingegangen am: " in mail.text
    assert not is_cancelling(shop, subscription)


def test_l3_a_lane_the_merchant_does_not_have_is_not_there(house: House, browser: Browser) -> None:
    browser.get(WRITE, status=404, lane="de")
    browser.get(WRITE, status=404, lane="xx")

    assert "Verträge hier kündigen" not in browser.get("customer.entry.login").link_names


def test_l3_who_is_signed_in_sees_the_lanes_of_their_country(
    signed_in: Payer, browser: Browser
) -> None:
    signed_in.house.decide(lanes=("de", "eu"))
    labels = {"Verträge hier kündigen", "Withdraw from contract here"}
    unknown = labels & set(browser.get("customer.overview.show").link_names)
    signed_in.house.stripe.v1.customers.update(
        signed_in.stripe_customer, {"address": {"country": "ES"}}
    )
    signed_in.house.settle_down()

    shown = labels & set(browser.get("customer.overview.show").link_names)

    assert unknown == labels
    assert shown == {"Withdraw from contract here"}


def test_a_page_that_is_sent_twice_declares_once(shop: Shop, browser: Browser) -> None:
    page = browser.get(WRITE, lane="de")
    form, _ = page.form_of("jetzt kündigen")
    fields = {name: values[-1] for name, values in page.fields_of(form).items() if values}

    urls = {
        browser.post("customer.declarations.send", {**fields, **TOLD}, lane="de").url
        for _ in range(2)
    }
    shop.house.settle_down()

    assert len(urls) == 1
    assert len(mails(shop)) == 1


def test_a_page_that_is_changed_and_sent_again_declares_anew(shop: Shop, browser: Browser) -> None:
    page = browser.get(WRITE, lane="de")
    form, _ = page.form_of("jetzt kündigen")
    fields = {name: values[-1] for name, values in page.fields_of(form).items() if values}

    for contract in ("Pro", "Basic"):
        told = {**fields, **TOLD, "contract": contract}
        page = browser.post("customer.declarations.send", told, lane="de")
    shop.house.settle_down()

    assert "Basic" in page.text
    assert len(mails(shop)) == 2


@pytest.mark.provider
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"email": "ana"}, "This is no e-mail address. One looks like name@example.com."),
        ({"kind": "for_cause"}, "Please say why."),
        ({"contract": "x" * 201}, "At most 200 characters"),
        ({"ends_on": "soon"}, "Please enter a day that there is."),
    ],
)
def test_b74_what_cannot_be_taken_is_said_beside_its_field(
    shop: Shop, browser: Browser, more: dict[str, str], said: str
) -> None:
    browser.get(WRITE, lane="de")
    page = browser.press("jetzt kündigen", status=422, **{**TOLD, **more})

    assert said in page.text
    assert mails(shop) == []


def test_nobody_floods_a_mailbox(shop: Shop, browser: Browser) -> None:
    for _ in range(5):
        declare(browser, "de")
    browser.get(WRITE, lane="de")
    browser.press("jetzt kündigen", status=429, **TOLD)
    shop.house.settle_down()

    assert len(mails(shop)) == 5


def test_all_networks_together_do_not_flood_a_mailbox(house: House) -> None:
    told = declarations.Told(NAME, EMAIL, "Pro")
    for number in range(tries.DECLARED_MAILBOX.limit):
        receive(house, told, f"198.51.{number}.1")

    with pytest.raises(TooManyTries):
        receive(house, told, "203.0.113.1")

    receive(house, declarations.Told(NAME, "other@else.example", "Pro"), "203.0.113.1")


def receive(house: House, told: declarations.Told, address: str) -> None:
    """Declare from an address, on a page of its own."""
    declarations.receive(house.at, Lane.DE, told, nonce=address, locale="en", address=address)


def test_b15_a_receipt_is_of_one_merchant(shop: Shop, browser: Browser) -> None:
    page = declare(browser, "de")
    token = page.url.rsplit("/", 1)[1]

    browser.get(SHOW, status=404, token=token[:-1] + "x")
    browser.get(SHOW, token=token)
