"""Every route, tried by everybody it is not for: the map of the application is walked.

A new route is in here by itself. One that names an object is tried with that of somebody else,
taken from `owned` below by the name of the variable or the noun of the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from portal.db import Base
from portal.domain.access import Scope
from portal.domain.customers import Origin
from portal.domain.enquiries import About, Topic
from portal.domain.payments import Share
from portal.services import packs as packs_made
from portal.services.merchants import RESERVED
from portal.store import actions, enquiries, operations, packs, presses
from portal.store.packs import PackState
from portal.web.areas import BLIND
from portal.web.customer import SlugConverter
from portal.web.policies import PolicyMissing, Who, check, open_to, policy_of
from tests.browser import Browser
from tests.factories import make_customer, make_invoice, make_merchant, make_session
from tests.house import House
from tests.payer import Payer
from tests.shop import GOOD, Shop
from tests.web.signing_in import HOST

BASE = f"http://{HOST}:8000"
TO_SIGN_IN = "/nuvol/login"
# What people may open who are not signed in; a page is added here by decision, never by accident.
OPEN_TO_ANYONE = {
    "asset",
    "brand.show",
    "front.healthy",
    "front.ready",
    "front.robots",
    "front.show",
    "links.invoice",
    "links.open_invoice",
    "links.open_session",
    "links.session",
    "links.sign_in",
    "reports.stopped",
    "returns.show",
    "customer.declarations.pdf",
    "customer.declarations.send",
    "customer.declarations.show",
    "customer.declarations.write",
    "customer.entry.confirm",
    "customer.entry.enter",
    "customer.entry.login",
    "customer.entry.send",
    "customer.entry.send_again",
    "customer.entry.send_here",
    "customer.entry.sign_out",
}
# Who has just a session, whatever it may see: signing out, and choosing a customer.
SIGNED_IN = {
    "customer.entry.choose",
    "customer.entry.choose_one",
    "customer.entry.sign_out_choice",
    "customer.entry.sign_out_everywhere",
}


class Visitor:
    """Somebody who tries every address, with a session's cookie or without."""

    def __init__(self, app: Flask, key: str = "") -> None:
        self._client = app.test_client()
        if key:
            self._client.set_cookie("portal", key, domain=HOST)

    def tries(self, method: str, path: str) -> tuple[int, str]:
        """Return the status of the answer, and where it leads."""
        answer = self._client.open(path, method=method, base_url=BASE)
        answer.close()
        return answer.status_code, answer.headers.get("Location", "").split("?")[0]


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application, for once without the forms' token, so that the guard itself is met."""
    app.config["WTF_CSRF_METHODS"] = set()
    return app


@dataclass(frozen=True)
class Owned:
    """A customer, and the ids of what is theirs by the noun or variable of the pages it is on."""

    customer: int
    ids: dict[str, str]


@pytest.fixture
def owned(house: House, app: Flask) -> Owned:
    shop = Shop(house)
    shop.configure()
    at_stripe = shop.customer(GOOD, email="owner@forn.example")
    tax_id = shop.stripe.customers.tax_ids.create(
        at_stripe, {"type": "eu_vat", "value": "ESB12345674"}
    )
    subscription = shop.subscribe(at_stripe)
    house.settle_down()
    with app.app_context():
        method = Payer(house, at_stripe, "").debit()
    customer = house.visit(stripe_customer=at_stripe).customer.id
    invoice = make_invoice(house.db, house.merchant, customer)
    with house.db.write() as unit:
        receipt = actions.add(unit, house.merchant, customer, "payment", now=house.now()).number
        question = actions.add(unit, house.merchant, customer, "asked", now=house.now()).number
        about = About(Topic.CHANGE, subscription)
        enquiries.add(
            unit,
            house.merchant.id,
            customer,
            question,
            about,
            "Why?",
            email="owner@forn.example",
            now=house.now(),
        )
        period = date(2026, 7, 1), date(2026, 9, 30)
        pack = packs.add(
            unit, house.merchant, customer, *period, locale="en", total=0, asked_at=house.now()
        )
        pack.state, pack.ready_at = PackState.READY, house.now()
        operation = operations.begin(
            unit, house.merchant, "pay", customer_id=customer, parameters={}, now=house.now()
        ).id
        share = Share(Origin.STRIPE, invoice, 12100)
        press = presses.add(
            unit,
            house.merchant,
            customer,
            {share: invoice},
            currency="eur",
            method=method,
            now=house.now(),
        ).id
    packs_made.path_of(house.at, pack.id).parent.mkdir(parents=True)
    packs_made.path_of(house.at, pack.id).write_bytes(b"PK")
    ids = {
        "account": tax_id.id,
        "enquiries": str(question),
        "history": str(receipt),
        "invoices": invoice,
        "operation": operation,
        "packs": pack.id,
        "payment_methods": method,
        "payments": invoice,
        "presses": press,
        "subscriptions": subscription,
    }
    return Owned(customer, ids)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def wrong_customer(app: Flask, house: House) -> Visitor:
    someone = make_customer(house.db, house.merchant, email="someone@else.example")
    return Visitor(app, make_session(house.at, someone, email="someone@else.example"))


@pytest.fixture
def link_holder(app: Flask, house: House, owned: Owned) -> Visitor:
    mine = make_invoice(house.db, house.merchant, owned.customer)
    key = make_session(house.at, owned.customer, scope=Scope(Origin.STRIPE, mine))
    return Visitor(app, key)


@pytest.fixture
def other_merchants_customer(app: Flask, house: House) -> Visitor:
    merchant = make_merchant(house.db)
    someone = make_customer(house.db, merchant, email="someone@else.example")
    at = house.at.__class__(merchant, house.db, house.gateways, house.settings, house.now)
    return Visitor(app, make_session(at, someone, email="someone@else.example"))


def routes(app: Flask, *whom: Who) -> Iterator[tuple[Rule, str]]:
    """Yield every route open to these, with each method it takes."""
    for rule in app.url_map.iter_rules():
        if policy_of(app, rule.endpoint).who in whom:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def path_of(rule: Rule, owned: Owned | None = None) -> str:
    """Return an address of a route; what it names is the owner's."""
    noun = rule.endpoint.split(".")[1] if "." in rule.endpoint else ""
    ids = owned.ids if owned else {}
    values: dict[str, Any] = {
        name: ids.get(name) or ids.get(noun) or "1001" for name in rule.arguments
    }
    values["merchant"] = "nuvol"
    _, path = rule.build(values, append_unknown=False) or ("", "")
    return path


def answers_to(
    visitor: Visitor, found: Iterator[tuple[Rule, str]], owned: Owned
) -> dict[str, tuple[int, str]]:
    """Return the answers that a visitor gets, by method and address."""
    return {
        f"{method} {path_of(rule, owned)}": visitor.tries(method, path_of(rule, owned))
        for rule, method in found
    }


def test_b16_every_route_says_who_it_is_open_to(app):
    check(app)

    assert {rule.endpoint for rule, _ in routes(app, Who.ANYONE)} == OPEN_TO_ANYONE
    assert {rule.endpoint for rule, _ in routes(app, Who.SIGNED_IN)} == SIGNED_IN


def test_a_route_that_does_not_say_keeps_the_portal_from_starting(make_app):
    app = make_app()
    app.view_functions["new"] = lambda: ""

    with pytest.raises(PolicyMissing, match="new"):
        check(app)


def test_a_stranger_is_sent_to_sign_in(app, stranger, owned):
    found = routes(app, Who.SIGNED_IN, Who.INVOICE, Who.CUSTOMER)

    answers = answers_to(stranger, found, owned)

    assert answers
    assert set(answers.values()) == {(303, TO_SIGN_IN)}


def test_b15_somebody_elses_object_is_not_found(app, house, wrong_customer, owned):
    found = [
        (rule, method)
        for rule, method in routes(app, Who.INVOICE, Who.CUSTOMER)
        if rule.arguments - {"merchant"}
    ]
    before = len(house.requests("stripe")), len(house.requests("holded"))

    answers = answers_to(wrong_customer, iter(found), owned)

    # A form that lacks something may lead back to its page, which then is not found either.
    ends = {
        path: wrong_customer.tries("GET", leads_to)[0] if status == 303 else status
        for path, (status, leads_to) in answers.items()
    }
    assert {path: status for path, status in ends.items() if status != 404} == {}
    assert (len(house.requests("stripe")), len(house.requests("holded"))) == before


def test_its_owner_finds_every_one_of_them(app, house, owned):
    owner = Visitor(app, make_session(house.at, owned.customer, email="owner@forn.example"))
    found = [
        (rule, method) for rule, method in routes(app, Who.INVOICE, Who.CUSTOMER) if method == "GET"
    ]

    answers = answers_to(owner, iter(found), owned)

    assert len(answers) > 10
    assert {path: status for path, (status, _) in answers.items() if status == 404} == {}


def test_the_holder_of_an_invoice_link_gets_nowhere_else(app, link_holder, owned):
    answers = answers_to(link_holder, routes(app, Who.CUSTOMER), owned)

    led_to_their_own = answers.pop("GET /nuvol/")
    assert led_to_their_own[0] == 303
    assert led_to_their_own[1].startswith("/nuvol/invoices/in_")
    assert {path: status for path, (status, _) in answers.items() if status != 403} == {}


def test_the_holder_of_an_invoice_link_finds_no_other_invoice(app, link_holder, owned):
    answers = answers_to(link_holder, routes(app, Who.INVOICE), owned)

    assert answers
    assert {path: status for path, (status, _) in answers.items() if status != 404} == {}


def test_another_merchants_customer_is_sent_to_sign_in(app, other_merchants_customer, owned):
    found = routes(app, Who.SIGNED_IN, Who.INVOICE, Who.CUSTOMER)

    answers = answers_to(other_merchants_customer, found, owned)

    assert set(answers.values()) == {(303, TO_SIGN_IN)}


def test_a_merchant_nobody_knows_is_not_found(app, stranger):
    found = [rule for rule in app.url_map.iter_rules() if "merchant" in rule.arguments]

    answers = {
        stranger.tries("GET", path_of(rule).replace("/nuvol/", "/nobody/"))[0]
        for rule in found
        if "GET" in (rule.methods or ())
    }

    assert answers == {404}


def test_no_merchant_may_have_the_name_of_an_address_of_ours(app):
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}

    taken = {name for name in first | BLIND if re.fullmatch(SlugConverter.regex, name)}

    assert taken <= RESERVED


@pytest.mark.parametrize("slug", ["metrics-lab", "healthz-bcn", "readyz2", "brand-new", "v1-shop"])
def test_a_name_that_begins_like_an_address_of_ours_is_a_merchant_like_any(house, app, slug):
    make_merchant(house.db, slug=slug)
    browser = Browser(app, merchant=slug)

    browser.get("customer.entry.login")
    page = browser.press("Send me a link", email="ana@forn.example")
    missing = browser.open(f"/{slug}/nothing/here", status=404)

    assert page.h1 == "Check your mail"
    assert missing.h1 == "This page does not exist"


def test_no_get_changes_a_row(app, house, owned):
    key = make_session(house.at, owned.customer, email="owner@forn.example")
    before = rows_of(house)

    answers_to(
        Visitor(app, key),
        (
            (rule, method)
            for rule, method in routes(app, Who.ANYONE, Who.SIGNED_IN, Who.INVOICE, Who.CUSTOMER)
            if method == "GET"
        ),
        owned,
    )

    assert rows_of(house) == before


def test_a_page_for_one_invoice_needs_its_finder_where_the_address_has_no_id():
    @open_to(Who.INVOICE)
    def leave(operation: str) -> str:
        return operation

    assert leave.policy.invoice_of(None, {"operation": "op_1"}) == ""


def rows_of(house: House) -> dict[str, int]:
    """Count the rows of every table."""
    return {
        table.name: house.db.rows(select(func.count()).select_from(table))[0][0]
        for table in Base.metadata.sorted_tables
    }
