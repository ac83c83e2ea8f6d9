"""What the first page shows of a customer besides invoices, read in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Row,
    Text,
    bindparam,
    cast,
    exists,
    literal,
    null,
    select,
    union_all,
)

from portal.context import Visit
from portal.db import flag
from portal.domain.customers import Origin, Profile
from portal.domain.payments import Intent, IntentState, PaymentState
from portal.domain.subscriptions import Schedule, Subscription
from portal.mirror import mandates, payment_methods, rows, sources
from portal.mirror.customers import ProfileRow
from portal.mirror.intents import IntentRow
from portal.mirror.invoices import InvoiceRow
from portal.mirror.payment_methods import PaymentMethodRow, Wallet
from portal.mirror.subscriptions import Held, ScheduleRow, SubscriptionRow
from portal.store.backups import BackupRow
from portal.store.payments import PaymentRow


@dataclass(frozen=True, slots=True)
class Slip:
    """A voucher that Stripe made for an invoice, by id and number, and that waits to be paid."""

    invoice: str
    number: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Holdings:
    """A customer's running subscriptions (newest first), methods, and what both systems know.

    `has_ended` says that there are subscriptions that have ended, `backup` is the id of the method
    named to be charged when the first is refused. `failing` names each provider
    that does not answer with the last moment it did.
    """

    subscriptions: tuple[Held, ...]
    wallet: Wallet
    holded_profile: Profile | None
    failing: dict[Origin, datetime | None]
    has_ended: bool
    slips: tuple[Slip, ...] = ()
    backup: str = ""

    @property
    def profile(self) -> Profile | None:
        """Return the profile that facts are told from: Stripe's, which can be changed here."""
        return self.wallet.profile or self.holded_profile


_SUBSCRIPTIONS = (
    select(
        literal("subscription").label("kind"),
        cast(SubscriptionRow.snapshot, Text).label("snapshot"),
        cast(ScheduleRow.snapshot, Text).label("more"),
        SubscriptionRow.state_at.label("at"),
        literal("").label("mandate"),
        literal("").label("failure"),
    )
    .outerjoin(
        ScheduleRow,
        (ScheduleRow.merchant_id == SubscriptionRow.merchant_id)
        & (ScheduleRow.livemode == SubscriptionRow.livemode)
        & (ScheduleRow.account == SubscriptionRow.account)
        & (ScheduleRow.subscription == SubscriptionRow.provider_id),
    )
    .where(
        *rows.of_account(SubscriptionRow),
        SubscriptionRow.customer_id == bindparam("customer"),
        SubscriptionRow.is_ended.is_(False),
    )
)
_METHODS = select(
    literal("method"),
    cast(PaymentMethodRow.snapshot, Text),
    cast(PaymentMethodRow.id, Text),
    PaymentMethodRow.state_at,
    mandates.of_method(PaymentMethodRow),
    PaymentMethodRow.failure,
).where(
    *rows.of_account(PaymentMethodRow),
    PaymentMethodRow.customer_id == bindparam("customer"),
    PaymentMethodRow.is_detached.is_(False),
)
_PROFILES = select(
    literal("profile"),
    cast(ProfileRow.snapshot, Text),
    literal(""),
    ProfileRow.state_at,
    literal(""),
    literal(""),
).where(
    ProfileRow.merchant_id == bindparam("merchant"),
    ProfileRow.livemode == bindparam("livemode"),
    ProfileRow.customer_id == bindparam("customer"),
)
_SILENT = sources.FAILING.subquery("silent")
_FAILING = select(
    literal("failing"),
    cast(_SILENT.c.origin, Text),
    literal(""),
    _SILENT.c.at,
    literal(""),
    literal(""),
)
_ENDED = exists().where(
    *rows.of_account(SubscriptionRow),
    SubscriptionRow.customer_id == bindparam("customer"),
    SubscriptionRow.is_ended.is_(True),
)
_HAS_ENDED = select(
    literal("ended"), literal(""), literal(""), null(), literal(""), literal("")
).where(_ENDED)
# Those that Stripe made; the slips of payments of ours are told with what is due.
_SLIPS = (
    select(
        literal("slip"),
        cast(IntentRow.snapshot, Text),
        cast(InvoiceRow.provider_id, Text),
        IntentRow.state_at,
        cast(InvoiceRow.number, Text),
        literal(""),
    )
    .join(
        InvoiceRow,
        (InvoiceRow.merchant_id == IntentRow.merchant_id)
        & (InvoiceRow.livemode == IntentRow.livemode)
        & (InvoiceRow.account == IntentRow.account)
        & (InvoiceRow.intent == IntentRow.provider_id),
    )
    .where(
        *rows.of_account(InvoiceRow),
        InvoiceRow.customer_id == bindparam("customer"),
        flag(InvoiceRow.is_open),
        IntentRow.state == IntentState.REQUIRES_ACTION,
        ~exists().where(
            PaymentRow.merchant_id == IntentRow.merchant_id,
            PaymentRow.account == IntentRow.account,
            PaymentRow.livemode == IntentRow.livemode,
            PaymentRow.intent == IntentRow.provider_id,
            PaymentRow.state == PaymentState.NEEDS_BANK,
        ),
    )
)
_BACKUP = select(
    literal("backup"),
    cast(BackupRow.method, Text),
    literal(""),
    BackupRow.chosen_at,
    literal(""),
    literal(""),
).where(BackupRow.customer_id == bindparam("customer"))
_ALL: CompoundSelect[Any] = union_all(
    _SUBSCRIPTIONS, _METHODS, _PROFILES, _FAILING, _HAS_ENDED, _SLIPS, _BACKUP
)


def asked(visit: Visit) -> tuple[CompoundSelect[Any], dict[str, Any]]:
    """Return what is asked of the database to know what a customer holds."""
    account = rows.account_values(visit.merchant, Origin.STRIPE)
    return _ALL, {
        **account,
        "customer": visit.customer.id,
        **sources.failing_before(visit.now),
    }


def look(visit: Visit) -> Sequence[Row[Any]]:
    """Read what a customer holds."""
    return visit.db.rows(*asked(visit))


def named_by(found: Sequence[Row[Any]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the products and of the coupons that what `look` found names."""
    named = [_named_by(row.snapshot) for row in found if row.kind == "subscription"]
    return (
        frozenset(product for products, _ in named for product in products),
        frozenset(coupon for _, coupons in named for coupon in coupons),
    )


@lru_cache(maxsize=1_024)
def _named_by(snapshot: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    held = rows.load(Subscription, snapshot)
    return (
        tuple(item.price.product for item in held.items),
        tuple(discount.coupon for discount in held.discounts if discount.coupon),
    )


def holdings(found: Sequence[Row[Any]]) -> Holdings:
    """Return what `look` found."""
    by_kind: dict[str, list[Any]] = {}
    for row in found:
        by_kind.setdefault(row.kind, []).append(row)
    profiles = [rows.load(Profile, row.snapshot) for row in by_kind.get("profile", ())]
    oldest_first = sorted(by_kind.get("method", ()), key=lambda row: int(row.more))
    methods = [payment_methods.read(row.snapshot, row.mandate, row.failure) for row in oldest_first]
    return Holdings(
        subscriptions=_held(by_kind.get("subscription", [])),
        wallet=Wallet(tuple(methods), _of(profiles, Origin.STRIPE)),
        holded_profile=_of(profiles, Origin.HOLDED),
        failing=sources.longest_silent(
            (row.snapshot, row.at) for row in by_kind.get("failing", ())
        ),
        has_ended="ended" in by_kind,
        slips=_slips(by_kind.get("slip", [])),
        backup=next((row.snapshot for row in by_kind.get("backup", ())), ""),
    )


def _held(found: list[Any]) -> tuple[Held, ...]:
    """Return each subscription once; of several schedules, the one that can still change it."""
    held: dict[str, Held] = {}
    for row in found:
        subscription = rows.load(Subscription, row.snapshot)
        schedule = rows.load(Schedule, row.more) if row.more else None
        known = held.get(subscription.id)
        if known is None or (schedule is not None and schedule.status in {"active", "not_started"}):
            held[subscription.id] = Held(subscription, schedule)
    return tuple(
        sorted(
            held.values(),
            key=lambda one: (
                one.subscription.created_at is not None,
                one.subscription.created_at,
                one.subscription.id,
            ),
            reverse=True,
        )
    )


def _slips(found: list[Any]) -> tuple[Slip, ...]:
    told = [Slip(row.more, row.mandate, rows.load(Intent, row.snapshot)) for row in found]
    return tuple(slip for slip in told if slip.intent.has_slip)


def _of(profiles: list[Profile], origin: Origin) -> Profile | None:
    return next((profile for profile in profiles if profile.origin is origin), None)
