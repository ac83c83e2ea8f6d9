"""Webhooks: receiving one is one insert; processing it brings the mirror up to date.

An event is evidence, not an order. Its payload is saved when it is provably newer than what we
hold; in any doubt the object is read again; what is older than what we hold says nothing new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Row, bindparam, select

from portal.context import MerchantContext
from portal.db import Database, Reader, Unit
from portal.domain.budget import Effect
from portal.domain.customers import Origin
from portal.domain.errors import GatewayError, NotFound
from portal.domain.events import ObjectKind, ProviderEvent, is_provably_newer
from portal.domain.invoices import Invoice
from portal.domain.payments import CheckoutSession
from portal.domain.refunds import Refund
from portal.domain.subscriptions import Subscription
from portal.gateways.holded import events as holded_events
from portal.gateways.payments import PaymentGateway
from portal.gateways.snapshots import Gone, Page, Seen, Snapshot
from portal.gateways.stripe import events as stripe_events
from portal.mirror import refresh
from portal.services import (
    backups,
    changes,
    collections,
    counterparts,
    credit_notes,
    debits,
    intents,
    mandates,
    payment_methods,
    recurrences,
)
from portal.services.budget import spending
from portal.store import inbox, secrets
from portal.store.inbox import EventState
from portal.store.merchants import EndpointRow
from portal.store.secrets import Keyring, SecretUnreadable

LEASE = timedelta(seconds=60)
BATCH = 100
MOST_TRIES = 12
KNOWN_FOR = 30.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider posts, and the secrets its signatures are made with."""

    id: str
    merchant_id: int
    provider: Origin
    account: str
    livemode: bool
    secrets: tuple[str, ...]


_ENDPOINT = select(EndpointRow.__table__).where(EndpointRow.id == bindparam("id"))
_known: WeakKeyDictionary[Database, dict[str, tuple[float, Endpoint]]] = WeakKeyDictionary()


def find_endpoint(db: Database, keyring: Keyring, id: str) -> Endpoint:
    """Return an endpoint, known for half a minute after it was read; raises NotFound."""
    of_database = _known.setdefault(db, {})
    known = of_database.get(id)
    if known is not None and known[0] > monotonic():
        return known[1]
    endpoint = _read_endpoint(db, keyring, id)
    of_database[id] = (monotonic() + KNOWN_FOR, endpoint)
    return endpoint


def secret_field(endpoint: str) -> str:
    """Return the name under which an endpoint's signing secrets are kept, separated by spaces."""
    return f"endpoint:{endpoint}"


def receive(
    db: Database, endpoint: Endpoint, body: bytes, headers: Mapping[str, str], *, now: datetime
) -> bool:
    """Keep an event whose signature is the provider's, and say whether it was new.

    Raises ForgedEvent. One that is genuine but of another account or mode is quarantined.
    """
    event = _read(endpoint, body, headers, now)
    has_modes = endpoint.provider is Origin.STRIPE
    livemode = event.livemode if has_modes else endpoint.livemode
    fits = (event.account, livemode) == (endpoint.account, endpoint.livemode)
    return inbox.add(
        db,
        merchant_id=endpoint.merchant_id,
        provider=endpoint.provider,
        account=event.account[:64],
        livemode=livemode,
        event=event.id[:80],
        type=event.type[:80],
        kind=event.kind or "",
        object=event.object_id[:120],
        created_at=event.created_at,
        received_at=now,
        body=body,
        state=EventState.WAITING if fits else EventState.QUARANTINED,
        run_at=now,
    )


def claim(db: Database, *, now: datetime) -> dict[int, list[Row[Any]]]:
    """Take the events that wait, by merchant."""
    with db.write() as unit:
        rows = inbox.claim(unit, now=now, lease=LEASE, limit=BATCH)
    by_merchant: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_merchant.setdefault(row.merchant_id, []).append(row)
    return by_merchant


def process(at: MerchantContext, rows: Sequence[Row[Any]]) -> None:
    """Bring the mirror up to date with events of one merchant, one object at a time.

    What the payloads prove is written for all objects in one transaction; what has to be read is
    read one by one. An event that fails goes back with a delay, and is given up in the end.
    """
    groups: dict[tuple[str, str, str], list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault((row.provider, row.kind, row.object), []).append(row)
    doubtful = _save_proved(at, list(groups.values()))
    for group in doubtful:
        _process_doubtful(at, group)


def _save_proved(
    at: MerchantContext, groups: Sequence[Sequence[Row[Any]]]
) -> list[Sequence[Row[Any]]]:
    try:
        return _save_batch(at, groups)
    except Exception:
        log.exception("inbox.batch_failed", merchant=at.merchant.slug)
        return list(groups)


def _save_batch(
    at: MerchantContext, groups: Sequence[Sequence[Row[Any]]]
) -> list[Sequence[Row[Any]]]:
    """Write what payloads prove; returns the groups whose object must be read."""
    door = at.payments
    doubtful: list[Sequence[Row[Any]]] = []
    settled: list[int] = []
    proved: list[Seen] = []
    with at.db.write() as unit:
        held = _held(unit, at, groups)
        for group in groups:
            newest = max(group, key=lambda row: (row.created_at, row.id))
            verdict = _judge(door, group, newest, held.get((newest.kind, newest.object)))
            if verdict is None:
                doubtful.append(group)
                continue
            settled.extend(row.id for row in group)
            if isinstance(verdict, Seen):
                proved.append(verdict)
        refresh.save(unit, at.merchant, Origin.STRIPE, proved, now=at.now)
        _follow(unit, at, [seen.snapshot for seen in proved])
        inbox.finish(unit, settled)
    return doubtful


class _NothingNew:
    """The verdict on an event that is older than what we hold, or about nothing we keep."""


_NOTHING_NEW = _NothingNew()


def _judge(
    door: PaymentGateway, group: Sequence[Row[Any]], newest: Row[Any], held: datetime | None
) -> Seen | _NothingNew | None:
    """Say what events of one object prove: a state to save, nothing new, or (None) a doubt."""
    is_of_anybody = newest.kind == ObjectKind.PAYMENTS
    if not newest.kind or not (newest.object or is_of_anybody):
        return _NOTHING_NEW
    if newest.provider == Origin.HOLDED:
        return None
    if held is not None and newest.created_at.replace(microsecond=0) < held.replace(microsecond=0):
        return _NOTHING_NEW
    same_second = [row for row in group if row.created_at == newest.created_at]
    if len(same_second) > 1 or not is_provably_newer(newest.created_at, held):
        return None
    event = stripe_events.parse(newest.body, account=newest.account)
    if event.payload is None or not event.speaks_our_version or event.kind is None:
        return None
    snapshot = door.translate(event.kind, event.payload)
    return None if snapshot is None else Seen(snapshot, event.created_at)


def _held(
    unit: Unit, at: MerchantContext, groups: Sequence[Sequence[Row[Any]]]
) -> dict[tuple[str, str], datetime]:
    ids: dict[str, list[str]] = {}
    for group in groups:
        if group[0].provider == Origin.STRIPE and group[0].kind in refresh.TABLES:
            ids.setdefault(group[0].kind, []).append(group[0].object)
    return {
        (kind, id): when
        for kind, of_kind in ids.items()
        for id, when in refresh.held_at(
            unit, at.merchant, Origin.STRIPE, ObjectKind(kind), of_kind
        ).items()
    }


def _process_doubtful(at: MerchantContext, group: Sequence[Row[Any]]) -> None:
    ids, newest = [row.id for row in group], group[-1]
    try:
        with spending(Effect.HOOK):
            read_again(at, Origin(newest.provider), ObjectKind(newest.kind), newest.object)
    except Exception as error:
        _give_back(at, group, error)
        return
    with at.db.write() as unit:
        inbox.finish(unit, ids)


def read_again(at: MerchantContext, origin: Origin, kind: ObjectKind, id: str) -> None:
    """Read an object from its provider, write it, and let what follows from it happen."""
    if kind is ObjectKind.PAYMENTS:
        _read_listed(at, Origin.HOLDED, ObjectKind.INVOICE, id)
        return
    if kind is ObjectKind.REFUNDS:
        _read_listed(at, Origin.STRIPE, ObjectKind.REFUND, id)
        return
    refresh.read(at, origin, kind, id, lambda unit, snapshot: _follow(unit, at, [snapshot]))


def _read_listed(at: MerchantContext, origin: Origin, kind: ObjectKind, parent: str) -> None:
    """Read every invoice of a contact, or refund of a charge, where the event names only that."""
    door = at.payments if origin is Origin.STRIPE else at.invoicing
    cursor, pages = "", True
    while pages:
        page: Page = door.list_page(kind, cursor=cursor, parent=parent)
        seen = [Seen(snapshot, page.at) for snapshot in page.snapshots]
        with at.db.write() as unit:
            save(unit, at, origin, seen)
        cursor, pages = page.cursor, bool(page.cursor)


def save(unit: Unit, at: MerchantContext, origin: Origin, seen: Sequence[Seen]) -> None:
    """Write what a provider told, and let what follows from it happen."""
    refresh.save(unit, at.merchant, origin, seen, now=at.now)
    _follow(unit, at, [one.snapshot for one in seen])


def _follow(unit: Unit, at: MerchantContext, told: Sequence[Snapshot]) -> None:
    """Let what follows from what was told happen: to payments, new methods, waiting changes."""
    for snapshot in told:
        if not isinstance(snapshot, Gone):
            intents.follow(unit, at, snapshot)
            backups.follow(unit, at, snapshot)
            collections.follow(unit, at, snapshot)
            recurrences.follow(unit, at, snapshot)
        if isinstance(snapshot, Invoice):
            counterparts.follow(unit, at, snapshot)
        if isinstance(snapshot, Refund):
            credit_notes.follow(unit, at, snapshot)
        if isinstance(snapshot, CheckoutSession):
            payment_methods.follow(unit, at, snapshot)
    mandates.follow(unit, at, told)
    held = [one for one in told if isinstance(one, Subscription)]
    changes.follow(unit, at, held)
    debits.follow_renewals(unit, at, held)


def _give_back(at: MerchantContext, group: Sequence[Row[Any]], error: Exception) -> None:
    tries = max(row.tries for row in group) + 1
    is_dead = tries >= MOST_TRIES and not isinstance(error, GatewayError | SecretUnreadable)
    log.warning(
        "inbox.failed",
        merchant=at.merchant.slug,
        id=group[-1].event,
        tries=tries,
        is_dead=is_dead,
        error=type(error).__name__,
    )
    with at.db.write() as unit:
        inbox.postpone(
            unit,
            [row.id for row in group],
            f"{type(error).__name__}: {error}",
            until=at.now + back_off(tries),
            is_dead=is_dead,
        )


def back_off(tries: int) -> timedelta:
    """Return how long to wait before the next try: 1, 2, 4 … seconds, an hour at most."""
    return timedelta(seconds=min(2 ** min(max(tries - 1, 0), 12), 3600))


def _read(
    endpoint: Endpoint, body: bytes, headers: Mapping[str, str], now: datetime
) -> ProviderEvent:
    if endpoint.provider is Origin.STRIPE:
        signature = headers.get("Stripe-Signature", "")
        return stripe_events.read_event(
            body, signature, endpoint.secrets, account=endpoint.account, now=now
        )
    return holded_events.read_event(
        body, headers, endpoint.secrets, account=endpoint.account, now=now
    )


def _read_endpoint(reader: Reader, keyring: Keyring, id: str) -> Endpoint:
    row = reader.row(_ENDPOINT, {"id": id})
    sealed = secrets.find(reader, keyring, row.merchant_id, secret_field(id)) if row else None
    if row is None or not sealed:
        raise NotFound(f"endpoint {id}")
    return Endpoint(
        id=row.id,
        merchant_id=row.merchant_id,
        provider=Origin(row.provider),
        account=row.account,
        livemode=row.livemode,
        secrets=tuple(sealed.split()),
    )
