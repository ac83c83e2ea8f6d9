"""What templates write sums, days and moments with, in the language and time zone spoken now.

In text that runs from right to left, sums come isolated by invisible marks: so they are right in
sentences, buttons, titles and attributes alike.
"""

from datetime import date, datetime
from decimal import Decimal

from flask import Flask

from portal import i18n
from portal.domain.money import Money, exponent
from portal.i18n import formats, ngettext
from portal.i18n import gettext as _
from portal.i18n.formats import Style
from portal.web import method_types, statuses


def init_app(app: Flask) -> None:
    """Give every template the filters of this module, and those that draw a status."""
    app.jinja_env.filters.update(
        ago=ago, clock=clock, day=day, decimals=exponent, due=due, isolate=isolate, ltr=ltr,
        moment=moment, money=money, number=number,
    )  # fmt: skip
    statuses.init_app(app)
    method_types.init_app(app)


def money(value: Money) -> str:
    """Write a sum: `€1,180.96`."""
    return formats.money(value, i18n.current())


def number(value: int | Decimal) -> str:
    """Write a number: `1,180`."""
    return formats.number(value, i18n.current())


def day(value: date | datetime, style: Style = "long") -> str:
    """Write the day of a date, or of a moment in the visit's time zone."""
    return formats.day(_local_day(value), i18n.current(), style)


def moment(value: datetime, style: Style = "long") -> str:
    """Write day and time of day of a moment in the visit's time zone."""
    return formats.moment(value, i18n.current(), i18n.current_zone(), style)


def clock(value: datetime) -> str:
    """Write the time of day of a moment in the visit's time zone."""
    return formats.clock(value, i18n.current(), i18n.current_zone())


def ago(value: datetime, now: datetime) -> str:
    """Write how long ago a moment was."""
    return formats.ago(value, now, i18n.current())


def due(value: date, now: date | datetime) -> str:
    """Say when something is or was due, seen from a day or moment."""
    days_late = (_local_day(now) - value).days
    if days_late == 0:
        return _("Due today")
    if days_late < 0:
        return _("Due on %(day)s", day=day(value))
    return ngettext(
        "Was due on %(day)s, %(num)s day ago",
        "Was due on %(day)s, %(num)s days ago",
        days_late,
        day=day(value),
    )


def isolate(text: object) -> str:
    """Keep a name or number in one piece within a sentence that runs from right to left."""
    return formats.isolate(str(text), i18n.current())


def ltr(text: object) -> str:
    """Keep a masked number, an expiry or an address in its own order."""
    return formats.left_to_right(str(text), i18n.current())


def _local_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return formats.local_day(value, i18n.current_zone())
    return value
