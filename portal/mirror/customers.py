"""Profiles of customers: what Stripe and Holded know of each payer, and their addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.context import Visit
from portal.db import Base, Reader, Unit
from portal.domain.customers import Origin, Profile, canonical_email
from portal.domain.merchants import Merchant
from portal.mirror import rows
from portal.store import customers
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

_NAMING = select(ProfileRow.names_contact, ProfileRow.customer_id).where(
    ProfileRow.merchant_id == bindparam("merchant"),
    ProfileRow.livemode == bindparam("livemode"),
    ProfileRow.origin == Origin.STRIPE,
    ProfileRow.names_contact.in_(bindparam("contacts", expanding=True)),
)
_OF_PROFILES = (
    EmailRow.merchant_id == bindparam("merchant"),
    EmailRow.livemode == bindparam("livemode"),
    EmailRow.profile_origin == bindparam("origin"),
    EmailRow.profile.in_(bindparam("profiles", expanding=True)),
)
_EMAILS = select(EmailRow.profile, EmailRow.customer_id, EmailRow.email, EmailRow.address).where(
    *_OF_PROFILES
)
_DELETE_EMAILS = delete(EmailRow).where(*_OF_PROFILES)


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


def save(
    unit: Unit,
    merchant: Merchant,
    profiles: Sequence[tuple[Profile, datetime]],
    *,
    now: datetime,
) -> None:
    """Write profiles and their addresses, and make one payer of two that the merchant joined."""
    for origin in Origin:
        of_origin = [(told, at) for told, at in profiles if told.origin is origin]
        if of_origin:
            _save_of(unit, merchant, origin, of_origin, now)


def _save_of(
    unit: Unit,
    merchant: Merchant,
    origin: Origin,
    profiles: Sequence[tuple[Profile, datetime]],
    now: datetime,
) -> None:
    ids = [profile.id for profile, _ in profiles]
    held = rows.held_at(unit, ProfileRow, merchant, origin, ids)
    newer = [(told, at) for told, at in profiles if told.id not in held or held[told.id] <= at]
    payers = customers.ids_of(unit, merchant, origin, [told.id for told, _ in newer], now=now)
    _join(unit, merchant, origin, [told for told, _ in newer], payers)
    rows.save(unit, ProfileRow, [_row(merchant, told, payers[told.id], at) for told, at in newer])
    _save_emails(unit, merchant, origin, [told for told, _ in newer], payers)


def forget(unit: Unit, merchant: Merchant, origin: Origin, id: str, *, at: datetime) -> None:
    """Mark a profile as deleted at its provider: its name stays, its addresses open nothing."""
    row = unit.scalars(_own(merchant, origin, id)).one_or_none()
    if row is None or row.state_at > at:
        return
    gone = replace(rows.load(Profile, row.snapshot), is_deleted=True)
    row.is_deleted, row.state_at, row.snapshot = True, at, rows.dump(gone)
    unit.flush()
    unit.execute(_DELETE_EMAILS, {**_whose(merchant), "origin": origin, "profiles": [id]})


def join(unit: Unit, merchant: Merchant, customer_id: int, contact: str) -> None:
    """Make a Holded contact that was made for a Stripe customer the other half of that payer."""
    known = customers.find_ids(unit, merchant, Origin.HOLDED, [contact]).get(contact)
    if known is None:
        row = unit.get_one(CustomerRow, customer_id)
        if not row.holded_contact:
            row.holded_contact, row.holded_account = contact, merchant.holded_account
            unit.flush()
    elif known != customer_id:
        _merge(unit, keep=customer_id, give_up=known)


def _join(
    unit: Unit,
    merchant: Merchant,
    origin: Origin,
    profiles: Sequence[Profile],
    payers: dict[str, int],
) -> None:
    """Make one payer of a Stripe customer and the Holded contact that belongs to it.

    Only what the merchant wrote into Stripe's metadata decides. An equal address is no proof: a
    customer may change the address of the Stripe half, and would then be shown the invoices of
    whoever has it in Holded. Two halves with one address are offered as a choice after sign-in.
    `payers` is brought up to date with who is left.
    """
    others = _other_halves(unit, merchant, origin, profiles)
    for profile in profiles:
        own, other = payers[profile.id], others.get(profile.id)
        if other is None or other == own:
            continue
        stripe_half, holded_half = (own, other) if origin is Origin.STRIPE else (other, own)
        if _merge(unit, keep=stripe_half, give_up=holded_half):
            payers[profile.id] = stripe_half


def _other_halves(
    unit: Unit, merchant: Merchant, origin: Origin, profiles: Sequence[Profile]
) -> dict[str, int]:
    """Return, by profile, the payer of the other system that the merchant says it is."""
    if origin is Origin.STRIPE:
        contacts = {told.id: told.holded_contact for told in profiles if told.holded_contact}
        known = customers.find_ids(unit, merchant, Origin.HOLDED, set(contacts.values()))
        return {id: known[contact] for id, contact in contacts.items() if contact in known}
    found = unit.rows(
        _NAMING, {**_whose(merchant), "contacts": [profile.id for profile in profiles]}
    )
    named = [row.names_contact for row in found]
    return {row.names_contact: row.customer_id for row in found if named.count(row[0]) == 1}


def _merge(unit: Unit, *, keep: int, give_up: int) -> bool:
    """Give everything of the Holded half to the Stripe half; False if either has another."""
    kept, given_up = unit.get_one(CustomerRow, keep), unit.get_one(CustomerRow, give_up)
    if kept.holded_contact or given_up.stripe_customer:
        return False
    contact, account = given_up.holded_contact, given_up.holded_account
    given_up.holded_contact = given_up.holded_account = ""
    unit.flush()
    kept.holded_contact, kept.holded_account = contact, account
    unit.flush()
    for table in Base.metadata.tables.values():
        if "customer_id" in table.c:
            whose = table.c.customer_id
            unit.write(update(table).where(whose == give_up).values(customer_id=keep))
    unit.delete(given_up)
    unit.flush()
    return True


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


def _save_emails(
    unit: Unit,
    merchant: Merchant,
    origin: Origin,
    profiles: Sequence[Profile],
    payers: dict[str, int],
) -> None:
    """Keep the addresses of profiles; those that did not change are not written again."""
    wanted = {
        (told.id, payers[told.id], canonical_email(address)[:300], address[:300])
        for told in profiles
        if not told.is_deleted
        for address in told.emails
    }
    values = {
        **_whose(merchant),
        "origin": origin,
        "profiles": [told.id for told in profiles],
    }
    held = {tuple(row) for row in unit.rows(_EMAILS, values)} if profiles else set()
    changed = {row[0] for row in wanted ^ held}
    if not changed:
        return
    unit.execute(_DELETE_EMAILS, {**values, "profiles": sorted(changed)})
    fresh = [row for row in wanted if row[0] in changed]
    if fresh:
        unit.execute(insert(EmailRow), [_email_row(merchant, origin, row) for row in fresh])


def _email_row(
    merchant: Merchant, origin: Origin, row: tuple[str, int, str, str]
) -> dict[str, Any]:
    profile, customer_id, email, address = row
    return {
        "merchant_id": merchant.id,
        "livemode": merchant.livemode,
        "profile_origin": origin,
        "profile": profile,
        "customer_id": customer_id,
        "email": email,
        "address": address,
    }


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
