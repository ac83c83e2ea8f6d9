"""`flask portal bench-seed`: a merchant with any number of customers, for measurements.

Customers 1, 2 and 3 own 10, 5,000 and 40 invoices, the rest 1 to 5, all of them Stripe's; each has
a subscription and one or two cards. The first are written row by row; the database copies the rest
from ten of them, so that a million take minutes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from typing import cast as as_type

import click
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    Table,
    cast,
    func,
    insert,
    join,
    literal,
    select,
    text,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations

from portal import cli, keys, migrations
from portal.context import STRIPE_KEY
from portal.db import Database, Unit
from portal.domain.catalogue import Price, Product, TaxBehavior
from portal.domain.customers import Origin, Profile
from portal.domain.errors import NotFound
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus
from portal.mirror import catalogue, rows
from portal.mirror.customers import EmailRow, ProfileRow
from portal.mirror.invoices import InvoiceRow
from portal.mirror.payment_methods import PaymentMethodRow
from portal.mirror.subscriptions import SubscriptionRow
from portal.services import inbox
from portal.store import merchants, secrets
from portal.store.customers import CustomerRow
from portal.store.merchants import EndpointRow, MerchantRow
from portal.store.secrets import Keyring

SLUG = ENDPOINT = "bench"
WEBHOOK_SECRET = "whsec_benchbenchbenchbenchbenchbench"  # noqa: S105 - bench/bench.toml says it
PREFIX = "cus_bench"
DIGITS = 8
FIRST_OWN = {1: 10, 2: 5_000, 3: 40}
MOST_OPEN = 25
PATTERNS = range(4, 14)
COPIED_AT_ONCE = 20_000
AMOUNTS = (1_210, 2_420, 4_900, 12_100, 36_300, 118_096)
MONTH = timedelta(days=30)

Row = dict[str, Any]


@click.command("bench-seed")
@click.option("--customers", "count", type=click.IntRange(13, 99_999_999), required=True)
def bench_seed(count: int) -> None:
    """Fill an empty database with customers of a merchant called bench, 13 at least."""
    settings = cli.settings()
    keys.make(settings)
    keyring = Keyring.read(settings.keyring.get_secret_value(), keys.keyring_file(settings))
    with Database(settings.database) as db:
        migrations.upgrade(db)
        _seed(db, keyring, count)


def _seed(db: Database, keyring: Keyring, count: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    merchant = _add_merchant(db, keyring, now)
    with db.write() as unit:
        first_pattern = _add_customers(unit, merchant, range(1, PATTERNS.stop), now)
    with click.progressbar(length=count, label="Customers") as bar:
        for first in range(PATTERNS.stop, count + 1, COPIED_AT_ONCE):
            last = min(first + COPIED_AT_ONCE - 1, count)
            with db.write() as unit:
                _copy_customers(unit, first_pattern, first, last)
            bar.update(last - bar.pos)
    with db.write() as unit:
        unit.execute(text("ANALYZE"))


def stripe_id(number: int) -> str:
    """Return the Stripe customer that the number of a bench customer stands for."""
    return f"{PREFIX}{number:0{DIGITS}}"


def invoices_of(number: int) -> int:
    """Return how many invoices a customer owns."""
    return FIRST_OWN.get(number, number % 5 + 1)


def _add_merchant(db: Database, keyring: Keyring, now: datetime) -> Merchant:
    try:
        merchants.get(db, SLUG)
    except NotFound:
        pass
    else:
        raise click.ClickException("There is a merchant `bench` already: seed an empty database.")
    with db.write() as unit:
        row = MerchantRow(
            slug=SLUG,
            name="Bench",
            country="ES",
            currency="eur",
            timezone="Europe/Madrid",
            locale="en",
            brand_color="#1b3a8a",
            stripe_account="acct_bench",
            livemode=False,
            created_at=now,
        )
        unit.add(row)
        unit.flush()
        unit.add(
            EndpointRow(
                id=ENDPOINT,
                merchant_id=row.id,
                provider=Origin.STRIPE,
                account=row.stripe_account,
                livemode=row.livemode,
                created_at=now,
            )
        )
        secret_field = inbox.secret_field(ENDPOINT)
        secrets.save(unit, keyring, row.id, secret_field, WEBHOOK_SECRET, now=now)
        secrets.save(unit, keyring, row.id, STRIPE_KEY, "sk_test_bench", now=now)
        merchant = merchants.get_by_id(unit, row.id)
        catalogue.save_products(unit, merchant, [(PRODUCT, now)])
        catalogue.save_prices(unit, merchant, [(PRICE, now)])
    return merchant


def _add_customers(unit: Unit, merchant: Merchant, numbers: range, now: datetime) -> int:
    """Write customers with all they have; return the id of the first one to copy."""
    ids = unit.scalars(
        insert(CustomerRow).returning(CustomerRow.id, sort_by_parameter_order=True),
        [_customer(merchant, number, now) for number in numbers],
    ).all()
    numbered = list(zip(numbers, ids, strict=True))
    unit.execute(insert(ProfileRow), [_profile(merchant, *one, now) for one in numbered])
    unit.execute(insert(EmailRow), [_email(merchant, *one) for one in numbered])
    unit.execute(insert(SubscriptionRow), [_subscription(merchant, *one, now) for one in numbered])
    for model, rows_of in ((PaymentMethodRow, _methods), (InvoiceRow, _invoices)):
        unit.execute(
            insert(model), [row for one in numbered for row in rows_of(merchant, *one, now)]
        )
    return ids[PATTERNS.start - numbers.start]


def _copy_customers(unit: Unit, first_pattern: int, first: int, last: int) -> None:
    """Copy the patterns in turn; a copy has its own number wherever the pattern has its."""
    start = select(literal(first).label("number")).cte("numbers", recursive=True)
    numbers = start.union_all(select(start.c.number + 1).where(start.c.number < last))
    place = (numbers.c.number - PATTERNS.start) % len(PATTERNS)
    _copy(
        unit,
        CustomerRow,
        numbers.join(CustomerRow, CustomerRow.id == first_pattern + place),
        _padded(PATTERNS.start + place),
        _padded(numbers.c.number),
    )
    copy = aliased(CustomerRow)
    number = cast(func.substr(copy.stripe_customer, len(PREFIX) + 1), Integer)
    place = (number - PATTERNS.start) % len(PATTERNS)
    for model in (ProfileRow, EmailRow, SubscriptionRow, PaymentMethodRow, InvoiceRow):
        _copy(
            unit,
            model,
            join(copy, model, model.customer_id == first_pattern + place),
            _padded(PATTERNS.start + place),
            _padded(number),
            copy.stripe_customer.between(stripe_id(first), stripe_id(last)),
            customer_id=copy.id,
        )


def _copy(
    unit: Unit,
    model: type[CustomerRow | ProfileRow | EmailRow | rows.MirroredRow],
    source: FromClause,
    old: ColumnElement[str],
    new: ColumnElement[str],
    *conditions: ColumnElement[bool],
    **others: SQLCoreOperations[Any],
) -> None:
    """Insert what the source gives of a table's columns, in texts one number for another."""
    table = as_type("Table", model.__table__)
    values = {
        column.name: func.replace(column, old, new) if column.type.python_type is str else column
        for column in table.columns
        if not column.primary_key
    }
    query = select(*{**values, **others}.values()).select_from(source).where(*conditions)
    unit.execute(insert(table).from_select(list(values), query))


def _padded(number: ColumnElement[int]) -> ColumnElement[str]:
    return func.substr(cast(number + 10**DIGITS, String), 2)


def _customer(merchant: Merchant, number: int, now: datetime) -> Row:
    return {
        "merchant_id": merchant.id,
        "livemode": merchant.livemode,
        "stripe_account": merchant.stripe_account,
        "stripe_customer": stripe_id(number),
        "created_at": now,
    }


def _mirrored(merchant: Merchant, id: str, now: datetime, snapshot: object) -> Row:
    return {
        **rows.key_of(merchant, Origin.STRIPE, id),
        "state_at": now - MONTH,
        "snapshot": rows.dump(snapshot),
    }


def _profile(merchant: Merchant, number: int, customer_id: int, now: datetime) -> Row:
    profile = Profile(
        origin=Origin.STRIPE,
        id=stripe_id(number),
        name=f"Customer {number:08}",
        email=_address(number),
        currency="eur",
        default_payment_method=_method_id(number, 0),
        created_at=now - 24 * MONTH,
    )
    return {
        **_mirrored(merchant, profile.id, now, profile),
        "origin": profile.origin,
        "customer_id": customer_id,
        "name": profile.name,
        "email": profile.email,
        "names_contact": "",
        "is_deleted": False,
    }


def _address(number: int) -> str:
    return f"customer{number:08}@bench.example"


def _email(merchant: Merchant, number: int, customer_id: int) -> Row:
    return {
        "merchant_id": merchant.id,
        "livemode": merchant.livemode,
        "profile_origin": Origin.STRIPE,
        "profile": stripe_id(number),
        "customer_id": customer_id,
        "email": _address(number),
        "address": _address(number),
    }


PRODUCT = Product(id="prod_bench", name="Hosting Pro")
PRICE = Price(
    id="price_bench",
    product=PRODUCT.id,
    currency="eur",
    unit_amount=2_900,
    interval="month",
    tax_behavior=TaxBehavior.EXCLUSIVE,
)


def _subscription(merchant: Merchant, number: int, customer_id: int, now: datetime) -> Row:
    subscription = Subscription(
        id=f"sub_bench{number:08}",
        customer=stripe_id(number),
        status=SubscriptionStatus.ACTIVE,
        currency="eur",
        items=(SubscriptionItem(f"si_bench{number:08}", PRICE, 1, now, now + MONTH),),
        created_at=now - 12 * MONTH,
    )
    return {
        **_mirrored(merchant, subscription.id, now, subscription),
        "customer_id": customer_id,
        "status": subscription.status,
        "is_ended": False,
    }


def _method_id(number: int, place: int) -> str:
    return f"pm_bench{number:08}_{place}"


def _methods(merchant: Merchant, number: int, customer_id: int, now: datetime) -> Iterator[Row]:
    for place, brand in enumerate(("visa", "mastercard")[: number % 2 + 1]):
        method = PaymentMethod(
            id=_method_id(number, place),
            customer=stripe_id(number),
            type="card",
            brand=brand,
            last4=f"424{place}",
            exp_month=12,
            exp_year=now.year + 3,
            country="ES",
        )
        yield {
            **_mirrored(merchant, method.id, now, method),
            "customer_id": customer_id,
            "type": method.type,
            "is_detached": False,
        }


def _invoices(merchant: Merchant, number: int, customer_id: int, now: datetime) -> Iterator[Row]:
    count = invoices_of(number)
    opened = min(MOST_OPEN, max(1, count // 2))
    for age in range(count):
        invoice = _invoice(number, age, is_open=age < opened, now=now)
        yield {
            **_mirrored(merchant, invoice.id, now, invoice),
            "origin": invoice.origin,
            "customer_id": customer_id,
            "number": invoice.number,
            "kind": invoice.kind,
            "state": invoice.state,
            "currency": invoice.currency,
            "total": invoice.total,
            "due": invoice.due,
            "paid": invoice.paid,
            "issued_on": invoice.issued_on,
            "due_on": invoice.due_on,
            "due_key": invoice.due_on,
            "issued_key": invoice.issued_on,
            "description": invoice.description,
            "is_foreign": False,
            "is_open": invoice.is_open,
            "shown": True,
            "matches": invoice.id.lower(),
            "intent": invoice.intent,
        }


def _invoice(number: int, age: int, *, is_open: bool, now: datetime) -> Invoice:
    """Return a customer's invoice; `age` counts from the newest."""
    total = AMOUNTS[(number + age) % len(AMOUNTS)]
    issued_at = now - timedelta(days=age % 3_000)
    name = f"{number:08}_{age:04}"
    return Invoice(
        origin=Origin.STRIPE,
        id=f"in_bench{name}",
        customer=stripe_id(number),
        number=f"BNC-{name}",
        kind=InvoiceKind.INVOICE,
        state=InvoiceState.OPEN if is_open else InvoiceState.PAID,
        currency="eur",
        total=total,
        due=total if is_open else 0,
        paid=0 if is_open else total,
        issued_on=issued_at.date(),
        due_on=(issued_at + MONTH).date(),
        description=PRODUCT.name,
        lines=(InvoiceLine(PRODUCT.name, Money(total, "eur"), "1"),),
        subscription=f"sub_bench{number:08}",
        intent=f"pi_bench{name}",
        collection_method="charge_automatically",
        created_at=issued_at,
    )
