"""What is looked at once a day, so that nobody is surprised: bank debits that are near."""

from datetime import datetime

from portal.context import MerchantContext
from portal.db import Database
from portal.mirror import subscriptions
from portal.services import debits
from portal.store import notices, outbox

LOOKED = "daily_look"


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
