"""The payment methods customers have saved at Stripe."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, String, and_, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin, Profile
from portal.domain.errors import NotFound
from portal.domain.mandates import Mandate
from portal.domain.merchants import Merchant
from portal.domain.payment_methods import SOON, Failure, PaymentMethod, effective_method
from portal.domain.subscriptions import Subscription
from portal.mirror import mandates, rows
from portal.mirror.customers import ProfileRow
from portal.store import customers
from portal.store.customers import CustomerRow


class PaymentMethodRow(rows.MirroredRow):
    """One saved method; a detached one stays, so that a late event cannot revive it.

    `failure` is the last debit that came back, as JSON, empty where the last one did not.
    """

    __tablename__ = "payment_methods"

    customer_id: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    is_detached: Mapped[bool]
    failure: Mapped[str] = mapped_column(String(200), default="")
    expires_on: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """A customer's, oldest first, and a merchant's cards by their last day."""
        return (
            Index("ix_payment_methods_customer_id", "customer_id", "is_detached", "id"),
            Index("ix_payment_methods_expires_on", "merchant_id", "expires_on"),
        )


@dataclass(frozen=True, slots=True)
class Owned:
    """A method and whose it is."""

    customer_id: int
    method: PaymentMethod


@dataclass(frozen=True, slots=True)
class Wallet:
    """A customer's methods, oldest first, and what Stripe knows of the customer, if anything."""

    methods: tuple[PaymentMethod, ...] = ()
    profile: Profile | None = None

    @property
    def default(self) -> str:
        """Return the id of the method invoices are charged to, empty if there is none."""
        return self.profile.default_payment_method if self.profile else ""

    def find(self, id: str) -> PaymentMethod | None:
        """Return one of the methods."""
        return next((method for method in self.methods if method.id == id), None)

    def charged_by(self, subscription: Subscription) -> PaymentMethod | None:
        """Return the method a subscription would charge, None if it has none that we know."""
        return self.find(effective_method(subscription, self.default))


_MANDATE = mandates.of_method(PaymentMethodRow).label("mandate")
_OF_CUSTOMER = (
    select(PaymentMethodRow.snapshot, _MANDATE, PaymentMethodRow.failure)
    .where(
        *rows.of_account(PaymentMethodRow),
        PaymentMethodRow.customer_id == bindparam("customer"),
        PaymentMethodRow.is_detached.is_(False),
    )
    .order_by(PaymentMethodRow.id)
)
_WALLET = (
    select(
        ProfileRow.snapshot.label("profile"),
        PaymentMethodRow.snapshot.label("method"),
        _MANDATE,
        PaymentMethodRow.failure,
    )
    .select_from(CustomerRow)
    .outerjoin(
        ProfileRow, (ProfileRow.customer_id == CustomerRow.id) & (ProfileRow.origin == "stripe")
    )
    .outerjoin(
        PaymentMethodRow,
        and_(
            *rows.of_account(PaymentMethodRow),
            PaymentMethodRow.customer_id == CustomerRow.id,
            PaymentMethodRow.is_detached.is_(False),
        ),
    )
    .where(CustomerRow.id == bindparam("customer"))
    .order_by(PaymentMethodRow.id)
)
_ONE = _OF_CUSTOMER.where(PaymentMethodRow.provider_id == bindparam("id"))
_ANYBODYS = select(
    PaymentMethodRow.customer_id, PaymentMethodRow.snapshot, _MANDATE, PaymentMethodRow.failure
).where(*rows.of_account(PaymentMethodRow), PaymentMethodRow.is_detached.is_(False))
_OWNED = _ANYBODYS.where(PaymentMethodRow.provider_id == bindparam("id"))
_EXPIRING = _ANYBODYS.where(
    PaymentMethodRow.expires_on.between(bindparam("today"), bindparam("soon"))
)


def list_of_customer(visit: Visit, *, reader: Reader | None = None) -> list[PaymentMethod]:
    """Return the customer's methods, oldest first."""
    found = (reader or visit.db).rows(_OF_CUSTOMER, _whose(visit))
    return [read(row.snapshot, row.mandate, row.failure) for row in found]


def wallet(visit: Visit, *, reader: Reader | None = None) -> Wallet:
    """Return the customer's methods and their default, in one statement."""
    return wallet_of(reader or visit.db, visit.merchant, visit.customer.id)


def wallet_of(reader: Reader, merchant: Merchant, customer_id: int) -> Wallet:
    """Return the methods of a customer and their default, in one statement."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "customer": customer_id}
    found = reader.rows(_WALLET, values)
    profile = next((rows.load(Profile, row.profile) for row in found if row.profile), None)
    methods = tuple(read(row.method, row.mandate, row.failure) for row in found if row.method)
    return Wallet(methods, profile)


def get(visit: Visit, id: str, *, reader: Reader | None = None) -> PaymentMethod:
    """Return one method of the customer; raises NotFound."""
    row = (reader or visit.db).row(_ONE, {**_whose(visit), "id": id})
    if row is None:
        raise NotFound(f"payment method {id}")
    return read(row.snapshot, row.mandate, row.failure)


def find(reader: Reader, merchant: Merchant, customer_id: int, id: str) -> PaymentMethod | None:
    """Return one method of a customer, None if it is not kept."""
    values = {**rows.account_values(merchant, Origin.STRIPE), "customer": customer_id, "id": id}
    row = reader.row(_ONE, values)
    return None if row is None else read(row.snapshot, row.mandate, row.failure)


def find_owned(reader: Reader, merchant: Merchant, id: str) -> Owned | None:
    """Return a method of whichever customer and whose it is, None if it is not kept."""
    row = reader.row(_OWNED, {**rows.account_values(merchant, Origin.STRIPE), "id": id})
    return (
        None
        if row is None
        else Owned(row.customer_id, read(row.snapshot, row.mandate, row.failure))
    )


def read(snapshot: str, mandate: str | None, failure: str | None) -> PaymentMethod:
    """Return a method with the mandate it stands on and the debit that came back, all as JSON."""
    method = rows.load(PaymentMethod, snapshot)
    if not (mandate or failure):
        return method
    return replace(
        method,
        mandate=rows.load(Mandate, mandate) if mandate else None,
        failure=rows.load(Failure, failure) if failure else None,
    )


def save(
    unit: Unit,
    merchant: Merchant,
    methods: Sequence[tuple[PaymentMethod, datetime]],
    *,
    now: datetime,
) -> None:
    """Write methods with the provider's time of each; a detached one keeps its owner."""
    kept = [(method, at) for method, at in methods if method.customer and not method.is_detached]
    payers = customers.ids_of(
        unit, merchant, Origin.STRIPE, {method.customer for method, _ in kept}, now=now
    )
    rows.save(
        unit,
        PaymentMethodRow,
        [_row(merchant, method, at, payers[method.customer]) for method, at in kept],
    )
    for method, at in methods:
        if method.is_detached or not method.customer:
            _detach(unit, merchant, method.id, at)


def remove(unit: Unit, merchant: Merchant, id: str, *, at: datetime) -> None:
    """Mark a method as gone at its provider."""
    _detach(unit, merchant, id, at)


def list_expiring(reader: Reader, merchant: Merchant, today: date) -> list[Owned]:
    """Return the cards of all customers whose last day is near."""
    values = {
        **rows.account_values(merchant, Origin.STRIPE),
        "today": today,
        "soon": today + SOON,
    }
    return [
        Owned(row.customer_id, read(row.snapshot, row.mandate, row.failure))
        for row in reader.rows(_EXPIRING, values)
    ]


def note_failure(unit: Unit, merchant: Merchant, id: str, failure: Failure | None) -> None:
    """Note that the last debit of a method came back, or (None) that it did not."""
    told = rows.dump(failure) if failure else ""
    unit.execute(
        update(PaymentMethodRow)
        .filter_by(**rows.key_of(merchant, Origin.STRIPE, id))
        .where(PaymentMethodRow.failure != told)
        .values(failure=told)
    )


def _row(
    merchant: Merchant, method: PaymentMethod, at: datetime, customer_id: int
) -> dict[str, Any]:
    return {
        **rows.key_of(merchant, Origin.STRIPE, method.id),
        "customer_id": customer_id,
        "type": method.type,
        "expires_on": method.last_day,
        "is_detached": False,
        "state_at": at,
        "snapshot": rows.dump(replace(method, mandate=None, failure=None)),
    }


def _detach(unit: Unit, merchant: Merchant, id: str, at: datetime) -> None:
    unit.execute(
        update(PaymentMethodRow)
        .filter_by(**rows.key_of(merchant, Origin.STRIPE, id))
        .where(PaymentMethodRow.state_at <= at)
        .values(is_detached=True, state_at=at)
    )


def _whose(visit: Visit) -> dict[str, Any]:
    return {
        **rows.account_values(visit.merchant, Origin.STRIPE),
        "customer": visit.customer.id,
    }
