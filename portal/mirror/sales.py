"""What becomes of each sale, written beside its invoice whenever a part of it is told.

Lists, searches and sums read single rows, so each row says how its invoice stands as its customer
sees it: which half of a matched pair is shown, what is left, what was credited, given back or
disputed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

from sqlalchemy import (
    CompoundSelect,
    Date,
    Index,
    Row,
    String,
    Table,
    Text,
    bindparam,
    exists,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import MinorUnits, Reader, Unit, word
from portal.domain.customers import Origin
from portal.domain.disputes import Dispute, together
from portal.domain.invoices import Contested, Invoice, InvoiceKind, InvoiceState
from portal.domain.merchants import Merchant
from portal.domain.payments import PaymentState
from portal.domain.purchase_orders import Span
from portal.domain.refunds import Refund, given_back
from portal.domain.sales import Fate, Sale, after, are_one, as_seen, key_of, shared_out
from portal.mirror import disputes, refunds, rows
from portal.mirror.disputes import DisputeRow
from portal.mirror.refunds import RefundRow
from portal.store.payments import PaymentRow, ShareRow
from portal.store.purchase_orders import PurchaseOrderRow
from portal.store.settlements import SettlementRow

T = TypeVar("T")
# The columns that say how an invoice stands as its customer sees it.
SEEN = (
    "state",
    "currency",
    "total",
    "due",
    "paid",
    "is_foreign",
    "is_open",
    "credited",
    "refunded",
    "contested",
)
BROUGHT_MONEY = (PaymentState.SUCCEEDED, PaymentState.BOOKED)


class InvoiceRow(rows.MirroredRow):
    """One invoice or credit note.

    Its columns tell the invoice as its customer sees it; `snapshot` is what its origin tells.
    `shown` is false for drafts, for the Stripe half of a sale that Holded invoiced as well, and for
    a proforma once an invoice was `made_from` it: what is due is paid on that one.
    `matches` is the key of the sale in both halves, `twin` the id of the other half where the two
    are one, `via` the open Stripe invoice through which Holded's is paid. `due_key` and
    `issued_key` are what lists sort by, and are never empty.
    """

    __tablename__ = "invoices"

    origin: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    total: Mapped[MinorUnits]
    due: Mapped[MinorUnits]
    paid: Mapped[MinorUnits]
    issued_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_key: Mapped[date] = mapped_column(Date)
    issued_key: Mapped[date] = mapped_column(Date)
    description: Mapped[str] = mapped_column(String(300))
    is_foreign: Mapped[bool]
    is_open: Mapped[bool]
    shown: Mapped[bool]
    matches: Mapped[str] = mapped_column(String(64))
    made_from: Mapped[str] = mapped_column(String(64), default="")
    intent: Mapped[str] = mapped_column(String(64))
    via: Mapped[str] = mapped_column(String(64), default="", server_default="")
    twin: Mapped[str] = mapped_column(String(64), default="", server_default="")
    corrects: Mapped[str] = mapped_column(String(64), default="", server_default="")
    credited: Mapped[MinorUnits] = mapped_column(default=0, server_default="0")
    refunded: Mapped[MinorUnits] = mapped_column(default=0, server_default="0")
    contested: Mapped[str] = mapped_column(String(8), default="", server_default="")

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """The open ones by due day (also summed), the rest by day of issue; and what ties sales."""
        is_open = text("is_open")
        is_draft = text("state = 'draft'")
        has_intent, has_corrects = text("intent <> ''"), text("corrects <> ''")
        return (
            Index(
                "ix_invoices_open",
                "customer_id",
                "due_key",
                "id",
                "currency",
                "due",
                sqlite_where=is_open,
                postgresql_where=is_open,
            ),
            Index("ix_invoices_all", "customer_id", "issued_key", "id"),
            Index("ix_invoices_matches", "merchant_id", "matches"),
            Index("ix_invoices_made_from", "merchant_id", "made_from"),
            Index(
                "ix_invoices_drafts",
                "customer_id",
                sqlite_where=is_draft,
                postgresql_where=is_draft,
            ),
            Index(
                "ix_invoices_intent",
                "merchant_id",
                "intent",
                sqlite_where=has_intent,
                postgresql_where=has_intent,
            ),
            Index(
                "ix_invoices_corrects",
                "merchant_id",
                "corrects",
                sqlite_where=has_corrects,
                postgresql_where=has_corrects,
            ),
        )


_OF = (
    InvoiceRow.merchant_id == bindparam("merchant"),
    InvoiceRow.livemode == bindparam("livemode"),
)
_ROWS = select(
    InvoiceRow.id,
    InvoiceRow.customer_id,
    InvoiceRow.provider_id,
    InvoiceRow.matches,
    InvoiceRow.intent,
    InvoiceRow.snapshot,
)
_BY_ID = _ROWS.where(
    *_OF,
    InvoiceRow.account.in_(bindparam("accounts", expanding=True)),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
)
_BY_INTENT = _ROWS.where(
    *_OF, InvoiceRow.intent != word(""), InvoiceRow.intent.in_(bindparam("intents", expanding=True))
)
_BY_KEY = _ROWS.where(
    *_OF, InvoiceRow.matches != word(""), InvoiceRow.matches.in_(bindparam("keys", expanding=True))
)
_NOTES = _ROWS.where(
    *_OF,
    InvoiceRow.corrects != word(""),
    InvoiceRow.corrects.in_(bindparam("ids", expanding=True)),
    InvoiceRow.origin == Origin.HOLDED,
    InvoiceRow.kind == InvoiceKind.CREDIT_NOTE,
    InvoiceRow.state == InvoiceState.PAID,
)
_SHARES = (
    select(
        ShareRow.payment_id,
        ShareRow.invoice,
        ShareRow.amount,
        PaymentRow.intent,
        SettlementRow.excess,
    )
    .join(PaymentRow, PaymentRow.id == ShareRow.payment_id)
    .outerjoin(
        SettlementRow,
        (SettlementRow.payment_id == ShareRow.payment_id)
        & (SettlementRow.invoice == ShareRow.invoice),
    )
    .where(
        ShareRow.merchant_id == bindparam("merchant"),
        ShareRow.livemode == bindparam("livemode"),
        PaymentRow.intent != "",
        PaymentRow.state.in_(BROUGHT_MONEY),
    )
    .order_by(ShareRow.payment_id, ShareRow.invoice)
)
_SHARES_OF_INVOICES = _SHARES.where(ShareRow.invoice.in_(bindparam("ids", expanding=True)))
_SHARES_OF_INTENTS = _SHARES.where(PaymentRow.intent.in_(bindparam("intents", expanding=True)))


_HAS_FATE = [
    exists().where(
        fate.merchant_id == InvoiceRow.merchant_id,
        fate.intent == InvoiceRow.intent,
        InvoiceRow.intent != "",
    )
    for fate in (RefundRow, DisputeRow)
]
_SHARE_HAS_FATE = [
    exists().where(
        ShareRow.merchant_id == InvoiceRow.merchant_id,
        ShareRow.invoice == InvoiceRow.provider_id,
        PaymentRow.id == ShareRow.payment_id,
        fate.merchant_id == PaymentRow.merchant_id,
        fate.intent == PaymentRow.intent,
        PaymentRow.intent != "",
    )
    for fate in (RefundRow, DisputeRow)
]
_MOVED = select(InvoiceRow.provider_id).where(
    *_OF,
    InvoiceRow.account.in_(bindparam("accounts", expanding=True)),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
    or_(*_HAS_FATE, *_SHARE_HAS_FATE),
)
_NAMED = select(InvoiceRow.intent).where(
    *_OF,
    InvoiceRow.customer_id == bindparam("customer"),
    InvoiceRow.account.in_(bindparam("accounts", expanding=True)),
    InvoiceRow.provider_id.in_(bindparam("ids", expanding=True)),
    InvoiceRow.intent != "",
)
_PAID_WITH = (
    select(PaymentRow.intent)
    .join(ShareRow, ShareRow.payment_id == PaymentRow.id)
    .where(
        ShareRow.merchant_id == bindparam("merchant"),
        ShareRow.livemode == bindparam("livemode"),
        ShareRow.invoice.in_(bindparam("ids", expanding=True)),
        PaymentRow.intent != "",
    )
)
_NOTES_BESIDE = select(
    literal("note").label("kind"), sql_cast(InvoiceRow.snapshot, Text).label("snapshot")
).where(
    *_OF,
    InvoiceRow.customer_id == bindparam("customer"),
    InvoiceRow.corrects != word(""),
    InvoiceRow.corrects.in_(bindparam("ids", expanding=True)),
    InvoiceRow.kind == InvoiceKind.CREDIT_NOTE,
    InvoiceRow.shown.is_(True),
)
_FATES_BESIDE = [
    select(literal(kind), sql_cast(fate.snapshot, Text)).where(
        fate.merchant_id == bindparam("merchant"),
        fate.livemode == bindparam("livemode"),
        fate.account == bindparam("stripe_account"),
        fate.intent.in_(_NAMED.union(_PAID_WITH)),
    )
    for kind, fate in (("refund", RefundRow), ("dispute", DisputeRow))
]
_ORDER_BESIDE = select(literal("order"), sql_cast(PurchaseOrderRow.reference, Text)).where(
    PurchaseOrderRow.customer_id == bindparam("customer"),
    PurchaseOrderRow.merchant_id == bindparam("merchant"),
    PurchaseOrderRow.span == Span.NEXT,
)
_BESIDE: CompoundSelect[Any] = union_all(_NOTES_BESIDE, *_FATES_BESIDE, _ORDER_BESIDE)
_TABLE = cast("Table", InvoiceRow.__table__)
_CHANGE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}") for name in (*SEEN, "shown", "twin", "via", "intent")})
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is told beside an invoice: credit notes newest first, the rest in its order of time.

    `next_order` is the customer's reference that waits for the next invoice.
    """

    notes: tuple[Invoice, ...]
    refunds: tuple[Refund, ...]
    disputes: tuple[Dispute, ...]
    next_order: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """A row of an invoice, and the invoice as its origin tells it."""

    row: Row[Any]
    told: Invoice


def beside(visit: Visit, *ids: str) -> Beside:
    """Return what is told beside an invoice of the visit's customer, in one statement.

    Of a matched pair both ids are given: a note may correct either half.
    """
    values = {
        **_of(visit.merchant),
        "stripe_account": visit.merchant.stripe_account,
        "customer": visit.customer.id,
        "ids": [id for id in ids if id],
    }
    found: dict[str, list[str]] = {}
    for row in visit.db.rows(_BESIDE, values):
        found.setdefault(row.kind, []).append(row.snapshot)
    return Beside(
        notes=tuple(sorted(_loaded(Invoice, found.get("note")), key=_age, reverse=True)),
        refunds=tuple(sorted(_loaded(Refund, found.get("refund")), key=_began)),
        disputes=tuple(sorted(_loaded(Dispute, found.get("dispute")), key=_began)),
        next_order=found.get("order", [""])[-1],
    )


def _loaded(kind: type[T], snapshots: list[str] | None) -> list[T]:
    return [rows.load(kind, snapshot) for snapshot in snapshots or ()]


def _age(note: Invoice) -> tuple[date, str]:
    return note.issued_on or date.min, note.id


def _began(fate: Refund | Dispute) -> tuple[float, str]:
    return fate.created_at.timestamp() if fate.created_at else 0.0, fate.id


def columns_of(seen: Invoice) -> dict[str, Any]:
    """Return the columns that say how an invoice stands as its customer sees it."""
    is_open = seen.is_open and not seen.is_note and seen.contested is not Contested.OPEN
    return {name: getattr(seen, name) for name in SEEN if name != "is_open"} | {"is_open": is_open}


def keys_of(unit: Unit, merchant: Merchant, ids: Collection[str]) -> set[str]:
    """Return the names under which invoices were one half of a sale, before they are written."""
    found = _read(unit, _BY_ID, merchant, ids=ids)
    return {known.row.matches for known in found if known.row.matches}


def follow_invoices(
    unit: Unit, merchant: Merchant, invoices: Sequence[Invoice], *, keys: Collection[str] = ()
) -> None:
    """Write what becomes of the sales that invoices and credit notes just written are a part of.

    `keys` names sales they were a part of before.
    """
    ids = {invoice.id for invoice in invoices}
    if merchant.has_holded:
        named = {key_of(invoice) for invoice in invoices} - {""}
        ids |= {invoice.corrects for invoice in invoices if invoice.corrects}
        ids |= {one.told.id for one in _read(unit, _BY_KEY, merchant, keys={*named, *keys})}
    else:
        # What Stripe alone knows of tells all of itself, except what became of its payments.
        moved = unit.rows(_MOVED, {**_of(merchant), "ids": sorted(ids)})
        ids = {row.provider_id for row in moved}
    _follow(unit, merchant, ids)


def follow_payments(unit: Unit, merchant: Merchant, intents: Collection[str]) -> None:
    """Write what becomes of the sales that these payment intents paid."""
    wanted = {intent for intent in intents if intent}
    if wanted:
        shares = unit.rows(_SHARES_OF_INTENTS, {**_of(merchant), "intents": sorted(wanted)})
        ids = {one.told.id for one in _read(unit, _BY_INTENT, merchant, intents=wanted)}
        _follow(unit, merchant, ids | {share.invoice for share in shares})


def as_owed(reader: Reader, merchant: Merchant, told: Invoice) -> Invoice:
    """Return an invoice that was just read from its origin as its customer sees it.

    Whoever charges one decides on this: its origin knows nothing of what the other half was paid,
    of credit notes nobody has offset, and of disputes.
    """
    known = [
        _Known(one.row, told) if one.told.id == told.id else one
        for one in _with_halves(reader, merchant, {told.id})
    ]
    found = _seen(reader, merchant, known)
    return next((seen for one, seen, _ in found if one.told.id == told.id), told)


def _follow(unit: Unit, merchant: Merchant, ids: Collection[str]) -> None:
    found = _seen(unit, merchant, _with_halves(unit, merchant, ids))
    changes = [_change(one, seen, other) for one, seen, other in found]
    if changes:
        unit.connection().execute(_CHANGE, changes)


def _change(one: _Known, seen: Invoice, other: _Known | None) -> dict[str, Any]:
    is_of_stripe = one.told.origin is Origin.STRIPE
    pays = other if other is not None and not is_of_stripe else None
    return {
        "row": one.row.id,
        **{f"new_{name}": value for name, value in columns_of(seen).items()},
        "new_shown": seen.is_listed and not (other is not None and is_of_stripe),
        "new_twin": other.told.id if other is not None else "",
        "new_via": pays.told.id if pays is not None and pays.told.is_open else "",
        # What Stripe collects by itself is under way for the half that is shown as well.
        "new_intent": one.row.intent if is_of_stripe else pays.row.intent if pays else "",
    }


def _with_halves(reader: Reader, merchant: Merchant, ids: Collection[str]) -> list[_Known]:
    """Read invoices, and whatever may be the other half of one."""
    known = _read(reader, _BY_ID, merchant, ids=ids)
    keys = {one.row.matches for one in known if one.row.matches}
    if merchant.has_holded and keys:
        here = {one.row.id for one in known}
        halves = _read(reader, _BY_KEY, merchant, keys=keys)
        known += [one for one in halves if one.row.id not in here]
    return known


def _seen(
    reader: Reader, merchant: Merchant, known: Sequence[_Known]
) -> list[tuple[_Known, Invoice, _Known | None]]:
    """Return each invoice as its customer sees it, with the other half of its sale."""
    others = _others(known) if merchant.has_holded else {}
    notes = _notes(reader, merchant, known) if merchant.has_holded else {}
    fates = _fates(reader, merchant, known)
    found = []
    for one in known:
        other = others.get(one.told.id)
        halves = [one, *([other] if other else [])]
        total = (other.told if other and one.told.is_foreign else one.told).total
        back, contested = after(
            total, [fate for half in halves for fate in fates.get(half.told.id, ())]
        )
        sale = Sale(
            one.told,
            other.told if other else None,
            tuple(notes.get(one.told.id, ())),
            back,
            contested,
        )
        found.append((one, as_seen(sale), other))
    return found


def _others(known: Sequence[_Known]) -> dict[str, _Known]:
    """Return, by id, the half of the same customer that is one sale with an invoice."""
    by_key: dict[tuple[str, int], list[_Known]] = {}
    for one in known:
        if one.row.matches:
            by_key.setdefault((one.row.matches, one.row.customer_id), []).append(one)
    found: dict[str, _Known] = {}
    for halves in by_key.values():
        stripe = next((one for one in halves if one.told.origin is Origin.STRIPE), None)
        for one in halves:
            is_half = stripe is not None and one.told.origin is Origin.HOLDED
            if is_half and stripe is not None and are_one(one.told, stripe.told):
                found[one.told.id] = stripe
                found.setdefault(stripe.told.id, one)
    return found


def _notes(reader: Reader, merchant: Merchant, known: Sequence[_Known]) -> dict[str, list[Invoice]]:
    ids = {one.told.id for one in known if one.told.origin is Origin.HOLDED}
    found: dict[str, list[Invoice]] = {}
    for note in _read(reader, _NOTES, merchant, ids=ids):
        if not note.told.is_foreign:
            found.setdefault(note.told.corrects, []).append(note.told)
    return found


def _fates(reader: Reader, merchant: Merchant, known: Sequence[_Known]) -> dict[str, list[Fate]]:
    """Return what became of each payment of some invoices, by the id of the invoice.

    Empty where nothing went back and nothing was disputed, which is nearly always.
    """
    ids = {one.told.id for one in known}
    if not ids:
        return {}
    of_stripe = [one for one in known if one.told.origin is Origin.STRIPE]
    own = {one.row.intent: one for one in of_stripe if one.row.intent}
    shares = reader.rows(_SHARES_OF_INVOICES, {**_of(merchant), "ids": sorted(ids)})
    intents = sorted({*own, *(share.intent for share in shares)})
    if not intents:
        return {}
    gave_back = refunds.list_of_intents(reader, merchant, intents)
    disputed = disputes.list_of_intents(reader, merchant, intents)
    if not gave_back and not disputed:
        return {}
    by_intent: dict[str, list[Row[Any]]] = {}
    for share in reader.rows(_SHARES_OF_INTENTS, {**_of(merchant), "intents": intents}):
        by_intent.setdefault(share.intent, []).append(share)
    found: dict[str, list[Fate]] = {}
    for intent in intents:
        back = given_back(gave_back.get(intent, ()))
        contested = together(disputed.get(intent, ()))
        if intent in by_intent:
            for id, fate in _fates_of_shares(by_intent[intent], back, contested):
                found.setdefault(id, []).append(fate)
        elif back or contested or _was_collected(own[intent].told):
            found.setdefault(own[intent].told.id, []).append(Fate(None, back, contested))
    return found


def _fates_of_shares(
    shares: Sequence[Row[Any]], back: int, contested: Any
) -> Iterable[tuple[str, Fate]]:
    """Yield the fate of each invoice's share; what was too much goes back first."""
    given = {share.invoice: share.amount - (share.excess or 0) for share in shares}
    # A settlement says what was booked; the share of one that was not needed is all excess.
    excess = sum(share.excess or 0 for share in shares)
    parts = shared_out(max(back - excess, 0), given)
    for invoice, share in given.items():
        if share > 0:
            yield invoice, Fate(share, parts[invoice], contested)


def _was_collected(told: Invoice) -> bool:
    return told.origin is Origin.STRIPE and told.state is InvoiceState.PAID and told.paid > 0


def _read(
    reader: Reader, statement: Any, merchant: Merchant, **named: Collection[str]
) -> list[_Known]:
    if not all(named.values()):
        return []
    values = {**_of(merchant), **{name: sorted(ids) for name, ids in named.items()}}
    return [_Known(row, rows.load(Invoice, row.snapshot)) for row in reader.rows(statement, values)]


def _of(merchant: Merchant) -> dict[str, Any]:
    return {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "accounts": [merchant.stripe_account, merchant.holded_account],
    }
