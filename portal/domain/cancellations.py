"""Why people leave, and what became of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.configurations import PortalConfiguration
from portal.domain.subscriptions import Subscription, SubscriptionStatus

# Stripe's `cancellation_details.feedback`, in the order of its documentation.
FEEDBACK = (
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
)
COMMENT_LENGTH = 500


class CancellationOutcome(StrEnum):
    """What a visit to the cancel page ended in."""

    CANCELLED_AT_END = "cancelled_at_end"
    CANCELLED_NOW = "cancelled_now"
    KEPT_WITH_OFFER = "kept_with_offer"
    RESUMED = "resumed"


class OfferOutcome(StrEnum):
    """What somebody did whom an offer fitted; CANCELLED also where they had accepted it before."""

    SHOWN = "shown"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    KEPT = "kept"


class Period(StrEnum):
    """What the period is that a cancelled subscription runs to the end of."""

    PAID = "paid"
    TRIAL = "trial"
    PAUSED = "paused"
    OWED = "owed"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody said on leaving; both may be empty. `feedback` is one of Stripe's words."""

    feedback: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        if self.feedback and self.feedback not in FEEDBACK:
            raise ValueError(f"not a reason Stripe knows: {self.feedback!r}")


def ends_at_once(subscription: Subscription, configuration: PortalConfiguration) -> bool:
    """Whether cancelling ends a subscription now, and not with its period.

    One whose first invoice was never paid has no period to run to, nor has one that is paused: its
    period was cut when the pause began. Stripe takes no date for them.
    """
    is_unpaid = subscription.status is SubscriptionStatus.INCOMPLETE
    return is_unpaid or subscription.is_paused or configuration.cancel_mode == "immediately"


def period_of(subscription: Subscription) -> Period:
    """Say what somebody has until a cancellation takes effect, which is not always paid."""
    if subscription.paused_by_collection or subscription.status is SubscriptionStatus.PAUSED:
        return Period.PAUSED
    if subscription.is_trialing:
        return Period.TRIAL
    is_owed = subscription.status in {SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID}
    return Period.OWED if is_owed else Period.PAID


def shuffled(options: Iterable[str], seed: str) -> tuple[str, ...]:
    """Return the reasons in an order of the visitor's own, "other" last.

    The first in a list is chosen more often than it is true; the same visitor finds the same order.
    """

    def place(option: str) -> tuple[bool, str]:
        return option == "other", hashlib.sha256(f"{seed}:{option}".encode()).hexdigest()

    return tuple(sorted(options, key=place))
