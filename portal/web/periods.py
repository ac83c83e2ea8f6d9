"""How often something is charged, in words that stand behind a price, and what an offer takes off.

"a month", "every 3 months"; "20% off for 3 months".
"""

from portal.domain.catalogue import Coupon, Price
from portal.domain.money import Money
from portal.domain.recurrences import Rhythm
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext
from portal.services.actions import discount, duration, every
from portal.services.offers import percent

ONE = {
    "day": lazy_gettext("a day"),
    "week": lazy_gettext("a week"),
    "month": lazy_gettext("a month"),
    "year": lazy_gettext("a year"),
}

RHYTHMS: dict[str, str] = {
    Rhythm.DAILY: lazy_gettext("every day"),
    Rhythm.WEEKLY: lazy_gettext("every week"),
    Rhythm.FORTNIGHTLY: lazy_gettext("every two weeks"),
    Rhythm.MONTHLY: lazy_gettext("every month"),
    Rhythm.EVERY_TWO_MONTHS: lazy_gettext("every two months"),
    Rhythm.QUARTERLY: lazy_gettext("every three months"),
    Rhythm.EVERY_SIX_MONTHS: lazy_gettext("every six months"),
    Rhythm.YEARLY: lazy_gettext("every year"),
}


def rhythm(name: str) -> str:
    """Say how often Holded makes an invoice, empty for a rhythm that is not known."""
    return str(RHYTHMS.get(name, ""))


def each(price: Price) -> str:
    """Say how often a price is charged, empty for one that is charged once."""
    return per(price.interval, price.interval_count)


def per(interval: str, count: int = 1) -> str:
    """Say how often something is charged whose period is so many days, weeks, months or years."""
    if count == 1:
        return str(ONE.get(interval, ""))
    return every(interval, count)


def off(coupon: Coupon) -> str:
    """Say what a coupon takes off a price: `20% off`, `€5.00 off`."""
    amount = coupon.amount_off
    taken = discount(percent(coupon), None if amount is None else Money(amount, coupon.currency))
    return _("%(discount)s off", discount=taken)


def lasting(coupon: Coupon) -> str:
    """Say for how long a coupon holds."""
    if coupon.duration == "repeating" and coupon.duration_in_months:
        return ngettext("for %(num)s month", "for %(num)s months", coupon.duration_in_months)
    if coupon.duration == "once":
        return _("on your next invoice")
    return duration(coupon.duration, coupon.duration_in_months)
