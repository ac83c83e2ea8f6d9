"""Rows with sensible defaults, made the way the product makes them.

customer = make_customer(house.db, house.merchant, email="ana@forn.example")
"""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from portal.context import MerchantContext
from portal.db import Database
from portal.domain.access import EVERYTHING, Scope
from portal.domain.customers import Origin, Profile, TaxId
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.domain.merchants import Merchant
from portal.mirror import customers, invoices
from portal.services import sessions
from portal.store import merchants
from portal.store.customers import find_ids
from portal.store.merchants import MerchantRow

_numbers = count(1)


def make_merchant(db: Database, **overrides: Any) -> Merchant:
    """Return a merchant like `nuvol`, of another name and another Stripe account."""
    number = next(_numbers)
    values = {
        "slug": f"shop-{number}",
        "name": f"Shop {number}",
        "country": "ES",
        "currency": "eur",
        "timezone": "Europe/Madrid",
        "locale": "en",
        "brand_color": "#b3202c",
        "stripe_account": f"acct_shop{number}",
        "livemode": False,
        "created_at": datetime.now(UTC),
        **overrides,
    }
    with db.write() as unit:
        row = MerchantRow(**values)
        unit.add(row)
        unit.flush()
        id = row.id
    return merchants.get_by_id(db, id)


def make_customer(
    db: Database,
    merchant: Merchant,
    *,
    email: str = "admin@fornaurora.example",
    name: str = "Forn Aurora, S.L.",
    id: str = "",
    origin: Origin = Origin.STRIPE,
    tax_id: str = "",
    locales: tuple[str, ...] = (),
    names_contact: str = "",
) -> int:
    """Return the id of a customer whom one provider knows by this name and address."""
    known_as = id or f"{'cus' if origin is Origin.STRIPE else 'contact'}_{next(_numbers)}"
    now = datetime.now(UTC)
    profile = Profile(
        origin=origin,
        id=known_as,
        name=name,
        email=email,
        tax_ids=(TaxId("txi_1", "eu_vat", tax_id),) if tax_id else (),
        locales=locales,
        holded_contact=names_contact,
    )
    with db.write() as unit:
        customers.save(unit, merchant, [(profile, now)], now=now)
        return find_ids(unit, merchant, origin, [known_as])[known_as]


def make_invoice(
    db: Database,
    merchant: Merchant,
    customer_id: int,
    *,
    id: str = "",
    state: InvoiceState = InvoiceState.OPEN,
    total: int = 12_100,
    **more: Any,
) -> str:
    """Return the id of a Stripe invoice of a customer, open unless told otherwise."""
    number = next(_numbers)
    now = datetime.now(UTC)
    with db.write() as unit:
        payer = unit.get(customers.CustomerRow, customer_id)
        assert payer is not None
        if not payer.stripe_customer:
            raise ValueError("a Stripe invoice needs a customer whom Stripe knows")
        invoice = Invoice(
            origin=Origin.STRIPE,
            id=id or f"in_{number}",
            customer=payer.stripe_customer,
            number=more.pop("number", f"NVL-{number:04}"),
            kind=InvoiceKind.INVOICE,
            state=state,
            currency="eur",
            total=total,
            due=0 if state is InvoiceState.PAID else total,
            issued_on=date(2026, 11, 1),
            due_on=date(2026, 12, 1),
            created_at=now,
            **more,
        )
        invoices.save(unit, merchant, [(invoice, now)], now=now)
    return invoice.id


def make_session(
    at: MerchantContext, customer_id: int | None, *, scope: Scope = EVERYTHING, email: str = ""
) -> str:
    """Return the cookie's key of a session that has just started."""
    card = None
    if customer_id is not None:
        card = customers.find_card(at.db, at.merchant, customer_id)
        assert card is not None
    by = sessions.BY_SIGN_IN if scope.is_everything else sessions.BY_INVOICE_LINK
    with at.db.write() as unit:
        return sessions.start(
            unit, at.merchant, card, entered_by=by, now=at.now, email=email, scope=scope
        )
