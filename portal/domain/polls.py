"""How often a provider is asked for changes that it does not tell by itself, and for which next.

Holded's first API has no webhooks, and each plan allows only so many calls a month, shared by all
keys of the account. So calls for changes are made one by one at even distances: a question with
several pages takes as many turns.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

# What is assumed to be allowed where nobody has said: the plan Basic (Holded's guide, 2026).
CALLS_A_MONTH = 2_000
# The rest is for payments, PDFs, and whatever else has a key of the account.
SHARE_PERCENT = 50
LONGEST_MONTH = timedelta(days=31)
# However large a plan is, asking more often would be of no use to anybody.
SHORTEST = timedelta(minutes=5)
FIRST_RETRY = timedelta(minutes=1)
# A merchant may change the plan before the month whose calls are used up is over.
LONGEST_WAIT = timedelta(hours=6)
# Documents can be dated back, and lists are asked for by days.
OVERLAP = timedelta(days=3)
# How far back the first question goes where nothing was ever read in full.
BEGINNING = timedelta(days=30)
# Holded may have put a page together before what we read a moment ago came to be.
IN_DOUBT = timedelta(seconds=10)
# Without a webhook for so long, nobody knows whether there was nothing to tell.
SILENCE = timedelta(days=1)


class Listing(StrEnum):
    """What is asked for, the most urgent first.

    INVOICES, PROFORMAS and CREDIT_NOTES: the new ones. OPEN: every invoice that wants money, and
    then those we hold as open that are not among them. CONTACTS: all of them, since changes cannot
    be told.
    """

    INVOICES = "invoices"
    PROFORMAS = "proformas"
    CREDIT_NOTES = "credit_notes"
    OPEN = "open"
    CONTACTS = "contacts"


# How long after its beginning a question is asked anew; the new invoices are whenever it is a turn.
PERIODS: Mapping[Listing, timedelta] = {
    Listing.INVOICES: timedelta(),
    Listing.PROFORMAS: timedelta(hours=6),
    Listing.CREDIT_NOTES: timedelta(hours=12),
    Listing.OPEN: timedelta(days=1),
    Listing.CONTACTS: timedelta(days=1),
}


def interval_of(calls_a_month: int) -> timedelta:
    """Return the time between two calls that keeps a month within its share of the calls."""
    calls = max(calls_a_month * SHARE_PERCENT // 100, 1)
    return max(LONGEST_MONTH / calls, SHORTEST)


def next_listing(due: Mapping[Listing, datetime]) -> Listing:
    """Return what to ask for next: what has waited longest, of equals the most urgent."""
    order = list(Listing)
    return min(due, key=lambda listing: (due[listing], order.index(listing)))


def due_again(listing: Listing, began_at: datetime, *, now: datetime, step: timedelta) -> datetime:
    """Return when a question whose last page was read is asked anew; `step` is a turn's length."""
    return max(began_at + PERIODS[listing], now + step)


def back_off(fails: int, *, step: timedelta) -> timedelta:
    """Return how long to wait after the `fails`th failure in a row: a minute, two, … a turn."""
    return min(FIRST_RETRY * (1 << min(max(fails - 1, 0), 12)), step)
