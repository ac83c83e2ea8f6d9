"""The customer portal's pages, used as a browser without scripts would."""

import re
from typing import Any

import pytest

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.test_billing_portal import EVERYTHING, configure, price, switchable

CARD = {"type": "card", "number": "5555555555554444", "exp": "12/34", "cvc": "123", "name": "Ana"}
MINUTE = 60


class Portal:
    """A customer with a monthly subscription to Silver, and a browser in the portal."""

    def __init__(self, shop: Shop, customer: Any, **features: Any) -> None:
        self.shop, self.customer = shop, customer
        product = shop.api.products.create({"name": "Club"})
        self.silver = price(shop, product.id, 900)
        gold = shop.api.products.create({"name": "Gold"})
        self.gold = price(shop, gold.id, 1900)
        method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        self.method = method.id
        shop.api.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": method.id}}
        )
        self.subscription = shop.api.subscriptions.create(
            {"customer": customer.id, "items": [{"price": self.silver.id}]}
        )
        update = switchable(shop, self.silver)["subscription_update"]
        bounds = {"enabled": True, "minimum": 1, "maximum": 5}
        update["products"][0]["adjustable_quantity"] = bounds
        update["products"].append({"product": gold.id, "prices": [self.gold.id]})
        every = EVERYTHING | {"subscription_update": update} | features
        self.configuration = configure(shop, **every)
        self.browser = shop.browser

    def open(self, **more: Any) -> str:
        """The path of a new session."""
        wanted = {"customer": self.customer.id, "configuration": self.configuration.id}
        made = self.shop.api.billing_portal.sessions.create(wanted | more)
        return path_of(made.url)

    def flow(self, kind: str, **details: Any) -> str:
        """The path of a session for one task, which ends at the shop."""
        after = {"type": "redirect", "redirect": {"return_url": "https://shop.example/done"}}
        flow: dict[str, Any] = {"type": kind, "after_completion": after}
        if kind.startswith("subscription"):
            flow[kind] = {"subscription": self.subscription.id} | details
        home = self.open(flow_data=flow)
        return path_of(self.browser.get(home).location)

    def retrieve(self) -> Any:
        """The subscription as it is now."""
        return self.shop.api.subscriptions.retrieve(self.subscription.id)


@pytest.fixture
def portal(shop: Shop, customer: Any) -> Portal:
    """A customer in the portal."""
    return Portal(shop, customer)


def test_the_home_shows_what_there_is(portal: Portal) -> None:
    page = portal.browser.get(portal.open(return_url="https://shop.example/account")).text

    assert "Simulation of Stripe, test data only" in page
    for words in ("Club", "Visa •••• 4242", "ana@example.com", "https://shop.example/account"):
        assert words in page


@pytest.mark.parametrize(("late", "status"), [(5 * MINUTE - 1, 200), (5 * MINUTE + 1, 410)])
def test_a_session_is_opened_within_five_minutes(portal: Portal, late: int, status: int) -> None:
    path = portal.open()

    portal.shop.sandbox.advance(late)

    assert portal.browser.get(path).status_code == status


@pytest.mark.parametrize(("idle", "status"), [(59 * MINUTE, 200), (61 * MINUTE, 410)])
def test_an_hour_without_activity_ends_it(portal: Portal, idle: int, status: int) -> None:
    path = portal.open()
    portal.browser.get(path)
    portal.shop.sandbox.advance(50 * MINUTE)
    portal.browser.get(path)

    portal.shop.sandbox.advance(idle)

    assert portal.browser.get(path).status_code == status


def test_a_made_up_address_opens_nothing(portal: Portal) -> None:
    path = portal.open()

    assert portal.browser.get(re.sub("test_.", "test_!", path)).status_code == 404


def test_a_new_card_becomes_the_default_and_the_flow_goes_back(portal: Portal) -> None:
    path = portal.flow("payment_method_update")

    answer = portal.browser.post(path, data=CARD)

    assert answer.location == "https://shop.example/done"
    found = portal.shop.api.customers.retrieve(
        portal.customer.id, {"expand": ["invoice_settings.default_payment_method"]}
    )
    assert found.invoice_settings.default_payment_method.card.last4 == "4444"


def test_a_card_whose_bank_asks_is_added_after_its_answer(portal: Portal) -> None:
    path = portal.flow("payment_method_update")
    to_bank = portal.browser.post(path, data=CARD | {"number": "4000002500003155"})

    back = portal.browser.post(path_of(to_bank.location), data={"complete": "yes"})
    done = portal.browser.get(path_of(back.location))

    assert done.location == "https://shop.example/done"


def test_a_refused_card_is_said(portal: Portal) -> None:
    answer = portal.browser.post(
        portal.flow("payment_method_update"), data=CARD | {"number": "4000000000000002"}
    )

    assert (answer.status_code, "declined" in answer.text) == (402, True)


def test_the_last_card_of_a_running_subscription_stays(portal: Portal) -> None:
    home = portal.open()
    portal.browser.get(home)

    page = portal.browser.post(f"{home}/payment-methods/{portal.method}", data={"remove": "yes"})

    assert "cannot be removed" in page.text
    assert portal.shop.api.payment_methods.retrieve(portal.method).customer


def test_cancelling_asks_why_and_tells_the_merchant(portal: Portal) -> None:
    path = portal.flow("subscription_cancel")
    asked = portal.browser.post(path, data={"confirm": "yes"})

    answer = portal.browser.post(path, data={"reason": "unused", "comment": "Moving away"})

    assert "tell us why" in asked.text
    assert answer.location == "https://shop.example/done"
    found = portal.retrieve()
    assert found.cancel_at or found.cancel_at_period_end
    assert found.cancellation_details.feedback == "unused"
    assert found.cancellation_details.comment == "Moving away"


def test_taking_the_offer_keeps_the_subscription(portal: Portal) -> None:
    coupon = portal.shop.api.coupons.create(
        {"percent_off": 30, "duration": "repeating", "duration_in_months": 3}
    )
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": coupon.id}}
    path = portal.flow("subscription_cancel", retention=retention)
    page = portal.browser.get(path)

    portal.browser.post(path, data={"accept": "yes"})

    assert "30% off for 3 months" in page.text
    assert len(portal.retrieve().discounts) == 1
    assert portal.retrieve().cancel_at is None


def test_a_cancellation_is_taken_back(portal: Portal) -> None:
    path = portal.flow("subscription_cancel")
    portal.browser.post(path, data={"confirm": "yes"})
    home = portal.open()
    portal.browser.get(home)

    portal.browser.post(
        f"{home}/subscriptions/{portal.subscription.id}/resume", data={"confirm": "yes"}
    )

    assert not portal.retrieve().cancel_at
    assert not portal.retrieve().cancel_at_period_end


def test_a_change_shows_its_cost_and_is_made(portal: Portal) -> None:
    path = portal.flow("subscription_update")
    page = portal.browser.get(path)
    chosen = path.replace("/update", f"/confirm?price={portal.gold.id}&quantity=1")

    shown = portal.browser.get(chosen)
    answer = portal.browser.post(chosen, data={"confirm": "yes"})

    assert portal.gold.id in page.text
    assert "The next invoice" in shown.text
    assert answer.location == "https://shop.example/done"
    assert portal.retrieve()["items"].data[0].price.id == portal.gold.id


def test_a_named_change_is_confirmed_in_its_flow(portal: Portal) -> None:
    item = portal.subscription["items"].data[0].id
    path = portal.flow("subscription_update_confirm", items=[{"id": item, "price": portal.gold.id}])

    portal.browser.post(path, data={"confirm": "yes"})

    assert portal.retrieve()["items"].data[0].price.id == portal.gold.id


@pytest.mark.parametrize("query", ["quantity=6", "quantity=-1", "price=price_none"])
def test_what_is_not_offered_is_not_taken(portal: Portal, query: str) -> None:
    path = portal.flow("subscription_update").replace("/update", f"/confirm?{query}")

    answer = portal.browser.post(path, data={"confirm": "yes"})

    assert answer.status_code in (400, 404)
    assert portal.retrieve()["items"].data[0].price.id == portal.silver.id


def test_a_cheaper_plan_can_wait_for_the_period_to_end(shop: Shop, customer: Any) -> None:
    portal = Portal(shop, customer)
    cheaper = price(shop, portal.silver.product, 500, "week", 4)
    update = switchable(shop, portal.silver, cheaper)["subscription_update"]
    condition = {"conditions": [{"type": "decreasing_item_amount"}]}
    shop.api.billing_portal.configurations.update(
        portal.configuration.id,
        {"features": {"subscription_update": update | {"schedule_at_period_end": condition}}},
    )
    path = portal.flow("subscription_update").replace("/update", f"/confirm?price={cheaper.id}")

    portal.browser.post(path, data={"confirm": "yes"})

    assert portal.retrieve()["items"].data[0].price.id == portal.silver.id
    schedule = shop.api.subscription_schedules.retrieve(portal.retrieve().schedule)
    assert schedule.phases[1]["items"][0].price == cheaper.id


def test_another_customers_subscription_is_not_shown(portal: Portal) -> None:
    other = portal.shop.api.customers.create({"email": "bea@example.com"})
    made = portal.shop.api.billing_portal.sessions.create(
        {"customer": other.id, "configuration": portal.configuration.id}
    )

    answer = portal.browser.get(
        f"{path_of(made.url)}/subscriptions/{portal.subscription.id}/cancel"
    )

    assert answer.status_code == 404


def test_details_are_changed_as_far_as_allowed(portal: Portal) -> None:
    path = portal.flow("customer_update")
    form = {"name": "Ana B", "email": "new@example.com", "phone": "1", "line1": "C/ Nova 1"}

    portal.browser.post(path, data=form | {"country": "ES"})

    found = portal.shop.api.customers.retrieve(portal.customer.id)
    assert (found.name, found.email, found.phone) == ("Ana B", "new@example.com", None)
    assert found.address.line1 == "C/ Nova 1"


def test_a_disabled_feature_has_no_page(shop: Shop, customer: Any) -> None:
    portal = Portal(shop, customer, subscription_cancel={"enabled": False})
    home = portal.open()
    portal.browser.get(home)

    page = portal.browser.post(
        f"{home}/subscriptions/{portal.subscription.id}/cancel", data={"confirm": "yes"}
    )

    assert "not possible here" in page.text
    assert not portal.retrieve().cancel_at
