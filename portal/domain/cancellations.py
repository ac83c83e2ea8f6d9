"""Why people leave, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody said on leaving; both may be empty. `feedback` is one of Stripe's words."""

    feedback: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        if self.feedback and self.feedback not in FEEDBACK:
            raise ValueError(f"not a reason Stripe knows: {self.feedback!r}")
