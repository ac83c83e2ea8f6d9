"""The page of payment methods: what it says of each, and adding, preferring and removing one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.errors import Refused
from portal.mirror import payment_methods as mirror
from portal.services import method_types, payment_methods
from portal.store.consents import ConsentRow
from tests.browser import Browser, Page
from tests.factories import make_customer, make_session
from tests.house import House
from tests.payer import Payer
from tests.shop import GOOD, Shop, sign_in
from tests.web.signing_in import carry, work

MASTERCARD = "pm_card_mastercard"
LIST, REMOVE = "customer.payment_methods.list_all", "customer.payment_methods.ask_to_remove"


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def enter(shop: Shop, browser: Browser, *methods: str, plan: str = "", **fields: Any) -> Visit:
    """Sign a customer in who has these methods, and a subscription if a plan is named."""
    customer = shop.customer(*methods)
    if plan:
        shop.subscribe(customer, plan, **fields)
    visit = shop.visit(customer)
    sign_in(browser, visit)
    return visit


def kept(shop: Shop, visit: Visit) -> dict[str, str]:
    """Return the ids of the cards Stripe has for a customer, by brand."""
    found = shop.stripe.customers.payment_methods.list(visit.customer.stripe_customer).data
    return {str(method.card.brand): str(method.id) for method in found}


def default(shop: Shop, visit: Visit) -> str:
    """Return the method Stripe charges a customer's invoices to."""
    told = shop.stripe.customers.retrieve(visit.customer.stripe_customer)
    return str(told.invoice_settings.default_payment_method)


def retell(visit: Visit, id: str, **facts: Any) -> None:
    """Have the portal be told of a method what Stripe's test cards never are."""
    told = replace(mirror.get(visit, id), **facts)
    with visit.db.write() as unit:
        mirror.save(unit, visit.merchant, [(told, visit.now)], now=visit.now)


def let_expire(visit: Visit, id: str, *, days: int) -> None:
    """Have a card's last month be the one that many days from now."""
    last = visit.today + timedelta(days=days)
    retell(visit, id, exp_month=last.month, exp_year=last.year)


def row_of(page: Page, digits: str) -> str:
    """Return what the list says of a method, by its last digits."""
    rows = [" ".join("".join(item.itertext()).split()) for item in page.tree.iter("li")]
    return next(row for row in rows if f"•••• {digits}" in row)


def test_each_method_says_what_it_is_and_what_it_pays(shop: Shop, browser: Browser) -> None:
    enter(shop, browser, GOOD, MASTERCARD, plan="basic")

    page = browser.get(LIST)

    assert "Visa •••• 4242 Default" in row_of(page, "4242")
    assert "pays Basic" in row_of(page, "4242")
    assert "Default" not in row_of(page, "4444").replace("Make default", "")
    assert "pays" not in row_of(page, "4444")


def test_the_code_of_a_bank_is_not_shown_in_place_of_its_name(
    signed_in: Payer, browser: Browser
) -> None:
    with browser.app.app_context():
        signed_in.debit("ES0700120345030000067890")

    row = row_of(browser.get(LIST), "7890")

    assert "SEPA Direct Debit •••• 7890" in row
    assert "00120345" not in row


def test_a_plan_paid_by_sent_invoices_is_charged_to_no_method(shop: Shop, browser: Browser) -> None:
    enter(shop, browser, GOOD, plan="basic", collection_method="send_invoice", days_until_due=14)

    page = browser.get(LIST)

    assert "pays" not in row_of(page, "4242")


def test_l7_the_list_is_shown_when_the_default_is_of_an_unsupported_kind(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    retell(visit, kept(shop, visit)["visa"], type="giropay", brand="")

    page = browser.get(LIST)

    assert "Payment method •••• 4242 Default" in row_of(page, "4242")
    assert "cannot be charged for renewals" in row_of(page, "4242")
    assert "Mastercard" in row_of(page, "4444")


def test_an_expired_card_says_so_and_leads_to_its_successor(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD, plan="basic")
    let_expire(visit, kept(shop, visit)["visa"], days=-40)

    page = browser.get(LIST)

    assert "Expired" in row_of(page, "4242")
    assert "Visa •••• 4242 has expired" in page.text
    assert "It pays Basic" in page.text
    assert page.link("Replace") == "#add"


def test_an_expired_card_cannot_become_the_default(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    let_expire(visit, kept(shop, visit)["mastercard"], days=-40)
    page = browser.get(LIST)

    answer = browser.post(
        "customer.payment_methods.make_default", id=kept(shop, visit)["mastercard"]
    )

    assert not any("Make default" in name for name in page.button_names)
    assert "cannot be the default" in answer.text
    assert default(shop, visit) == kept(shop, visit)["visa"]


def test_a_card_that_expires_soon_is_said_before_it_fails(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD, plan="basic")
    let_expire(visit, kept(shop, visit)["visa"], days=0)

    page = browser.get(LIST)

    assert "Expires soon" in row_of(page, "4242")
    assert "Visa •••• 4242 expires soon" in page.text


def test_a_card_that_pays_nothing_expires_without_alarm(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD)
    let_expire(visit, kept(shop, visit)["visa"], days=-40)

    page = browser.get(LIST)

    assert "Expired" in row_of(page, "4242")
    assert "has expired" not in page.text


def test_made_the_default_a_method_is_so_at_stripe_and_in_the_list(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    browser.get(LIST)

    page = browser.press("Make default Mastercard")

    assert "This is the method your invoices are charged to now." in page.text
    assert "Mastercard •••• 4444 Default" in row_of(page, "4444")
    assert default(shop, visit) == kept(shop, visit)["mastercard"]


def test_nothing_is_removed_before_the_question_is_answered(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    browser.get(LIST)

    page = browser.follow("Remove Mastercard")

    assert page.h1 == "Remove a payment method"
    assert "mastercard" in kept(shop, visit)

    page = browser.press("Remove this method")

    assert "The payment method was removed" in page.text
    assert "Mastercard" not in page.text.partition("Saved methods")[2]
    assert set(kept(shop, visit)) == {"visa"}


def test_l16_the_last_method_a_plan_needs_stays_and_the_way_on_is_shown(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser, GOOD, plan="basic")

    page = browser.get(REMOVE, id=kept(shop, visit)["visa"])

    assert "Visa •••• 4242 has to stay for now" in page.text
    assert "Add another one first" in page.text
    assert "Basic is charged next on" in page.text
    assert page.link("Add another method").endswith("/nuvol/payment-methods#add")
    assert "Remove this method" not in page.button_names


def test_l16_holds_when_the_button_is_pressed_on_an_old_page(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD)
    browser.get(REMOVE, id=kept(shop, visit)["visa"])
    shop.subscribe(visit.customer.stripe_customer)
    shop.visit(visit.customer.stripe_customer)

    page = browser.press("Remove this method")

    assert "This is the last payment method" in page.text
    assert "visa" in kept(shop, visit)


def test_a_method_in_use_leads_to_where_the_plan_gets_another(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD, plan="basic")

    page = browser.get(REMOVE, id=kept(shop, visit)["visa"])

    assert "A subscription is paid with this method" in page.text
    assert page.link("Choose another method for Basic").endswith("/method")


def test_adding_leads_to_stripes_page_with_the_consent_that_was_read(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser)
    page = browser.get(LIST)

    left = browser.press("Add payment method")

    sentence = "you let Nuvol Studio keep the method and charge it for invoices and renewals"
    assert sentence in page.text
    assert "/leave/" in left.url
    with shop.house.db.session() as reader:
        [consent] = reader.scalars(select(ConsentRow))
    assert sentence in consent.text
    assert consent.subject in left.url
    assert consent.customer_id == visit.customer.id


def test_without_a_method_the_page_says_why_one_is_wanted(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)

    page = browser.get(LIST)

    assert "No payment method yet" in page.text
    assert "Add payment method" in page.button_names


def test_a_plan_without_a_method_is_told_to_fail(shop: Shop, browser: Browser) -> None:
    enter(shop, browser, plan="basic", trial_period_days=30)

    page = browser.get(LIST)

    assert "Add one so that renewals do not fail" in page.text


def test_what_the_merchant_does_not_open_is_shut_with_a_reason(
    shop: Shop, browser: Browser
) -> None:
    shop.configure(payment_method_update=False)
    enter(shop, browser, GOOD)

    page = browser.get(LIST)

    assert "Visa" in page.text
    assert "Add payment method" not in page.button_names
    assert "has not opened this here" in page.text
    assert page.link("Ask Nuvol Studio") == "/nuvol/questions/new?topic=methods&of="


def test_who_is_known_to_holded_alone_reads_that_nothing_can_be_kept_and_whom_to_ask(
    house: House, browser: Browser
) -> None:
    contact = make_customer(house.db, house.merchant, origin=Origin.HOLDED)
    carry(browser, make_session(house.at, contact))

    page = browser.get(LIST)

    assert "No payment method can be kept for you" in page.text
    assert page.link("Ask Nuvol Studio") == "/nuvol/questions/new?topic=methods&of="
    assert "Add payment method" not in page.button_names


@pytest.mark.parametrize(
    ("button", "sentence"),
    [
        ("Add payment method", "could not be opened. Nothing was saved"),
        ("Make default Mastercard", "does not answer right now. Nothing was changed"),
    ],
)
def test_stripe_being_down_is_said_calmly_and_changes_nothing(
    shop: Shop, browser: Browser, button: str, sentence: str
) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    browser.get(LIST)
    shop.house.stripe_wire.is_cut = True

    page = browser.press(button)
    shop.house.stripe_wire.is_cut = False

    assert sentence in page.text
    assert page.h1 == "Payment methods"
    assert default(shop, visit) == kept(shop, visit)["visa"]


def test_a_removal_whose_answer_was_lost_is_being_checked_then_done(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser, GOOD, MASTERCARD)
    card = kept(shop, visit)["mastercard"]
    browser.get(REMOVE, id=card)
    shop.house.control("stripe", "faults", kind="lose_answer", method="POST")

    page = browser.press("Remove this method")

    assert "We are checking whether it was removed" in page.text
    assert "Remove this method" not in page.button_names

    shop.house.pass_time(60)
    work(shop.house, browser)

    assert "Mastercard" not in browser.get(LIST).text


def test_b15_somebody_elses_method_is_not_found(shop: Shop, browser: Browser) -> None:
    other = enter(shop, browser, GOOD)
    card = kept(shop, other)["visa"]
    sign_in(browser, shop.visit(shop.customer(email="b@other.example")))
    browser.get(LIST)

    browser.get(REMOVE, id=card, status=404)
    browser.post("customer.payment_methods.remove", id=card, status=404)
    browser.post("customer.payment_methods.make_default", id=card, status=404)

    assert "visa" in kept(shop, other)


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_five_statements_however_long(shop: Shop, make_app, count: int) -> None:
    browser = Browser(make_app(statements_header=True), merchant="nuvol")
    customer = shop.customer(*[GOOD] * count)
    for _ in range(count):
        shop.subscribe(customer)
    sign_in(browser, shop.visit(customer))

    page = browser.get(LIST)

    assert int(page.headers["X-Statements"]) <= 5


def test_the_question_takes_ten_statements_at_most(shop: Shop, make_app) -> None:
    browser = Browser(make_app(statements_header=True), merchant="nuvol")
    visit = enter(shop, browser, GOOD, MASTERCARD, plan="basic")

    page = browser.get(REMOVE, id=kept(shop, visit)["visa"])

    assert int(page.headers["X-Statements"]) <= 10


def test_a_backup_is_named_and_taken_back_where_the_merchant_allows_one(
    shop: Shop, browser: Browser
) -> None:
    shop.house.decide(backup_method=True)
    visit = enter(shop, browser, GOOD, MASTERCARD)
    page = browser.get(LIST)

    assert "By naming a backup you let Nuvol Studio charge it" in page.text
    assert "Use as backup Visa" not in " ".join(page.button_names)

    page = browser.press("Use as backup Mastercard")

    assert "Backup Not as backup" in row_of(page, "4444")
    asked = browser.get(REMOVE, id=kept(shop, visit)["mastercard"])
    assert "It is your backup." in asked.text

    browser.get(LIST)
    page = browser.press("Not as backup Mastercard")

    assert "Backup" not in row_of(page, "4444")


def test_no_backup_is_offered_where_the_merchant_does_not_allow_one(
    shop: Shop, browser: Browser
) -> None:
    enter(shop, browser, GOOD, MASTERCARD)

    page = browser.get(LIST)

    assert not any("backup" in name for name in page.button_names)
    assert "backup" not in page.text


def test_the_page_names_the_kinds_that_can_be_saved(signed_in: Payer, browser: Browser) -> None:
    method_types.read(signed_in.house.at)

    page = browser.get(LIST)

    assert "You can save: Card or SEPA Direct Debit." in page.text
    assert "SEPA Direct Debit Counts as paid about 5 working days later." in page.text
    assert "Bizum" not in page.text


def test_where_no_kind_can_be_saved_nothing_is_asked_of_stripe(
    signed_in: Payer, browser: Browser
) -> None:
    signed_in.house.decide(payment_method_types=("bizum",))

    page = browser.get(LIST)
    with pytest.raises(Refused) as refused:
        payment_methods.add(signed_in.visit(), consent="Keep it.")

    asked = [row["path"] for row in signed_in.house.requests("stripe")]
    assert "No new payment method can be used for this here." in page.text
    assert refused.value.decision.reason is Reason.NO_METHOD_OFFERED
    assert "/v1/checkout/sessions" not in asked
