"""Telling consumers what the law of their country asks before money moves: once, on its day."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urljoin

from portal.context import MerchantContext
from portal.domain import notices as rules
from portal.domain.markets import MARKETS, Market, market_of
from portal.domain.money import Money
from portal.domain.notices import Notice, NoticeKind
from portal.domain.subscriptions import Schedule, Subscription
from portal.mirror import catalogue, customers, payment_methods, subscriptions
from portal.mirror.subscriptions import Running
from portal.services import mail
from portal.services.actions import with_period
from portal.store import notices, outbox

# The longest any market asks for: whoever is told nothing under it is told nothing at all.
ANY = Market(
    "",
    renewal_days=max(market.renewal_days for market in MARKETS.values()),
    trial_days=max(market.trial_days for market in MARKETS.values()),
    price_days=max(market.price_days for market in MARKETS.values()),
    reminds_yearly=True,
)


def look(at: MerchantContext) -> None:
    """Have everything told that is due today (job, once a day)."""
    if not at.merchant.rules.consumer_notices:
        return
    for running in subscriptions.list_all_running(at.db, at.merchant):
        due = partial(
            rules.due,
            running.subscription,
            today=at.merchant.day_of(at.now),
            day_of=at.merchant.day_of,
            dearer_at=_dearer_at(at, running),
        )
        if due(ANY):
            _have_told(at, running, due)


def _have_told(
    at: MerchantContext, running: Running, due: Callable[[Market], list[Notice]]
) -> None:
    """Have told what the law of the customer's country asks; a business is told nothing."""
    profile = payment_methods.wallet_of(at.db, at.merchant, running.customer_id).profile
    if profile is None or profile.tax_ids:
        return
    for notice in due(market_of(profile.address.country, at.merchant.country)):
        subject = f"{running.subscription.id}:{notice.day.isoformat()}"
        with at.db.write() as unit:
            if notices.add_once(unit, at.merchant.id, notice.kind, subject, now=at.now):
                outbox.add_once(
                    unit,
                    "mail_notice",
                    f"{notice.kind}:{subject}",
                    merchant_id=at.merchant.id,
                    now=at.now,
                    kind=notice.kind,
                    subscription=running.subscription.id,
                    day=notice.day.isoformat(),
                )


def mail_notice(at: MerchantContext, kind: str, subscription: str, day: str) -> None:
    """Mail one notice in the customer's language, if it still holds (job)."""
    running = subscriptions.find_running(at.db, at.merchant, subscription)
    if running is None or running.subscription.is_cancelling:
        return
    card = customers.find_card(at.db, at.merchant, running.customer_id)
    sum_ = _sum(at, NoticeKind(kind), running)
    if card is None or not card.address or sum_ is None:
        return
    locale = card.language_or(at.merchant.locale)
    with mail.speaking(at, locale):
        plan = _plan(at, running.subscription)
    mail.send(
        at,
        "notice",
        to=card.address,
        locale=locale,
        message_id=f"notice-{kind}-{subscription}-{day}",
        kind=kind,
        day=date.fromisoformat(day),
        plan=plan,
        amount=sum_,
        with_tax=kind in {NoticeKind.RENEWS, NoticeKind.TRIAL_ENDS},
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/subscriptions/{subscription}"),
    )


def _plan(at: MerchantContext, subscription: Subscription) -> str:
    """Name what is subscribed to, and how often it is charged."""
    prices = [item.price for item in subscription.items]
    products = catalogue.list_products(at.db, at.merchant, [price.product for price in prices])
    name = ", ".join(product.name for product in products.values())
    periods = {(price.interval, price.interval_count) for price in prices}
    return with_period(name, *periods.pop()) if len(periods) == 1 else name


def _sum(at: MerchantContext, kind: NoticeKind, running: Running) -> Money | None:
    """Return what is charged: the next invoice with tax, or a period before it."""
    match kind:
        case NoticeKind.RENEWS | NoticeKind.TRIAL_ENDS:
            preview = at.payments.preview_next(running.subscription.id)
            return Money(preview.total, preview.currency)
        case NoticeKind.YEARLY:
            return running.subscription.recurring_amount()
        case NoticeKind.PRICE_RISES:
            return _planned_sum(at, running.subscription, running.schedule, at.now)


def _dearer_at(at: MerchantContext, running: Running) -> datetime | None:
    """Return when a change that the merchant planned makes a subscription cost more."""
    schedule, now = running.schedule, running.subscription.recurring_amount()
    if schedule is None or schedule.is_own or now is None:
        return None
    phase = schedule.pending(at.now)
    then = _planned_sum(at, running.subscription, schedule, at.now)
    return phase.starts_at if phase and then and then.amount > now.amount else None


def _planned_sum(
    at: MerchantContext, subscription: Subscription, schedule: Schedule | None, now: datetime
) -> Money | None:
    """Return what a period costs after the planned change, None where that is not known."""
    phase = schedule.pending(now) if schedule else None
    if phase is None:
        return None
    prices = catalogue.list_prices(at.db, at.merchant, [price for price, _ in phase.items])
    amounts: list[Any] = [
        (unit.amount * quantity) if unit else None
        for id, quantity in phase.items
        for unit in [prices[id].amount_in(subscription.currency) if id in prices else None]
    ]
    return None if None in amounts else Money(sum(amounts), subscription.currency)
