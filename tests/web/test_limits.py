"""Each limit of Stripe's portal from outside: what it allows, and what it refuses.

Who is refused reads why and what to do; a form that is sent all the same changes nothing: Stripe is
sent nothing but questions, so that it holds whatever Stripe would accept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.domain.configurations import OfferedProduct
from tests.browser import Browser
from tests.house import House
from tests.shop import GOOD, Shop, sign_in

SHOW, CHANGE, CANCEL = (f"customer.subscriptions.{name}" for name in ("show", "change", "cancel"))
# What Stripe answers without that anything changes.
QUESTIONS = frozenset({"/v1/invoices/create_preview"})
ASK = "/questions/new"

Setting = Callable[[Shop], dict[str, Any]]


def nothing(_shop: Shop) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Limit:
    """One limit: how a subscription is made that it refuses, and one that it does not.

    `sends` is the form of the change that is tried, `reads` what is said, `leads` where to.
    """

    reads: str
    leads: str = ASK
    refused: Setting = nothing
    allowed: Setting = nothing
    sends: Callable[[Shop], dict[str, str]] = field(
        default=lambda shop: {"price": shop.prices["pro"], "quantity": "1"}
    )
    allows: Callable[[Shop], dict[str, str]] = field(
        default=lambda shop: {"price": shop.prices["pro"], "quantity": "1"}
    )
    is_said_on_page: bool = True


def several(shop: Shop) -> dict[str, Any]:
    return {"items": [{"price": shop.prices["basic"]}, {"price": shop.prices["pro"]}]}


def metered(shop: Shop) -> dict[str, Any]:
    meter = shop.stripe.billing.meters.create(
        {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    )
    price = shop.stripe.prices.create(
        {
            "product": shop.products["Basic"],
            "currency": "eur",
            "unit_amount": 2,
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
        }
    )
    return {"items": [{"price": price.id}]}


def sent(_shop: Shop) -> dict[str, Any]:
    return {"collection_method": "send_invoice", "days_until_due": 14}


def wallet_unknown_to_the_portal(shop: Shop) -> dict[str, Any]:
    method = shop.stripe.payment_methods.create({"type": "revolut_pay", "revolut_pay": {}})
    return {"later": method.id}


def priced(shop: Shop, **fields: Any) -> str:
    """Make a price of Pro, let the portal know it and offer it, and return its id."""
    body = {
        "product": shop.products["Pro"],
        "currency": "eur",
        "unit_amount": 3900,
        "recurring": {"interval": "week"},
        "tax_behavior": "exclusive",
    }
    price = shop.stripe.prices.create({**body, **fields}).id
    shop.prices["other"] = price
    offered = (
        OfferedProduct(shop.products["Basic"], (shop.prices["basic"],)),
        OfferedProduct(shop.products["Pro"], (shop.prices["pro"], price)),
    )
    shop.configure(products=offered)
    return price


def other(shop: Shop) -> dict[str, str]:
    return {"price": shop.prices["other"], "quantity": "1"}


def of(quantity: int) -> Callable[[Shop], dict[str, str]]:
    return lambda shop: {"price": shop.prices["pro"], "quantity": str(quantity)}


def with_price(**fields: Any) -> Setting:
    def make(shop: Shop) -> dict[str, Any]:
        priced(shop, **fields)
        return {}

    return make


def archived(shop: Shop) -> dict[str, Any]:
    shop.stripe.prices.update(priced(shop), {"active": False})
    return {}


def not_on_the_list(shop: Shop) -> dict[str, Any]:
    priced(shop)
    shop.configure()
    return {}


def clashing(shop: Shop) -> dict[str, Any]:
    priced(shop, recurring={"interval": "month"})
    return {}


def eleven(shop: Shop) -> dict[str, Any]:
    products = [shop.stripe.products.create({"name": f"Plan {n}"}).id for n in range(9)]
    shop.configure(
        products=(
            OfferedProduct(shop.products["Basic"], (shop.prices["basic"],)),
            OfferedProduct(shop.products["Pro"], (shop.prices["pro"],)),
            *(OfferedProduct(product, ()) for product in products),
        )
    )
    return {}


def incomplete(_shop: Shop) -> dict[str, Any]:
    return {"payment_behavior": "default_incomplete"}


LIMITS: dict[str, Limit] = {
    "L1": Limit("holds several products, so it cannot be changed here", refused=several),
    "L2": Limit("is billed by use, so it cannot be changed here", refused=metered),
    "L3": Limit("paid by invoices sent to you, so it cannot be changed here", refused=sent),
    "L4": Limit(
        "paid with a method that plan changes do not work with",
        "/payment-methods",
        refused=wallet_unknown_to_the_portal,
    ),
    "L6": Limit(
        "One price includes tax and the other does not",
        refused=with_price(tax_behavior="inclusive"),
        allowed=with_price(),
        sends=other,
        allows=other,
    ),
    "L6 unspecified": Limit(
        "not settled whether tax is included",
        refused=with_price(tax_behavior="unspecified"),
        allowed=with_price(),
        sends=other,
        allows=other,
    ),
    "L8": Limit("Two prices on offer cannot be told apart", refused=clashing),
    "L10": Limit("More products are on offer than can be shown", refused=eleven),
    "L19": Limit(
        "Please choose one of these.",
        "",
        refused=not_on_the_list,
        allowed=with_price(),
        sends=other,
        allows=other,
        is_said_on_page=False,
    ),
    "L20": Limit(
        "This quantity is not offered", "", sends=of(11), allows=of(10), is_said_on_page=False
    ),
    "L21": Limit(
        "in another currency than your subscription",
        refused=with_price(currency="usd"),
        allowed=with_price(),
        sends=other,
        allows=other,
    ),
    "L22": Limit(
        "no longer sold",
        "",
        refused=archived,
        allowed=with_price(),
        sends=other,
        allows=other,
        is_said_on_page=False,
    ),
    "L23": Limit(
        "first payment of this subscription is still open", "/invoices/", refused=incomplete
    ),
}


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def enter(shop: Shop, browser: Browser, make: Setting) -> str:
    """Sign the customer of a subscription in."""
    customer, fields = shop.customer(GOOD), make(shop)
    later = fields.pop("later", "")
    subscription = shop.subscribe(customer, **fields)
    if later:
        shop.stripe.payment_methods.attach(later, {"customer": customer})
        shop.stripe.subscriptions.update(subscription, {"default_payment_method": later})
    sign_in(browser, shop.visit(customer))
    return subscription


def writes(shop: Shop) -> list[str]:
    """Return what Stripe was asked to change."""
    return [
        row["path"]
        for row in shop.house.requests("stripe")
        if row["method"] != "GET" and row["path"] not in QUESTIONS
    ]


@pytest.mark.provider
@pytest.mark.parametrize("id", LIMITS)
def test_what_is_refused_says_why_and_what_next_and_changes_nothing(
    shop: Shop, browser: Browser, id: str
) -> None:
    limit = LIMITS[id]
    subscription = enter(shop, browser, limit.refused)
    before, told = writes(shop), shop.told(subscription)

    page = browser.get(CHANGE, id=subscription)
    sent_all_the_same = browser.post(
        "customer.subscriptions.preview", limit.sends(shop), id=subscription, status=422
    )

    read = page if limit.is_said_on_page else sent_all_the_same
    hrefs = [read.link(name) for name in read.link_names]
    assert limit.reads in read.text
    assert limit.leads in " ".join(hrefs)
    assert browser.get(CANCEL, id=subscription).button_names
    assert writes(shop) == before
    assert shop.told(subscription) == told


@pytest.mark.provider
@pytest.mark.parametrize("id", LIMITS)
def test_what_is_allowed_leads_to_the_exact_sums(shop: Shop, browser: Browser, id: str) -> None:
    limit = LIMITS[id]
    subscription = enter(shop, browser, limit.allowed)
    before = writes(shop)

    browser.get(CHANGE, id=subscription)
    page = browser.post("customer.subscriptions.preview", limit.allows(shop), id=subscription)

    assert "Nothing has changed yet" in page.text
    assert limit.reads not in page.text
    assert writes(shop) == before


def plan_by_the_merchant(shop: Shop, subscription: str) -> None:
    """Have the merchant plan a change at Stripe for the end of the period."""
    made = shop.stripe.subscription_schedules.create({"from_subscription": subscription})
    now = made.phases[0]
    first = {
        "items": [{"price": shop.prices["basic"], "quantity": 1}],
        "start_date": now.start_date,
        "end_date": now.end_date,
    }
    then = {"items": [{"price": shop.prices["pro"], "quantity": 1}]}
    shop.stripe.subscription_schedules.update(made.id, {"phases": [first, then]})
    shop.house.settle_down()


@pytest.mark.provider
@pytest.mark.parametrize(
    ("endpoint", "sends"),
    [
        ("customer.subscriptions.preview", {"price": "", "quantity": "1"}),
        ("customer.subscriptions.confirm_cancel", {}),
        ("customer.subscriptions.look_at_pause", {"months": "1"}),
        ("customer.subscriptions.undo_change", {}),
    ],
)
def test_l5_what_the_merchant_planned_stands(
    shop: Shop, browser: Browser, endpoint: str, sends: dict[str, str]
) -> None:
    shop.house.decide(pause_months=3)
    subscription = enter(shop, browser, lambda _: {"billing_mode": {"type": "flexible"}})
    plan_by_the_merchant(shop, subscription)
    before, told = writes(shop), shop.told(subscription)

    page = browser.get(SHOW, id=subscription)
    is_change = endpoint.endswith("preview")
    browser.post(endpoint, sends, id=subscription, status=422 if is_change else 200)

    assert "A change of this subscription is planned already." in page.text
    assert ASK in page.link("Ask them")
    assert writes(shop) == before
    assert shop.told(subscription) == told


@pytest.mark.provider
@pytest.mark.parametrize(("behavior", "is_said"), [("end_trial", True), ("continue_trial", False)])
def test_l9_who_ends_a_trial_by_changing_reads_it_before(
    shop: Shop, browser: Browser, behavior: str, is_said: bool
) -> None:
    shop.configure(trial_update_behavior=behavior)
    subscription = enter(shop, browser, lambda _: {"trial_period_days": 14})

    browser.get(CHANGE, id=subscription)
    fields = {"price": shop.prices["pro"], "quantity": "1"}
    page = browser.post("customer.subscriptions.preview", fields, id=subscription)

    assert ("Your trial ends with this change" in page.text) is is_said


def test_without_a_configuration_at_stripe_everything_is_asked_of_the_merchant(
    house: House, browser: Browser
) -> None:
    shop = Shop(house)
    subscription = enter(shop, browser, nothing)
    page = browser.get(SHOW, id=subscription)

    assert ASK in page.link("Ask them")
    assert "Enter a promotion code at Stripe" not in page.button_names
