"""The merchant's offers to those who leave, and which of them a subscription may be made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from portal.context import MerchantContext, Visit
from portal.db import Reader, Unit
from portal.domain.cancellations import OfferOutcome
from portal.domain.catalogue import Coupon, Price
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import InvalidInput, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.limits import Standing
from portal.domain.markets import market_of
from portal.domain.merchants import Merchant
from portal.domain.offers import (
    Chance,
    Conditions,
    Leaver,
    OfferKind,
    RetentionOffer,
    best_offer,
    is_control,
    may_take_offer,
)
from portal.domain.subscriptions import Subscription
from portal.mirror import catalogue, refresh
from portal.store import merchants
from portal.store import offers as rows
from portal.store.offers import OfferRow

MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be offered to whom: of `coupon`, `price` and `days` the one of its kind counts."""

    kind: OfferKind
    coupon: str = ""
    price: str = ""
    days: int = 0
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer with its coupon and price, None where Stripe never told us of them."""

    id: int
    terms: Terms
    coupon: Coupon | None = None
    price: Price | None = None

    @property
    def is_whole(self) -> bool:
        """Whether we know what it speaks of."""
        wants = {OfferKind.COUPON: self.coupon, OfferKind.CHEAPER_PLAN: self.price}
        return wants.get(self.terms.kind, self) is not None

    def to_offer(self) -> RetentionOffer:
        """Return what the rules are asked about."""
        return RetentionOffer(
            self.id,
            self.coupon,
            kind=self.terms.kind,
            price=self.price,
            days=self.terms.days,
            conditions=self.terms.conditions,
        )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may be offered: the one that fits, and whether another may once a reason is told."""

    chance: Chance | None = None
    asks_why: bool = False

    @property
    def shown(self) -> RetentionOffer | None:
        """Return the offer that is shown, None where none fits or it is held back."""
        return self.chance.offer if self.chance and not self.chance.is_control else None


def outlook(
    reader: Reader,
    visit: Visit,
    standing: Standing,
    configuration: PortalConfiguration,
    *,
    country: str,
    reason: str,
) -> Outlook:
    """Return the one offer that fits and whether it is held back.

    It is empty where the law of the customer's country allows none. Whoever belongs to the control
    group of the first offer that fits is shown no other in its place.
    """
    if not market_of(country, visit.merchant.country).offers_on_leaving:
        return Outlook()
    offers = list_offers(reader, visit.merchant)
    if not offers:
        return Outlook()
    leaver = _leaver(reader, visit, standing, configuration, country, reason, offers)
    asks_why = not leaver.has_taken and any(one.conditions.reasons for one in offers)
    found = best_offer(offers, leaver)
    if found is None:
        return Outlook(None, asks_why)
    share = visit.merchant.rules.offer_control_percent
    held_back = is_control(visit.merchant.id, visit.customer.id, found.id, share)
    return Outlook(Chance(found, held_back), asks_why)


def may_take(
    unit: Unit,
    visit: Visit,
    offer: RetentionOffer,
    standing: Standing,
    configuration: PortalConfiguration,
    *,
    country: str,
    reason: str,
) -> Decision:
    """Say whether an offer may be taken now, on what the unit reads."""
    share = visit.merchant.rules.offer_control_percent
    is_held_back = is_control(visit.merchant.id, visit.customer.id, offer.id, share)
    if is_held_back or not market_of(country, visit.merchant.country).offers_on_leaving:
        return Decision.of(Reason.NO_OFFER)
    leaver = _leaver(unit, visit, standing, configuration, country, reason, [offer])
    return may_take_offer(offer, leaver)


def claim(unit: Unit, visit: Visit, offer: RetentionOffer, subscription: str) -> None:
    """Write that a customer takes an offer; raises Refused where one was taken in the window."""
    is_first = rows.claim(
        unit,
        visit.merchant,
        visit.customer.id,
        subscription,
        offer.id,
        now=visit.at.now,
        since=visit.at.now - _window(visit),
    )
    if not is_first:
        raise Refused(Decision.of(Reason.OFFER_TAKEN))


def record(
    unit: Unit,
    visit: Visit,
    chance: Chance | None,
    subscription: str,
    outcome: OfferOutcome,
    *,
    reason: str,
) -> None:
    """Write what somebody did whom an offer fitted, be it shown to them or held back."""
    if chance is None:
        return
    rows.record(
        unit,
        visit.merchant.id,
        visit.customer.id,
        subscription,
        chance.offer.id,
        outcome,
        is_control=chance.is_control,
        reason=reason,
        accepted=outcome is OfferOutcome.ACCEPTED,
        now=visit.at.now,
    )


def get(visit: Visit, id: int) -> RetentionOffer:
    """Return an offer that stands; raises Refused."""
    found = next((one for one in list_offers(visit.db, visit.merchant) if one.id == id), None)
    if found is None:
        raise Refused(Decision.of(Reason.NO_OFFER))
    return found


def list_offers(reader: Reader, merchant: Merchant) -> list[RetentionOffer]:
    """Return the offers of which we know what they speak of, in the merchant's order."""
    return [one.to_offer() for one in list_all(reader, merchant) if one.is_whole]


def list_all(reader: Reader, merchant: Merchant) -> list[Listed]:
    """Return every active offer of a merchant (three statements at most)."""
    found = rows.list_offers(
        reader, merchant.id, merchant.stripe_account, livemode=merchant.livemode
    )
    coupons = catalogue.list_coupons(reader, merchant, [row.coupon for row in found if row.coupon])
    prices = catalogue.list_prices(reader, merchant, [row.price for row in found if row.price])
    return [
        Listed(row.id, _terms(row), coupons.get(row.coupon), prices.get(row.price)) for row in found
    ]


def refresh_coupon(visit: Visit, offer: RetentionOffer) -> RetentionOffer:
    """Read the coupon of an offer afresh, since others redeem it as well; raises Refused."""
    if offer.coupon is None:
        return offer
    told = refresh.read(visit.at, Origin.STRIPE, ObjectKind.COUPON, offer.coupon.id)
    if not isinstance(told, Coupon):
        raise Refused(Decision.of(Reason.NO_OFFER))
    return replace(offer, coupon=told)


def add(at: MerchantContext, terms: Terms) -> int:
    """Offer something from now on, after what there is, and return its id; raises InvalidInput.

    A coupon that is missing, spent, or lasts forever is refused: the last would be no offer to
    stay a while, but a lower price for everyone who asks to leave. What is offered already stays in
    its place.
    """
    _check(at, terms)
    with at.db.write() as unit:
        merchants.lock(unit, at.merchant.id)
        known = unit.scalars(select(OfferRow).where(*_of(at.merchant))).all()
        same = next((row for row in known if row.is_active and _terms(row) == terms), None)
        if same is not None:
            return same.id
        last = unit.scalar(select(func.max(OfferRow.position)).where(*_of(at.merchant)))
        row = OfferRow(
            merchant_id=at.merchant.id,
            account=at.merchant.stripe_account,
            livemode=at.merchant.livemode,
            kind=terms.kind,
            coupon=terms.coupon,
            price=terms.price,
            days=terms.days,
            conditions=asdict(terms.conditions),
            position=(last or 0) + 1,
            is_active=True,
            created_at=at.now,
        )
        unit.add(row)
        unit.flush()
        return row.id


def remove(at: MerchantContext, id: int) -> None:
    """Offer something no more; who took it keeps it. Raises NotFound."""
    with at.db.write() as unit:
        row = unit.scalars(
            select(OfferRow).where(
                *_of(at.merchant), OfferRow.id == id, OfferRow.is_active.is_(True)
            )
        ).one_or_none()
        if row is None:
            raise NotFound(f"offer {id}")
        row.is_active = False


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


def trial_end_with(offer: RetentionOffer, subscription: Subscription) -> int:
    """Return when a trial ends with an offer, in seconds since the epoch; raises Refused."""
    if subscription.trial_end is None:
        raise Refused(Decision.of(Reason.NO_OFFER))
    return int((subscription.trial_end + timedelta(days=offer.days)).timestamp())


def _leaver(
    reader: Reader,
    visit: Visit,
    standing: Standing,
    configuration: PortalConfiguration,
    country: str,
    reason: str,
    offers: Sequence[RetentionOffer],
) -> Leaver:
    since = visit.now - _window(visit)
    wanted = [one.price.product for one in offers if one.price is not None]
    return Leaver(
        standing,
        configuration,
        country=country or visit.merchant.country,
        reason=reason,
        has_taken=rows.has_taken(reader, visit.merchant, visit.customer.id, since=since),
        products=catalogue.list_products(reader, visit.merchant, wanted),
    )


def _window(visit: Visit) -> timedelta:
    return timedelta(days=visit.merchant.rules.offer_window_days)


def _check(at: MerchantContext, terms: Terms) -> None:
    """Read what is to be offered at Stripe, and refuse what is no offer."""
    match terms.kind:
        case OfferKind.COUPON:
            coupon = refresh.read(at, Origin.STRIPE, ObjectKind.COUPON, terms.coupon)
            if not isinstance(coupon, Coupon):
                raise InvalidInput("coupon", "missing")
            if not coupon.is_valid:
                raise InvalidInput("coupon", "invalid")
            if coupon.duration == "forever":
                raise InvalidInput("coupon", "forever")
        case OfferKind.CHEAPER_PLAN:
            price = refresh.read(at, Origin.STRIPE, ObjectKind.PRICE, terms.price)
            if not isinstance(price, Price) or not price.interval:
                raise InvalidInput("price", "missing_price")
        case OfferKind.LONGER_TRIAL:
            if not 1 <= terms.days <= MOST_DAYS:
                raise InvalidInput("days", "days")


def _terms(row: Row[Any] | OfferRow) -> Terms:
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.conditions.items()
    }
    return Terms(OfferKind(row.kind), row.coupon, row.price, row.days, Conditions(**told))


def _of(merchant: Merchant) -> tuple[ColumnElement[bool], ...]:
    return (
        OfferRow.merchant_id == merchant.id,
        OfferRow.account == merchant.stripe_account,
        OfferRow.livemode == merchant.livemode,
    )
