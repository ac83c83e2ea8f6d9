"""The statement of account: a page to read, the same as PDF and as CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal import i18n
from portal.domain.statements import Period, before, month_of, quarter_of, year_of
from portal.i18n import Locale, formats
from portal.i18n import gettext as _
from portal.mirror import statements as drawn
from portal.services import papers, statements
from portal.web import downloads
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

pages = Blueprint("statements", __name__)

QUARTERS, MONTHS, YEARS = 6, 6, 3
# A page nobody can scroll helps nobody: the files have every movement.
MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """A period one may choose; `value` is what the form sends."""

    value: str
    label: str
    is_current: bool


@pages.get("/statement")
@open_to(Who.CUSTOMER)
def show() -> ResponseReturnValue:
    """Show the statement of a period, of this quarter at first."""
    visit = current_visit()
    period, error = _asked(visit.today)
    found = drawn.read(visit, period) if not error else None
    page = render_template(
        "customer/statements/show.html",
        statement=found,
        period=period,
        asked=_typed(period),
        error=error,
        choices=_choices(visit.today, period),
        most=MOST_LINES,
        kinds=statements.KINDS,
        day_of=statements.day_of,
        sums_of=statements.sums_of,
        named=statements.period_of(period) if not error else "",
    )
    return page, 422 if error else 200


@pages.get("/statement/pdf")
@open_to(Who.CUSTOMER)
def pdf() -> ResponseReturnValue:
    """Send the statement of a period as PDF."""
    visit = current_visit()
    period, error = _asked(visit.today)
    if error:
        return show()
    paper = papers.statement(visit.at, drawn.read(visit, period), visit.customer_name)
    return downloads.send(paper, statements.name_of(period), downloads.PDF)


@pages.get("/statement/csv")
@open_to(Who.CUSTOMER)
def csv() -> ResponseReturnValue:
    """Send the statement of a period as CSV."""
    visit = current_visit()
    period, error = _asked(visit.today)
    if error:
        return show()
    lines = statements.csv_of(drawn.read(visit, period))
    return downloads.send(lines, statements.name_of(period), downloads.CSV)


def _asked(today: date) -> tuple[Period, str]:
    """Return the period an address names, and what is wrong with it.

    It is named by its first and last day, or by both in one choice (`2026-10-01_2026-12-31`).
    """
    first, last = (request.args.get(name, "").strip() for name in ("from", "to"))
    if not first and not last:
        first, _joint, last = request.args.get("period", "").partition("_")
    if not first and not last:
        return quarter_of(today), ""
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return quarter_of(today), _("Write both days, the first and the last.")
    if not period.is_possible:
        return period, _("The first day is after the last one. Change one of them.")
    return period, ""


def _typed(period: Period) -> dict[str, str]:
    """Return what the fields hold: what was typed, or the period shown."""
    return {
        "from": request.args.get("from", period.first.isoformat())[:10],
        "to": request.args.get("to", period.last.isoformat())[:10],
    }


def _choices(today: date, current: Period) -> list[tuple[str, list[Choice]]]:
    """Return the quarters, months and years one may choose, the newest first."""
    locale = i18n.current()
    return [
        (_("Quarters"), _back(quarter_of, formats.quarter, today, QUARTERS, current, locale)),
        (_("Months"), _back(month_of, formats.month, today, MONTHS, current, locale)),
        (_("Years"), _back(year_of, formats.year, today, YEARS, current, locale)),
    ]


def _back(
    period_of: Callable[[date], Period],
    write: Callable[[date, Locale], str],
    today: date,
    count: int,
    current: Period,
    locale: Locale,
) -> list[Choice]:
    found: list[Choice] = []
    day = today
    for _number in range(count):
        period = period_of(day)
        value = f"{period.first.isoformat()}_{period.last.isoformat()}"
        found.append(Choice(value, write(period.first, locale), period == current))
        day = before(period)
    return found
