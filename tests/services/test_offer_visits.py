"""Who is shown an offer, who takes it how often, and what is written of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.context import Visit
from portal.db import counted_statements
from portal.domain.cancellations import Leaving, OfferOutcome
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.domain.offers import Conditions, OfferKind
from portal.services import cancellations, offers
from portal.services.offers import Terms
from portal.store import offers as rows
from tests.house import House
from tests.offering import coupon_of
from tests.shop import GOOD, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def stay(shop: Shop, coupon: str = "STAY20", **conditions) -> int:
    shop.stripe.coupons.create(
        {"id": coupon, "percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    )
    return offers.add(shop.house.at, coupon_of(coupon, **conditions))


def subscriber(shop: Shop, **fields) -> tuple[str, Visit]:
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, **fields)
    return subscription, shop.visit(customer)


def written(shop: Shop) -> list[tuple[str, str, bool, bool]]:
    found = rows.list_visits(
        shop.house.db, shop.house.merchant, since=shop.house.now() - timedelta(days=999)
    )
    return [(row.outcome, row.reason, row.is_control, bool(row.accepted_at)) for row in found]


def test_an_offer_for_a_reason_is_shown_once_the_reason_is_told(shop: Shop) -> None:
    offer = stay(shop, reasons=("too_expensive",))
    subscription, visit = subscriber(shop)

    silent = cancellations.consider(visit, subscription)
    told = cancellations.consider(visit, subscription, "too_expensive")

    assert (silent.offer, silent.asks_why) == (None, True)
    assert told.offer is not None
    assert told.offer.id == offer


def test_looking_at_the_page_writes_nothing(shop: Shop) -> None:
    stay(shop)
    subscription, visit = subscriber(shop)

    cancellations.consider(visit, subscription)

    assert written(shop) == []


def test_the_last_deed_counts_and_is_one_row(shop: Shop) -> None:
    stay(shop, reasons=("unused",))
    subscription, visit = subscriber(shop)
    cancellations.note(visit, subscription, OfferOutcome.SHOWN, "unused")
    cancellations.note(visit, subscription, OfferOutcome.KEPT, "unused")
    kept = written(shop)

    cancellations.cancel(visit, subscription, Leaving("unused"), shown_for="unused")

    assert kept == [("kept", "unused", False, False)]
    assert written(shop) == [("cancelled", "unused", False, False)]


def test_taking_an_offer_and_leaving_later_are_both_written(shop: Shop) -> None:
    offer = stay(shop)
    subscription, visit = subscriber(shop)
    cancellations.keep_with_offer(visit, subscription, offer)
    taken = written(shop)

    cancellations.cancel(
        shop.house.visit(stripe_customer=visit.customer.stripe_customer), subscription, Leaving()
    )
    left = written(shop)
    cancellations.resume(visit, subscription)

    assert taken == [("accepted", "", False, True)]
    assert left == [("cancelled", "", False, True)]
    assert written(shop) == [("kept", "", False, True)]


def test_the_control_group_is_shown_nothing_and_cannot_take_it(shop: Shop) -> None:
    offer = stay(shop)
    subscription, _ = subscriber(shop)
    shop.house.decide(offer_control_percent=100)
    visit = shop.visit(shop.told(subscription).customer)

    with pytest.raises(Refused) as refusal:
        cancellations.keep_with_offer(visit, subscription, offer)
    page = cancellations.consider(visit, subscription)
    cancellations.cancel(visit, subscription, Leaving())

    assert refusal.value.decision.reason is Reason.NO_OFFER
    assert page.offer is None
    assert written(shop) == [("cancelled", "", True, False)]


def test_a_customer_takes_one_offer_in_the_window_whichever_subscription(shop: Shop) -> None:
    first, second = stay(shop), stay(shop, "STAY30")
    customer = shop.customer(GOOD)
    one, other = shop.subscribe(customer), shop.subscribe(customer, "pro")
    visit = shop.visit(customer)
    cancellations.keep_with_offer(visit, one, first)

    with pytest.raises(Refused) as refusal:
        cancellations.keep_with_offer(visit, other, second)

    assert refusal.value.decision.reason is Reason.OFFER_TAKEN
    assert cancellations.consider(visit, other).offer is None


@pytest.mark.database
def test_of_many_claims_at_the_same_time_one_counts(shop: Shop) -> None:
    offer = stay(shop)
    _, visit = subscriber(shop)
    now = shop.house.now()

    def claim(subscription: int) -> bool:
        with shop.house.db.write() as unit:
            return rows.claim(
                unit,
                visit.merchant,
                visit.customer.id,
                f"sub_{subscription}",
                offer,
                now=now,
                since=now - timedelta(days=30),
            )

    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(claim, range(4)))

    assert sorted(claims) == [False, False, False, True]


@pytest.mark.database
def test_after_the_window_an_offer_can_be_taken_again(shop: Shop) -> None:
    offer = stay(shop)
    _, visit = subscriber(shop)
    then, window = shop.house.now(), timedelta(days=30)

    def claim(days: int) -> bool:
        now = then + timedelta(days=days)
        with shop.house.db.write() as unit:
            return rows.claim(
                unit,
                visit.merchant,
                visit.customer.id,
                "sub_1",
                offer,
                now=now,
                since=now - window,
            )

    assert [claim(days) for days in (0, 29, 30, 59, 60)] == [True, False, True, False, True]


def test_a_discount_the_portal_has_not_heard_of_is_not_lost(shop: Shop) -> None:
    offer = stay(shop)
    subscription, visit = subscriber(shop)
    shop.stripe.coupons.create({"id": "OLD5", "percent_off": 5, "duration": "forever"})
    shop.stripe.subscriptions.update(subscription, {"discounts": [{"coupon": "OLD5"}]})

    cancellations.keep_with_offer(visit, subscription, offer)

    held = shop.held(visit, subscription).discounts
    assert {one.coupon for one in held} == {"OLD5", "STAY20"}


def test_a_coupon_others_used_up_is_no_offer_any_more(shop: Shop) -> None:
    shop.stripe.coupons.create(
        {"id": "LAST", "percent_off": 20, "duration": "once", "max_redemptions": 1}
    )
    offer = offers.add(shop.house.at, coupon_of("LAST"))
    subscription, visit = subscriber(shop)
    other = shop.customer(GOOD)
    shop.subscribe(other, discounts=[{"coupon": "LAST"}])

    with pytest.raises(Refused) as refusal:
        cancellations.keep_with_offer(visit, subscription, offer)

    assert refusal.value.decision.reason is Reason.NO_OFFER


def test_a_longer_trial_moves_its_end_once_and_is_receipted(shop: Shop) -> None:
    offer = offers.add(shop.house.at, Terms(OfferKind.LONGER_TRIAL, days=14))
    subscription, visit = subscriber(shop, trial_period_days=7)
    end = shop.told(subscription).trial_end

    number = cancellations.keep_with_offer(visit, subscription, offer)
    again = cancellations.keep_with_offer(visit, subscription, offer)

    assert number == again > 0
    assert shop.told(subscription).trial_end == end + 14 * 86_400


def test_a_cheaper_plan_is_noted_and_left_to_the_page_of_changes(shop: Shop) -> None:
    terms = Terms(OfferKind.CHEAPER_PLAN, price=shop.prices["basic"], conditions=Conditions())
    offer = offers.add(shop.house.at, terms)
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, "pro")
    visit = shop.visit(customer)

    shown = cancellations.consider(visit, subscription).offer
    number = cancellations.keep_with_offer(visit, subscription, offer)

    assert shown is not None
    assert number == 0
    assert written(shop) == [("accepted", "", False, True)]


def test_many_offers_cost_no_more_statements_than_one(shop: Shop) -> None:
    stay(shop, reasons=("unused",))
    subscription, visit = subscriber(shop)
    with counted_statements() as one:
        cancellations.consider(visit, subscription)
    for reason in ("other", "low_quality", "too_complex"):
        offers.add(shop.house.at, coupon_of("STAY20", reasons=(reason,)))

    with counted_statements() as many:
        cancellations.consider(visit, subscription)

    assert one[0] > 0
    assert many == one


@pytest.mark.parametrize("kind", ["reset", "lose_answer", "status"])
def test_an_offer_is_not_said_to_be_on_its_way_where_stripe_was_only_asked(
    shop: Shop, kind: str
) -> None:
    offer = stay(shop)
    subscription, visit = subscriber(shop)
    how = {"status": 500} if kind == "status" else {}
    shop.house.control(
        "stripe", "faults", kind=kind, path=f"/v1/subscriptions/{subscription}", times=9, **how
    )

    with pytest.raises(GatewayUnavailable) as error:
        cancellations.keep_with_offer(visit, subscription, offer)

    assert not error.value.was_sent
    assert written(shop) == []
    assert cancellations.consider(visit, subscription).offer is not None
