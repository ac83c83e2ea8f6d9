"""Subscriptions as Stripe tells them, and what their states mean."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain.catalogue import Price
from portal.domain.money import Money


class SubscriptionStatus(StrEnum):
    """Stripe's states of a subscription."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})
# A method must stay while one of these wants money (the portal's rule on the last method).
NEEDS_METHOD = frozenset(
    {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE}
)


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One line of a subscription; the billing period sits here since API version basil."""

    id: str
    price: Price
    quantity: int
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount in force on a subscription; `ends_at` is None while it has no end."""

    id: str
    coupon: str
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """One future phase of a schedule: when it starts and the (price, quantity) pairs it brings."""

    starts_at: datetime
    items: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A subscription schedule; only `not_started` and `active` ones can still change something.

    `is_own` says that its customer planned it here, so that its customer may undo it; what the
    merchant planned is the merchant's to undo.
    """

    id: str
    subscription: str
    status: str
    phases: tuple[PhaseChange, ...] = ()
    is_own: bool = False

    def pending(self, now: datetime) -> PhaseChange | None:
        """Return the next phase that has not begun."""
        if self.status not in {"not_started", "active"}:
            return None
        return next((phase for phase in self.phases if phase.starts_at > now), None)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `has_more_items` says that Stripe did not send all its items at once.

    `pending_items` are the (price, quantity) pairs of a change that waits for its payment.
    """

    id: str
    customer: str
    status: SubscriptionStatus
    currency: str
    items: tuple[SubscriptionItem, ...]
    has_more_items: bool = False
    collection_method: str = "charge_automatically"
    billing_mode: str = "classic"
    default_payment_method: str = ""
    default_source: str = ""
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    trial_end: datetime | None = None
    schedule: str = ""
    discounts: tuple[Discount, ...] = ()
    pending_update_expires_at: datetime | None = None
    pending_items: tuple[tuple[str, int], ...] = ()
    latest_invoice: str = ""
    paused_by_collection: bool = False
    resumes_at: datetime | None = None
    description: str = ""
    created_at: datetime | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in ENDED

    @property
    def is_paused(self) -> bool:
        """Whether it is paused and makes no invoices, unlike where only collecting is paused."""
        return self.status is SubscriptionStatus.PAUSED

    @property
    def is_paused_here(self) -> bool:
        """Whether its customer paused it, until `resumes_at`."""
        return self.is_paused and self.resumes_at is not None

    @property
    def is_change_waiting(self) -> bool:
        """Whether a change waits for its invoice to be paid, and the old plan stays until then."""
        return self.pending_update_expires_at is not None

    @property
    def is_trialing(self) -> bool:
        """Whether its trial is running."""
        return self.status is SubscriptionStatus.TRIALING

    @property
    def is_invoiced(self) -> bool:
        """Whether invoices are sent for it to be paid, and nothing is charged by itself."""
        return self.collection_method == "send_invoice"

    @property
    def is_charged(self) -> bool:
        """Whether its renewals are charged by themselves, and so need a method."""
        return not self.is_invoiced and self.status in NEEDS_METHOD

    @property
    def is_cancelling(self) -> bool:
        """Whether an end is set; classic and flexible billing record it in different fields."""
        return not self.is_ended and (self.cancel_at is not None or self.cancel_at_period_end)

    @property
    def period_end(self) -> datetime | None:
        """Return the latest end of its items' periods, when a cancellation would take effect."""
        ends = [item.period_end for item in self.items if item.period_end is not None]
        return max(ends, default=None)

    @property
    def ends_at(self) -> datetime | None:
        """Return when a set cancellation takes effect."""
        return (self.cancel_at or self.period_end) if self.is_cancelling else None

    @property
    def renews_at(self) -> datetime | None:
        """Return when its next invoice is made and charged, None if none is to be expected."""
        end = self.period_end
        ends = self.ends_at
        is_stopped = self.paused_by_collection or (ends is not None and end and ends <= end)
        return end if self.is_charged and not is_stopped else None

    @property
    def has_several_items(self) -> bool:
        """Whether it has more than one item, seen or unseen."""
        return len(self.items) > 1 or self.has_more_items

    def recurring_amount(self) -> Money | None:
        """Return what a period costs before tax and discounts; None where usage decides."""
        amounts = [
            (None if unit is None or item.price.is_metered else unit.amount * item.quantity)
            for item in self.items
            for unit in [item.price.amount_in(self.currency)]
        ]
        if self.has_more_items or any(amount is None for amount in amounts):
            return None
        return Money(sum(amount for amount in amounts if amount is not None), self.currency)
