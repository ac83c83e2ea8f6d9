"""Notices that the law asks for: each once, on its day, to consumers of its country."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.gateways.mail import Mail
from portal.services import lookouts
from tests.house import House
from tests.shared import lend
from tests.shop import GOOD, Shop

DAY = 86_400


@pytest.fixture
def shop(house: House) -> Iterator[Shop]:
    with lend(house).app_context():
        shop = Shop(house)
        shop.configure()
        yield shop


def notices(shop: Shop) -> list[Mail]:
    return [mail for mail in shop.house.postbox.mails if mail.id.startswith("notice-")]


def look(shop: Shop, *, days: int = 0) -> None:
    """Let days go by for Stripe and the portal, and have the look of the day done."""
    if days:
        shop.house.control("stripe", "clock", advance=days * DAY)
        shop.house.pass_time(days * DAY)
    shop.house.settle_down()
    lookouts.sweep(shop.house.db, now=shop.house.now())
    shop.house.settle_down()


def consumer(shop: Shop, country: str, price: str = "pro_year", **fields: Any) -> str:
    customer = shop.customer(GOOD, address={"line1": "Street 1", "country": country}, **fields)
    shop.subscribe(customer, price)
    shop.house.settle_down()
    return customer


def test_over_fourteen_months_a_spanish_year_is_told_once_fifteen_days_before(
    shop: Shop,
) -> None:
    consumer(shop, "ES", preferred_locales=["es"])
    began = shop.house.now()
    told: list[tuple[int, str]] = []

    # The look of each day near the renewal, and of every tenth day else.
    for day in [*range(0, 340, 10), *range(340, 370), *range(370, 430, 10)]:
        look(shop, days=day - (shop.house.now() - began).days)
        told += [(day, mail.subject) for mail in notices(shop)[len(told) :]]

    [(day, subject)] = told
    renewal = (began.replace(year=began.year + 1) - began).days
    assert renewal - 15 <= day <= renewal - 14
    assert subject.startswith("Tu suscripción se renueva pronto: Pro")
    [mail] = notices(shop)
    assert "350,90 €" in mail.text.replace("\u00a0", " ")
    assert "/nuvol/subscriptions/" in mail.text


def test_in_the_united_states_what_is_paid_is_told_each_year(shop: Shop) -> None:
    consumer(shop, "US", "pro")

    for days in (360, 5, 1, 1, 30, 330, 5):
        look(shop, days=days)

    mails = notices(shop)
    assert [mail.subject for mail in mails] == ["What you pay: Pro, each month"] * 2
    assert "Amount before tax: €29.00" in mails[0].text


@pytest.mark.parametrize(("country", "is_business"), [("PT", False), ("ES", True)])
def test_who_is_not_to_be_told_is_not(shop: Shop, country: str, is_business: bool) -> None:
    customer = consumer(shop, country)
    if is_business:
        shop.stripe.customers.tax_ids.create(customer, {"type": "eu_vat", "value": "ESB12345674"})

    look(shop, days=355)

    assert notices(shop) == []


def test_a_merchant_that_sells_to_businesses_alone_tells_nobody(shop: Shop) -> None:
    shop.house.decide(consumer_notices=False)
    consumer(shop, "ES")

    look(shop, days=355)

    assert notices(shop) == []


def test_a_higher_price_that_the_merchant_plans_is_told_before(shop: Shop) -> None:
    customer = consumer(shop, "US", "pro")
    [subscription] = shop.stripe.subscriptions.list({"customer": customer}).data
    made = shop.stripe.subscription_schedules.create({"from_subscription": subscription.id})
    now = made.phases[0]
    phases: list[dict[str, Any]] = [
        {
            "items": [{"price": shop.prices["pro"], "quantity": 1}],
            "start_date": now.start_date,
            "end_date": now.end_date,
        },
        {"items": [{"price": shop.prices["pro"], "quantity": 2}]},
    ]
    shop.stripe.subscription_schedules.update(made.id, {"phases": phases})

    look(shop, days=1)
    look(shop, days=1)

    [mail] = notices(shop)
    assert mail.subject == "Your price changes: Pro, each month"
    assert "Amount before tax: €58.00" in mail.text
    assert datetime.fromtimestamp(now.end_date, UTC) - timedelta(days=31) < shop.house.now()
