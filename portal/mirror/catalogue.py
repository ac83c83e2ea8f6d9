"""Products, prices and coupons as Stripe keeps them; deleted ones stay as tombstones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Index, Row, String, bindparam, literal, select, union_all
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
_COUPONS = select(CouponRow.snapshot).where(
    *rows.of_account(CouponRow), CouponRow.provider_id.in_(bindparam("ids", expanding=True))
)


def _named(products: Any, coupons: Any) -> CompoundSelect[Any]:
    return union_all(
        select(literal("product").label("kind"), ProductRow.snapshot).where(
            *rows.of_account(ProductRow), ProductRow.provider_id.in_(products)
        ),
        select(literal("coupon"), CouponRow.snapshot).where(
            *rows.of_account(CouponRow), CouponRow.provider_id.in_(coupons)
        ),
    )


# Nearly everybody's subscriptions name so few that the statement need not be made anew for their
# number.
FEW_PRODUCTS, FEW_COUPONS = 6, 3
_FEW_NAMED = _named(
    [bindparam(f"product_{place}") for place in range(FEW_PRODUCTS)],
    [bindparam(f"coupon_{place}") for place in range(FEW_COUPONS)],
)
_NAMED = _named(bindparam("products", expanding=True), bindparam("coupons", expanding=True))


def list_prices(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Price]:
    """Return the prices of these ids that we know."""
    return {price.id: price for price in _load(reader, merchant, _PRICES, Price, ids)}


def list_products(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Product]:
    """Return the products of these ids that we know."""
    return {product.id: product for product in _load(reader, merchant, _PRODUCTS, Product, ids)}


def list_coupons(reader: Reader, merchant: Merchant, ids: Sequence[str]) -> dict[str, Coupon]:
    """Return the coupons of these ids that we know."""
    return {coupon.id: coupon for coupon in _load(reader, merchant, _COUPONS, Coupon, ids)}


def look_named(
    reader: Reader, merchant: Merchant, products: Collection[str], coupons: Collection[str]
) -> Sequence[Row[Any]]:
    """Read the products and coupons of these ids, in one statement at most."""
    values = rows.account_values(merchant, Origin.STRIPE)
    if not products and not coupons:
        return ()
    if len(products) > FEW_PRODUCTS or len(coupons) > FEW_COUPONS:
        ids = {"products": sorted(products), "coupons": sorted(coupons)}
        return reader.rows(_NAMED, {**values, **ids})
    named = {
        **_padded("product", products, FEW_PRODUCTS),
        **_padded("coupon", coupons, FEW_COUPONS),
    }
    return reader.rows(_FEW_NAMED, {**values, **named})


def named_in(found: Sequence[Row[Any]]) -> tuple[dict[str, Product], dict[str, Coupon]]:
    """Return what `look_named` found, by id."""
    products = [rows.load(Product, row.snapshot) for row in found if row.kind == "product"]
    coupons = [rows.load(Coupon, row.snapshot) for row in found if row.kind == "coupon"]
    return {one.id: one for one in products}, {one.id: one for one in coupons}


def _padded(name: str, ids: Collection[str], length: int) -> dict[str, str]:
    wanted = sorted(ids) + [""] * (length - len(ids))
    return {f"{name}_{place}": id for place, id in enumerate(wanted)}


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
