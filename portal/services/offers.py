"""The merchant's offers to those who leave, and which of them a subscription may be made."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select, update

from portal.context import MerchantContext, Visit
from portal.db import Reader, Unit
from portal.domain.catalogue import Coupon
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import InvalidInput, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.markets import market_of
from portal.domain.merchants import Merchant
from portal.domain.offers import RetentionOffer, best_offer, may_take_offer
from portal.domain.subscriptions import Subscription
from portal.mirror import catalogue, refresh
from portal.store import offers as rows
from portal.store.offers import OfferRow


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer with its coupon, None where Stripe never told us of it."""

    id: int
    coupon_id: str
    coupon: Coupon | None


def best_for(visit: Visit, subscription: Subscription, *, country: str) -> RetentionOffer | None:
    """Return the one offer to make, None where none fits or the customer's law allows none."""
    if not market_of(country, visit.merchant.country).offers_on_leaving:
        return None
    taken = rows.list_taken(visit.db, visit.merchant.id, visit.customer.id)
    if subscription.id in taken:
        return None
    offers = list_offers(visit.db, visit.merchant)
    return best_offer(offers, subscription, taken=taken, now=visit.now)


def get(visit: Visit, id: int) -> RetentionOffer:
    """Return an offer that stands; raises Refused."""
    found = next((one for one in list_offers(visit.db, visit.merchant) if one.id == id), None)
    if found is None:
        raise Refused(Decision.of(Reason.NO_OFFER))
    return found


def may_take(
    unit: Unit, visit: Visit, offer: RetentionOffer, subscription: Subscription, *, country: str
) -> Decision:
    """Say whether an offer may be taken now, on what the unit reads."""
    if not market_of(country, visit.merchant.country).offers_on_leaving:
        return Decision.of(Reason.NO_OFFER)
    taken = rows.list_taken(unit, visit.merchant.id, visit.customer.id)
    return may_take_offer(offer, subscription, taken=taken, now=visit.now)


def list_offers(reader: Reader, merchant: Merchant) -> list[RetentionOffer]:
    """Return the offers whose coupon we know, in the merchant's order."""
    return [
        RetentionOffer(one.id, one.coupon)
        for one in list_all(reader, merchant)
        if one.coupon is not None
    ]


def list_all(reader: Reader, merchant: Merchant) -> list[Listed]:
    """Return every active offer of a merchant."""
    found = rows.list_offers(
        reader, merchant.id, merchant.stripe_account, livemode=merchant.livemode
    )
    coupons = catalogue.list_coupons(reader, merchant, [row.coupon for row in found])
    return [Listed(row.id, row.coupon, coupons.get(row.coupon)) for row in found]


def add(at: MerchantContext, coupon_id: str) -> Coupon:
    """Offer a coupon from now on, after those there are; raises InvalidInput.

    A coupon that is missing, spent, or lasts forever is refused: the last would be no offer to
    stay a while, but a lower price for everyone who asks to leave.
    """
    seen = at.payments.fetch(ObjectKind.COUPON, coupon_id)
    coupon = seen.snapshot
    if not isinstance(coupon, Coupon):
        raise InvalidInput("coupon", "missing")
    if not coupon.is_valid:
        raise InvalidInput("coupon", "invalid")
    if coupon.duration == "forever":
        raise InvalidInput("coupon", "forever")
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
        known = unit.scalars(select(OfferRow).where(*_own(at.merchant, coupon_id))).one_or_none()
        last = unit.scalar(select(func.max(OfferRow.position)).where(*_of(at.merchant)))
        if known is None:
            known = OfferRow(
                merchant_id=at.merchant.id,
                account=at.merchant.stripe_account,
                livemode=at.merchant.livemode,
                coupon=coupon_id,
                created_at=at.now,
            )
            unit.add(known)
        if not known.is_active or known.id is None:
            known.is_active, known.position = True, (last or 0) + 1
    return coupon


def remove(at: MerchantContext, coupon_id: str) -> None:
    """Offer a coupon no more; who took it keeps it. Raises NotFound."""
    with at.db.write() as unit:
        met = unit.write(
            update(OfferRow)
            .where(*_own(at.merchant, coupon_id), OfferRow.is_active.is_(True))
            .values(is_active=False)
        )
    if not met:
        raise NotFound(f"offer {coupon_id}")


def told(coupon: Coupon) -> dict[str, object]:
    """Return what a receipt says of a coupon."""
    return {
        "percent_off": percent(coupon),
        "amount_off": coupon.amount_off,
        "currency": coupon.currency,
        "duration": coupon.duration,
        "months": coupon.duration_in_months,
    }


def percent(coupon: Coupon) -> str:
    """Return what a coupon takes off in per cent, empty for one that takes off a sum."""
    if coupon.percent_off is None:
        return ""
    return f"{(Decimal(coupon.percent_off) / 100).normalize():f}"


def _of(merchant: Merchant) -> tuple[ColumnElement[bool], ...]:
    return (
        OfferRow.merchant_id == merchant.id,
        OfferRow.account == merchant.stripe_account,
        OfferRow.livemode == merchant.livemode,
    )


def _own(merchant: Merchant, coupon_id: str) -> tuple[ColumnElement[bool], ...]:
    return (*_of(merchant), OfferRow.coupon == coupon_id)
