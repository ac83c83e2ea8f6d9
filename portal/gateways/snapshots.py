"""What every gateway gives back: snapshots with the provider's own time of them."""

from dataclasses import dataclass
from datetime import datetime

from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Profile
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.mandates import Mandate
from portal.domain.method_types import MethodSettings
from portal.domain.payment_methods import PaymentMethod
from portal.domain.payments import CheckoutSession, Intent
from portal.domain.recurrences import Recurrence
from portal.domain.refunds import Refund
from portal.domain.subscriptions import Schedule, Subscription


@dataclass(frozen=True, slots=True)
class Gone:
    """An object the provider no longer has."""

    kind: ObjectKind
    id: str


Snapshot = (
    Profile
    | Subscription
    | Schedule
    | Invoice
    | Recurrence
    | Intent
    | CheckoutSession
    | PaymentMethod
    | Mandate
    | Refund
    | MethodSettings
    | Product
    | Price
    | Coupon
    | PortalConfiguration
    | Gone
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot and when the provider says it was true: the answer's `Date`, never our clock."""

    snapshot: Snapshot
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; `cursor` is empty on the last one."""

    snapshots: tuple[Snapshot, ...]
    at: datetime
    cursor: str = ""
