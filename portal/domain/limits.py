"""The limits Stripe documents for its customer portal: one small function each, in its order.

Sources: docs.stripe.com/customer-management ("Customer portal limitations") and the portal's API
reference, version 2026-10-28.endive. `may_change`, `may_cancel` and the others put them together.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.domain.catalogue import Price, Product, TaxBehavior
from portal.domain.configurations import PortalConfiguration
from portal.domain.decisions import Decision, Reason
from portal.domain.method_types import IN_PORTAL
from portal.domain.subscriptions import Schedule, Subscription, SubscriptionStatus

MOST_PRODUCTS = 10


# About a subscription: these leave only cancelling.


def several_products(subscription: Subscription) -> Reason | None:
    """L1: a subscription with more than one item can only be cancelled."""
    return Reason.SEVERAL_PRODUCTS if subscription.has_several_items else None


def usage_based(subscription: Subscription) -> Reason | None:
    """L2: a subscription with a metered price can only be cancelled."""
    metered = any(item.price.is_metered for item in subscription.items)
    return Reason.USAGE_BASED if metered else None


def invoices_sent(subscription: Subscription) -> Reason | None:
    """L3: a subscription whose invoices are sent for collection can only be cancelled."""
    return Reason.INVOICES_SENT if subscription.is_invoiced else None


def method_unsupported(method_type: str) -> Reason | None:
    """L4: a subscription paid by a method the portal does not know can only be cancelled.

    `method_type` is the type of the effective method, empty when there is none.
    """
    return Reason.METHOD_UNSUPPORTED if method_type and method_type not in IN_PORTAL else None


# About a subscription: these leave nothing.


def change_scheduled(schedule: Schedule | None, now: datetime) -> Reason | None:
    """L5: while a scheduled update is pending, no other; its planner is who can undo it."""
    if schedule is None or schedule.pending(now) is None:
        return None
    return Reason.CHANGE_PLANNED_HERE if schedule.is_own else Reason.CHANGE_SCHEDULED


def planned_by_others(schedule: Schedule | None, now: datetime) -> Reason | None:
    """L5: what the merchant planned stops a cancellation; what its customer planned is let go."""
    found = change_scheduled(schedule, now)
    return None if found is Reason.CHANGE_PLANNED_HERE else found


def ended(subscription: Subscription) -> Reason | None:
    """L23: a subscription that has ended can neither be changed nor cancelled."""
    return Reason.SUBSCRIPTION_ENDED if subscription.is_ended else None


def first_payment_open(subscription: Subscription) -> Reason | None:
    """L23: until its first invoice is paid, a subscription cannot be changed."""
    incomplete = subscription.status is SubscriptionStatus.INCOMPLETE
    return Reason.FIRST_PAYMENT_OPEN if incomplete else None


# About a change.


def tax_behavior(old: Price, new: Price) -> Reason | None:
    """L6: both prices have the same tax behaviour, and it is not `unspecified`."""
    if TaxBehavior.UNSPECIFIED in {old.tax_behavior, new.tax_behavior}:
        return Reason.TAX_BEHAVIOR_UNSPECIFIED
    return None if old.tax_behavior is new.tax_behavior else Reason.TAX_BEHAVIOR_DIFFERS


def price_offered(configuration: PortalConfiguration, new: Price) -> Reason | None:
    """L19: the configuration's prices are the whitelist."""
    return None if configuration.product_of(new.id) is not None else Reason.PRICE_NOT_OFFERED


def quantity_allowed(
    configuration: PortalConfiguration, price: Price, old: int, new: int
) -> Reason | None:
    """L20: the quantity changes only where it may, within the product's bounds."""
    if old == new:
        return None
    row = configuration.product_of(price.id)
    adjustable = row is not None and row.quantity_adjustable
    if row is None or not adjustable or "quantity" not in configuration.subscription_updates:
        return Reason.QUANTITY_FIXED
    above = row.quantity_maximum is not None and new > row.quantity_maximum
    return Reason.QUANTITY_OUT_OF_BOUNDS if above or new < row.quantity_minimum else None


def currency(subscription: Subscription, new: Price) -> Reason | None:
    """L21: a subscription bills in one currency, which the new price must have."""
    priced = new.currency == subscription.currency or any(
        code == subscription.currency for code, _ in new.currency_options
    )
    return None if priced else Reason.CURRENCY_DIFFERS


def archived(new: Price, product: Product | None) -> Reason | None:
    """L22: an archived price, or one of an archived product, cannot be chosen."""
    active = new.is_active and product is not None and product.is_active
    return None if active else Reason.PRICE_ARCHIVED


def is_deferred(
    configuration: PortalConfiguration, subscription: Subscription, new: Price, quantity: int
) -> bool:
    """L12, a notice and no refusal: whether a change waits for the end of the period.

    Stripe defers by a schedule, between prices of one product only, when any condition is true.
    """
    item = subscription.items[0]
    if item.price.product != new.product:
        return False
    before, after = (
        item.price.amount_in(subscription.currency),
        new.amount_in(subscription.currency),
    )
    is_less = (
        before is not None
        and after is not None
        and after.amount * quantity < before.amount * item.quantity
    )
    found = {
        "decreasing_item_amount": is_less,
        "shortening_interval": new.days < item.price.days,
    }
    return any(found.get(name, False) for name in configuration.schedule_conditions)


def ends_trial(subscription: Subscription, configuration: PortalConfiguration) -> bool:
    """L9, a notice and no refusal: changing a trialing subscription ends the trial and bills."""
    return subscription.is_trialing and configuration.trial_update_behavior == "end_trial"


# About a pause.


def trialing(subscription: Subscription) -> Reason | None:
    """P1: a trial is not paused."""
    return Reason.IN_TRIAL if subscription.is_trialing else None


def schedule_attached(subscription: Subscription) -> Reason | None:
    """P1: what a schedule rules is not paused, whether or not it plans anything."""
    return Reason.CHANGE_SCHEDULED if subscription.schedule else None


def billed_classically(subscription: Subscription) -> Reason | None:
    """P1: only flexible billing knows pauses."""
    return None if subscription.billing_mode == "flexible" else Reason.BILLED_CLASSICALLY


def payment_missing(subscription: Subscription) -> Reason | None:
    """Ours: time that is not paid for would be credited, so what is due comes first."""
    is_late = subscription.status in {SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID}
    return Reason.PAYMENT_MISSING if is_late or subscription.is_change_waiting else None


# About a configuration.


def too_many_products(products: Collection[str]) -> Reason | None:
    """L10: at most ten products to switch between."""
    return Reason.TOO_MANY_PRODUCTS if len(products) > MOST_PRODUCTS else None


def prices_clash(prices: Iterable[Price]) -> Reason | None:
    """L8: no two offered prices have the same product and the same `recurring.interval`."""
    pairs = [(price.product, price.interval) for price in prices]
    return Reason.PRICES_CLASH if len(set(pairs)) < len(pairs) else None


# Put together.


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules must know of a subscription beside itself.

    `method_type` is the type of the method it would charge, empty when there is none, and
    `pause_months` for how long the merchant lets customers pause.
    """

    subscription: Subscription
    schedule: Schedule | None
    method_type: str
    now: datetime
    pause_months: int = 0


def may_change(standing: Standing, configuration: PortalConfiguration) -> Decision:
    """Say whether any change of price or quantity is open to this subscription."""
    subscription = standing.subscription
    return Decision.of(
        ended(subscription),
        change_scheduled(standing.schedule, standing.now),
        first_payment_open(subscription),
        _paused(subscription),
        _cancelling(subscription),
        _feature(configuration.subscription_update and bool(configuration.subscription_updates)),
        several_products(subscription),
        usage_based(subscription),
        invoices_sent(subscription),
        method_unsupported(standing.method_type),
    )


def may_switch(
    standing: Standing,
    configuration: PortalConfiguration,
    *,
    new: Price,
    product: Product | None,
    quantity: int,
) -> Decision:
    """Say whether this subscription may change to this price and quantity."""
    whole = may_change(standing, configuration)
    if not whole.is_allowed:
        return whole
    item = standing.subscription.items[0]
    if (new.id, quantity) == (item.price.id, item.quantity):
        return Decision.of(Reason.SAME_PRICE)
    if new.id == item.price.id:
        return Decision.of(quantity_allowed(configuration, new, item.quantity, quantity))
    return Decision.of(
        _feature("price" in configuration.subscription_updates),
        price_offered(configuration, new),
        archived(new, product),
        tax_behavior(item.price, new),
        currency(standing.subscription, new),
        quantity_allowed(configuration, new, item.quantity, quantity),
    )


def may_enter_code(standing: Standing, configuration: PortalConfiguration) -> Decision:
    """Say whether a promotion code can be put on this subscription."""
    allowed = "promotion_code" in configuration.subscription_updates
    return Decision.of(*may_change(standing, configuration).reasons, _feature(allowed))


def may_change_method(standing: Standing, configuration: PortalConfiguration) -> Decision:
    """Say whether the customer can have this subscription charged to another method."""
    return Decision.of(
        ended(standing.subscription),
        invoices_sent(standing.subscription),
        _feature(configuration.payment_method_update),
    )


def may_cancel(standing: Standing, configuration: PortalConfiguration) -> Decision:
    """Say whether the customer may end this subscription here."""
    return Decision.of(
        ended(standing.subscription),
        _cancelling(standing.subscription),
        planned_by_others(standing.schedule, standing.now),
        _feature(configuration.subscription_cancel),
    )


def may_resume(standing: Standing) -> Decision:
    """Say whether a cancellation that has not taken effect yet can be taken back."""
    subscription = standing.subscription
    return Decision.of(
        ended(subscription),
        None if subscription.is_cancelling else Reason.NOT_CANCELLING,
    )


def may_pause(standing: Standing) -> Decision:
    """Say whether its customer may pause this subscription (L18, P1)."""
    subscription = standing.subscription
    return Decision.of(
        ended(subscription),
        first_payment_open(subscription),
        _paused(subscription),
        _cancelling(subscription),
        _feature(standing.pause_months > 0),
        change_scheduled(standing.schedule, standing.now),
        schedule_attached(subscription),
        trialing(subscription),
        invoices_sent(subscription),
        billed_classically(subscription),
        payment_missing(subscription),
    )


def may_go_on(standing: Standing) -> Decision:
    """Say whether its customer may end the pause of this subscription: one made here."""
    subscription = standing.subscription
    return Decision.of(
        ended(subscription),
        None if subscription.is_paused else Reason.NOT_PAUSED,
        None if subscription.is_paused_here else Reason.SUBSCRIPTION_PAUSED,
        _cancelling(subscription),
        invoices_sent(subscription),
    )


def may_undo_change(standing: Standing) -> Decision:
    """Say whether a planned change that has not begun yet can be undone by the customer."""
    is_planned = change_scheduled(standing.schedule, standing.now) is not None
    return Decision.of(
        ended(standing.subscription),
        None if is_planned else Reason.NO_CHANGE_PLANNED,
        planned_by_others(standing.schedule, standing.now),
    )


def may_drop_change(standing: Standing) -> Decision:
    """Say whether a change that waits for its payment can be dropped, so that the plan stays."""
    waits = standing.subscription.is_change_waiting
    return Decision.of(ended(standing.subscription), None if waits else Reason.NO_CHANGE_PLANNED)


def may_offer(configuration: PortalConfiguration, prices: Collection[Price]) -> Decision:
    """Say whether a configuration keeps to the limits on what it offers (L8, L10)."""
    return Decision.of(
        too_many_products([row.product for row in configuration.products]), prices_clash(prices)
    )


def _feature(enabled: bool) -> Reason | None:
    return None if enabled else Reason.FEATURE_DISABLED


def _cancelling(subscription: Subscription) -> Reason | None:
    return Reason.ALREADY_CANCELLING if subscription.is_cancelling else None


def _paused(subscription: Subscription) -> Reason | None:
    if subscription.is_paused_here:
        return Reason.PAUSED_HERE
    is_paused = subscription.is_paused or subscription.paused_by_collection
    return Reason.SUBSCRIPTION_PAUSED if is_paused else None
