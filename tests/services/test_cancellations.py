"""Leaving, staying with an offer, and taking a cancellation back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from portal.context import Visit
from portal.domain.cancellations import Leaving
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, NotFound, Refused
from portal.domain.offers import RetentionOffer
from portal.services import cancellations, offers
from portal.store import actions
from portal.store.cancellations import CancellationRow
from portal.store.offers import OfferTakenRow
from portal.store.operations import OperationRow
from tests.house import House
from tests.offering import coupon_of
from tests.shop import DECLINING, GOOD, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def stay(shop: Shop, coupon: str = "STAY20") -> RetentionOffer:
    """Offer 20 % for three months to those who leave."""
    shop.stripe.coupons.create(
        {"id": coupon, "percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    )
    offers.add(shop.house.at, coupon_of(coupon))
    return offers.list_offers(shop.house.db, shop.house.merchant)[-1]


def verbs(shop: Shop, visit) -> list[str]:
    return [
        row.verb for row in actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id)
    ]


def test_cancelling_sets_the_end_and_tells_stripe_why(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    number = cancellations.cancel(visit, subscription, Leaving("unused", "Too many webs"))

    told = shop.told(subscription)
    assert told.cancel_at is not None
    assert told.status == "active"
    assert told.cancellation_details.feedback == "unused"
    assert told.cancellation_details.comment == "Too many webs"
    assert shop.held(visit, subscription).is_cancelling
    receipt = actions.get(shop.house.db, visit.merchant.id, visit.customer.id, number)
    assert receipt.verb == "cancelled"
    assert receipt.details["plan"] == "Basic"
    assert receipt.details["ends_on"] == shop.held(visit, subscription).ends_at.isoformat()
    assert receipt.by_email == "ana@fornaurora.example"


def test_what_was_said_on_leaving_is_kept(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    cancellations.cancel(visit, subscription, Leaving("other", "Moving away"))

    with shop.house.db.session() as reader:
        row = reader.scalars(select(CancellationRow)).one()
    assert (row.subscription, row.outcome) == (subscription, "cancelled_at_end")
    assert (row.feedback, row.comment) == ("other", "Moving away")


def test_b45_cancelling_twice_is_a_success_both_times(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    first = cancellations.cancel(visit, subscription, Leaving())
    second = cancellations.cancel(visit, subscription, Leaving())

    assert first == second
    assert verbs(shop, visit) == ["cancelled"]


def test_b45_pressing_cancel_many_times_at_once_is_one_cancellation(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    with ThreadPoolExecutor(6) as pool:
        presses = [
            pool.submit(cancellations.cancel, visit, subscription, Leaving()) for _ in range(6)
        ]
    numbers = {press.result() for press in presses}

    assert len(numbers) == 1
    assert verbs(shop, visit) == ["cancelled"]


def test_cancelling_at_once_ends_the_subscription_now(shop: Shop) -> None:
    shop.configure(cancel_mode="immediately")
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    cancellations.cancel(visit, subscription, Leaving())

    assert shop.told(subscription).status == "canceled"
    assert verbs(shop, visit) == ["cancelled_now"]


def test_a_subscription_nobody_paid_yet_can_be_cancelled(shop: Shop) -> None:
    customer = shop.customer(DECLINING)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    cancellations.cancel(visit, subscription, Leaving())

    assert shop.told(subscription).status == "canceled"


def test_a_subscription_that_is_past_due_can_be_cancelled(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    bad = shop.stripe.payment_methods.attach(DECLINING, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": bad}})
    shop.house.control("stripe", "clock", advance=32 * 86_400)
    shop.house.pass_time(32 * 86_400)
    visit = shop.visit(customer)

    cancellations.cancel(visit, subscription, Leaving())

    assert shop.told(subscription).status == "past_due"
    assert shop.held(visit, subscription).is_cancelling


def test_what_the_merchant_keeps_to_itself_is_refused_with_the_reason(shop: Shop) -> None:
    shop.configure(subscription_cancel=False)
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    with pytest.raises(Refused) as refusal:
        cancellations.cancel(visit, subscription, Leaving())

    assert refusal.value.decision.reason is Reason.FEATURE_DISABLED
    assert shop.told(subscription).cancel_at is None


def test_nobody_cancels_somebody_elses_subscription(shop: Shop) -> None:
    subscription = shop.subscribe(shop.customer(GOOD))
    stranger = shop.visit(shop.customer(GOOD, email="b@other.example"))

    with pytest.raises(NotFound):
        cancellations.cancel(stranger, subscription, Leaving())


def test_a_notice_counts_even_if_stripe_is_down(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    shop.house.stripe_wire.is_cut = True
    number = cancellations.cancel(visit, subscription, Leaving("unused"))
    again = cancellations.cancel(visit, subscription, Leaving("unused"))
    shop.house.stripe_wire.is_cut = False
    shop.house.pass_time(120)
    shop.house.settle_down()

    assert number == again
    assert verbs(shop, visit) == ["cancelled", "cancellation_received"]
    assert shop.told(subscription).cancel_at is not None


def test_an_answer_that_was_lost_is_found_out_and_receipted_once(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)
    shop.house.control("stripe", "faults", kind="lose_answer", method="POST")

    cancellations.cancel(visit, subscription, Leaving())
    shop.house.pass_time(120)
    shop.house.settle_down()

    assert verbs(shop, visit)[0] == "cancelled"
    assert verbs(shop, visit).count("cancelled") == 1
    assert shop.told(subscription).cancel_at is not None


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_a_cancellation_can_be_taken_back_in_both_billing_modes(shop: Shop, mode: str) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, billing_mode={"type": mode})
    visit = shop.visit(customer)
    cancellations.cancel(visit, subscription, Leaving())

    number = cancellations.resume(visit, subscription)

    told = shop.told(subscription)
    assert (told.cancel_at, told.cancel_at_period_end) == (None, False)
    assert not shop.held(visit, subscription).is_cancelling
    assert (
        number == actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id)[0].number
    )
    assert verbs(shop, visit) == ["resumed", "cancelled"]


def test_taking_back_twice_is_a_success_both_times(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)
    cancellations.cancel(visit, subscription, Leaving())

    assert cancellations.resume(visit, subscription) == cancellations.resume(visit, subscription)


def test_what_has_ended_cannot_be_taken_back(shop: Shop) -> None:
    shop.configure(cancel_mode="immediately")
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)
    cancellations.cancel(visit, subscription, Leaving())

    with pytest.raises(Refused) as refusal:
        cancellations.resume(visit, subscription)

    assert refusal.value.decision.reason is Reason.SUBSCRIPTION_ENDED


def test_taking_the_offer_adds_its_coupon_to_the_discounts_there_are(shop: Shop) -> None:
    shop.stripe.coupons.create({"id": "OLD", "percent_off": 5, "duration": "forever"})
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, discounts=[{"coupon": "OLD"}])
    offer = stay(shop)
    visit = shop.visit(customer)

    number = cancellations.keep_with_offer(visit, subscription, offer.id)

    coupons = {discount.coupon for discount in shop.held(visit, subscription).discounts}
    assert coupons == {"OLD", "STAY20"}
    receipt = actions.get(shop.house.db, visit.merchant.id, visit.customer.id, number)
    assert (receipt.verb, receipt.details["percent_off"]) == ("offer_taken", "20")


def test_b47_of_ten_presses_at_once_one_takes_the_offer(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    offer = stay(shop)
    visit = shop.visit(customer)

    with ThreadPoolExecutor(10) as pool:
        presses = [
            pool.submit(cancellations.keep_with_offer, visit, subscription, offer.id)
            for _ in range(10)
        ]
    numbers = {press.result() for press in presses}

    assert len(numbers) == 1
    assert len(shop.told(subscription).discounts) == 1
    assert shop.stripe.coupons.retrieve("STAY20").times_redeemed == 1


def test_b47_an_offer_is_made_once_per_subscription_for_good(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    offer = stay(shop)
    visit = shop.visit(customer)
    cancellations.keep_with_offer(visit, subscription, offer.id)
    cancellations.cancel(visit, subscription, Leaving())
    cancellations.resume(visit, subscription)
    shop.house.pass_time(3600)

    with pytest.raises(Refused) as refusal:
        cancellations.keep_with_offer(visit, subscription, offer.id)

    assert refusal.value.decision.reason is Reason.OFFER_TAKEN
    assert cancellations.consider(visit, subscription).offer is None


def test_an_offer_that_stripe_does_not_apply_is_not_used_up(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    offer = stay(shop)
    visit = shop.visit(customer)

    shop.house.stripe_wire.is_cut = True
    with pytest.raises(GatewayUnavailable):
        cancellations.keep_with_offer(visit, subscription, offer.id)
    shop.house.stripe_wire.is_cut = False

    with shop.house.db.session() as reader:
        assert reader.scalars(select(OfferTakenRow)).all() == []
    assert cancellations.keep_with_offer(visit, subscription, offer.id)


def test_german_customers_are_made_no_offer_between_them_and_leaving(shop: Shop) -> None:
    customer = shop.customer(GOOD, address={"country": "DE", "city": "Berlin"})
    subscription = shop.subscribe(customer)
    offer = stay(shop)
    visit = shop.visit(customer)

    assert cancellations.consider(visit, subscription).offer is None
    with pytest.raises(Refused):
        cancellations.keep_with_offer(visit, subscription, offer.id)


def test_operations_keep_what_was_asked_so_that_a_repeat_asks_the_same(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    visit = shop.visit(customer)

    cancellations.cancel(visit, subscription, Leaving("unused", "x"))

    with shop.house.db.session() as reader:
        row = reader.scalars(select(OperationRow).where(OperationRow.verb == "cancel")).one()
    assert (row.state, row.subject) == ("done", subscription)
    assert row.parameters["feedback"] == "unused"


# One wish after another, with answers lost between


def a_subscription(shop: Shop) -> tuple[Visit, str]:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    return shop.visit(customer), subscription


def fault(shop: Shop, subscription: str, kind: str, **more: object) -> None:
    wanted = {"kind": kind, "method": "POST", "path": f"/v1/subscriptions/{subscription}", **more}
    shop.house.control("stripe", "faults", **wanted)


def wait(shop: Shop, seconds: float = 60) -> None:
    shop.house.pass_time(seconds)
    shop.house.settle_down()


def test_a_notice_is_booked_after_the_merchants_key_was_refused(shop: Shop) -> None:
    visit, subscription = a_subscription(shop)
    fault(shop, subscription, "status", status=401, times=3)

    cancellations.cancel(visit, subscription, Leaving())
    for _ in range(5):
        wait(shop, 3600)

    assert shop.told(subscription).cancel_at is not None
    assert verbs(shop, visit)[0] == "cancelled"


def test_a_notice_is_booked_however_long_stripe_was_away(shop: Shop) -> None:
    visit, subscription = a_subscription(shop)
    shop.house.stripe_wire.is_cut = True
    cancellations.cancel(visit, subscription, Leaving())
    shop.house.pass_time(30 * 3600)

    shop.house.stripe_wire.is_cut = False
    wait(shop, 3600)

    assert shop.told(subscription).cancel_at is not None


def test_a_notice_that_stripe_does_not_take_after_all_is_told(shop: Shop) -> None:
    visit, subscription = a_subscription(shop)
    shop.house.stripe_wire.is_cut = True
    cancellations.cancel(visit, subscription, Leaving())
    shop.house.stripe_wire.is_cut = False
    fault(shop, subscription, "status", status=400)

    wait(shop)

    assert verbs(shop, visit)[:2] == ["cancellation_not_booked", "cancellation_received"]


@pytest.mark.parametrize("kind", ["reset", "lose_answer"])
def test_the_notice_counts_that_came_after_a_lost_resume(shop: Shop, kind: str) -> None:
    visit, subscription = a_subscription(shop)
    cancellations.cancel(visit, subscription, Leaving())
    fault(shop, subscription, kind)
    with pytest.raises(GatewayUnavailable):
        cancellations.resume(visit, subscription)

    cancellations.cancel(visit, subscription, Leaving())
    wait(shop)

    assert shop.told(subscription).cancel_at is not None
    assert shop.held(visit, subscription).is_cancelling


@pytest.mark.parametrize("kind", ["reset", "lose_answer"])
@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_the_resume_counts_that_came_after_a_lost_notice(shop: Shop, kind: str, mode: str) -> None:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, billing_mode={"type": mode})
    visit = shop.visit(customer)
    fault(shop, subscription, kind)
    cancellations.cancel(visit, subscription, Leaving())

    cancellations.resume(visit, subscription)
    shop.house.control("stripe", "clock", advance=5)
    wait(shop)

    told = shop.told(subscription)
    assert (told.cancel_at, told.cancel_at_period_end) == (None, False)
    assert not shop.held(visit, subscription).is_cancelling


def test_an_offer_that_was_never_put_on_can_be_taken_again(shop: Shop) -> None:
    offer = stay(shop)
    visit, subscription = a_subscription(shop)
    fault(shop, subscription, "status", status=500, times=1000)
    with pytest.raises(GatewayUnavailable):
        cancellations.keep_with_offer(visit, subscription, offer.id)

    wait(shop, 21 * 3600)
    shop.house.stripe_app.test_client().delete("/_sandbox/faults")

    assert cancellations.keep_with_offer(visit, subscription, offer.id)
    assert len(shop.told(subscription).discounts) == 1
