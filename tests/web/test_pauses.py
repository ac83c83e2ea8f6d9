"""Pausing: days and sums before, one pause however often it is pressed, and going on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from portal.domain.offers import OfferKind
from portal.domain.subscriptions import Subscription
from portal.mirror import subscriptions
from portal.services import offers, payments
from portal.services.offers import Terms
from tests.browser import Browser, Page
from tests.house import House
from tests.shared import lend
from tests.shop import DECLINING, GOOD, NEEDS_BANK, Shop, sign_in

SHOW, CONFIRM = "customer.subscriptions.show", "customer.subscriptions.confirm_pause"
DAY = 86_400


@pytest.fixture
def shop(house: House) -> Iterator[Shop]:
    """A shop whose customers may pause for three months; the worker can write mails."""
    house.decide(pause_months=3)
    with lend(house).app_context():
        shop = Shop(house)
        shop.configure()
        yield shop


@dataclass
class Guest:
    """Somebody with a subscription, who comes back to its pages as days go by."""

    shop: Shop
    browser: Browser
    customer: str
    subscription: str

    @property
    def held(self) -> Subscription:
        """Return the subscription as the portal knows it."""
        house = self.shop.house
        owned = subscriptions.find_owned(house.db, house.merchant, self.subscription)
        assert owned is not None
        return owned.subscription

    @property
    def last_invoice(self) -> Any:
        """Return the last invoice Stripe made of it."""
        listed = self.shop.stripe.invoices.list({"subscription": self.subscription, "limit": 1})
        return listed.data[0]

    def let_pass(self, days: float) -> None:
        """Let days go by for Stripe and for the portal, and sign in again."""
        house = self.shop.house
        house.control("stripe", "clock", advance=int(days * DAY))
        house.pass_time(days * DAY)
        house.settle_down()
        sign_in(self.browser, self.shop.visit(self.customer))

    def look(self, months: str = "2") -> Page:
        """Go to the page with the sums of a pause."""
        self.browser.get(SHOW, id=self.subscription)
        self.browser.follow("Pause subscription")
        return self.browser.press("See the days and the sums", months=months)

    def press(self, start: str, **more: Any) -> Page:
        """Press the button whose name starts so."""
        assert self.browser.page is not None
        names = self.browser.page.button_names
        return self.browser.press(next(one for one in names if one.startswith(start)), **more)

    def pause(self, months: str = "2") -> Page:
        """Pause after looking at the sums."""
        self.look(months)
        return self.press("Pause until")

    def charge_to(self, token: str) -> None:
        """Have the subscription charged to another card."""
        saved = self.shop.stripe.payment_methods.attach(token, {"customer": self.customer})
        self.shop.stripe.subscriptions.update(
            self.subscription, {"default_payment_method": saved.id}
        )
        self.shop.house.settle_down()

    def pauses_sent(self) -> int:
        """Return how often Stripe was asked to pause."""
        sent = self.shop.house.requests("stripe")
        return len([one for one in sent if one["path"].endswith("/pause")])

    def mails(self, start: str) -> list[str]:
        """Return the subjects of mails whose id starts so."""
        return [one.subject for one in self.shop.house.postbox.mails if one.id.startswith(start)]


def enter(shop: Shop, browser: Browser, price: str = "pro", **fields: Any) -> Guest:
    """Sign a new subscriber in."""
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(
        customer, price, **{"billing_mode": {"type": "flexible"}, **fields}
    )
    shop.house.settle_down()
    sign_in(browser, shop.visit(customer))
    return Guest(shop, browser, customer, subscription)


def test_days_and_sums_are_shown_before_and_stripe_does_the_same(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.let_pass(15)

    page = guest.look()
    done = guest.press("Pause until")
    shop.house.settle_down()

    credit = -guest.last_invoice.total
    assert 1_600 < credit < 1_900
    assert f"about €{credit / 100:.2f}, becomes your credit" in page.text
    assert "€35.09 with tax, less your credit" in page.text
    assert done.h1 == "Subscription paused"
    assert f"Credited €{credit / 100:.2f}" in done.text
    assert guest.held.is_paused_here
    shown = browser.get(SHOW, id=guest.subscription)
    assert "Nothing is charged for it until" in shown.text
    assert "Next charge none is planned" not in shown.text


def test_it_goes_on_by_itself_for_a_new_period_less_the_credit(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.let_pass(15)
    guest.pause("1")
    credit = -guest.last_invoice.total

    guest.let_pass(29)
    told = guest.mails("pause-")
    guest.let_pass(3)

    assert (guest.held.status, guest.held.resumes_at) == ("active", None)
    assert [one.partition(" on ")[0] for one in told] == ["Your pause ends"]
    last = guest.last_invoice
    assert (last.status, last.total, last.amount_paid) == ("paid", 3509, 3509 - credit)
    assert any(": Pause ended" in one for one in guest.mails("receipt-"))


def test_a_yearly_plan_renews_a_year_after_its_pause(shop: Shop, browser: Browser) -> None:
    guest = enter(shop, browser, "pro_year")
    guest.let_pass(30)
    guest.pause("3")
    guest.let_pass(95)

    end = guest.held.period_end
    assert guest.held.status == "active"
    assert end is not None
    assert timedelta(days=357) < end - shop.house.now() < timedelta(days=366)
    assert guest.last_invoice.amount_paid < 35_090 * 0.1


def test_somebody_goes_on_before_that_for_the_sum_that_is_shown(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.let_pass(10)
    guest.pause()
    guest.let_pass(10)

    browser.get(SHOW, id=guest.subscription)
    page = browser.press("Go on now")
    done = guest.press("Go on for")
    shop.house.settle_down()

    assert f"Go on for €{guest.last_invoice.amount_paid / 100:.2f}" in page.button_names
    assert done.h1 == "Pause ended"
    assert guest.held.status == "active"
    guest.let_pass(60)
    assert guest.mails("pause-") == []


def test_what_the_bank_wants_to_see_first_is_paid_as_an_invoice(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.let_pass(15)
    guest.pause()
    guest.charge_to(NEEDS_BANK)

    browser.get(SHOW, id=guest.subscription)
    browser.press("Go on now")
    led = guest.press("Go on for")

    assert "One step is left: pay this invoice" in led.text
    assert guest.held.is_paused_here


def test_where_the_charge_after_a_pause_fails_its_customer_is_told(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.let_pass(15)
    guest.pause("1")
    guest.charge_to(DECLINING)

    guest.let_pass(32)

    assert guest.held.is_paused_here
    assert guest.mails("pause-in_") == ["Your subscription could not go on"]


def test_a_page_that_is_pressed_twice_pauses_once(shop: Shop, browser: Browser) -> None:
    guest = enter(shop, browser)
    page = guest.look()
    form, _ = page.form_of(next(one for one in page.button_names if "Pause until" in one))
    fields = {name: values[0] for name, values in page.fields_of(form).items()}

    first = browser.post(CONFIRM, fields, id=guest.subscription)
    again = browser.post(CONFIRM, fields, id=guest.subscription)

    assert first.h1 == again.h1 == "Subscription paused"
    assert guest.pauses_sent() == 1


def test_b66_other_sums_than_those_shown_are_shown_before_anything_is_done(
    shop: Shop, browser: Browser
) -> None:
    guest = enter(shop, browser)
    guest.look()
    shop.stripe.subscriptions.update(
        guest.subscription,
        {
            "items": [{"id": guest.held.items[0].id, "quantity": 3}],
            "proration_behavior": "always_invoice",
        },
    )
    shop.house.settle_down()

    changed = guest.press("Pause until", status=409)

    assert "The sum changed while you were here" in changed.text
    assert guest.pauses_sent() == 0


@pytest.mark.parametrize("fault", [{"kind": "lose_answer"}, {"kind": "status", "status": 500}])
def test_b28_a_lost_answer_is_found_out_and_pauses_once(
    shop: Shop, browser: Browser, fault: dict[str, Any]
) -> None:
    guest = enter(shop, browser)
    guest.look()
    path = f"/v1/subscriptions/{guest.subscription}/pause"
    shop.house.control("stripe", "faults", path=path, **fault)

    guest.press("Pause until")
    for _ in range(4):
        shop.house.pass_time(60)
        payments.sweep(shop.house.db, now=shop.house.now())
        shop.house.settle_down()

    assert guest.held.is_paused_here
    told = [one for one in guest.mails("receipt-") if "Subscription paused" in one]
    assert len(told) == 1


def test_what_cannot_be_paused_says_why_and_what_next(shop: Shop, browser: Browser) -> None:
    guest = enter(shop, browser, billing_mode={"type": "classic"})

    page = browser.get(SHOW, id=guest.subscription)
    asked = browser.get("customer.subscriptions.pause", id=guest.subscription)
    browser.post("customer.subscriptions.look_at_pause", {"months": "1"}, id=guest.subscription)

    assert "billed in a way that knows no pause" in page.text
    assert "billed in a way that knows no pause" in asked.text
    assert guest.pauses_sent() == 0


def test_where_the_merchant_does_not_allow_it_nobody_reads_of_pauses(
    shop: Shop, browser: Browser
) -> None:
    shop.house.decide(pause_months=0)
    guest = enter(shop, browser)

    page = browser.get(SHOW, id=guest.subscription)

    assert "ause" not in page.text.replace("because", "")


def test_a_pause_is_offered_beside_leaving_and_what_is_paused_can_be_left(
    shop: Shop, browser: Browser
) -> None:
    offers.add(shop.house.at, Terms(OfferKind.PAUSE))
    guest = enter(shop, browser)
    guest.let_pass(10)

    browser.get("customer.subscriptions.cancel", id=guest.subscription)
    browser.press("Look at a pause")
    browser.press("See the days and the sums", months="1")
    guest.press("Pause until")
    guest.let_pass(1)
    browser.get("customer.subscriptions.cancel", id=guest.subscription)
    done = browser.press("Cancel subscription")
    charges = len(shop.house.ledger("stripe"))
    guest.let_pass(40)

    assert done.h1.startswith("Subscription ")
    assert guest.held.is_ended
    assert len(shop.house.ledger("stripe")) == charges
