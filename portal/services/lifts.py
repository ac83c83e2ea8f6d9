"""What a merchant reads of why people leave, and of what its offers do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from portal.db import Database
from portal.domain.cancellations import CancellationOutcome, OfferOutcome
from portal.domain.lifts import Lift, Share, lift
from portal.domain.merchants import Merchant
from portal.store import cancellations, offers

LEFT = (CancellationOutcome.CANCELLED_AT_END.value, CancellationOutcome.CANCELLED_NOW.value)


@dataclass(frozen=True, slots=True)
class Told:
    """One offer: who accepted it, who stayed of both sides, and the lift, None for too few.

    A subscription counts once for an offer. Who accepted and cancelled later did not stay.
    """

    offer: int
    accepted: Share
    stayed: Share
    stayed_without: Share
    lift: Lift | None


@dataclass(frozen=True, slots=True)
class Report:
    """How many left for each reason, empty for none told, and what each offer did."""

    reasons: Mapping[str, int]
    offers: tuple[Told, ...]


def report(db: Database, merchant: Merchant, *, since: datetime) -> Report:
    """Return what happened since a moment."""
    visits = offers.list_visits(db, merchant, since=since)
    return Report(
        cancellations.count_reasons(db, merchant, LEFT, since=since),
        tuple(
            _told(offer, list(rows)) for offer, rows in groupby(visits, lambda row: row.offer_id)
        ),
    )


def _told(offer: int, rows: Sequence[Row[Any]]) -> Told:
    shown = [row for row in rows if not row.is_control]
    held_back = [row for row in rows if row.is_control]
    accepted = sum(row.accepted_at is not None for row in shown)
    stayed, stayed_without = _stayed(shown), _stayed(held_back)
    return Told(
        offer, Share(accepted, len(shown)), stayed, stayed_without, lift(stayed, stayed_without)
    )


def _stayed(rows: Sequence[Row[Any]]) -> Share:
    return Share(sum(row.outcome != OfferOutcome.CANCELLED for row in rows), len(rows))
