"""The recurring invoices Holded makes for customers, with the days still to come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, select
from sqlalchemy.orm import Mapped

from portal.context import Visit
from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.recurrences import Recurrence
from portal.mirror import rows
from portal.store import customers


class RecurrenceRow(rows.MirroredRow):
    """One recurring invoice of a contact."""

    __tablename__ = "recurrences"

    customer_id: Mapped[int]

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """A customer's, oldest first."""
        return (Index("ix_recurrences_customer_id", "customer_id", "id"),)


_OF_CUSTOMER = (
    select(RecurrenceRow.snapshot)
    .where(*rows.of_account(RecurrenceRow), RecurrenceRow.customer_id == bindparam("customer"))
    .order_by(RecurrenceRow.id)
)
_ALL = (
    select(RecurrenceRow.provider_id, RecurrenceRow.snapshot)
    .where(*rows.of_account(RecurrenceRow))
    .order_by(RecurrenceRow.id)
)


def list_of_customer(visit: Visit) -> list[Recurrence]:
    """Return the customer's recurring invoices that still make one, oldest first."""
    values = rows.account_values(visit.merchant, Origin.HOLDED)
    found = visit.db.rows(_OF_CUSTOMER, {**values, "customer": visit.customer.id})
    plans = [rows.load(Recurrence, row.snapshot) for row in found]
    return [plan for plan in plans if plan.coming(visit.today)]


def find(reader: Reader, merchant: Merchant, id: str) -> Recurrence | None:
    """Return a recurring invoice whoever it is for, None if it is not held."""
    held = rows.find(reader, RecurrenceRow, merchant, Origin.HOLDED, id)
    return None if held is None else rows.load(Recurrence, held[1])


def list_all(reader: Reader, merchant: Merchant) -> dict[str, Recurrence]:
    """Return every recurring invoice we hold of a merchant by Holded's id."""
    found = reader.rows(_ALL, rows.account_values(merchant, Origin.HOLDED))
    return {row.provider_id: rows.load(Recurrence, row.snapshot) for row in found}


def save(
    unit: Unit,
    merchant: Merchant,
    plans: Sequence[tuple[Recurrence, datetime]],
    *,
    now: datetime,
) -> None:
    """Write recurring invoices with Holded's time of each; one of nobody is left out."""
    plans = [(plan, at) for plan, at in plans if plan.customer]
    payers = customers.ids_of(
        unit, merchant, Origin.HOLDED, {plan.customer for plan, _ in plans}, now=now
    )
    rows.save(
        unit,
        RecurrenceRow,
        [
            {
                **rows.key_of(merchant, Origin.HOLDED, plan.id),
                "customer_id": payers[plan.customer],
                "state_at": at,
                "snapshot": rows.dump(plan),
            }
            for plan, at in plans
        ],
    )
