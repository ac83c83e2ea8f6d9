"""``/products``: what lines of documents may name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NoReturn

from flask import Blueprint, Response

from portal.sandbox.holded import amounts, taxes, webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.documents import INVOICE
from portal.sandbox.holded.v1 import answers, extras, lists, reading
from portal.sandbox.holded.v1.answers import needed, not_found, number, unsupported
from portal.sandbox.holded.v1.document_body import key_of
from portal.sandbox.holded.v1.reading import Fields

blueprint = Blueprint("products", __name__)

Product = dict[str, Any]

KIND = "simple"
TEXTS = {"name": "name", "desc": "description", "barcode": "barcode", "sku": "sku"}
ONLY_V1 = ("purchasePrice", "weight")
# Shown by v1, set by nothing in it: an id of "0" is none.
NEVER_SET = {
    "typeId": "", "contactId": "", "contactName": "", "categoryId": "0", "factoryCode": "",
    "salesChannelId": "0", "expAccountId": "0", "warehouseId": "0",
}  # fmt: skip


@blueprint.get("/products")
def listing() -> Response:
    return lists.page(state().each(account().id, "product"), shown)


@blueprint.post("/products")
def create() -> Response:
    fields = reading.body()
    product: Product = {
        "id": state().new_id(), "kind": fields.text("kind") or KIND, "name": None,
        "description": None, "sku": None, "barcode": None, "price": "0.00", "cost": "0.00",
        "tags": [], "taxes": [], "stock": "0", "has_stock": fields.has("stock"),
        "for_sale": True, "for_purchase": True, "variants": [], "pack_items": [],
        "archived": False,
    }  # fmt: skip
    if product["kind"] != KIND:
        raise unsupported(f"products of kind {product['kind'][:40]}")
    take(product, fields)
    if product["name"] is None:
        raise needed("name")
    product["stock"] = amounts.plain(fields.number("stock") or ZERO)
    state().insert(account().id, "product", product)
    tell("create", product["id"])
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
    tell("update", id_)
    return answers.updated(id_)


@blueprint.delete("/products/<id_>")
def delete(id_: str) -> Response:
    state().remove(account().id, "product", found(id_)["id"])
    extras.forget("product", id_)
    tell("delete", id_)
    return answers.deleted(id_)


@blueprint.put("/products/<id_>/stock")
def change_stock(id_: str) -> NoReturn:
    found(id_)
    raise unsupported("stock by warehouse: whether a number is set or added was never seen")


def take(product: Product, fields: Fields) -> None:
    for name, stored in TEXTS.items():
        if fields.has(name):
            product[stored] = fields.text(name) or (product["name"] if name == "name" else None)
    if fields.has("price", "subtotal"):
        product["price"] = amounts.text(fields.number("subtotal", "price") or ZERO)
    if fields.has("cost"):
        product["cost"] = amounts.text(fields.number("cost") or ZERO)
    if fields.has("tags"):
        product["tags"] = fields.texts("tags")
    if fields.has("tax"):
        product["taxes"] = key_of(INVOICE, fields.number("tax") or ZERO)
    only_v1 = {name: number(fields.number(name)) for name in ONLY_V1 if fields.has(name)}
    if only_v1:
        extras.keep("product", product["id"], extras.of("product", product["id"]) | only_v1)


def tell(what: str, id_: str) -> None:
    """Send the webhook of a change; what the provider's carries is not known, so the id alone."""
    webhooks.emit(state(), account().id, f"product.{what}", {"id": id_})


def found(id_: str) -> Product:
    product = state().find(account().id, "product", id_)
    if product is None:
        raise not_found()
    return product


def shown(product: Product) -> dict[str, Any]:
    """Return a product; ``total`` is its price with tax."""
    only_v1 = extras.of("product", product["id"])
    rates = taxes.rates()
    keys = product.get("taxes") or []
    tax = sum((rates.get(key, ZERO) for key in keys), ZERO)
    price = Decimal(product.get("price") or 0)
    total = amounts.rounded(price * (1 + tax / 100), account().currency)
    own = {
        "barcode": product.get("barcode") or "",
        "sku": product.get("sku") or "",
        "price": number(price),
        "cost": number(product.get("cost")),
        "purchasePrice": only_v1.get("purchasePrice", 0),
        "stock": number(product.get("stock")),
    }
    return {
        "id": product["id"],
        "kind": product.get("kind") or KIND,
        "name": product["name"],
        "desc": product.get("description") or "",
        **NEVER_SET,
        **own,
        "tax": number(tax),
        "total": number(total),
        "rates": [],
        "hasStock": int(bool(product.get("has_stock"))),
        "weight": only_v1.get("weight", 0),
        "tags": product.get("tags") or [],
        "attributes": [],
        "forSale": int(bool(product.get("for_sale", True))),
        "forPurchase": int(bool(product.get("for_purchase", True))),
        "variants": [{"id": product["id"], **own}],
    }
