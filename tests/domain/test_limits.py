"""Each limit of the portal, with what it allows and what it refuses (facts L1-L10, L16-L23)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.domain import limits
from portal.domain.catalogue import Price, Product, TaxBehavior
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.decisions import Decision, Reason
from portal.domain.limits import Standing
from portal.domain.method_types import CATALOGUE
from portal.domain.payment_methods import PaymentMethod, may_remove
from portal.domain.subscriptions import (
    PhaseChange,
    Schedule,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from portal.web.wording import REASONS

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
BASIC = Price("price_basic", "prod_basic", "eur", 900, "month", tax_behavior=TaxBehavior.EXCLUSIVE)
PRO = Price("price_pro", "prod_pro", "eur", 2900, "month", tax_behavior=TaxBehavior.EXCLUSIVE)
PRO_YEAR = replace(PRO, id="price_pro_year", unit_amount=29000, interval="year")
PRODUCT = Product("prod_pro", "Pro")
OFFERED = PortalConfiguration(
    subscription_update=True,
    subscription_updates=frozenset({"price", "quantity", "promotion_code"}),
    products=(
        OfferedProduct("prod_basic", ("price_basic",)),
        OfferedProduct(
            "prod_pro",
            ("price_pro", "price_pro_year"),
            quantity_adjustable=True,
            quantity_minimum=2,
            quantity_maximum=5,
        ),
    ),
)


def subscribed(*prices: Price, quantity: int = 1, **fields: object) -> Subscription:
    items = tuple(
        SubscriptionItem(f"si_{price.id}", price, quantity, NOW, NOW + timedelta(days=30))
        for price in prices or (BASIC,)
    )
    subscription = Subscription("sub_1", "cus_1", SubscriptionStatus.ACTIVE, "eur", items)
    return replace(subscription, **fields)


def standing(
    subscription: Subscription, *, schedule: Schedule | None = None, method: str = "card"
) -> Standing:
    return Standing(subscription, schedule, method, NOW)


def scheduled(days: int, status: str = "active") -> Schedule:
    phase = PhaseChange(NOW + timedelta(days=days), (("price_pro", 1),))
    return Schedule("sched_1", "sub_1", status, (phase,))


def switch(subscription: Subscription, new: Price, quantity: int = 1, **config: object) -> Decision:
    return limits.may_switch(
        standing(subscription),
        replace(OFFERED, **config),
        new=new,
        product=replace(PRODUCT, id=new.product),
        quantity=quantity,
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (limits.several_products(subscribed(BASIC)), None),
        (limits.several_products(subscribed(BASIC, PRO)), Reason.SEVERAL_PRODUCTS),
        (limits.several_products(subscribed(has_more_items=True)), Reason.SEVERAL_PRODUCTS),
        (limits.usage_based(subscribed()), None),
        (limits.usage_based(subscribed(replace(BASIC, usage_type="metered"))), Reason.USAGE_BASED),
        (limits.invoices_sent(subscribed()), None),
        (
            limits.invoices_sent(subscribed(collection_method="send_invoice")),
            Reason.INVOICES_SENT,
        ),
        (limits.method_unsupported(""), None),
        (limits.method_unsupported("sepa_debit"), None),
        (limits.method_unsupported("nz_bank_account"), None),
        (limits.method_unsupported("bizum"), Reason.METHOD_UNSUPPORTED),
        (limits.method_unsupported("klarna"), Reason.METHOD_UNSUPPORTED),
        (limits.change_scheduled(None, NOW), None),
        (limits.change_scheduled(scheduled(5), NOW), Reason.CHANGE_SCHEDULED),
        (
            limits.change_scheduled(replace(scheduled(5), is_own=True), NOW),
            Reason.CHANGE_PLANNED_HERE,
        ),
        (limits.change_scheduled(scheduled(5, "not_started"), NOW), Reason.CHANGE_SCHEDULED),
        (limits.change_scheduled(scheduled(5, "released"), NOW), None),
        (limits.change_scheduled(scheduled(-5), NOW), None),
        (limits.ended(subscribed()), None),
        (limits.ended(subscribed(status=SubscriptionStatus.CANCELED)), Reason.SUBSCRIPTION_ENDED),
        (
            limits.ended(subscribed(status=SubscriptionStatus.INCOMPLETE_EXPIRED)),
            Reason.SUBSCRIPTION_ENDED,
        ),
        (limits.first_payment_open(subscribed()), None),
        (
            limits.first_payment_open(subscribed(status=SubscriptionStatus.INCOMPLETE)),
            Reason.FIRST_PAYMENT_OPEN,
        ),
    ],
)
def test_a_subscription_is_judged_by_itself(found: Reason | None, reason: Reason | None) -> None:
    assert found is reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("exclusive", "exclusive", None),
        ("inclusive", "inclusive", None),
        ("exclusive", "inclusive", Reason.TAX_BEHAVIOR_DIFFERS),
        ("exclusive", "unspecified", Reason.TAX_BEHAVIOR_UNSPECIFIED),
        ("unspecified", "exclusive", Reason.TAX_BEHAVIOR_UNSPECIFIED),
        ("unspecified", "unspecified", Reason.TAX_BEHAVIOR_UNSPECIFIED),
    ],
)
def test_tax_behaviour_has_to_match_and_to_be_settled(
    old: str, new: str, reason: Reason | None
) -> None:
    before = replace(BASIC, tax_behavior=TaxBehavior(old))
    after = replace(PRO, tax_behavior=TaxBehavior(new))

    assert limits.tax_behavior(before, after) is reason


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ((BASIC, PRO, PRO_YEAR), None),
        ((PRO, replace(PRO, id="price_other")), Reason.PRICES_CLASH),
        ((PRO, replace(PRO, id="price_quarter", interval_count=3)), Reason.PRICES_CLASH),
    ],
)
def test_no_two_offered_prices_have_the_same_product_and_interval(
    prices: tuple[Price, ...], reason: Reason | None
) -> None:
    assert limits.prices_clash(prices) is reason


@pytest.mark.parametrize(("count", "reason"), [(10, None), (11, Reason.TOO_MANY_PRODUCTS)])
def test_at_most_ten_products_are_offered(count: int, reason: Reason | None) -> None:
    products = tuple(OfferedProduct(f"prod_{n}", (f"price_{n}",)) for n in range(count))

    decision = limits.may_offer(replace(OFFERED, products=products), [])

    assert decision == Decision.of(reason)


@pytest.mark.parametrize(
    ("status", "behaviour", "ends"),
    [
        ("trialing", "end_trial", True),
        ("trialing", "continue_trial", False),
        ("active", "end_trial", False),
    ],
)
def test_a_change_in_trial_ends_it_unless_the_configuration_continues_it(
    status: str, behaviour: str, ends: bool
) -> None:
    subscription = subscribed(status=SubscriptionStatus(status))

    found = limits.ends_trial(subscription, replace(OFFERED, trial_update_behavior=behaviour))

    assert found is ends


@pytest.mark.parametrize(
    ("conditions", "new", "quantity", "waits"),
    [
        ({"decreasing_item_amount"}, replace(PRO, id="less", unit_amount=1000), 1, True),
        ({"decreasing_item_amount"}, replace(PRO, id="more", unit_amount=5000), 1, False),
        ({"decreasing_item_amount"}, replace(BASIC, id="other"), 1, False),
        ({"shortening_interval"}, replace(PRO, id="week", interval="week"), 1, True),
        ({"shortening_interval"}, PRO_YEAR, 1, False),
        (set(), replace(PRO, id="less", unit_amount=1000), 1, False),
    ],
)
def test_a_deferred_change_stays_within_one_product(
    conditions: set[str], new: Price, quantity: int, waits: bool
) -> None:
    configuration = replace(OFFERED, schedule_conditions=frozenset(conditions))

    assert limits.is_deferred(configuration, subscribed(PRO), new, quantity) is waits


@pytest.mark.parametrize(
    ("subscription", "new", "quantity", "reason"),
    [
        (subscribed(BASIC), PRO, 1, None),
        (subscribed(BASIC), BASIC, 1, Reason.SAME_PRICE),
        (subscribed(BASIC), replace(PRO, id="price_secret"), 1, Reason.PRICE_NOT_OFFERED),
        (subscribed(BASIC), replace(PRO, is_active=False), 1, Reason.PRICE_ARCHIVED),
        (subscribed(BASIC), replace(PRO, currency="usd"), 1, Reason.CURRENCY_DIFFERS),
        (
            subscribed(BASIC),
            replace(PRO, currency="usd", currency_options=(("eur", 2900),)),
            1,
            None,
        ),
        (subscribed(BASIC), BASIC, 3, Reason.QUANTITY_FIXED),
        (subscribed(PRO), PRO, 2, None),
        (subscribed(PRO), PRO, 5, None),
        (subscribed(PRO, quantity=2), PRO, 1, Reason.QUANTITY_OUT_OF_BOUNDS),
        (subscribed(PRO), PRO, 6, Reason.QUANTITY_OUT_OF_BOUNDS),
        (subscribed(PRO), PRO, -1, Reason.QUANTITY_OUT_OF_BOUNDS),
    ],
)
def test_a_switch_keeps_to_the_list_the_currency_and_the_bounds(
    subscription: Subscription, new: Price, quantity: int, reason: Reason | None
) -> None:
    assert switch(subscription, new, quantity).reason is reason


def test_an_archived_product_takes_its_prices_along() -> None:
    assert limits.archived(PRO, replace(PRODUCT, is_active=False)) is Reason.PRICE_ARCHIVED
    assert limits.archived(PRO, None) is Reason.PRICE_ARCHIVED


@pytest.mark.parametrize(
    ("updates", "new", "quantity", "reason"),
    [
        ({"price"}, PRO, 1, None),
        ({"quantity"}, PRO, 1, Reason.FEATURE_DISABLED),
        ({"price"}, BASIC, 2, Reason.QUANTITY_FIXED),
        (set(), PRO, 1, Reason.FEATURE_DISABLED),
    ],
)
def test_only_what_the_configuration_opens_can_be_changed(
    updates: set[str], new: Price, quantity: int, reason: Reason | None
) -> None:
    decision = switch(subscribed(BASIC), new, quantity, subscription_updates=frozenset(updates))

    assert decision.reason is reason


@pytest.mark.parametrize(
    ("where", "may_change", "may_cancel"),
    [
        (standing(subscribed()), None, None),
        (standing(subscribed(BASIC, PRO)), Reason.SEVERAL_PRODUCTS, None),
        (standing(subscribed(replace(BASIC, usage_type="metered"))), Reason.USAGE_BASED, None),
        (standing(subscribed(collection_method="send_invoice")), Reason.INVOICES_SENT, None),
        (standing(subscribed(), method="bizum"), Reason.METHOD_UNSUPPORTED, None),
        (
            standing(subscribed(), schedule=scheduled(5)),
            Reason.CHANGE_SCHEDULED,
            Reason.CHANGE_SCHEDULED,
        ),
        (
            standing(subscribed(status=SubscriptionStatus.CANCELED)),
            Reason.SUBSCRIPTION_ENDED,
            Reason.SUBSCRIPTION_ENDED,
        ),
        (
            standing(subscribed(status=SubscriptionStatus.INCOMPLETE)),
            Reason.FIRST_PAYMENT_OPEN,
            None,
        ),
        (standing(subscribed(status=SubscriptionStatus.PAST_DUE)), None, None),
        (standing(subscribed(status=SubscriptionStatus.UNPAID)), None, None),
        (standing(subscribed(status=SubscriptionStatus.TRIALING)), None, None),
        (
            standing(subscribed(status=SubscriptionStatus.PAUSED)),
            Reason.SUBSCRIPTION_PAUSED,
            None,
        ),
        (
            standing(subscribed(cancel_at_period_end=True)),
            Reason.ALREADY_CANCELLING,
            Reason.ALREADY_CANCELLING,
        ),
        (
            standing(subscribed(cancel_at=NOW + timedelta(days=3))),
            Reason.ALREADY_CANCELLING,
            Reason.ALREADY_CANCELLING,
        ),
    ],
)
def test_what_cannot_be_changed_can_mostly_still_be_cancelled(
    where: Standing, may_change: Reason | None, may_cancel: Reason | None
) -> None:
    assert limits.may_change(where, OFFERED).reason is may_change
    assert limits.may_cancel(where, OFFERED).reason is may_cancel


def test_cancelling_can_be_switched_off_by_the_merchant() -> None:
    configuration = replace(OFFERED, subscription_cancel=False)

    decision = limits.may_cancel(standing(subscribed()), configuration)

    assert decision.reason is Reason.FEATURE_DISABLED


@pytest.mark.parametrize(
    ("subscription", "reason"),
    [
        (subscribed(cancel_at_period_end=True), None),
        (subscribed(cancel_at=NOW + timedelta(days=3)), None),
        (subscribed(), Reason.NOT_CANCELLING),
        (subscribed(status=SubscriptionStatus.CANCELED), Reason.SUBSCRIPTION_ENDED),
    ],
)
def test_a_cancellation_can_be_taken_back_until_it_takes_effect(
    subscription: Subscription, reason: Reason | None
) -> None:
    assert limits.may_resume(standing(subscription)).reason is reason


CARD = PaymentMethod("pm_1", "cus_1", "card", exp_month=8, exp_year=2028)
OTHER = replace(CARD, id="pm_2")


@pytest.mark.parametrize(
    ("methods", "subscriptions", "default", "reason"),
    [
        ((CARD,), (), "pm_1", None),
        ((CARD,), (subscribed(),), "pm_1", Reason.LAST_METHOD),
        ((CARD, OTHER), (subscribed(),), "pm_2", None),
        ((CARD, OTHER), (subscribed(),), "pm_1", Reason.METHOD_IN_USE),
        (
            (CARD, OTHER),
            (subscribed(default_payment_method="pm_1"),),
            "pm_2",
            Reason.METHOD_IN_USE,
        ),
        ((CARD, replace(OTHER, exp_year=2025)), (subscribed(),), "pm_1", Reason.LAST_METHOD),
        ((CARD, replace(OTHER, type="boleto")), (subscribed(),), "pm_1", Reason.LAST_METHOD),
        ((CARD,), (subscribed(status=SubscriptionStatus.CANCELED),), "pm_1", None),
        ((CARD,), (subscribed(collection_method="send_invoice"),), "pm_1", None),
    ],
)
def test_the_method_a_subscription_lives_on_stays(
    methods: tuple[PaymentMethod, ...],
    subscriptions: tuple[Subscription, ...],
    default: str,
    reason: Reason | None,
) -> None:
    assert may_remove(CARD, methods, subscriptions, TODAY, default).reason is reason


def test_the_twelve_methods_of_the_documented_table_are_supported() -> None:
    supported = {row.type for row in CATALOGUE if limits.method_unsupported(row.type) is None}

    assert supported == {
        "us_bank_account", "amazon_pay", "au_becs_debit", "boleto", "card", "cashapp", "link",
        "nz_bank_account", "paypal", "acss_debit", "sepa_debit", "bacs_debit",
    }  # fmt: skip


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_worded_with_a_way_on(reason: Reason) -> None:
    wording = REASONS[reason]

    assert str(wording.happened)
    assert str(wording.advice)
