"""What a provider told us: the event, and which kind of object it speaks about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class ObjectKind(StrEnum):
    """The kinds of provider objects we mirror; `mirror/refresh.py` has a row for each."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    PAYMENT_INTENT = "payment_intent"
    CHECKOUT_SESSION = "checkout_session"
    PAYMENT_METHOD = "payment_method"
    PRODUCT = "product"
    PRICE = "price"
    COUPON = "coupon"
    SCHEDULE = "schedule"
    CONFIGURATION = "configuration"
    METHOD_SETTINGS = "method_settings"
    CREDIT_NOTE = "credit_note"
    MANDATE = "mandate"
    PROFORMA = "proforma"
    RECURRENCE = "recurrence"
    REFUND = "refund"
    # Not an object: every open invoice of this contact, where Holded tells of a payment on one.
    PAYMENTS = "payments"
    # Not an object: every refund of this charge, where Stripe tells that it was refunded.
    REFUNDS = "refunds"


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event, verified at the door.

    `kind` is None when the event is about nothing we mirror. `payload` is the provider's own JSON
    of the object, None where the provider sends too little to be worth saving. `created_at` is
    the provider's clock, `speaks_our_version` says whether the payload has the shape we read.
    """

    id: str
    type: str
    account: str
    livemode: bool
    created_at: datetime
    kind: ObjectKind | None
    object_id: str
    payload: Mapping[str, Any] | None = None
    speaks_our_version: bool = True
    is_deletion: bool = False


def is_provably_newer(candidate: datetime, held: datetime | None) -> bool:
    """Say whether a state of `candidate` must be later than the one we hold.

     Both are the provider's clock, which has whole seconds: within one second nothing is proved
    , and the object has to be read again.
    """
    return held is None or _whole_seconds(candidate) > _whole_seconds(held)


def _whole_seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
