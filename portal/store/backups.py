"""The method a customer named to be charged when the first one is refused."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, upsert


class BackupRow(Base):
    """The one backup method of a customer, by Stripe's id."""

    __tablename__ = "backups"

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    method: Mapped[str] = mapped_column(String(64))
    chosen_at: Mapped[datetime]


_FIND = select(BackupRow.method).where(BackupRow.customer_id == bindparam("customer"))


def find(reader: Reader, customer_id: int) -> str:
    """Return the backup method of a customer, empty if none was named."""
    row = reader.row(_FIND, {"customer": customer_id})
    return str(row.method) if row is not None else ""


def choose(unit: Unit, customer_id: int, method: str, *, now: datetime) -> None:
    """Write the backup method of a customer in place of the one before."""
    insert = upsert(unit.dialect, BackupRow).values(
        customer_id=customer_id, method=method, chosen_at=now
    )
    unit.execute(
        insert.on_conflict_do_update(
            index_elements=["customer_id"],
            set_={"method": insert.excluded.method, "chosen_at": insert.excluded.chosen_at},
        )
    )


def drop(unit: Unit, customer_id: int, method: str) -> bool:
    """Let a customer have no backup any more, if it is this one; say whether it was."""
    return (
        unit.write(
            delete(BackupRow).where(
                BackupRow.customer_id == customer_id, BackupRow.method == method
            )
        )
        > 0
    )
