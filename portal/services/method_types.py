"""Reading which kinds of payment methods a merchant's account at Stripe takes."""

from datetime import datetime

from portal.context import MerchantContext
from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.gateways.snapshots import Seen
from portal.mirror import refresh


def read(at: MerchantContext) -> datetime:
    """Read them anew, because no event tells of a change, and return Stripe's time of the answer.

    Raises GatewayUnavailable, GatewayMisconfigured.
    """
    page = at.payments.list_page(ObjectKind.METHOD_SETTINGS)
    seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    return page.at
