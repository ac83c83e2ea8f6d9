"""Products: what lines can name, with price, taxes and, when it is kept, stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint

from portal.sandbox.holded import amounts, bodies, dates, paging, records, taxes, webhooks
from portal.sandbox.holded.accounts import account, permit, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.problems import bad_request, not_found, unprocessable, unsupported

blueprint = Blueprint("products", __name__)

Product = dict[str, Any]

SCOPE = "inventory:products"
KINDS = ("simple", "variants", "lots", "serial_numbers", "pack")
WRITABLE = (
    "name", "description", "sku", "barcode", "price", "cost", "tags", "taxes", "for_sale",
    "for_purchase", "archived", "variants", "pack_items", "show_start_date", "show_end_date",
)  # fmt: skip
NEW = (*(each for each in WRITABLE if each != "archived"), "kind", "stock", "has_stock")
# Shown, never taken: a full replacement may send back what it read.
SHOWN_ONLY = (
    "id", "kind", "type_id", "total", "has_stock", "stock", "purchase_price", "weight",
    "category_id", "factory_code", "sales_channel_id", "exp_account_id", "warehouse_id",
    "purchase_taxes", "min_stock", "min_stock_alarm", "in_pos", "supplier_id", "translations",
    "rates", "attributes", "stock_breakdown",
)  # fmt: skip


@blueprint.get("/products")
def listing() -> dict[str, Any]:
    permit(SCOPE, "list")
    return paging.page("product", show=shown)


@blueprint.post("/products")
def create() -> tuple[dict[str, Any], int]:
    permit(SCOPE, "create")
    body = bodies.read(NEW)
    kind = body.text("kind", required=True)
    if kind not in KINDS:
        raise bad_request(f"kind must be one of {', '.join(KINDS)}")
    if kind != "simple":
        raise unsupported(f"products of kind {kind}")
    product = blank() | {"has_stock": wanted_flag(body, "has_stock")}
    fill(product, body)
    state().insert(account().id, "product", product)
    tell("create", product)
    first = body.number("stock", ZERO)
    if product["has_stock"] and first:
        change_stock(product, default_warehouse(), first, None)
    return {"id": product["id"]}, 201


@blueprint.get("/products/<id_>")
def get(id_: str) -> Product:
    permit(SCOPE, "get")
    return shown(found(id_))


@blueprint.put("/products/<id_>")
def replace(id_: str) -> dict[str, Any]:
    """Replace a product in full: what the body leaves out becomes empty."""
    permit(SCOPE, "update")
    product = found(id_)
    body = bodies.read((*WRITABLE, *SHOWN_ONLY))
    fill(product, body)
    product["archived"] = wanted_flag(body, "archived")
    state().save(account().id, "product", product)
    tell("update", product)
    return {"id": id_}


@blueprint.delete("/products/<id_>")
def delete(id_: str) -> tuple[str, int]:
    permit(SCOPE, "delete")
    product = found(id_)
    state().remove(account().id, "product", id_)
    payload = {
        "id": id_,
        "kind": product["kind"],
        "deletedAt": dates.moment(state().now()),
    }
    webhooks.emit(state(), account().id, "product.delete", payload)
    return "", 204


@blueprint.put("/products/<id_>/stock")
def set_stock(id_: str) -> dict[str, Any]:
    """Change the stock in one warehouse by ``stock_variation``, which may be negative."""
    permit(SCOPE, "set_stock")
    product = found(id_)
    body = bodies.read(("warehouse_id", "variant_id", "stock_variation", "description"))
    if body.has("variant_id"):
        raise unsupported("stock of variants")
    warehouse = body.text("warehouse_id", required=True) or ""
    if not body.has("stock_variation"):
        raise bad_request("stock_variation is required")
    if not product["has_stock"]:
        raise unprocessable("The product keeps no stock")
    records.found(records.WAREHOUSES, warehouse)
    variation = body.number("stock_variation", ZERO)
    change_stock(product, warehouse, variation, body.text("description"))
    return {}


@blueprint.get("/warehouses/<id_>/stock")
def warehouse_stock(id_: str) -> dict[str, Any]:
    permit(records.WAREHOUSES.scope, "get")
    warehouse = records.found(records.WAREHOUSES, id_)["id"]
    return paging.page(
        "product",
        keep=lambda each: warehouse in each["_stock"],
        show=lambda each: {
            "product_id": each["id"],
            "variant_id": None,
            "stock": each["_stock"][warehouse],
        },
    )


def change_stock(
    product: Product, warehouse: str, variation: Decimal, description: str | None
) -> None:
    """Move the stock and tell it; what no caller can cause is null in the webhook."""
    before = Decimal(product["_stock"].get(warehouse, "0"))
    product["_stock"][warehouse] = amounts.plain(before + variation)
    state().save(account().id, "product", product)
    payload = {
        "productId": product["id"],
        "variantId": None,
        "warehouseId": warehouse,
        "sku": product["sku"],
        "stockVariation": amounts.plain(variation),
        "calculatedStock": amounts.plain(stock_of(product)),
        "calculatedVariantStock": None,
        "description": description,
        "date": dates.today(state().now()),
        "created": dates.moment(state().now()),
        "action": None,
        "providerOriginChange": None,
        "providerIdOriginChange": None,
        "idOriginChange": None,
        "docHash": None,
        "hash": None,
    }
    webhooks.emit(state(), account().id, "stock.update", payload)


def default_warehouse() -> str:
    every = list(state().each(account().id, "warehouse"))
    chosen = next((each for each in every if each["default"]), every[0] if every else None)
    if chosen is None:
        raise unprocessable("There is no warehouse to put the stock into")
    return str(chosen["id"])


def stock_of(product: Product) -> Decimal:
    return sum((Decimal(each) for each in product["_stock"].values()), ZERO)


def blank() -> Product:
    """Return an empty product with every field the API shows, none of which a caller sets here."""
    return {
        "id": state().new_id(), "kind": "simple", "type_id": None, "purchase_price": None,
        "weight": None, "category_id": None, "factory_code": None, "sales_channel_id": None,
        "exp_account_id": None, "warehouse_id": None, "archived": False, "purchase_taxes": [],
        "min_stock": None, "min_stock_alarm": False, "in_pos": False, "supplier_id": None,
        "translations": [], "rates": [], "attributes": [], "variants": [], "pack_items": None,
        "_stock": {},
    }  # fmt: skip


def fill(product: Product, body: Body) -> None:
    if body.data.get("variants") or body.data.get("pack_items"):
        raise unsupported("products with variants or packed items")
    product |= {
        "name": body.text("name", required=True, longest=500),
        **{name: body.text(name) for name in ("description", "sku", "barcode")},
        **{name: price(body, name) for name in ("price", "cost")},
        "tags": body.texts("tags"),
        "taxes": records.tax_keys(body, "taxes"),
        **{name: wanted_flag(body, name) for name in ("for_sale", "for_purchase")},
    }


def price(body: Body, name: str) -> str | None:
    return amounts.text(body.number(name, ZERO)) if body.has(name) else None


def wanted_flag(body: Body, name: str) -> bool:
    if not body.has(name):
        raise bad_request(f"{name} is required")
    return body.flag(name, False)


def shown(product: Product) -> Product:
    """Return a product as the API shows it, its price with taxes and its stock added up."""
    rates = taxes.rates()
    rate = sum((rates.get(key, ZERO) for key in product["taxes"]), ZERO)
    total = product["price"] and Decimal(product["price"]) * (1 + rate / 100)
    stock = amounts.plain(stock_of(product))
    breakdown = {"total": stock, "available": stock, "reserved": "0", "in_transit": "0"}
    return paging.shown(product) | {
        "total": total and amounts.text(amounts.rounded(total, account().currency)),
        "stock": stock,
        "stock_breakdown": breakdown if product["has_stock"] else None,
    }


def found(id_: str) -> Product:
    product = state().find(account().id, "product", id_)
    if product is None:
        raise not_found()
    return product


def tell(what: str, product: Product) -> None:
    payload = {
        "id": product["id"],
        "name": product["name"],
        "description": product["description"],
        "kind": product["kind"],
        "sku": product["sku"],
        "barcode": product["barcode"],
        "price": product["price"],
        "cost": product["cost"],
        "stock": amounts.plain(stock_of(product)),
        "variants": product["variants"],
    }
    webhooks.emit(state(), account().id, f"product.{what}", payload)
