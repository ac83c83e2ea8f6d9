"""Products, prices and coupons as Stripe keeps them; deleted ones stay as tombstones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Row, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Reader, Unit
from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.mirror import rows


class ProductRow(rows.MirroredRow):
    """One product."""

    __tablename__ = "products"


class PriceRow(rows.MirroredRow):
    """One price of a product."""

    __tablename__ = "prices"

    product: Mapped[str] = mapped_column(String(64))

    @classmethod
    def indexes(cls) -> tuple[Any, ...]:
        """Read by product."""
        return (Index("ix_prices_product", "merchant_id", "product"),)


class CouponRow(rows.MirroredRow):
    """One coupon."""

    __tablename__ = "coupons"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What was looked up, by id."""

    products: dict[str, Product] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)


_PRICES = select(PriceRow.snapshot).where(
    *rows.of_account(PriceRow), PriceRow.provider_id.in_(bindparam("ids", expanding=True))
)
_PRODUCTS = select(ProductRow.snapshot).where(
    *rows.of_account(ProductRow), ProductRow.provider_id.in_(bindparam("ids", expanding=True))
)
# Nearly every subscription has so few that the statement need not be made anew for their number.
FEW = 6
_FEW_PRODUCTS = select(ProductRow.snapshot).where(
    *rows.of_account(ProductRow),
    ProductRow.provider_id.in_([bindparam(f"id_{place}") for place in range(FEW)]),
)
_COUPONS = select(CouponRow.snapshot).where(
    *rows.of_account(CouponRow), CouponRow.provider_id.in_(bindparam("ids", expanding=True))
)


def list_prices(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Price]:
    """Return the prices of these ids that we know."""
    return {price.id: price for price in _load(reader, merchant, _PRICES, Price, ids)}


def list_products(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Product]:
    """Return the products of these ids that we know."""
    return products_of(look_products(reader, merchant, ids))


def look_products(reader: Reader, merchant: Merchant, ids: Collection[str]) -> Sequence[Row[Any]]:
    """Read the products of these ids."""
    if not ids:
        return ()
    values, wanted = rows.account_values(merchant, Origin.STRIPE), sorted(set(ids))
    if len(wanted) > FEW:
        return reader.rows(_PRODUCTS, {**values, "ids": wanted})
    padded = wanted + [""] * (FEW - len(wanted))
    named = {f"id_{place}": id for place, id in enumerate(padded)}
    return reader.rows(_FEW_PRODUCTS, {**values, **named})


def products_of(found: Sequence[Row[Any]]) -> dict[str, Product]:
    """Return what `look_products` found, by id."""
    return {product.id: product for product in (rows.load(Product, row.snapshot) for row in found)}


def list_coupons(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Coupon]:
    """Return the coupons of these ids that we know."""
    return {coupon.id: coupon for coupon in _load(reader, merchant, _COUPONS, Coupon, ids)}


def save_products(
    unit: Unit, merchant: Merchant, products: Sequence[tuple[Product, datetime]]
) -> None:
    """Write products with the provider's time of each."""
    rows.save(unit, ProductRow, [_row(merchant, product, at) for product, at in products])


def save_prices(unit: Unit, merchant: Merchant, prices: Sequence[tuple[Price, datetime]]) -> None:
    """Write prices with the provider's time of each."""
    rows.save(
        unit,
        PriceRow,
        [{**_row(merchant, price, at), "product": price.product} for price, at in prices],
    )


def save_coupons(
    unit: Unit, merchant: Merchant, coupons: Sequence[tuple[Coupon, datetime]]
) -> None:
    """Write coupons with the provider's time of each."""
    rows.save(unit, CouponRow, [_row(merchant, coupon, at) for coupon, at in coupons])


def forget_product(unit: Unit, merchant: Merchant, id: str, *, at: datetime) -> None:
    """Keep a deleted product's name, and offer it no more."""
    for product in list_products(unit, merchant, [id]).values():
        save_products(unit, merchant, [(replace(product, is_active=False), at)])


def forget_price(unit: Unit, merchant: Merchant, id: str, *, at: datetime) -> None:
    """Keep a deleted price for the subscriptions that have it, and offer it no more."""
    for price in list_prices(unit, merchant, [id]).values():
        save_prices(unit, merchant, [(replace(price, is_active=False), at)])


def forget_coupon(unit: Unit, merchant: Merchant, id: str, *, at: datetime) -> None:
    """Keep a deleted coupon's name, and offer it no more."""
    for coupon in list_coupons(unit, merchant, [id]).values():
        save_coupons(unit, merchant, [(replace(coupon, is_valid=False), at)])


def _row(merchant: Merchant, snapshot: Product | Price | Coupon, at: datetime) -> dict[str, Any]:
    return {
        **rows.key_of(merchant, Origin.STRIPE, snapshot.id),
        "state_at": at,
        "snapshot": rows.dump(snapshot),
    }


def _load(
    reader: Reader, merchant: Merchant, query: Any, kind: type[rows.T], ids: Sequence[str]
) -> list[rows.T]:
    if not ids:
        return []
    values = {**rows.account_values(merchant, Origin.STRIPE), "ids": sorted(set(ids))}
    return [rows.load(kind, row.snapshot) for row in reader.rows(query, values)]
