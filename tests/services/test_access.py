"""Asking for a sign-in, and redeeming it, when many try at once or try to be clever."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import keys
from portal.domain.access import WRONG_CODES, LinkPurpose
from portal.domain.customers import Origin, canonical_email
from portal.domain.errors import InvalidInput, LinkSpent, NotFound, TooManyTries
from portal.services import access, links, sessions, tries
from portal.services.access import WrongCode
from portal.store import links as store_links
from portal.store.access import SignInRow
from portal.store.outbox import JobRow
from portal.store.sessions import SessionRow
from portal.store.tries import TryRow
from tests.factories import make_customer, make_merchant, make_session
from tests.house import House

EMAIL = "admin@fornaurora.example"
ASK = "a-browser"
ADDRESS = "198.51.100.7"
NARROW = tries.Axis("narrow", 5, timedelta(hours=1))
WIDE = tries.Axis("wide", 1, timedelta(hours=1))


@pytest.fixture
def customer(house: House) -> int:
    return make_customer(house.db, house.merchant, email=EMAIL)


def ask(house: House, email: str = EMAIL, *, ask_key: str = ASK, address: str = ADDRESS) -> None:
    access.ask(house.at, email, ask_key=ask_key, locale="en", to="overview", address=address)


def code_now(house: House) -> str:
    found = access.find_asked(house.at, ASK)
    assert found is not None
    return access.code_of(house.settings, found.name)


def count(house: House, table: type) -> int:
    with house.db.session() as reader:
        return reader.query(table).count()


def counted(house: House, axis: str) -> int:
    with house.db.session() as reader:
        return reader.query(TryRow).filter_by(axis=axis).one().count


def test_b13_a_limit_holds_however_many_ask_at_once(house):
    def attempt(_number: int) -> bool:
        try:
            ask(house)
        except TooManyTries:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        passed = list(pool.map(attempt, range(12)))

    assert sum(passed) == tries.ADDRESS.limit
    assert count(house, JobRow) == tries.ADDRESS.limit


def test_wrong_codes_at_once_are_no_more_tries_than_in_turn(house, customer):
    ask(house)
    wrong = f"{(int(code_now(house)) + 1) % 1_000_000:06}"

    def guess(_number: int) -> str:
        try:
            access.redeem_code(house.at, wrong, ask_key=ASK, address=ADDRESS)
        except (WrongCode, LinkSpent) as refusal:
            return type(refusal).__name__
        return "in"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(guess, range(20)))

    assert outcomes.count("WrongCode") == WRONG_CODES
    assert outcomes.count("LinkSpent") == 20 - WRONG_CODES


def test_the_right_code_at_once_opens_one_session(house, customer):
    ask(house)
    code = code_now(house)

    def enter(_number: int) -> bool:
        try:
            access.redeem_code(house.at, code, ask_key=ASK, address=ADDRESS)
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        entered = list(pool.map(enter, range(8)))

    assert sum(entered) == 1
    assert count(house, SessionRow) == 1


def test_a_code_is_good_only_in_the_browser_that_asked(house, customer):
    ask(house)

    with pytest.raises(LinkSpent):
        access.redeem_code(house.at, code_now(house), ask_key="another", address=ADDRESS)


def test_a_link_is_refused_to_another_browser_and_stays_good(house, customer):
    ask(house)
    found = access.find_asked(house.at, ASK)
    assert found is not None
    token = access._token(house.settings, found.name)

    with pytest.raises(NotFound):
        access.redeem_link(house.at, token, ask_key="another", address=ADDRESS)

    assert access.redeem_link(house.at, token, ask_key=ASK, address=ADDRESS).key


def test_using_one_mail_ends_the_others_of_the_same_browser(house, customer):
    ask(house)
    first = access.find_asked(house.at, ASK)
    assert first is not None
    ask(house)
    access.redeem_code(house.at, code_now(house), ask_key=ASK, address=ADDRESS)

    with pytest.raises(LinkSpent):
        access.redeem_link(
            house.at, access._token(house.settings, first.name), ask_key=ASK, address=ADDRESS
        )


def test_a_link_of_another_merchant_is_nobodys_here(house, customer):
    ask(house)
    found = access.find_asked(house.at, ASK)
    assert found is not None
    other = make_merchant(house.db)
    elsewhere = house.at.__class__(other, house.db, house.gateways, house.settings, house.now)

    assert access.find_by_token(elsewhere, access._token(house.settings, found.name)) is None
    assert access.find_asked(elsewhere, ASK) is None


def test_a_job_that_runs_late_sends_no_dead_mail(house, customer):
    ask(house)
    house.pass_time(601)

    house.settle_down()

    assert house.postbox.mails == []


def test_the_network_is_limited_across_addresses(house):
    for number in range(tries.NETWORK.limit):
        ask(house, f"guess{number}@forn.example", address=f"198.51.100.{number}")

    with pytest.raises(TooManyTries) as refusal:
        ask(house, "one-more@forn.example", address="198.51.100.250")

    assert 0 < refusal.value.retry_after <= 3600
    ask(house, "one-more@forn.example", address="203.0.113.1")


def test_ten_mails_a_day_are_the_most_for_one_address_from_one_network(house):
    for _ in range(tries.ADDRESS_DAY.limit):
        ask(house)
        house.pass_time(3600)

    with pytest.raises(TooManyTries):
        ask(house)


def test_a_stranger_elsewhere_keeps_nobody_from_signing_in(house):
    for _ in range(tries.ADDRESS_DAY.limit):
        ask(house, address="203.0.113.66")
        house.pass_time(901)
    with pytest.raises(TooManyTries):
        ask(house, address="203.0.113.66")

    ask(house)


def test_thirty_mails_a_day_are_the_most_for_one_mailbox(house):
    for number in range(tries.MAILBOX.limit):
        ask(house, address=f"10.{number}.0.1")

    with pytest.raises(TooManyTries) as refusal:
        ask(house, address="10.200.0.1")

    assert 0 < refusal.value.retry_after <= 86_400


def test_a_refused_try_is_not_held_against_the_address(house):
    for _ in range(tries.ADDRESS.limit):
        ask(house)
    for _ in range(10):
        with pytest.raises(TooManyTries):
            ask(house)
    house.pass_time(901)

    ask(house)


def test_tries_that_one_network_is_refused_use_up_nothing_of_the_site(house):
    def attempt(number: int) -> None:
        with suppress(TooManyTries):
            ask(house, f"guess{number}@forn.example")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(tries.NETWORK.limit + 30)))

    assert counted(house, tries.SITE.name) == tries.NETWORK.limit


def test_a_try_that_a_wide_limit_refuses_uses_up_nothing_of_a_narrow_one(house):
    limits = ((NARROW, "one"), (WIDE, "all"))
    with house.db.write() as unit:
        tries.take(unit, house.settings, limits, now=house.now())

    with pytest.raises(TooManyTries), house.db.write() as unit:
        tries.take(unit, house.settings, limits, now=house.now())

    assert counted(house, "narrow") == counted(house, "wide") == 1


def test_counters_name_no_address(house):
    ask(house)

    with house.db.session() as reader:
        kept = " ".join(f"{row.axis} {row.key}" for row in reader.query(TryRow))

    assert EMAIL not in kept
    assert "198.51.100" not in kept


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234:5600::/56"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_what_one_household_has(address, network):
    assert tries.network_of(address) == network


def test_what_is_old_is_forgotten(house, customer):
    ask(house)
    make_session(house.at, customer)
    house.pass_time(timedelta(days=8).total_seconds())

    access.forget_old(house.db, now=house.now())

    assert count(house, SignInRow) == 0
    assert count(house, SessionRow) == 0
    assert count(house, TryRow) == 0


def test_a_session_of_test_customers_is_over_when_the_merchant_goes_live(house, customer):
    key = make_session(house.at, customer)
    with house.db.write() as unit:
        merchant = unit.get(sessions.MerchantRow, house.merchant.id)
        assert merchant is not None
        merchant.livemode = True

    assert sessions.find(house.db, key, now=house.now()) is None


def test_the_session_of_a_customer_is_found_in_one_statement(house, customer):
    from portal.db import counted_statements

    key = make_session(house.at, customer, email=EMAIL)

    with counted_statements() as counter:
        found = sessions.find(house.db, key, now=house.now())

    assert found is not None
    assert found.customer is not None
    assert found.customer.name == "Forn Aurora, S.L."
    assert counter == [1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spelling=st.lists(st.booleans(), min_size=24, max_size=24), blanks=st.sampled_from(" \t\n"))
def test_b07_any_spelling_of_an_address_is_one(spelling, blanks):
    typed = "".join(
        letter.upper() if is_upper else letter
        for letter, is_upper in zip(EMAIL, spelling, strict=True)
    )

    assert access._checked(f"{blanks}{typed}{blanks}") == canonical_email(EMAIL)


@given(typed=st.text(max_size=60))
def test_no_text_makes_the_address_check_fail_otherwise(typed):
    with suppress(InvalidInput):
        email = access._checked(typed)
        assert "@" in email
        assert not any(letter.isspace() for letter in email)


@given(typed=st.text(max_size=12))
def test_only_six_ascii_digits_are_a_code(typed):
    digits = access.digits_of(typed)

    assert digits == "" or (len(digits) == 6 and digits.isascii() and digits.isdigit())


def test_links_and_sessions_go_on_when_two_payers_turn_out_to_be_one(house):
    contact = make_customer(
        house.db, house.merchant, id="contact_one", origin=Origin.HOLDED, email=EMAIL
    )
    key = make_session(house.at, contact, email=EMAIL)
    link = links.make_invoice_link(house.at, contact, Origin.HOLDED, "inv_1")
    stripe_half = make_customer(
        house.db, house.merchant, id="cus_one", email=EMAIL, names_contact="contact_one"
    )

    found = sessions.find(house.db, key, now=house.now())

    assert found is not None
    assert found.customer is not None
    assert found.customer.id == stripe_half
    token = keys.hashed(link.rsplit("/", 1)[-1])
    opened = store_links.find_by_token(house.db, LinkPurpose.INVOICE, token)
    assert opened is not None
    assert opened.customer_id == stripe_half
