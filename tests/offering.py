"""Offers as merchants make them."""

from typing import Any

from portal.domain.offers import Conditions, OfferKind
from portal.services.offers import Terms


def coupon_of(id: str, **conditions: Any) -> Terms:
    """Return the offer of a coupon to those who meet conditions."""
    return Terms(OfferKind.COUPON, coupon=id, conditions=Conditions(**conditions))
