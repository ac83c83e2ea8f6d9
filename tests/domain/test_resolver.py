"""Where each action is done: here, at Stripe, by the merchant, or by nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.catalogue import Price, Product, TaxBehavior
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.decisions import Reason
from portal.domain.limits import Standing
from portal.domain.resolver import NOBODY, Action, Place, resolve, resolve_switch
from portal.domain.subscriptions import (
    PhaseChange,
    Schedule,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRO = Price("price_pro", "prod_pro", "eur", 2900, "month", tax_behavior=TaxBehavior.EXCLUSIVE)
LESS = replace(PRO, id="price_less", unit_amount=1900)
ACTIVE = Subscription(
    "sub_1",
    "cus_1",
    SubscriptionStatus.ACTIVE,
    "eur",
    (SubscriptionItem("si_1", PRO, 1, NOW, NOW + timedelta(days=30)),),
)
OPEN = PortalConfiguration(
    subscription_update=True,
    subscription_updates=frozenset({"price", "quantity", "promotion_code"}),
    products=(OfferedProduct("prod_pro", ("price_pro", "price_less")),),
)
CLOSED = PortalConfiguration(
    subscription_update=False, subscription_cancel=False, payment_method_update=False
)
SCHEDULED = Schedule(
    "sched_1", "sub_1", "active", (PhaseChange(NOW + timedelta(days=9), (("price_less", 1),)),)
)


@pytest.mark.parametrize(
    ("action", "subscription", "configuration", "place"),
    [
        (Action.CHANGE, ACTIVE, OPEN, Place.HERE),
        (Action.CHANGE, ACTIVE, CLOSED, Place.ASK_MERCHANT),
        (Action.CHANGE, replace(ACTIVE, has_more_items=True), OPEN, Place.ASK_MERCHANT),
        (Action.CHANGE, replace(ACTIVE, status=SubscriptionStatus.CANCELED), OPEN, Place.NO),
        (Action.CHANGE, replace(ACTIVE, cancel_at_period_end=True), OPEN, Place.NO),
        (Action.ENTER_CODE, ACTIVE, OPEN, Place.AT_STRIPE),
        (
            Action.ENTER_CODE,
            ACTIVE,
            replace(OPEN, subscription_updates=frozenset({"price"})),
            Place.ASK_MERCHANT,
        ),
        (Action.CANCEL, ACTIVE, OPEN, Place.HERE),
        (Action.CANCEL, ACTIVE, CLOSED, Place.ASK_MERCHANT),
        (Action.CANCEL, replace(ACTIVE, has_more_items=True), OPEN, Place.HERE),
        (Action.CANCEL, replace(ACTIVE, cancel_at_period_end=True), OPEN, Place.NO),
        (Action.RESUME, replace(ACTIVE, cancel_at_period_end=True), CLOSED, Place.HERE),
        (Action.RESUME, ACTIVE, OPEN, Place.NO),
        (Action.CHANGE_METHOD, ACTIVE, OPEN, Place.HERE),
        (Action.CHANGE_METHOD, ACTIVE, CLOSED, Place.ASK_MERCHANT),
        (
            Action.CHANGE_METHOD,
            replace(ACTIVE, collection_method="send_invoice"),
            OPEN,
            Place.ASK_MERCHANT,
        ),
    ],
)
def test_an_action_is_done_in_one_place(
    action: Action, subscription: Subscription, configuration: PortalConfiguration, place: Place
) -> None:
    answer = resolve(action, Standing(subscription, None, "card", NOW), configuration)

    assert answer.place is place
    assert answer.is_open is (place in {Place.HERE, Place.AT_STRIPE})


@pytest.mark.parametrize("action", [Action.CHANGE, Action.ENTER_CODE, Action.CANCEL])
def test_nobody_is_sent_to_stripe_where_its_rules_refuse_as_well(action: Action) -> None:
    answer = resolve(action, Standing(ACTIVE, SCHEDULED, "card", NOW), OPEN)

    assert answer.place is Place.ASK_MERCHANT
    assert answer.decision.reason is Reason.CHANGE_SCHEDULED


def test_a_change_that_waits_for_the_period_is_planned_here() -> None:
    deferring = replace(OPEN, schedule_conditions=frozenset({"decreasing_item_amount"}))
    standing = Standing(ACTIVE, None, "card", NOW)
    product = Product("prod_pro", "Pro")

    planned = resolve_switch(standing, deferring, new=LESS, product=product, quantity=1)
    refused = resolve_switch(standing, deferring, new=PRO, product=product, quantity=1)

    assert planned.place is Place.HERE
    assert (refused.place, refused.decision.reason) == (Place.NO, Reason.SAME_PRICE)


@pytest.mark.parametrize(
    ("schedule", "undo", "cancel", "change"),
    [
        (None, Place.NO, Place.HERE, Place.HERE),
        (SCHEDULED, Place.ASK_MERCHANT, Place.ASK_MERCHANT, Place.ASK_MERCHANT),
        (replace(SCHEDULED, is_own=True), Place.HERE, Place.HERE, Place.NO),
        (replace(SCHEDULED, is_own=True, status="released"), Place.NO, Place.HERE, Place.HERE),
    ],
)
def test_only_what_its_customer_planned_is_undone_here(
    schedule: Schedule | None, undo: Place, cancel: Place, change: Place
) -> None:
    standing = Standing(ACTIVE, schedule, "card", NOW)

    found = [resolve(one, standing, OPEN).place for one in (Action.UNDO_CHANGE, Action.CANCEL)]

    assert found == [undo, cancel]
    assert resolve(Action.CHANGE, standing, OPEN).place is change


def test_what_only_the_state_forbids_is_not_a_matter_for_the_merchant() -> None:
    assert Reason.FEATURE_DISABLED not in NOBODY
    assert Reason.SUBSCRIPTION_ENDED in NOBODY
