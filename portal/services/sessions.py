"""Portal sessions: found for a cookie in one statement, started, given a customer, and ended."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from portal import keys
from portal.context import Customer, MerchantContext, Visit
from portal.db import Database, Unit
from portal.domain.access import ACTIVITY_STEP, EVERYTHING, Scope, is_session_alive
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.mirror import customers
from portal.mirror.customers import CustomerCard, ProfileRow
from portal.store import sessions
from portal.store.customers import CustomerRow
from portal.store.merchants import MERCHANT_COLUMNS, MerchantRow
from portal.store.sessions import SessionRow

BY_SIGN_IN, BY_INVOICE_LINK, BY_SESSION_LINK = "sign_in", "invoice_link", "session_link"


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A living session, its merchant, and its customer unless one is still to be chosen.

    `chosen_locale` is what the customer chose, `told_locale` what the providers told of them.
    """

    id: int
    merchant: Merchant
    customer: Customer | None
    email: str
    scope: Scope
    chosen_locale: str
    told_locale: str
    entered_by: str
    last_active_at: datetime

    @property
    def name(self) -> str:
        """Return who is signed in, in one word people know.

        It is empty for the holder of an invoice link where the customer has no name: links get
        forwarded, and nothing of ours tells the address to whoever opens one.
        """
        if self.email or self.customer is None:
            return self.email
        return self.customer.name or (self.customer.email if self.scope.is_everything else "")


_stripe = aliased(ProfileRow)
_holded = aliased(ProfileRow)
_MERCHANT = "merchant_"
# A merchant who moves from test to live data leaves the sessions of the test customers behind.
_FIND = (
    select(
        SessionRow.id.label("session_id"),
        SessionRow.customer_id,
        SessionRow.email.label("proved_email"),
        SessionRow.origin,
        SessionRow.invoice,
        SessionRow.locale.label("told_locale"),
        SessionRow.entered_by,
        SessionRow.started_at,
        SessionRow.last_active_at,
        SessionRow.ended_at,
        *(column.label(_MERCHANT + column.name) for column in MERCHANT_COLUMNS),
        CustomerRow.stripe_customer,
        CustomerRow.holded_contact,
        CustomerRow.locale.label("chosen_locale"),
        _stripe.name.label("stripe_name"),
        _stripe.email.label("stripe_email"),
        _holded.name.label("holded_name"),
        _holded.email.label("holded_email"),
    )
    .join(MerchantRow, MerchantRow.id == SessionRow.merchant_id)
    .outerjoin(CustomerRow, CustomerRow.id == SessionRow.customer_id)
    .outerjoin(
        _stripe, and_(_stripe.customer_id == CustomerRow.id, _stripe.origin == Origin.STRIPE)
    )
    .outerjoin(
        _holded, and_(_holded.customer_id == CustomerRow.id, _holded.origin == Origin.HOLDED)
    )
    .where(
        SessionRow.key_hash == bindparam("key_hash"),
        or_(SessionRow.customer_id.is_(None), CustomerRow.livemode == MerchantRow.livemode),
    )
    .limit(1)
)


def find(db: Database, key: str, *, now: datetime) -> PortalSession | None:
    """Return the session a cookie's key opens, None if it has ended or never was."""
    row = db.row(_FIND, {"key_hash": keys.hashed(key)})
    if row is None or not is_session_alive(
        now,
        started_at=row.started_at,
        last_active_at=row.last_active_at,
        ended_at=row.ended_at,
    ):
        return None
    return _session(row)


def keep_alive(db: Database, session: PortalSession, *, now: datetime) -> None:
    """Note that a session is in use, at most once a minute."""
    if now - session.last_active_at >= ACTIVITY_STEP:
        sessions.touch(db, session.id, now=now)


def start(
    unit: Unit,
    merchant: Merchant,
    customer: CustomerCard | None,
    *,
    entered_by: str,
    now: datetime,
    email: str = "",
    scope: Scope = EVERYTHING,
    replaces: PortalSession | None = None,
) -> str:
    """Start a session and return the key for its cookie; the one it replaces ends."""
    if replaces is not None:
        sessions.end(unit, replaces.id, now=now)
    key = secrets.token_urlsafe(32)
    sessions.add(
        unit,
        key_hash=keys.hashed(key),
        merchant_id=merchant.id,
        customer_id=customer.id if customer else None,
        entered_by=entered_by,
        now=now,
        email=email,
        scope=scope,
        locale=_told(customer) if customer else "",
    )
    return key


def list_choices(db: Database, session: PortalSession) -> list[CustomerCard]:
    """Return the customers the proved address belongs to; none for sessions made by a link."""
    if not session.email or not session.scope.is_everything:
        return []
    return customers.list_by_email(db, session.merchant, session.email)


def choose(at: MerchantContext, session: PortalSession, customer_id: int) -> str:
    """Give the session one of its customers and return its new key; raises NotFound."""
    chosen = next((card for card in list_choices(at.db, session) if card.id == customer_id), None)
    if chosen is None:
        raise NotFound(f"customer {customer_id}")
    key = secrets.token_urlsafe(32)
    with at.db.write() as unit:
        sessions.choose(
            unit,
            session.id,
            customer_id=chosen.id,
            key_hash=keys.hashed(key),
            locale=_told(chosen),
        )
    return key


def end(at: MerchantContext, session: PortalSession) -> None:
    """Sign out here."""
    with at.db.write() as unit:
        sessions.end(unit, session.id, now=at.now)


def end_everywhere(at: MerchantContext, session: PortalSession) -> int:
    """Sign out in every browser where this customer or this address is signed in."""
    customer_id = session.customer.id if session.customer else None
    with at.db.write() as unit:
        return sessions.end_all(
            unit, at.merchant.id, customer_id=customer_id, email=session.email, now=at.now
        )


def visit_of(
    at: MerchantContext, session: PortalSession, *, locale: str, now: datetime, address: str
) -> Visit | None:
    """Return the visit of a session, None while it has no customer."""
    if session.customer is None:
        return None
    return Visit(
        at=at,
        customer=session.customer,
        scope=session.scope,
        locale=locale,
        now=now,
        session=session.id,
        email=session.email,
        address=address,
    )


def _session(row: Row[Any]) -> PortalSession:
    values = row._mapping
    merchant = Merchant(
        **{column.name: values[_MERCHANT + column.name] for column in MERCHANT_COLUMNS}
    )
    return PortalSession(
        id=row.session_id,
        merchant=merchant,
        customer=_customer(row) if row.customer_id is not None else None,
        email=row.proved_email,
        scope=Scope(Origin(row.origin), row.invoice) if row.origin else EVERYTHING,
        chosen_locale=row.chosen_locale or "",
        told_locale=row.told_locale,
        entered_by=row.entered_by,
        last_active_at=row.last_active_at,
    )


def _customer(row: Row[Any]) -> Customer:
    return Customer(
        id=row.customer_id,
        stripe_customer=row.stripe_customer,
        holded_contact=row.holded_contact,
        name=row.stripe_name or row.holded_name or "",
        email=row.stripe_email or row.holded_email or "",
    )


def _told(customer: CustomerCard) -> str:
    return next(iter(customer.told_locales), "")[:35]
