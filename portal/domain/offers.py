"""Which one fair offer fits somebody who is about to leave."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from portal.domain import limits
from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.configurations import PortalConfiguration
from portal.domain.decisions import Decision, Reason
from portal.domain.limits import Standing
from portal.domain.money import Money
from portal.domain.resolver import resolve_switch
from portal.domain.subscriptions import Subscription


class OfferKind(StrEnum):
    """What is offered."""

    COUPON = "coupon"
    CHEAPER_PLAN = "cheaper_plan"
    LONGER_TRIAL = "longer_trial"
    PAUSE = "pause"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whom an offer is for; what is empty or None asks nothing.

    `reasons` are Stripe's words, `products` ids, `countries` ISO 3166 alpha-2. Tenure counts days
    since the subscription was made, and what a period costs is in minor units of `currency`. Every
    bound belongs to what it bounds.
    """

    reasons: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    days_from: int = 0
    days_to: int | None = None
    price_from: int = 0
    price_to: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class RetentionOffer:
    """What a merchant offers to those who leave; `days` is by how much a trial is made longer."""

    id: int
    coupon: Coupon | None = None
    is_active: bool = True
    kind: OfferKind = OfferKind.COUPON
    price: Price | None = None
    days: int = 0
    conditions: Conditions = Conditions()


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who is about to leave, and what.

    `country` is empty where nobody knows it, `reason` where none was told. `has_taken` says whether
    this customer took an offer within the merchant's window.
    """

    standing: Standing
    configuration: PortalConfiguration = field(default_factory=PortalConfiguration)
    country: str = ""
    reason: str = ""
    has_taken: bool = False
    products: Mapping[str, Product] = field(default_factory=dict)

    @property
    def subscription(self) -> Subscription:
        """Return what is about to be left."""
        return self.standing.subscription


@dataclass(frozen=True, slots=True)
class Chance:
    """The one offer that fits, and whether this customer is among those who are not shown it."""

    offer: RetentionOffer
    is_control: bool


def may_take_offer(offer: RetentionOffer, leaver: Leaver) -> Decision:
    """Say whether an offer may be made to somebody.

    Stripe forgets a coupon once it has run out, and counts nobody's coupons but everybody's, so our
    own ledger decides (facts R11).
    """
    subscription = leaver.subscription
    is_fit = offer.is_active and is_for(offer.conditions, leaver) and _fits(offer, leaver)
    return Decision.of(
        Reason.OFFER_TAKEN if leaver.has_taken else None,
        None if is_fit else Reason.NO_OFFER,
        Reason.SUBSCRIPTION_ENDED if subscription.is_ended else None,
        Reason.ALREADY_CANCELLING if subscription.is_cancelling else None,
    )


def best_offer(offers: Collection[RetentionOffer], leaver: Leaver) -> RetentionOffer | None:
    """Return the first offer, in the merchant's order, that may be made."""
    return next((one for one in offers if may_take_offer(one, leaver).is_allowed), None)


def is_control(merchant: int, customer: int, offer: int, percent: int) -> bool:
    """Say whether a customer is among the `percent` in a hundred who are not shown an offer.

    The same customer is always on the same side of one offer, on every device and for good.
    """
    drawn = hashlib.sha256(f"{merchant}:{customer}:{offer}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") % 100 < percent


def is_for(conditions: Conditions, leaver: Leaver) -> bool:
    """Say whether somebody is one of those an offer is for; what is not known never fits."""
    subscription = leaver.subscription
    products = {item.price.product for item in subscription.items}
    return (
        (not conditions.reasons or leaver.reason in conditions.reasons)
        and (not conditions.products or bool(products & set(conditions.products)))
        and (not conditions.countries or leaver.country in conditions.countries)
        and _is_tenure_within(conditions, leaver)
        and _is_price_within(conditions, subscription)
    )


def price_with(coupon: Coupon, subscription: Subscription) -> Money | None:
    """Return what a period costs with a coupon, before tax and beside other discounts.

    None where it takes more than arithmetic: usage, several items, a coupon for some products.
    """
    full = subscription.recurring_amount()
    if full is None or subscription.has_several_items or coupon.products:
        return None
    if coupon.percent_off is not None:
        return Money(
            full.amount - (full.amount * coupon.percent_off + 5_000) // 10_000, full.currency
        )
    if coupon.amount_off is None or coupon.currency != full.currency:
        return None
    return Money(max(full.amount - coupon.amount_off, 0), full.currency)


def _is_tenure_within(conditions: Conditions, leaver: Leaver) -> bool:
    if not conditions.days_from and conditions.days_to is None:
        return True
    created_at = leaver.subscription.created_at
    if created_at is None:
        return False
    tenure = leaver.standing.now - created_at
    is_short = conditions.days_to is None or tenure < timedelta(days=conditions.days_to)
    return is_short and tenure >= timedelta(days=conditions.days_from)


def _is_price_within(conditions: Conditions, subscription: Subscription) -> bool:
    if not conditions.currency:
        return True
    price = subscription.recurring_amount()
    if price is None or price.currency != conditions.currency:
        return False
    is_low = conditions.price_to is None or price.amount < conditions.price_to
    return is_low and price.amount >= conditions.price_from


def _fits(offer: RetentionOffer, leaver: Leaver) -> bool:
    """Say whether what is offered can be done for a subscription."""
    match offer.kind:
        case OfferKind.COUPON:
            return offer.coupon is not None and _coupon_fits(offer.coupon, leaver)
        case OfferKind.CHEAPER_PLAN:
            return offer.price is not None and _is_cheaper(offer.price, leaver)
        case OfferKind.LONGER_TRIAL:
            planned = limits.change_scheduled(leaver.standing.schedule, leaver.standing.now)
            return leaver.subscription.is_trialing and planned is None
        case OfferKind.PAUSE:
            return limits.may_pause(leaver.standing).is_allowed
        case OfferKind.PERSON:
            return True


def _coupon_fits(coupon: Coupon, leaver: Leaver) -> bool:
    subscription = leaver.subscription
    is_left = coupon.max_redemptions is None or coupon.times_redeemed < coupon.max_redemptions
    in_time = coupon.redeem_by is None or coupon.redeem_by > leaver.standing.now
    in_currency = coupon.amount_off is None or coupon.currency == subscription.currency
    products = {item.price.product for item in subscription.items}
    for_products = not coupon.products or bool(products & set(coupon.products))
    is_new = all(discount.coupon != coupon.id for discount in subscription.discounts)
    return coupon.is_valid and is_left and in_time and in_currency and for_products and is_new


def _is_cheaper(price: Price, leaver: Leaver) -> bool:
    """Say whether a price costs less for the same time, and may be changed to."""
    subscription = leaver.subscription
    if subscription.has_several_items or not subscription.items:
        return False
    item = subscription.items[0]
    old, new = (one.amount_in(subscription.currency) for one in (item.price, price))
    if old is None or new is None or new.amount * item.price.days >= old.amount * price.days:
        return False
    answer = resolve_switch(
        leaver.standing,
        leaver.configuration,
        new=price,
        product=leaver.products.get(price.product),
        quantity=item.quantity,
    )
    return answer.is_open
