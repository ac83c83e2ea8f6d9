"""``/products``: what lines of documents may name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NoReturn

from flask import Blueprint, Response

from portal.sandbox.holded import amounts, dates, products, taxes, webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.documents import INVOICE
from portal.sandbox.holded.v1 import answers, lists, reading
from portal.sandbox.holded.v1.answers import needed, not_found, number, unsupported
from portal.sandbox.holded.v1.document_body import key_of
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("products", __name__)

Product = dict[str, Any]

KIND = "simple"
NEW: Product = {
    "name": None, "description": None, "sku": None, "barcode": None, "price": None, "cost": None,
    "tags": [], "taxes": [], "for_sale": True, "for_purchase": True,
}  # fmt: skip
TEXTS = {"desc": "description", "barcode": "barcode", "sku": "sku"}
AMOUNTS = {"cost": "cost", "purchasePrice": "purchase_price"}
# Ids v1 shows; "0" or nothing is none. No body of v1 sets them.
IDS = {
    "typeId": ("type_id", ""),
    "contactId": ("supplier_id", ""),
    "categoryId": ("category_id", "0"),
    "factoryCode": ("factory_code", ""),
    "salesChannelId": ("sales_channel_id", "0"),
    "expAccountId": ("exp_account_id", "0"),
    "warehouseId": ("warehouse_id", "0"),
}


@blueprint.get("/products")
def listing() -> Response:
    return lists.page("product", shown)


@blueprint.post("/products")
def create() -> Response:
    fields = reading.body()
    kind = fields.text("kind") or KIND
    if kind != KIND:
        raise unsupported(f"products of kind {kind[:40]}")
    product = products.blank() | NEW
    take(product, fields)
    if product["name"] is None:
        raise needed("name")
    stock = fields.number("stock") or ZERO
    product["has_stock"] = fields.has("stock")
    state().insert(account().id, "product", product)
    products.tell("create", product)
    if stock:
        products.change_stock(product, products.default_warehouse(), stock, None)
    return answers.created(product["id"])


@blueprint.get("/products/<id_>")
def get(id_: str) -> Response:
    return answers.written(shown(found(id_)))


@blueprint.put("/products/<id_>")
def change(id_: str) -> Response:
    """Change the fields a body names; the price is called ``subtotal`` here."""
    product = found(id_)
    take(product, reading.body())
    state().save(account().id, "product", product)
    products.tell("update", product)
    return answers.updated(id_)


@blueprint.delete("/products/<id_>")
def delete(id_: str) -> Response:
    product = found(id_)
    state().remove(account().id, "product", id_)
    gone = {"id": id_, "kind": product["kind"], "deletedAt": dates.moment(state().now())}
    webhooks.emit(state(), account().id, "product.delete", gone)
    return answers.deleted(id_)


@blueprint.put("/products/<id_>/stock")
def change_stock(id_: str) -> NoReturn:
    found(id_)
    raise unsupported("stock by warehouse: whether a number is set or added was never seen")


@blueprint.get("/warehouses/<id_>/stock")
def warehouse_stock(id_: str) -> Response:
    """Return what a warehouse holds of each product."""
    warehouse = state().find(account().id, "warehouse", id_)
    if warehouse is None:
        raise not_found()
    held = [
        {"_id": each["id"], "stock": number(each["_stock"][id_]), "variants": {}}
        for each in state().each(account().id, "product")
        if id_ in each["_stock"]
    ]
    said = {"id": id_, "name": warehouse["name"], "color": warehouse.get("color") or ""}
    return answers.written({"warehouse": {**said, "products": held}})


def take(product: Product, fields: Fields) -> None:
    if fields.has("name"):
        product["name"] = fields.text("name") or product["name"]
    for name, stored in TEXTS.items():
        if fields.has(name):
            product[stored] = fields.text(name)
    for name, stored in AMOUNTS.items():
        if fields.has(name):
            product[stored] = amounts.text(fields.number(name) or ZERO)
    if fields.has("price", "subtotal"):
        product["price"] = amounts.text(fields.number("subtotal", "price") or ZERO)
    if fields.has("weight"):
        product["weight"] = amounts.plain(fields.number("weight") or ZERO)
    if fields.has("tags"):
        product["tags"] = fields.texts("tags")
    if fields.has("tax"):
        product["taxes"] = key_of(INVOICE, fields.number("tax") or ZERO)


def found(id_: str) -> Product:
    product = state().find(account().id, "product", id_)
    if product is None:
        raise not_found()
    return product


def shown(product: Product) -> dict[str, Any]:
    """Return a product; ``total`` is its price with tax. One without variants shows itself as
    its only one, as in the reference.
    """
    rates = taxes.rates()
    tax = sum((rates.get(key, ZERO) for key in product["taxes"]), ZERO)
    price = Decimal(product["price"] or 0)
    supplier = state().find(account().id, "contact", product["supplier_id"] or "")
    own = {
        "barcode": product["barcode"] or "",
        "sku": product["sku"] or "",
        "price": number(price),
        "cost": number(product["cost"]),
        "purchasePrice": number(product["purchase_price"]),
        "stock": number(products.stock_of(product)),
    }
    return {
        "id": product["id"],
        "kind": product["kind"],
        "name": product["name"],
        "desc": product["description"] or "",
        **{name: product[stored] or none for name, (stored, none) in IDS.items()},
        "contactName": supplier["name"] if supplier else "",
        **own,
        "tax": number(tax),
        "total": number(amounts.rounded(price * (1 + tax / 100), account().currency)),
        "rates": [],
        "hasStock": int(product["has_stock"]),
        "weight": number(product["weight"]),
        "tags": product["tags"],
        "attributes": [],
        "forSale": int(product["for_sale"]),
        "forPurchase": int(product["for_purchase"]),
        "variants": [{"id": product["id"], **own}],
    }
