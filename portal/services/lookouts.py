"""What is looked at once a day, so that nobody is surprised: bank debits that are near,
and cards that run out.
"""

from datetime import datetime
from urllib.parse import urljoin

from portal.context import MerchantContext
from portal.db import Database
from portal.domain.payment_methods import subscriptions_using
from portal.mirror import customers, payment_methods, subscriptions
from portal.mirror.payment_methods import Owned
from portal.services import debits, mail
from portal.services import notices as consumer_notices
from portal.store import notices, outbox

LOOKED, EXPIRING = "daily_look", "card_expiring"


def sweep(db: Database, *, now: datetime) -> None:
    """Have every merchant's customers looked after once a day (UTC)."""
    day = now.date().isoformat()
    for merchant_id in notices.list_without(db, LOOKED, day):
        with db.write() as unit:
            if notices.add_once(unit, merchant_id, LOOKED, day, now=now):
                notices.forget_before(unit, merchant_id, LOOKED, day)
                outbox.add_once(
                    unit, "look_ahead", f"{merchant_id}:{day}", merchant_id=merchant_id, now=now
                )


def look_ahead(at: MerchantContext) -> None:
    """Tell what is near (job)."""
    found = subscriptions.list_with_debits(at.db, at.merchant)
    with at.db.write() as unit:
        debits.follow_renewals(unit, at, found)
    consumer_notices.look(at)
    today = at.merchant.day_of(at.now)
    for owned in payment_methods.list_expiring(at.db, at.merchant, today):
        if _will_be_charged(at, owned):
            _queue(at, owned)


def _will_be_charged(at: MerchantContext, owned: Owned) -> bool:
    """Whether a renewal is to be charged to a card."""
    wallet = payment_methods.wallet_of(at.db, at.merchant, owned.customer_id)
    held = subscriptions.list_running(at.db, at.merchant, owned.customer_id)
    renewing = tuple(one for one in held if one.renews_at is not None)
    return bool(subscriptions_using(owned.method, renewing, wallet.default))


def _queue(at: MerchantContext, owned: Owned) -> None:
    """Have the end of a card told, once for each card and each last day it was given."""
    subject = f"{owned.method.id}:{owned.method.last_day}"
    with at.db.write() as unit:
        if notices.add_once(unit, at.merchant.id, EXPIRING, subject, now=at.now):
            outbox.add_once(
                unit,
                "mail_card_expiring",
                subject,
                merchant_id=at.merchant.id,
                now=at.now,
                method=owned.method.id,
            )


def mail_expiring(at: MerchantContext, method: str) -> None:
    """Tell a customer that a card runs out which renewals are charged to (job)."""
    owned = payment_methods.find_owned(at.db, at.merchant, method)
    card = customers.find_card(at.db, at.merchant, owned.customer_id) if owned else None
    if owned is None or card is None or not card.address:
        return
    mail.send(
        at,
        "card_expiring",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"card-expiring-{method}-{owned.method.last_day}",
        method=owned.method,
        last_day=owned.method.last_day,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/payment-methods"),
    )
