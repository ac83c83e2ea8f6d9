"""Profiles of customers: what Stripe and Holded know of each payer, and their addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.context import Visit
from portal.db import Base, Reader, Unit
from portal.domain.customers import Origin, Profile, canonical_email
from portal.domain.merchants import Merchant
from portal.mirror import rows
from portal.mirror.invoices import InvoiceRow
from portal.store import customers, payments
from portal.store.customers import CustomerRow


class ProfileRow(rows.MirroredRow):
    """One Stripe customer or Holded contact.

    `customer_id` is the payer it belongs to, `names_contact` the Holded contact that the merchant
    wrote into a Stripe customer's metadata.
    """

    __tablename__ = "customer_profiles"

    origin: Mapped[str] = mapped_column(String(10))
    customer_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(300))
    names_contact: Mapped[str] = mapped_column(String(64), default="")
    is_deleted: Mapped[bool]

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """A customer's profiles are read on every page; a contact is looked up by who names it."""
        return (
            Index("ix_customer_profiles_customer_id", "customer_id", "origin"),
            Index("ix_customer_profiles_names_contact", "merchant_id", "names_contact"),
        )


class EmailRow(Base):
    """One address under which a customer is known, in the form addresses are compared in."""

    __tablename__ = "customer_emails"

    id: Mapped[int] = mapped_column(primary_key=True)
    merchant_id: Mapped[int]
    livemode: Mapped[bool]
    profile_origin: Mapped[str] = mapped_column(String(10))
    profile: Mapped[str] = mapped_column(String(120))
    customer_id: Mapped[int]
    email: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(300))

    __table_args__ = (
        Index("ix_customer_emails_email", "merchant_id", "livemode", "email"),
        Index("ix_customer_emails_profile", "merchant_id", "livemode", "profile_origin", "profile"),
    )


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """What a chooser or a mail needs of a customer; `address` is where its mail goes."""

    id: int
    name: str
    address: str
    tax_id: str
    stripe_customer: str
    holded_contact: str
    locale: str
    told_locales: tuple[str, ...]

    def language_or(self, default: str) -> str:
        """Return the customer's language: chosen here, told by a provider, else the default."""
        return next((tag for tag in (self.locale, *self.told_locales) if tag), default)


_stripe = aliased(ProfileRow)
_holded = aliased(ProfileRow)
_CARD = (
    select(
        CustomerRow.id,
        CustomerRow.stripe_customer,
        CustomerRow.holded_contact,
        CustomerRow.locale,
        _stripe.snapshot.label("stripe"),
        _holded.snapshot.label("holded"),
    )
    .outerjoin(_stripe, (_stripe.customer_id == CustomerRow.id) & (_stripe.origin == "stripe"))
    .outerjoin(_holded, (_holded.customer_id == CustomerRow.id) & (_holded.origin == "holded"))
    .where(
        CustomerRow.merchant_id == bindparam("merchant"),
        CustomerRow.livemode == bindparam("livemode"),
    )
)
_BY_ID = _CARD.where(CustomerRow.id == bindparam("customer"))
_BY_EMAIL = _CARD.where(
    CustomerRow.id.in_(
        select(EmailRow.customer_id).where(
            EmailRow.merchant_id == bindparam("merchant"),
            EmailRow.livemode == bindparam("livemode"),
            EmailRow.email == bindparam("email"),
        )
    )
).order_by(CustomerRow.id)


def list_by_email(reader: Reader, merchant: Merchant, email: str) -> list[CustomerCard]:
    """Return every customer known under a canonical address, with the address as stored."""
    found = reader.rows(_BY_EMAIL, {**_whose(merchant), "email": email})
    return [_card(row, email) for row in found]


def find_card(reader: Reader, merchant: Merchant, customer_id: int) -> CustomerCard | None:
    """Return one customer of a merchant."""
    row = reader.row(_BY_ID, {**_whose(merchant), "customer": customer_id})
    return None if row is None else _card(row)


def profiles(reader: Reader, visit: Visit) -> tuple[Profile | None, Profile | None]:
    """Return what Stripe and what Holded know of the visit's customer."""
    row = reader.row(_BY_ID, {**_whose(visit.merchant), "customer": visit.customer.id})
    return (None, None) if row is None else (_profile(row.stripe), _profile(row.holded))


def save(unit: Unit, merchant: Merchant, profile: Profile, *, at: datetime, now: datetime) -> None:
    """Write a profile, its addresses and, where both systems name it, that they are one payer."""
    held = rows.held_at(unit, ProfileRow, merchant, profile.origin, [profile.id]).get(profile.id)
    if held is not None and held > at:
        return
    payer = customers.get_or_add(unit, merchant, profile.origin, profile.id, now=now)
    payer = _join(unit, merchant, payer, profile, now=now)
    rows.save(unit, ProfileRow, [_row(merchant, profile, payer.id, at)])
    _save_emails(unit, merchant, profile, payer.id)


def forget(unit: Unit, merchant: Merchant, origin: Origin, id: str, *, at: datetime) -> None:
    """Mark a profile as deleted at its provider: its name stays, its addresses open nothing."""
    row = unit.scalars(_own(merchant, origin, id)).one_or_none()
    if row is None or row.state_at > at:
        return
    gone = replace(rows.load(Profile, row.snapshot), is_deleted=True)
    row.is_deleted, row.state_at, row.snapshot = True, at, rows.dump(gone)
    unit.flush()
    _forget_emails(unit, merchant, origin, id)


def _join(
    unit: Unit, merchant: Merchant, payer: CustomerRow, profile: Profile, *, now: datetime
) -> CustomerRow:
    """Make one payer of a Stripe customer and the Holded contact that belongs to it.

    Only what the merchant wrote into Stripe's metadata decides. An equal address is no proof: a
    customer may change the address of the Stripe half, and would then be shown the invoices of
    whoever has it in Holded. Two halves with one address are offered as a choice after sign-in.
    """
    other = _other_half(unit, merchant, profile)
    if other is None or other.id == payer.id:
        return payer
    is_stripe = profile.origin is Origin.STRIPE
    stripe_half, holded_half = (payer, other) if is_stripe else (other, payer)
    if stripe_half.holded_contact or holded_half.stripe_customer:
        return payer
    _merge(unit, keep=stripe_half, give_up=holded_half)
    return stripe_half


def _other_half(unit: Unit, merchant: Merchant, profile: Profile) -> CustomerRow | None:
    if profile.origin is Origin.HOLDED:
        return _stripe_customer_naming(unit, merchant, profile.id)
    if not profile.holded_contact:
        return None
    return customers.find_by_provider(unit, merchant, Origin.HOLDED, profile.holded_contact)


def _stripe_customer_naming(unit: Unit, merchant: Merchant, contact: str) -> CustomerRow | None:
    naming = unit.scalars(
        select(ProfileRow.customer_id).where(
            ProfileRow.merchant_id == merchant.id,
            ProfileRow.livemode == merchant.livemode,
            ProfileRow.origin == Origin.STRIPE,
            ProfileRow.names_contact == contact,
        )
    ).all()
    return unit.get(CustomerRow, naming[0]) if len(naming) == 1 else None


def _merge(unit: Unit, *, keep: CustomerRow, give_up: CustomerRow) -> None:
    contact, account = give_up.holded_contact, give_up.holded_account
    give_up.holded_contact = give_up.holded_account = ""
    unit.flush()
    keep.holded_contact, keep.holded_account = contact, account
    unit.flush()
    for model in (ProfileRow, EmailRow, InvoiceRow):
        unit.execute(
            update(model).where(model.customer_id == give_up.id).values(customer_id=keep.id)
        )
    payments.hand_over(unit, give_up.id, keep.id)


def _row(merchant: Merchant, profile: Profile, customer_id: int, at: datetime) -> dict[str, Any]:
    return {
        **rows.key_of(merchant, profile.origin, profile.id),
        "origin": profile.origin,
        "customer_id": customer_id,
        "name": profile.name[:300],
        "email": profile.email[:300],
        "names_contact": profile.holded_contact[:64],
        "is_deleted": profile.is_deleted,
        "state_at": at,
        "snapshot": rows.dump(profile),
    }


def _save_emails(unit: Unit, merchant: Merchant, profile: Profile, customer_id: int) -> None:
    _forget_emails(unit, merchant, profile.origin, profile.id)
    if profile.is_deleted:
        return
    unit.add_all(
        EmailRow(
            merchant_id=merchant.id,
            livemode=merchant.livemode,
            profile_origin=profile.origin,
            profile=profile.id,
            customer_id=customer_id,
            email=canonical_email(address)[:300],
            address=address[:300],
        )
        for address in profile.emails
    )
    unit.flush()


def _forget_emails(unit: Unit, merchant: Merchant, origin: Origin, id: str) -> None:
    unit.execute(
        delete(EmailRow).where(
            EmailRow.merchant_id == merchant.id,
            EmailRow.livemode == merchant.livemode,
            EmailRow.profile_origin == origin,
            EmailRow.profile == id,
        )
    )


def _own(merchant: Merchant, origin: Origin, id: str) -> Any:
    return select(ProfileRow).filter_by(**rows.key_of(merchant, origin, id))


def _whose(merchant: Merchant) -> dict[str, Any]:
    return {"merchant": merchant.id, "livemode": merchant.livemode}


def _profile(text: str | None) -> Profile | None:
    return None if text is None else rows.load(Profile, text)


def _card(row: Any, email: str = "") -> CustomerCard:
    known = [profile for profile in (_profile(row.stripe), _profile(row.holded)) if profile]
    return CustomerCard(
        id=row.id,
        name=next((profile.name for profile in known if profile.name), ""),
        address=_address(known, email),
        tax_id=next((tax.value for profile in known for tax in profile.tax_ids), ""),
        stripe_customer=row.stripe_customer,
        holded_contact=row.holded_contact,
        locale=row.locale,
        told_locales=tuple(locale for profile in known for locale in profile.locales),
    )


def _address(known: Sequence[Profile], email: str) -> str:
    """Return the stored spelling of the address asked for, else the main one."""
    stored = [address for profile in known for address in profile.emails]
    same = [address for address in stored if canonical_email(address) == email]
    return (same or stored or [""])[0]
