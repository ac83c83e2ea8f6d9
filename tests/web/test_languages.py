"""Which language a visitor is answered in, and how their choice of one is kept."""

import pytest

from portal.domain.access import Scope
from portal.domain.customers import Origin
from portal.i18n import locales
from portal.store.customers import CustomerRow
from tests.factories import make_customer, make_invoice, make_merchant, make_session
from tests.house import House
from tests.web.signing_in import EMAIL, ask, carry, last_mail

PSEUDO = locales.PSEUDO.tag


@pytest.fixture
def customer(house: House) -> int:
    return make_customer(house.db, house.merchant, email=EMAIL)


def language(page) -> str:
    return page.tree.get("lang")


def chosen(house: House, customer: int) -> str:
    with house.db.session() as reader:
        row = reader.get(CustomerRow, customer)
        assert row is not None
        return row.locale


def test_the_browser_is_asked_first(browser):
    page = browser.open("/nuvol/login", headers={"Accept-Language": "xx, en-ZA;q=0.8"})

    assert language(page) == "en-GB"
    assert page.headers["Content-Language"] == "en-GB"


def test_the_merchants_language_is_spoken_to_who_asks_for_none(house, browser):
    merchant = make_merchant(house.db, locale="en-IE")

    assert language(browser.get("customer.entry.login", merchant=merchant.slug)) == "en-IE"


def test_a_choice_is_kept_and_leaves_the_address(browser):
    page = browser.open(f"/nuvol/login?locale={PSEUDO}&to=invoices")

    assert page.url == "/nuvol/login?to=invoices"
    assert language(page) == PSEUDO
    assert language(browser.open("/nuvol/login", headers={"Accept-Language": "en"})) == PSEUDO


def test_the_chooser_of_languages_works_without_scripts(browser):
    browser.get("customer.entry.login")

    assert language(browser.press("Change language", locale=PSEUDO)) == PSEUDO


def test_the_choice_of_a_customer_is_known_on_their_next_device(
    house, browser, other_browser, customer
):
    carry(browser, make_session(house.at, customer, email=EMAIL))
    browser.get("customer.entry.sign_out_choice")
    browser.press("Change language", locale=PSEUDO)
    carry(other_browser, make_session(house.at, customer, email=EMAIL))

    page = other_browser.get("customer.entry.sign_out_choice")

    assert chosen(house, customer) == PSEUDO
    assert language(page) == PSEUDO


def test_the_holder_of_an_invoice_link_chooses_for_nobody_else(house, browser, customer):
    invoice = make_invoice(house.db, house.merchant, customer)
    scope = Scope(Origin.STRIPE, invoice)
    carry(browser, make_session(house.at, customer, scope=scope))

    browser.get("customer.invoices.show", id=invoice)
    page = browser.press("Change language", locale=PSEUDO)
    refused = browser.post("customer.languages.choose", {"locale": PSEUDO}, status=403)

    assert language(page) == language(refused) == PSEUDO
    assert chosen(house, customer) == ""


def test_a_link_to_a_page_in_a_language_changes_nothing_of_the_customer(house, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))

    page = browser.open(
        f"/nuvol/invoices?locale={PSEUDO}", headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert language(page) == PSEUDO
    assert chosen(house, customer) == ""


def test_the_choice_of_this_browser_comes_before_that_of_the_customer(house, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))
    browser.get("customer.invoices.list_all")
    browser.press("Change language", locale="en-GB")

    browser.open(f"/nuvol/invoices?locale={PSEUDO}")

    assert language(browser.get("customer.overview.show")) == PSEUDO
    assert chosen(house, customer) == "en-GB"


def test_what_a_customer_chooses_replaces_the_choice_of_this_browser(house, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))
    browser.open("/nuvol/invoices?locale=en-IE")

    page = browser.press("Change language", locale="en-GB")

    assert language(page) == "en-GB"
    assert chosen(house, customer) == "en-GB"


def test_choosing_a_language_leads_back_to_the_page(house, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))
    browser.open("/nuvol/invoices?show=open&q=NVL+7%25")

    page = browser.press("Change language", locale="en-GB")

    assert page.url == "/nuvol/invoices?show=open&q=NVL+7%25"


@pytest.mark.provider
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/nuvol/invoices", "//evil.example", "/%09/evil.example", "////evil",
     "\\\\evil.example", "javascript:alert(1)", "//[", "/elsewhere/invoices", "/nuvol/nothing",
     "/nuvol/login/here", "/nuvol//evil.example", "/static/1/css/portal.css", "/", ""],
)  # fmt: skip
def test_b11_choosing_a_language_leads_to_a_page_of_this_merchant(
    house, browser, customer, elsewhere
):
    make_merchant(house.db, slug="elsewhere")
    carry(browser, make_session(house.at, customer, email=EMAIL))
    browser.get("customer.entry.sign_out_choice")

    page = browser.press("Change language", locale="en-GB", back=elsewhere)

    assert page.url in {"/nuvol/", "/nuvol/invoices"}


def test_a_language_chosen_without_the_forms_token_is_refused(house, app, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))

    answer = browser.client.post(
        "/nuvol/language", data={"locale": PSEUDO}, base_url="http://127.0.0.1:8000"
    )

    assert answer.status_code == 400
    assert chosen(house, customer) == ""


@pytest.mark.provider
@pytest.mark.parametrize(
    "query", ["endpoint=x", "_scheme=javascript&_external=1", "_anchor=x", "_method=POST",
              "merchant=evil", "id=x", "values=1", "self=1"],
)  # fmt: skip
def test_a_choice_is_taken_out_of_the_address_and_nothing_else(browser, query):
    page = browser.open(f"/nuvol/login?locale={PSEUDO}&{query}")

    assert page.url == f"/nuvol/login?{query}"
    assert language(page) == PSEUDO


def test_what_stripe_tells_of_a_customer_comes_before_the_browser(house, browser):
    customer = make_customer(house.db, house.merchant, locales=("en-NZ", "fr"))
    carry(browser, make_session(house.at, customer))

    page = browser.open("/nuvol/logout", headers={"Accept-Language": "en-IE"})

    assert language(page) == "en-NZ"


@pytest.mark.provider
@pytest.mark.parametrize("odd", ["xx", "", "../../etc", "en" * 50, "<script>", "日本"])
def test_a_language_nobody_speaks_is_passed_over(browser, odd):
    page = browser.get("customer.entry.login", locale=odd)

    assert page.url == "/nuvol/login"
    assert language(page) == "en"


def test_the_mail_speaks_the_language_of_the_page_it_was_asked_on(house, browser, customer):
    browser.get("customer.entry.login", locale="en-GB")
    ask(browser)
    last_mail(house, browser)

    assert house.postbox.mails[-1].locale == "en-GB"


def test_a_missing_page_of_a_merchant_still_is_that_merchants(house, browser, customer):
    carry(browser, make_session(house.at, customer, email=EMAIL))

    page = browser.open("/nuvol/nothing/here", status=404)

    assert "Billing for Forn Aurora" in page.text
