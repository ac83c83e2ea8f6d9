"""Questions to the merchant, with their answers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Reader, Unit, word
from portal.domain.enquiries import About, Enquiry, EnquiryState, Topic
from portal.domain.errors import NotFound

MOST_OF_NAME = 200
_OPEN = "state = 'open'"


class EnquiryRow(Base):
    """One question; the same customer has one open question of a topic on a subject."""

    __tablename__ = "enquiries"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    number: Mapped[int]
    topic: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(MOST_OF_NAME))
    why: Mapped[str] = mapped_column(String(40), default="")
    message: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(10), default=EnquiryState.OPEN)
    answer: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("merchant_id", "number"),
        Index(
            "uq_enquiries_open",
            "merchant_id",
            "customer_id",
            "topic",
            "subject",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
    )

    def to_enquiry(self) -> Enquiry:
        """Return what is told of it."""
        return Enquiry(
            number=self.number,
            customer_id=self.customer_id,
            topic=Topic(self.topic),
            subject=self.subject,
            name=self.name,
            why=self.why,
            message=self.message,
            email=self.email,
            state=EnquiryState(self.state),
            answer=self.answer,
            at=self.at,
            changed_at=self.changed_at,
        )


def add(
    unit: Unit,
    merchant_id: int,
    customer_id: int,
    number: int,
    about: About,
    message: str,
    *,
    email: str,
    now: datetime,
) -> EnquiryRow:
    """Write an open question under the number of its receipt."""
    row = EnquiryRow(
        merchant_id=merchant_id,
        customer_id=customer_id,
        number=number,
        topic=about.topic,
        subject=about.subject,
        name=about.name[:MOST_OF_NAME],
        why=about.why,
        message=message,
        email=email,
        state=EnquiryState.OPEN,
        at=now,
        changed_at=now,
    )
    unit.add(row)
    unit.flush()
    return row


_IS_OPEN = EnquiryRow.state == word(EnquiryState.OPEN)


def find_open(unit: Unit, merchant_id: int, customer_id: int, about: About) -> EnquiryRow | None:
    """Return the question of a customer about the same that waits for its answer."""
    return unit.scalar(
        select(EnquiryRow).where(
            EnquiryRow.merchant_id == merchant_id,
            EnquiryRow.customer_id == customer_id,
            EnquiryRow.topic == about.topic,
            EnquiryRow.subject == about.subject,
            _IS_OPEN,
        )
    )


def count_open(reader: Reader, merchant_id: int, customer_id: int) -> int:
    """Return how many questions of a customer wait for their answer."""
    found = reader.row(
        select(func.count().label("waiting"))
        .select_from(EnquiryRow)
        .where(
            EnquiryRow.merchant_id == merchant_id,
            EnquiryRow.customer_id == customer_id,
            _IS_OPEN,
        )
    )
    return int(found.waiting) if found is not None else 0


def get_of_customer(unit: Unit, merchant_id: int, customer_id: int, number: int) -> Enquiry:
    """Return a customer's question by its number; raises NotFound."""
    row = unit.scalar(_numbered(merchant_id, number).where(EnquiryRow.customer_id == customer_id))
    if row is None:
        raise NotFound(f"question {number}")
    return row.to_enquiry()


def get(unit: Unit, merchant_id: int, number: int) -> EnquiryRow:
    """Return a merchant's question by its number, held against other writers; raises NotFound."""
    row = unit.scalar(_numbered(merchant_id, number).with_for_update())
    if row is None:
        raise NotFound(f"question {number}")
    return row


def _numbered(merchant_id: int, number: int) -> Select[EnquiryRow]:
    return select(EnquiryRow).where(
        EnquiryRow.merchant_id == merchant_id, EnquiryRow.number == number
    )


def list_open(unit: Unit, merchant_id: int | None = None) -> list[EnquiryRow]:
    """Return the questions that wait, of one merchant or of all, the oldest first."""
    wanted = select(EnquiryRow).where(_IS_OPEN).order_by(EnquiryRow.at, EnquiryRow.id)
    if merchant_id is not None:
        wanted = wanted.where(EnquiryRow.merchant_id == merchant_id)
    return list(unit.scalars(wanted))
