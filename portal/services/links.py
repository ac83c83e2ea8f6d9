"""Links that merchants give out: to one invoice, which is no login, and to a portal session."""

from datetime import timedelta

from portal import keys
from portal.context import Customer, MerchantContext, Visit
from portal.db import Database
from portal.domain.access import (
    EVERYTHING,
    INVOICE_LINK_LIFE,
    SESSION_TO_OPEN,
    LinkPurpose,
    Scope,
)
from portal.domain.customers import Origin
from portal.domain.errors import LinkSpent, NotFound
from portal.domain.merchants import Merchant
from portal.mirror import customers, invoices
from portal.mirror.customers import CustomerCard
from portal.mirror.rows import account_of
from portal.services import sessions
from portal.services.access import Entered
from portal.services.sessions import PortalSession
from portal.store import links, merchants
from portal.store import sessions as store_sessions
from portal.store.links import Link

PATHS = {LinkPurpose.INVOICE: "/i/", LinkPurpose.SESSION: "/p/session/"}


def make_invoice_link(
    at: MerchantContext, customer_id: int, origin: Origin, invoice: str, *, name: str = ""
) -> str:
    """Return a new address that opens one invoice, to see, pay and download it, for 90 days.

    Whoever keeps its `name`, a new one of the store's, can derive the address again.
    """
    return _make(
        at,
        LinkPurpose.INVOICE,
        customer_id,
        life=INVOICE_LINK_LIFE,
        scope=Scope(origin, invoice),
        account=account_of(at.merchant, origin),
        name=name,
    )


def make_session_link(at: MerchantContext, customer_id: int, *, email: str = "") -> str:
    """Return a new address that opens a session of a customer once, within 5 minutes.

    `email` is set only by somebody who vouches for the person behind it: such a session may go on
    to other customers of the same address.
    """
    return _make(at, LinkPurpose.SESSION, customer_id, life=SESSION_TO_OPEN, email=email)


def find_merchant(db: Database, purpose: LinkPurpose, token: str) -> Merchant | None:
    """Return the merchant who gave out a link."""
    link = links.find_by_token(db, purpose, keys.hashed(token))
    return None if link is None else merchants.get_by_id(db, link.merchant_id)


def find(at: MerchantContext, purpose: LinkPurpose, token: str) -> Link | None:
    """Return the living link a token opens.

    None if it was used, revoked, is too old, or its customer or invoice is no more.
    """
    link = links.find_by_token(at.db, purpose, keys.hashed(token))
    if link is None or not link.is_alive(at.now) or link.livemode != at.merchant.livemode:
        return None
    return link if _still_means_something(at, link) else None


def open_invoice(
    at: MerchantContext, token: str, *, replaces: PortalSession | None = None
) -> tuple[str, str]:
    """Start a session for the one invoice of a link; return its key and the invoice's id.

    Opening does not use it up: the mail it is in gets forwarded and opened again. Raises LinkSpent.
    """
    link, customer = _get(at, LinkPurpose.INVOICE, token)
    with at.db.write() as unit:
        if not links.hold(unit, link, now=at.now):
            raise LinkSpent("invoice link")
        key = sessions.start(
            unit,
            at.merchant,
            customer,
            entered_by=sessions.BY_INVOICE_LINK,
            now=at.now,
            scope=link.scope,
            replaces=replaces,
        )
    return key, link.scope.invoice


def open_session(
    at: MerchantContext, token: str, *, replaces: PortalSession | None = None
) -> Entered:
    """Use up a session link and start its session; raises LinkSpent."""
    link, customer = _get(at, LinkPurpose.SESSION, token)
    now = at.now
    with at.db.write() as unit:
        if not links.use(unit, link, now=now):
            raise LinkSpent("session link")
        key = sessions.start(
            unit,
            at.merchant,
            customer,
            entered_by=sessions.BY_SESSION_LINK,
            now=now,
            email=link.email,
            replaces=replaces,
        )
    return Entered(key, "overview")


def revoke(at: MerchantContext, origin: Origin, invoice: str) -> int:
    """End every link to an invoice and every session they opened; return the number of links."""
    scope, now = Scope(origin, invoice), at.now
    with at.db.write() as unit:
        # The links first: whoever opens one just now holds it, and has a session afterwards.
        count = links.revoke(unit, at.merchant.id, scope, now=now)
        store_sessions.end_narrowed(unit, at.merchant.id, scope, now=now)
    return count


def is_covered_by(session: PortalSession, link: Link) -> bool:
    """Whether a session sees already what a link would open."""
    return (
        session.merchant.id == link.merchant_id
        and session.customer is not None
        and session.customer.id == link.customer_id
        and session.scope.is_everything
    )


def _make(
    at: MerchantContext,
    purpose: LinkPurpose,
    customer_id: int,
    *,
    life: timedelta,
    scope: Scope = EVERYTHING,
    account: str = "",
    email: str = "",
    name: str = "",
) -> str:
    now, name = at.now, name or links.new_name()
    token = keys.derive_token(at.settings, purpose, name)
    with at.db.write() as unit:
        links.add(
            unit,
            merchant_id=at.merchant.id,
            livemode=at.merchant.livemode,
            customer_id=customer_id,
            purpose=purpose,
            name=name,
            token_hash=keys.hashed(token),
            now=now,
            expires_at=now + life,
            scope=scope,
            account=account,
            email=email,
        )
    return address(at, purpose, token)


def address(at: MerchantContext, purpose: LinkPurpose, token: str) -> str:
    """Return the address a token is opened under."""
    return f"{at.settings.public_url}{PATHS[purpose]}{token}"


def _get(at: MerchantContext, purpose: LinkPurpose, token: str) -> tuple[Link, CustomerCard]:
    link = find(at, purpose, token)
    customer = customers.find_card(at.db, at.merchant, link.customer_id) if link else None
    if link is None or customer is None:
        raise LinkSpent(f"{purpose} link")
    return link, customer


def _still_means_something(at: MerchantContext, link: Link) -> bool:
    """Say whether what a link opens is still there; a void invoice opens nothing."""
    if link.purpose is LinkPurpose.SESSION:
        return True
    holder = Customer(id=link.customer_id, stripe_customer="", holded_contact="", name="", email="")
    visit = Visit(at=at, customer=holder, scope=link.scope, locale="", now=at.now)
    try:
        invoices.get(visit, link.scope.invoice)
    except NotFound:
        return False
    return True
