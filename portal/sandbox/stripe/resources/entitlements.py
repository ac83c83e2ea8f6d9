"""Features that products have, and what customers may use because they subscribe to them.

docs.stripe.com/billing/entitlements: an active subscription to a product entitles to its features;
the summary of a customer is sent when it changes.
"""

from portal.sandbox.stripe.errors import Json, invalid, missing
from portal.sandbox.stripe.registry import listens, route
from portal.sandbox.stripe.unit import Unit, envelope, merged

FEATURES = "/v1/entitlements/features"
ACTIVE = "/v1/entitlements/active_entitlements"
OF_PRODUCT = "/v1/products/{product}/features"
KIND, ATTACHED, ENTITLEMENT = (
    "entitlements.feature",
    "product_feature",
    "entitlements.active_entitlement",
)
SUMMARY = "entitlements.active_entitlement_summary"
LONGEST = 80
ENTITLING = ("active", "trialing", "past_due")


@route("POST", FEATURES)
def create(unit: Unit, params: Json) -> Json:
    """Makes a feature with a lookup key of its own."""
    for name in ("lookup_key", "name"):
        if not 1 <= len(params[name]) <= LONGEST:
            raise invalid(f"Invalid {name}: must have 1 to {LONGEST} characters", param=name)
    if unit.select(KIND, lookup_key=params["lookup_key"], limit=1):
        raise invalid(
            f"A feature already uses the lookup key {params['lookup_key']}.",
            param="lookup_key",
            code="resource_already_exists",
        )
    return unit.put(
        {
            "id": unit.id("feat"),
            "object": KIND,
            "active": True,
            "livemode": False,
            "lookup_key": params["lookup_key"],
            "metadata": merged({}, params.get("metadata")),
            "name": params["name"],
        }
    )


@route("GET", FEATURES)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `archived` and `lookup_key`."""
    where = {
        "active": int(not params["archived"]) if "archived" in params else None,
        "lookup_key": params.get("lookup_key"),
    }
    return unit.page(KIND, params, FEATURES, where)


@route("GET", FEATURES + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One feature."""
    _ = params
    return unit.get(KIND, id)


@route("POST", FEATURES + "/{id}")
def update(unit: Unit, params: Json, id: str) -> Json:
    """Changes name and metadata, and archives for good those that no product is to get."""
    found = unit.get(KIND, id)
    if params.get("active") and not found["active"]:
        raise invalid("An archived feature cannot be made active again.", param="active")
    found["active"] = params.get("active", found["active"])
    found["name"] = params.get("name", found["name"])
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    return unit.save(found)


@route("POST", OF_PRODUCT)
def attach(unit: Unit, params: Json, product: str) -> Json:
    """Gives a product a feature; its subscribers are entitled at once."""
    unit.get("product", product, "product")
    feature = unit.get(KIND, params["entitlement_feature"], "entitlement_feature")
    if not feature["active"]:
        raise invalid("The feature is archived.", param="entitlement_feature")
    if unit.select(ATTACHED, parent=product, _feature=feature["id"], limit=1):
        raise invalid(
            "The product already has this feature.",
            param="entitlement_feature",
            code="resource_already_exists",
        )
    made = unit.put(
        {
            "id": unit.id("prodft"),
            "object": ATTACHED,
            "livemode": False,
            "_feature": feature["id"],
            "_parent": product,
        }
    )
    _follow_product(unit)
    return _shown(unit, made)


@route("GET", OF_PRODUCT)
def list_of_product(unit: Unit, params: Json, product: str) -> Json:
    """The features of a product, newest first."""
    unit.get("product", product, "product")
    found = unit.page(ATTACHED, params, OF_PRODUCT.format(product=product), {"parent": product})
    return found | {"data": [_shown(unit, one) for one in found["data"]]}


@route("GET", OF_PRODUCT + "/{id}")
def retrieve_of_product(unit: Unit, params: Json, product: str, id: str) -> Json:
    """One feature of a product."""
    _ = params
    return _shown(unit, _of_product(unit, product, id))


@route("DELETE", OF_PRODUCT + "/{id}")
def detach(unit: Unit, params: Json, product: str, id: str) -> Json:
    """Takes a feature from a product, and the entitlement from its subscribers."""
    _ = params
    gone = unit.remove(_of_product(unit, product, id))
    _follow_product(unit)
    return gone


@route("GET", ACTIVE)
def list_active(unit: Unit, params: Json) -> Json:
    """What a customer is entitled to, newest first."""
    customer = unit.get("customer", params["customer"], "customer")
    return unit.page(ENTITLEMENT, params, ACTIVE, {"parent": customer["id"]})


@route("GET", ACTIVE + "/{id}")
def retrieve_active(unit: Unit, params: Json, id: str) -> Json:
    """One entitlement that is in force."""
    _ = params
    return unit.alive(ENTITLEMENT, id)


@listens(
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
)
def follow_subscription(unit: Unit, subscription: Json) -> None:
    """A subscription that changes may entitle to more or less."""
    if unit.select(ATTACHED, limit=1):
        _follow(unit, subscription["customer"])


def _of_product(unit: Unit, product: str, name: str) -> Json:
    unit.get("product", product, "product")
    found = unit.alive(ATTACHED, name)
    if found["_parent"] != product:
        raise missing(ATTACHED, name)
    return found


def _shown(unit: Unit, attached: Json) -> Json:
    return {**attached, "entitlement_feature": unit.get(KIND, attached["_feature"])}


def _follow_product(unit: Unit) -> None:
    for customer in {one["customer"] for one in unit.select("subscription")}:
        _follow(unit, customer)


def _follow(unit: Unit, customer: str) -> None:
    """Entitle a customer to what their subscriptions give, and tell of it if that changes."""
    products = {
        unit.get("price", item["price"])["product"]
        for one in unit.select("subscription", customer=customer)
        if one["status"] in ENTITLING
        for item in one["items"]["data"]
    }
    wanted = {
        one["_feature"] for product in products for one in unit.select(ATTACHED, parent=product)
    }
    known = {one["feature"]: one for one in unit.select(ENTITLEMENT, parent=customer)}
    for feature in known.keys() - wanted:
        unit.remove(known[feature])
    for feature in sorted(wanted - known.keys()):
        unit.put(
            {
                "id": unit.id("ent"),
                "object": ENTITLEMENT,
                "feature": feature,
                "livemode": False,
                "lookup_key": unit.get(KIND, feature)["lookup_key"],
                "_parent": customer,
            }
        )
    if wanted != known.keys():
        unit.emit(f"{SUMMARY}.updated", _summary(unit, customer))


def _summary(unit: Unit, customer: str) -> Json:
    found = unit.select(ENTITLEMENT, parent=customer)
    url = f"/v1/customer/{customer}/entitlements"
    return {
        "object": SUMMARY,
        "customer": customer,
        "entitlements": envelope(found[:10], url, has_more=len(found) > 10),
        "livemode": False,
    }
