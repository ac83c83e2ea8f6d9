# ruff: noqa: RUF001 - letters and digits that look alike are what some of these are about
"""Signing in by mail: the link and the code, and what neither of them does."""

import pytest

from portal.domain.access import SIGN_IN_LIFE, WRONG_CODES
from portal.store.access import SignInRow
from portal.store.outbox import JobRow
from portal.store.sessions import SessionRow
from tests.factories import make_customer, make_merchant, make_session
from tests.house import House
from tests.web.signing_in import EMAIL, HOST, ask, carried, carry, last_mail, lose_cookie, work


@pytest.fixture
def customer(house: House) -> int:
    return make_customer(house.db, house.merchant, email=EMAIL)


def count(house: House, table: type) -> int:
    with house.db.session() as reader:
        return reader.query(table).count()


def test_a_customer_signs_in_by_the_link_of_the_mail(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)

    browser.open(link)
    page = browser.press("Sign in and continue")

    assert page.url == "/nuvol/"
    assert "Billing for Forn Aurora, S.L." in page.text


def test_a_customer_signs_in_by_the_code_of_the_mail(house, browser, customer):
    ask(browser)
    _, code = last_mail(house, browser)

    page = browser.press("Sign in", code=f" {code[:3]}-{code[3:]} ")

    assert page.url == "/nuvol/"


def test_the_mail_goes_to_the_stored_address(house, browser):
    make_customer(house.db, house.merchant, email="Ana.Puig@Forn.example")

    ask(browser, "  ana.puig@FORN.example ")
    last_mail(house, browser)

    assert house.postbox.mails[-1].to == "Ana.Puig@Forn.example"


@pytest.mark.parametrize(
    "alike",
    ["ﬁona@forn.example", "fiona@forn.exаmple", "fiona@forn.example.", "fıona@forn.example"],
)
def test_b08_an_address_that_looks_alike_is_no_address(house, browser, alike):
    make_customer(house.db, house.merchant, email="fiona@forn.example")

    ask(browser, alike)
    work(house, browser)

    assert house.postbox.mails == []


def test_b09_an_unknown_address_gets_the_same_answer(browser, other_browser, customer):
    known = ask(browser)
    unknown = ask(other_browser, "nobody@nowhere.example")

    assert unknown.text == known.text.replace(EMAIL, "nobody@nowhere.example")


def test_an_unknown_address_gets_no_mail(house, browser, customer):
    ask(browser, "nobody@nowhere.example")
    work(house, browser)

    assert house.postbox.mails == []
    assert count(house, JobRow) == 0


def test_b01_opening_the_link_a_hundred_times_uses_nothing_up(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)
    scanner = browser.app.test_client()

    for _ in range(50):
        scanner.head(link, base_url="http://127.0.0.1:8000", follow_redirects=True)
        scanner.get(link, base_url="http://127.0.0.1:8000", follow_redirects=True)

    assert count(house, SessionRow) == 0
    browser.open(link)
    assert browser.press("Sign in and continue").url == "/nuvol/"


def test_b02_opening_the_link_gives_nobody_a_session(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)

    browser.open(link)

    assert carried(browser) == ""
    assert count(house, SessionRow) == 0


def test_b03_pressing_the_button_elsewhere_signs_nobody_in(house, browser, other_browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)

    page = other_browser.open(link)
    other_browser.post("customer.entry.enter")

    assert page.h1 == "Type the code where you asked for it"
    assert other_browser.page.h1 == page.h1
    assert count(house, SessionRow) == 0
    browser.open(link)
    assert browser.press("Sign in and continue").url == "/nuvol/"


def test_another_device_may_have_a_mail_of_its_own(house, browser, other_browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)

    other_browser.open(link)
    other_browser.press("Send a new mail for this device")
    _, code = last_mail(house, other_browser)

    assert other_browser.press("Sign in", code=code).url == "/nuvol/"


def test_who_asks_from_the_link_of_a_forwarded_mail_does_not_learn_the_address(
    house, browser, other_browser, customer
):
    ask(browser)
    link, _ = last_mail(house, browser)

    seen = [
        other_browser.open(link),
        other_browser.press("Send a new mail for this device"),
        other_browser.press("Send it again"),
        other_browser.follow("Use another address"),
    ]

    assert "a••••@fornaurora.example" in seen[1].text
    assert seen[2].text == seen[1].text
    assert [page.url for page in seen if EMAIL in page.html] == []


def test_a_mail_is_sent_again_by_a_press(house, browser, customer):
    page = ask(browser)
    _, first = last_mail(house, browser)

    again = browser.press("Send it again")
    _, code = last_mail(house, browser)

    assert code != first
    assert EMAIL in again.text
    assert again.text == page.text
    assert browser.press("Sign in", code=code).url == "/nuvol/"


def test_sending_again_what_was_never_asked_for_leads_to_the_address(house, browser, customer):
    browser.get("customer.entry.login")

    page = browser.post("customer.entry.send_again")

    assert page.h1 == "Sign in to your billing page"
    assert count(house, SignInRow) == 0


def test_b05_the_token_leaves_the_address_at_the_first_hop(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)

    page = browser.open(link)

    token = link.rsplit("/", 1)[-1]
    assert page.url == "/nuvol/login/confirm"
    assert token not in page.html


def test_b06_the_database_holds_no_secret_of_the_mail(house, browser, customer):
    ask(browser)
    link, code = last_mail(house, browser)

    with house.db.session() as reader:
        row = reader.query(SignInRow).one()

    kept = [str(getattr(row, column.name)) for column in SignInRow.__table__.columns]
    assert link.rsplit("/", 1)[-1] not in kept
    assert not any(code in value for value in kept if len(value) < 30)


def test_b07_upper_and_lower_case_are_one_address(house, browser, customer):
    ask(browser, "ADMIN@FornAurora.Example")
    link, _ = last_mail(house, browser)
    browser.open(link)

    assert browser.press("Sign in and continue").url == "/nuvol/"


def test_a_link_signs_in_once(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)
    browser.open(link)
    browser.press("Sign in and continue")
    lose_cookie(browser)

    page = browser.open(link, status=410)

    assert page.h1 == "This link no longer works"


def test_a_used_link_leads_its_own_reader_on(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)
    browser.open(link)
    browser.press("Sign in and continue")

    assert browser.open(link).url == "/nuvol/"


def test_a_link_is_dead_after_ten_minutes_and_a_new_one_is_a_press_away(house, browser, customer):
    ask(browser)
    link, _ = last_mail(house, browser)
    house.pass_time(SIGN_IN_LIFE.total_seconds() + 1)

    page = browser.open(link, status=410)
    again = browser.press("Send a new link and code")
    new_link, _ = last_mail(house, browser)
    browser.open(new_link)

    assert "a••••@fornaurora.example" in page.text
    assert again.h1 == "Check your mail"
    assert browser.press("Sign in and continue").url == "/nuvol/"


def test_a_link_nobody_made_is_told_so(browser):
    page = browser.open("/l/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", status=410)

    assert page.h1 == "This link is no longer good"


def test_a_wrong_code_says_how_many_tries_are_left(house, browser, customer):
    ask(browser)
    _, code = last_mail(house, browser)

    page = browser.press("Sign in", code=_another(code), status=422)

    assert "The code does not match. You have 4 more tries." in page.text
    assert page.title.startswith("Error:")


def test_five_wrong_codes_end_link_and_code(house, browser, customer):
    ask(browser)
    link, code = last_mail(house, browser)

    for _ in range(WRONG_CODES - 1):
        browser.press("Sign in", code=_another(code), status=422)
    page = browser.press("Sign in", code=_another(code))

    assert "link and code have ended" in page.text
    assert browser.open(link, status=410).h1 == "This link no longer works"
    browser.post("customer.entry.send", {"code": code})
    assert count(house, SessionRow) == 0


@pytest.mark.provider
@pytest.mark.parametrize(
    "odd", ["٠١٢٣٤٥", "１２３４５６", "12345", "1234567", "abcdef", "-", "0x1234"]
)
def test_a_code_that_is_none_is_refused_calmly(house, browser, customer, odd):
    ask(browser)
    last_mail(house, browser)

    page = browser.press("Sign in", code=odd, status=422)

    assert "The code does not match" in page.text


@pytest.mark.provider
@pytest.mark.parametrize(
    "odd",
    ["", "   ", "nobody", "@forn.example", "ana@", "a b@forn.example", "a\u2028@forn.example",
     "ana@forn.example\r\nBcc: all@forn.example", "x" * 10_000, "ñ" * 300 + "@forn.example"],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_address_is_refused_beside_the_field(house, browser, odd):
    browser.get("customer.entry.login")

    page = browser.press("Send me a link", email=odd, status=422)

    assert page.title.startswith("Error:")
    assert count(house, SignInRow) == 0


def test_the_fourth_mail_in_a_quarter_of_an_hour_is_refused(house, browser, customer):
    for _ in range(3):
        ask(browser)
    browser.get("customer.entry.login", new="")

    page = browser.press("Send me a link", email=EMAIL, status=429)

    assert page.h1 == "Too many tries in a short time"
    assert 0 < int(page.headers["Retry-After"]) <= 900
    house.pass_time(901)
    assert ask(browser).h1 == "Check your mail"


def test_limits_never_say_whether_an_address_is_known(browser, customer):
    for _ in range(3):
        ask(browser, "nobody@nowhere.example")
    browser.get("customer.entry.login", new="")

    page = browser.press("Send me a link", email="nobody@nowhere.example", status=429)

    assert page.h1 == "Too many tries in a short time"


def test_a_sign_in_that_succeeds_gives_its_try_back(house, browser, customer):
    for _ in range(5):
        ask(browser)
        _, code = last_mail(house, browser)
        browser.press("Sign in", code=code)
        browser.post("customer.entry.sign_out")

    assert ask(browser).h1 == "Check your mail"


def test_b75_the_session_is_a_new_one_after_signing_in(house, browser, customer):
    carry(browser, "planted")
    ask(browser)
    _, code = last_mail(house, browser)

    browser.press("Sign in", code=code)

    assert carried(browser) not in {"", "planted"}


def test_b76_somebody_else_signed_in_is_asked_before_they_are_signed_out(house, browser, customer):
    other = make_customer(house.db, house.merchant, email="other@else.example", name="Else")
    ask(browser)
    link, _ = last_mail(house, browser)
    key = make_session(house.at, other, email="other@else.example")
    carry(browser, key)

    page = browser.open(link)
    browser.press("Sign in and continue")

    assert "signed in as other@else.example" in page.text
    assert "Billing for Forn Aurora" in browser.page.text
    carry(browser, key)
    assert browser.get("customer.overview.show").url.startswith("/nuvol/login")


def test_several_customers_of_one_address_are_chosen_from_after_the_proof(house, browser, customer):
    second = make_customer(
        house.db, house.merchant, email=EMAIL, name="Forn Aurora Export", tax_id="ESB12345678"
    )
    ask(browser)
    _, code = last_mail(house, browser)

    page = browser.press("Sign in", code=code)
    chosen = browser.press("Continue", customer=str(second))

    assert page.url == "/nuvol/choose"
    assert "Forn Aurora, S.L." in page.text
    assert "Tax ID ESB12345678" in page.text
    assert "Billing for Forn Aurora Export" in chosen.text
    assert chosen.link("Change customer") == "/nuvol/choose"


def test_who_is_one_customer_only_has_nobody_to_change_to(house, browser, customer):
    ask(browser)
    _, code = last_mail(house, browser)

    page = browser.press("Sign in", code=code)

    assert "Billing for Forn Aurora, S.L." in page.text
    assert "Change customer" not in page.link_names


def test_nothing_is_open_before_a_customer_is_chosen(house, browser, customer):
    make_customer(house.db, house.merchant, email=EMAIL, name="Second")
    ask(browser)
    _, code = last_mail(house, browser)
    browser.press("Sign in", code=code)

    assert browser.get("customer.invoices.list_all").url == "/nuvol/choose"


def test_a_customer_of_another_address_cannot_be_chosen(house, browser, customer):
    make_customer(house.db, house.merchant, email=EMAIL, name="Second")
    stranger = make_customer(house.db, house.merchant, email="other@else.example")
    ask(browser)
    _, code = last_mail(house, browser)
    browser.press("Sign in", code=code)

    page = browser.press("Continue", customer=str(stranger), status=422)

    assert page.url == "/nuvol/choose"


def test_signing_out_ends_the_session_itself(house, browser, customer):
    key = make_session(house.at, customer, email=EMAIL)
    carry(browser, key)
    browser.get("customer.entry.sign_out_choice")

    page = browser.press("Sign out here")
    carry(browser, key)

    assert "You are signed out." in page.text
    assert browser.get("customer.overview.show").url == "/nuvol/login"


def test_signing_out_everywhere_ends_every_session(house, browser, other_browser, customer):
    for each in (browser, other_browser):
        key = make_session(house.at, customer, email=EMAIL)
        carry(each, key)
    browser.get("customer.entry.sign_out_choice")

    page = browser.press("Sign out everywhere")

    assert "2 sessions were ended" in page.text
    assert other_browser.get("customer.overview.show").url == "/nuvol/login"


def test_signing_out_tells_the_browser_to_forget(house, browser, customer):
    key = make_session(house.at, customer)
    carry(browser, key)
    page = browser.get("customer.entry.sign_out_choice")
    form, _ = page.form_of("Sign out here")

    answer = browser.client.post(
        "/nuvol/logout", data=page.fields_of(form), base_url=f"http://{HOST}:8000"
    )

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_another_merchants_customer_has_to_sign_in_here(house, browser, customer):
    other = make_merchant(house.db)
    key = make_session(house.at, customer, email=EMAIL)
    carry(browser, key)

    page = browser.get("customer.overview.show", merchant=other.slug)

    assert page.url == f"/{other.slug}/login"
    assert "You are signed in with Nuvol Studio" in page.text


def test_after_signing_in_people_are_where_they_wanted_to_be(house, browser, customer):
    page = browser.get("customer.invoices.list_all")
    browser.press("Send me a link", email=EMAIL)
    _, code = last_mail(house, browser)

    arrived = browser.press("Sign in", code=code)

    assert page.url == "/nuvol/login?to=invoices"
    assert arrived.url == "/nuvol/invoices"


@pytest.mark.provider
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/%09/evil.example", "%20//evil.example",
     "////evil.example", "\\\\evil.example", "javascript:alert(1)",
     "https:evil.example", "/nuvol/@evil.example", "overview@evil.example", ".evil.example"],
)  # fmt: skip
def test_b11_nobody_is_sent_to_an_address_that_came_with_the_request(
    house, browser, customer, elsewhere
):
    browser.open(f"/nuvol/login?to={elsewhere}&next={elsewhere}")
    browser.press("Send me a link", email=EMAIL, to=elsewhere, next=elsewhere)
    _, code = last_mail(house, browser)

    assert browser.press("Sign in", code=code).url == "/nuvol/"


@pytest.mark.parametrize("where", ["/nuvol/login?to=%00//evil.example", "/nuvol/%00", "/?%1f=a"])
def test_control_characters_in_an_address_are_refused_at_the_door(browser, where):
    page = browser.open(where, status=400)

    assert "evil.example" not in page.html


def test_control_characters_in_a_field_are_refused(browser):
    browser.get("customer.entry.login")

    page = browser.press("Send me a link", email="a\x00@forn.example", status=400)

    assert page.h1 == "This request could not be understood"


def _another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
