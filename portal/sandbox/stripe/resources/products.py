"""Products: what is sold; a product with prices cannot be deleted."""

import re

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/products"
PLAIN = ("description", "statement_descriptor", "tax_code", "unit_label", "url")
OWN_ID = re.compile(r"[\w-]{1,200}", re.ASCII)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one, with an id of the merchant's own if wished, and its default price."""
    if params.get("type") == "good":
        raise unsupported("type=good", "type")
    product_id = own_id(unit, "product", params) or unit.id("prod")
    product: Json = {
        "id": product_id,
        "object": "product",
        "active": params.get("active", True),
        "created": unit.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": unit.now,
        "url": None,
    }
    _apply(product, params)
    unit.add(product, "product.created")
    if "default_price_data" in params:
        data = {**params["default_price_data"], "product": product_id}
        product["default_price"] = unit.call("POST /v1/prices", data)["id"]
        unit.put(product)
    return product


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `ids`, `url`, `shippable`, `type`, `created`."""
    where = {name: params.get(name) for name in ("active", "url", "shippable", "type", "created")}
    return unit.page("product", params, URL, where | {"id": params.get("ids")})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One product."""
    _ = params
    return unit.alive("product", id)


@route("POST", URL + "/{id}")
def update(unit: Unit, params: Json, id: str) -> Json:
    """Changes fields; archives with `active=false`."""
    product = unit.alive("product", id)
    before = dict(product)
    for name in ("active", "name"):
        product[name] = params.get(name, product[name])
    _apply(product, params)
    if "default_price" in params:
        price = unit.get("price", params["default_price"], "default_price")
        if price["product"] != id or not price["active"]:
            message = "The default price must be an active price of this product."
            raise invalid(message, param="default_price")
        product["default_price"] = price["id"]
    if product != before:
        product["updated"] = unit.now
    return unit.save(product, "product.updated")


@route("DELETE", URL + "/{id}")
def delete(unit: Unit, params: Json, id: str) -> Json:
    """Deletes a product that has no price."""
    _ = params
    product = unit.alive("product", id)
    if unit.select("price", product=id, limit=1):
        raise invalid(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    return unit.remove(product, "product.deleted")


def own_id(unit: Unit, kind: str, params: Json, called: str = "") -> str | None:
    """The merchant's own id for a new object, checked; or None when they gave none. `called` is
    what it is to them, if not its kind.
    """
    wanted = params.get("id")
    if wanted is None:
        return None
    if not OWN_ID.fullmatch(wanted):
        raise invalid("Invalid id: only letters, digits, `-` and `_` are allowed.", param="id")
    if unit.find(kind, wanted):
        message = f"{(called or kind).capitalize()} already exists."
        raise invalid(message, param="id", code="resource_already_exists")
    return str(wanted)


def _apply(product: Json, params: Json) -> None:
    for name in PLAIN:
        if name in params:
            product[name] = params[name] or None
    for name in ("images", "marketing_features"):
        if name in params:
            product[name] = params[name] or []
    for name in ("package_dimensions", "tax_details"):
        if name in params:
            product[name] = params[name] or None
    product["shippable"] = params.get("shippable", product["shippable"])
    product["metadata"] = merged(product["metadata"], params.get("metadata"))
    if "metadata" in params and params["metadata"] == "":
        product["metadata"] = {}
