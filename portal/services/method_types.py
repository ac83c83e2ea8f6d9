"""Reading which kinds of payment methods a merchant's account at Stripe takes.

No event tells of a change. It is read in each press that opens a Checkout page, and every hour, so
that pages name what Stripe's will offer.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.context import MerchantContext
from portal.db import Database
from portal.domain.customers import Origin
from portal.domain.errors import GatewayMisconfigured
from portal.domain.events import ObjectKind
from portal.gateways.snapshots import Seen
from portal.mirror import refresh
from portal.store import outbox
from portal.store.merchants import MerchantRow
from portal.store.outbox import JobRow

# The job that reads them again and again.
READ = "read_method_types"
EVERY = timedelta(hours=1)


def read(at: MerchantContext) -> datetime:
    """Read them anew and return Stripe's time of the answer.

    A key that may not read them leaves it unknown what the account takes, and Stripe's page decides
    by itself. Raises GatewayUnavailable, GatewayMisconfigured.
    """
    try:
        page = at.payments.list_page(ObjectKind.METHOD_SETTINGS)
    except GatewayMisconfigured:
        return at.payments.now()
    seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    return page.at


def read_again(at: MerchantContext) -> None:
    """Read them, and have them read once more in an hour (job)."""
    read(at)
    with at.db.write() as unit:
        merchant = at.merchant.id
        outbox.add(
            unit, READ, str(merchant), merchant_id=merchant, now=at.now, run_at=at.now + EVERY
        )


def sweep(db: Database, *, now: datetime) -> None:
    """See to it that they are read for every merchant."""
    jobs = select(JobRow.id).where(JobRow.name == READ, JobRow.merchant_id == MerchantRow.id)
    with db.write() as unit:
        for merchant in unit.scalars(select(MerchantRow.id).where(~jobs.exists())).all():
            outbox.add_once(unit, READ, str(merchant), merchant_id=merchant, now=now)
