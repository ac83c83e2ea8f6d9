"""Changes that wait for the end of the period: planned at the shown sums, and undone."""

from datetime import timedelta

import pytest

from portal.domain.cancellations import Leaving
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayRefused, GatewayUnavailable, Refused
from portal.services import cancellations, changes, quotes, schedules, subscriptions
from portal.services.changes import Changed, Shown
from portal.services.plans import Wish
from portal.services.quotes import Quote
from portal.store import actions
from tests.house import House
from tests.shop import DECLINING, GOOD, Shop

BOTH = frozenset({"decreasing_item_amount", "shortening_interval"})


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure(schedule_conditions=BOTH)
    return shop


def begun(shop: Shop, price: str = "pro", quantity: int = 3, *, days: int = 10, **fields):
    """Return a visit and a subscription that runs since some days."""
    customer = shop.customer(GOOD)
    items = [{"price": shop.prices[price], "quantity": quantity}]
    subscription = shop.subscribe(customer, items=items, **fields)
    shop.visit(customer)
    wait(shop, days)
    return shop.visit(customer), subscription


def wait(shop: Shop, days: int) -> None:
    shop.house.control("stripe", "clock", advance=days * 86_400)
    shop.house.pass_time(days * 86_400)


def plan(shop: Shop, visit, subscription: str, wish: Wish, nonce: str = "one") -> Quote:
    shown = quotes.quote(visit, subscription, wish)
    press(visit, subscription, wish, shown, nonce)
    return shown


def press(visit, subscription: str, wish: Wish, shown: Quote, nonce: str = "one") -> Changed:
    page = Shown(shown.change.proration_date, shown.sums, nonce)
    return changes.confirm(visit, subscription, wish, page)


def newest(shop: Shop, visit):
    return actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id)[0]


def held(shop: Shop, subscription: str) -> tuple[str, int]:
    item = shop.told(subscription)["items"].data[0]
    return item.price.id, item.quantity


def test_showing_a_planned_change_writes_nothing_at_stripe(shop: Shop) -> None:
    visit, subscription = begun(shop)
    before = len(shop.stripe.events.list({"limit": 100}).data)

    shown = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 2))

    assert len(shop.stripe.events.list({"limit": 100}).data) == before
    assert shop.told(subscription).schedule is None
    assert not shown.is_now
    assert (shown.due_now.amount, shown.next_sum.amount) == (0, 7018)
    assert shown.next_at == shop.held(visit, subscription).period_end


@pytest.mark.provider
@pytest.mark.parametrize("mode", ["classic", "flexible"])
@pytest.mark.parametrize(
    ("price", "quantity", "wish", "coupon"),
    [
        ("pro", 3, ("pro", 2), None),
        ("pro", 3, ("pro", 1), {"percent_off": 25, "duration": "forever"}),
        ("pro", 3, ("pro", 1), {"percent_off": 25, "duration": "once"}),
        ("pro", 3, ("pro", 2), {"amount_off": 333, "currency": "eur", "duration": "forever"}),
        ("pro_year", 2, ("pro", 2), None),
        ("pro_year", 1, ("pro", 1), {"percent_off": 10, "duration": "forever"}),
    ],
)
def test_the_shown_sum_is_that_of_the_invoice_made_when_it_begins(
    shop: Shop, mode: str, price: str, quantity: int, wish: tuple[str, int], coupon: dict | None
) -> None:
    if coupon:
        shop.stripe.coupons.create({"id": "LESS", **coupon})
    discounts = {"discounts": [{"coupon": "LESS"}]} if coupon else {}
    visit, subscription = begun(shop, price, quantity, billing_mode={"type": mode}, **discounts)
    wanted = Wish(shop.prices[wish[0]], wish[1])

    shown = plan(shop, visit, subscription, wanted)
    wait(shop, (shown.next_at - shop.house.now()).days + 1)
    made = shop.stripe.invoices.list({"subscription": subscription, "limit": 1}).data[0]

    assert held(shop, subscription) == (wanted.price, wanted.quantity)
    assert made.created == int(shown.next_at.timestamp())
    assert (made.total, made.amount_due) == (shown.first.total, shown.first.due)
    assert sum(row.amount for row in made.total_taxes) == shown.first.tax


def test_a_planned_change_is_shown_with_its_date_and_receipted(shop: Shop) -> None:
    visit, subscription = begun(shop)

    shown = plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))

    page = subscriptions.get_shown(visit, subscription)
    assert page.pending is not None
    assert page.pending.starts_at == shown.next_at
    assert [line.quantity for line in page.pending.lines] == [2]
    assert held(shop, subscription) == (shop.prices["pro"], 3)
    receipt = newest(shop, visit)
    assert receipt.verb == "change_planned"
    assert receipt.details["next_sum"] == 7018
    assert (receipt.details["quantity_before"], receipt.details["quantity"]) == (3, 2)
    assert receipt.details["starts_on"] == shown.next_at.isoformat()


def test_two_presses_plan_one_change(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 2)
    shown = quotes.quote(visit, subscription, wish)

    first = press(visit, subscription, wish, shown)
    second = press(visit, subscription, wish, shown)

    assert first == second
    assert len(shop.stripe.subscription_schedules.list({}).data) == 1


def test_a_trial_goes_on_until_the_planned_change_begins(shop: Shop) -> None:
    visit, subscription = begun(shop, days=2, trial_period_days=14)

    shown = plan(shop, visit, subscription, Wish(shop.prices["pro"], 1))
    before = shop.told(subscription).status
    wait(shop, 13)
    made = shop.stripe.invoices.list({"subscription": subscription, "limit": 1}).data[0]

    assert not shown.change.ends_trial
    assert before == "trialing"
    assert held(shop, subscription) == (shop.prices["pro"], 1)
    assert made.total == shown.first.total == 3509


def test_an_undone_change_never_comes(shop: Shop) -> None:
    visit, subscription = begun(shop)
    plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))

    number = schedules.undo(visit, subscription)
    again = schedules.undo(visit, subscription)
    is_planned = subscriptions.get_shown(visit, subscription).pending
    wait(shop, 30)

    assert number == again == newest(shop, visit).number
    assert newest(shop, visit).verb == "change_undone"
    assert is_planned is None
    assert held(shop, subscription) == (shop.prices["pro"], 3)


def test_a_change_can_be_planned_again_after_it_was_undone(shop: Shop) -> None:
    visit, subscription = begun(shop)
    plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))
    schedules.undo(visit, subscription)

    plan(shop, visit, subscription, Wish(shop.prices["pro"], 1), nonce="two")
    schedules.undo(visit, subscription)

    assert shop.told(subscription).schedule is None


def test_undoing_a_change_that_has_begun_says_so(shop: Shop) -> None:
    visit, subscription = begun(shop)
    plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))
    shop.house.control("stripe", "clock", advance=30 * 86_400)

    with pytest.raises(Refused) as refusal:
        schedules.undo(visit, subscription)

    assert refusal.value.decision.reason is Reason.NO_CHANGE_PLANNED
    assert held(shop, subscription) == (shop.prices["pro"], 2)


def test_what_the_merchant_planned_is_neither_undone_nor_cancelled(shop: Shop) -> None:
    visit, subscription = begun(shop)
    made = shop.stripe.subscription_schedules.create({"from_subscription": subscription})
    now = made.phases[0]
    dearer = [
        {
            "items": [{"price": shop.prices["pro"], "quantity": 3}],
            "start_date": now.start_date,
            "end_date": now.end_date,
        },
        {"items": [{"price": shop.prices["pro"], "quantity": 9}]},
    ]
    shop.stripe.subscription_schedules.update(made.id, {"phases": dearer})
    shop.house.settle_down()

    for deed in (
        lambda: schedules.undo(visit, subscription),
        lambda: cancellations.cancel(visit, subscription, Leaving()),
    ):
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.decision.reason is Reason.CHANGE_SCHEDULED
    assert shop.told(subscription).schedule == made.id
    assert shop.told(subscription).cancel_at is None


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_cancelling_drops_the_planned_change_in_one_press(shop: Shop, mode: str) -> None:
    visit, subscription = begun(shop, billing_mode={"type": mode})
    plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))
    ends = shop.held(visit, subscription).period_end

    number = cancellations.cancel(visit, subscription, Leaving())
    again = cancellations.cancel(visit, subscription, Leaving())

    shown = subscriptions.get_shown(visit, subscription)
    assert number == again
    assert shop.told(subscription).schedule is None
    assert shop.told(subscription).cancel_at == int(ends.timestamp())
    assert (shown.pending, shown.status) == (None, "cancelling")


def test_a_plan_whose_second_call_is_lost_is_finished_by_the_worker(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 2)
    shown = quotes.quote(visit, subscription, wish)
    path = "/v1/subscription_schedules/{schedule}"
    shop.house.control("stripe", "faults", kind="reset", path=path, method="POST")
    with pytest.raises(GatewayUnavailable):
        press(visit, subscription, wish, shown)

    shop.house.pass_time(180)
    shop.house.settle_down()

    assert newest(shop, visit).verb == "change_planned"
    [schedule] = shop.stripe.subscription_schedules.list({}).data
    assert [phase["items"][0].quantity for phase in schedule.phases] == [3, 2]


def test_a_plan_that_stripe_refuses_leaves_no_schedule(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 2)
    shown = quotes.quote(visit, subscription, wish)
    path = "/v1/subscription_schedules/{schedule}"
    shop.house.control(
        "stripe", "faults", kind="status", status=400, path=path, method="POST", times=1
    )

    with pytest.raises(GatewayRefused):
        press(visit, subscription, wish, shown)

    assert shop.told(subscription).schedule is None


def test_a_declined_renewal_keeps_the_plan_that_was_chosen(shop: Shop) -> None:
    visit, subscription = begun(shop)
    plan(shop, visit, subscription, Wish(shop.prices["pro"], 2))
    customer = visit.customer.stripe_customer
    saved = shop.stripe.payment_methods.attach(DECLINING, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": saved}})
    wait(shop, 30)

    page = subscriptions.get_shown(shop.visit(customer), subscription)

    assert page.status == "past_due"
    assert [line.quantity for line in page.lines] == [2]
    assert page.subscription.period_end - shop.house.now() < timedelta(days=31)
