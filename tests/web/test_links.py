"""Links to one invoice, and to a session: what they open, and all that they do not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from portal.db import Database
from portal.domain.access import INVOICE_LINK_LIFE, SESSION_TO_OPEN, Scope
from portal.domain.customers import Origin
from portal.domain.invoices import InvoiceState
from portal.mirror import invoices as mirrored
from portal.services import links
from portal.store.sessions import SessionRow
from portal.web.installation import of
from tests.factories import make_customer, make_invoice, make_session
from tests.house import House
from tests.web.signing_in import EMAIL, carried, carry

# Real time passes too while a test runs.
A_WHILE = timedelta(seconds=30)


@pytest.fixture
def customer(house: House) -> int:
    return make_customer(house.db, house.merchant, email=EMAIL)


@pytest.fixture
def invoice(house: House, customer: int) -> str:
    return make_invoice(house.db, house.merchant, customer)


@pytest.fixture
def link(house: House, customer: int, invoice: str) -> str:
    return path_of(links.make_invoice_link(house.at, customer, Origin.STRIPE, invoice))


@pytest.fixture
def session_link(house: House, customer: int) -> str:
    return path_of(links.make_session_link(house.at, customer))


def path_of(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def sessions_of(house: House) -> int:
    with house.db.session() as reader:
        return reader.query(SessionRow).count()


def test_the_language_chosen_before_the_press_stays(browser, link):
    browser.open(f"{link}?locale=es")

    page = browser.press("Abrir")

    assert page.headers["Content-Language"] == "es"


def test_an_invoice_link_opens_its_invoice_after_a_press(browser, link, invoice):
    browser.open(link)

    page = browser.press("Open the invoice")

    assert page.url == f"/nuvol/invoices/{invoice}"


def test_b04_opening_an_invoice_link_starts_nothing(house, browser, link):
    for _ in range(20):
        browser.open(link)
        browser.client.head(link, base_url="http://127.0.0.1:8000")

    assert sessions_of(house) == 0
    assert carried(browser) == ""


def test_the_page_of_an_invoice_link_names_nobody(browser, link, invoice):
    page = browser.open(link)

    assert "Nuvol Studio" in page.text
    assert "Forn Aurora" not in page.html
    assert EMAIL not in page.html
    assert invoice not in page.html


def test_an_invoice_link_opens_only_that_invoice(house, browser, customer, link):
    other = make_invoice(house.db, house.merchant, customer)
    browser.open(link)
    browser.press("Open the invoice")

    browser.get("customer.invoices.show", id=other, status=404)
    page = browser.get("customer.invoices.list_all", status=403)

    assert "Your link opens one invoice only." in page.text
    assert EMAIL not in page.html


@pytest.mark.parametrize("page", ["invoices.show", "payments.choose", "entry.sign_out_choice"])
def test_the_holder_of_an_invoice_link_never_reads_the_address_of_a_customer_without_a_name(
    house, browser, page
):
    nameless = make_customer(house.db, house.merchant, name="", email=EMAIL)
    invoice = make_invoice(house.db, house.merchant, nameless)
    carry(browser, make_session(house.at, nameless, scope=Scope(Origin.STRIPE, invoice)))

    told = browser.get(f"customer.{page}", **({} if "entry" in page else {"id": invoice}))

    assert EMAIL not in told.html
    assert "Billing for" not in told.text
    assert "signed in as" not in told.text


def test_a_customer_without_a_name_is_called_by_their_address(house, browser):
    nameless = make_customer(house.db, house.merchant, name="", email=EMAIL)
    carry(browser, make_session(house.at, nameless))

    assert f"Billing for {EMAIL}" in browser.get("customer.overview.show").text


def test_an_invoice_link_may_be_opened_again(browser, other_browser, link, invoice):
    for each in (browser, other_browser):
        each.open(link)
        assert each.press("Open the invoice").url == f"/nuvol/invoices/{invoice}"


def test_an_invoice_link_ends_after_ninety_days(house, browser, link):
    house.pass_time((INVOICE_LINK_LIFE - A_WHILE).total_seconds())
    browser.open(link)
    house.pass_time(A_WHILE.total_seconds())

    assert browser.open(link, status=410).h1 == "This link is no longer good"


def test_a_revoked_invoice_link_opens_nothing(house, browser, link, invoice):
    ended = links.revoke(house.at, Origin.STRIPE, invoice)

    assert ended == 1
    browser.open(link, status=410)


def test_revoking_a_link_ends_what_was_opened_by_it(
    house, browser, other_browser, customer, link, invoice
):
    browser.open(link)
    browser.press("Open the invoice")
    carry(other_browser, make_session(house.at, customer, email=EMAIL))

    links.revoke(house.at, Origin.STRIPE, invoice)

    assert browser.get("customer.invoices.show", id=invoice).url.startswith("/nuvol/login")
    assert other_browser.get("customer.invoices.show", id=invoice).h1


@pytest.mark.parametrize(("state", "status"), [(InvoiceState.VOID, 404), (InvoiceState.PAID, 200)])
def test_what_a_link_has_opened_is_shut_when_the_invoice_is_void(
    house, browser, other_browser, customer, link, invoice, state, status
):
    browser.open(link)
    browser.press("Open the invoice")
    carry(other_browser, make_session(house.at, customer, email=EMAIL))

    make_invoice(house.db, house.merchant, customer, id=invoice, state=state)

    browser.get("customer.invoices.show", id=invoice, status=status)
    other_browser.get("customer.invoices.show", id=invoice)


def test_what_a_link_has_opened_is_shut_when_the_invoice_is_deleted(house, browser, link, invoice):
    browser.open(link)
    browser.press("Open the invoice")

    with house.db.write() as unit:
        mirrored.remove(unit, house.merchant, Origin.STRIPE, invoice)

    browser.get("customer.invoices.show", id=invoice, status=404)


def test_the_link_of_a_void_invoice_opens_nothing(house, browser, customer):
    void = make_invoice(house.db, house.merchant, customer, state=InvoiceState.VOID)
    link = path_of(links.make_invoice_link(house.at, customer, Origin.STRIPE, void))

    browser.open(link, status=410)


def test_a_tampered_link_opens_nothing(browser, link):
    page = browser.open(link[:-1] + ("A" if link[-1] != "A" else "B"), status=410)

    assert page.link("Go to the first page") == "/"


def test_a_session_link_is_no_invoice_link(browser, session_link):
    browser.open(session_link.replace("/p/session/", "/i/"), status=410)


def test_a_link_pressed_when_it_has_ended_says_so(house, browser, link):
    browser.open(link)
    house.pass_time(INVOICE_LINK_LIFE.total_seconds())

    page = browser.press("Open the invoice", status=410)

    assert page.h1 == "This link is no longer good"


def test_who_is_signed_in_already_goes_straight_to_the_invoice(
    house, browser, customer, link, invoice
):
    key = make_session(house.at, customer, email=EMAIL)
    carry(browser, key)

    assert browser.open(link).url == f"/nuvol/invoices/{invoice}"
    assert carried(browser) == key


def test_b76_an_invoice_link_asks_before_it_signs_somebody_out(house, browser, link):
    other = make_customer(house.db, house.merchant, email="other@else.example", name="Else")
    key = make_session(house.at, other, email="other@else.example")
    carry(browser, key)

    page = browser.open(link)
    browser.press("Open the invoice")

    assert "signed in as other@else.example with Nuvol Studio" in page.text
    assert carried(browser) != key
    carry(browser, key)
    assert browser.get("customer.overview.show").url == "/nuvol/login"


def test_a_session_link_opens_everything_of_its_customer_once(browser, other_browser, session_link):
    browser.open(session_link)
    page = browser.press("Continue")

    assert page.url == "/nuvol/"
    assert "Billing for Forn Aurora" in page.text
    other_browser.open(session_link, status=410)


def test_opening_a_session_link_uses_nothing_up(house, browser, other_browser, session_link):
    for _ in range(5):
        other_browser.open(session_link)

    browser.open(session_link)
    assert browser.press("Continue").url == "/nuvol/"
    assert sessions_of(house) == 1


@pytest.mark.parametrize(("late", "status"), [(-30, 200), (1, 410)])
def test_a_session_link_is_to_be_opened_within_five_minutes(
    house, browser, session_link, late, status
):
    house.pass_time(SESSION_TO_OPEN.total_seconds() + late)

    browser.open(session_link, status=status)


@pytest.mark.parametrize(("late", "is_open"), [(-30, True), (1, False)])
def test_a_session_ends_an_hour_after_the_last_page(house, browser, customer, late, is_open):
    carry(browser, make_session(house.at, customer))
    house.pass_time(1800)
    browser.get("customer.overview.show")

    house.pass_time(3600 + late)

    assert (browser.get("customer.overview.show").url == "/nuvol/") is is_open


def test_a_session_ends_after_twelve_hours_whatever_happens(house, browser, customer):
    carry(browser, make_session(house.at, customer))

    for _ in range(24):
        house.pass_time(1800)
        browser.get("customer.overview.show")

    assert browser.get("customer.overview.show").url == "/nuvol/login"


def test_a_page_view_writes_at_most_once_a_minute(house, browser, customer):
    carry(browser, make_session(house.at, customer))
    began = _last_active(house)

    house.pass_time(30)
    browser.get("customer.overview.show")
    soon = _last_active(house)
    house.pass_time(31)
    browser.get("customer.overview.show")

    assert soon == began
    assert _last_active(house) > began


def test_activity_is_not_written_while_the_database_is_busy(house, browser, customer):
    carry(browser, make_session(house.at, customer))
    house.pass_time(120)
    began = _last_active(house)

    with house.db.write() as unit:
        unit.query(SessionRow).with_for_update().all()
        browser.get("customer.overview.show")

    assert _last_active(house) == began


def test_pages_are_read_while_nothing_can_be_written(house, app, browser, customer, request):
    carry(browser, make_session(house.at, customer))
    db = Database(house.settings.database)
    request.addfinalizer(db.dispose)
    app.extensions["portal"] = replace(of(app), db=db)
    forbid = "PRAGMA query_only = 1" if db.is_sqlite else "SET default_transaction_read_only = on"
    event.listen(db.reading_engine, "connect", lambda driver, _: driver.execute(forbid))
    house.pass_time(120)
    began = _last_active(house)

    with capture_logs() as lines:
        page = browser.get("customer.invoices.list_all")

    assert page.url == "/nuvol/invoices"
    assert _last_active(house) == began
    assert "session.activity_not_written" in [line["event"] for line in lines]


def _last_active(house: House):
    with house.db.session() as reader:
        return reader.query(SessionRow).one().last_active_at


def test_a_page_the_link_does_not_open_offers_to_sign_in(browser, link, invoice):
    browser.open(link)
    browser.press("Open the invoice")

    page = browser.get("customer.account.show", status=403)

    assert page.link("Sign in") == "/nuvol/login"
    assert browser.follow("Go to the first page").url == f"/nuvol/invoices/{invoice}"
