"""The payment methods customers have saved at Stripe."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.context import Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.domain.payment_methods import PaymentMethod
from portal.mirror import rows
from portal.store import customers


class PaymentMethodRow(rows.MirroredRow):
    """One saved method; a detached one stays, so that a late event cannot revive it."""

    __tablename__ = "payment_methods"

    customer_id: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    is_detached: Mapped[bool]

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """A customer's, oldest first."""
        return (Index("ix_payment_methods_customer_id", "customer_id", "is_detached", "id"),)


_OF_CUSTOMER = (
    select(PaymentMethodRow.snapshot)
    .where(
        *rows.of_account(PaymentMethodRow),
        PaymentMethodRow.customer_id == bindparam("customer"),
        PaymentMethodRow.is_detached.is_(False),
    )
    .order_by(PaymentMethodRow.id)
)
_ONE = _OF_CUSTOMER.where(PaymentMethodRow.provider_id == bindparam("id"))


def list_of_customer(visit: Visit, *, reader: Reader | None = None) -> list[PaymentMethod]:
    """Return the customer's methods, oldest first."""
    found = (reader or visit.db).rows(_OF_CUSTOMER, _whose(visit))
    return [rows.load(PaymentMethod, row.snapshot) for row in found]


def get(visit: Visit, id: str, *, reader: Reader | None = None) -> PaymentMethod:
    """Return one method of the customer; raises NotFound."""
    row = (reader or visit.db).row(_ONE, {**_whose(visit), "id": id})
    if row is None:
        raise NotFound(f"payment method {id}")
    return rows.load(PaymentMethod, row.snapshot)


def save(
    unit: Unit,
    merchant: Merchant,
    methods: Sequence[tuple[PaymentMethod, datetime]],
    *,
    now: datetime,
) -> None:
    """Write methods with the provider's time of each; a detached one keeps its owner."""
    for method, at in methods:
        if method.is_detached or not method.customer:
            _detach(unit, merchant, method.id, at)
        else:
            rows.save(unit, PaymentMethodRow, [_row(unit, merchant, method, at, now)])


def remove(unit: Unit, merchant: Merchant, id: str, *, at: datetime) -> None:
    """Mark a method as gone at its provider."""
    _detach(unit, merchant, id, at)


def _row(
    unit: Unit, merchant: Merchant, method: PaymentMethod, at: datetime, now: datetime
) -> dict[str, Any]:
    payer = customers.get_or_add(unit, merchant, Origin.STRIPE, method.customer, now=now)
    return {
        **rows.key_of(merchant, Origin.STRIPE, method.id),
        "customer_id": payer.id,
        "type": method.type,
        "is_detached": False,
        "state_at": at,
        "snapshot": rows.dump(method),
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
