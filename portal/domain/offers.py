"""Which one fair offer fits somebody who is about to leave."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from portal.domain.catalogue import Coupon
from portal.domain.decisions import Decision, Reason
from portal.domain.money import Money
from portal.domain.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class RetentionOffer:
    """A coupon a merchant offers to those who leave; once per subscription."""

    id: int
    coupon: Coupon
    is_active: bool = True


def may_take_offer(
    offer: RetentionOffer,
    subscription: Subscription,
    *,
    taken: Collection[str],
    now: datetime,
) -> Decision:
    """Say whether an offer may be made for a subscription.

    `taken` are the ids of subscriptions that had an offer before: Stripe forgets a coupon once it
    has run out, so our own ledger decides (facts R11).
    """
    return Decision.of(
        None if offer.is_active and _fits(offer.coupon, subscription, now) else Reason.NO_OFFER,
        Reason.OFFER_TAKEN if subscription.id in taken else None,
        Reason.SUBSCRIPTION_ENDED if subscription.is_ended else None,
        Reason.ALREADY_CANCELLING if subscription.is_cancelling else None,
    )


def best_offer(
    offers: Collection[RetentionOffer],
    subscription: Subscription,
    *,
    taken: Collection[str],
    now: datetime,
) -> RetentionOffer | None:
    """Return the first offer, in the merchant's order, that may be made."""
    return next(
        (
            offer
            for offer in offers
            if may_take_offer(offer, subscription, taken=taken, now=now).is_allowed
        ),
        None,
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


def _fits(coupon: Coupon, subscription: Subscription, now: datetime) -> bool:
    is_left = coupon.max_redemptions is None or coupon.times_redeemed < coupon.max_redemptions
    in_time = coupon.redeem_by is None or coupon.redeem_by > now
    in_currency = coupon.amount_off is None or coupon.currency == subscription.currency
    products = {item.price.product for item in subscription.items}
    for_products = not coupon.products or bool(products & set(coupon.products))
    return coupon.is_valid and is_left and in_time and in_currency and for_products
