"""Plans: recurring prices under their older name. A plan made is a price, and a recurring price is
a plan; both have one id.
"""

import json

from portal.sandbox.stripe import price_events
from portal.sandbox.stripe.errors import ApiError, Json, invalid, missing, unsupported
from portal.sandbox.stripe.plans import plan_of
from portal.sandbox.stripe.registry import includes, route
from portal.sandbox.stripe.resources import prices
from portal.sandbox.stripe.resources.products import own_id
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/plans"
# What a plan calls otherwise than a price: its own name, the price's.
RENAMED = {
    "amount": "unit_amount",
    "amount_decimal": "unit_amount_decimal",
    "transform_usage": "transform_quantity",
}
SAME = ("active", "billing_scheme", "currency", "metadata", "nickname", "tiers", "tiers_mode")
RECURRING = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
# What a plan has been used by once its product may no longer change.
SUBSCRIBED = ("subscription", "subscription_item", "subscription_schedule")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one, with an id of the merchant's own if wished, for a product that is there or one
    that is described.
    """
    if "product" not in params:
        message = "Missing required param: product."
        raise invalid(message, param="product", code="parameter_missing")
    tiered = params.get("billing_scheme") == "tiered"
    if not tiered and ("amount" in params) == ("amount_decimal" in params):
        message = "Plans require exactly one of `amount` and `amount_decimal`."
        raise invalid(message, param="amount", code="parameter_missing")
    plan_id = own_id(unit, "price", params, called="plan") or unit.id("plan")
    try:
        return plan_of(prices.make(unit, _as_price(params), plan_id))
    except ApiError as error:
        _speak_of_plans(error)
        raise


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `product` and `created`."""
    where = {name: params.get(name) for name in ("active", "product", "created")}
    found = unit.page("price", params, URL, where | {"type": "recurring"})
    return found | {"data": [plan_of(price) for price in found["data"]]}


@route("GET", URL + "/{plan}")
def retrieve(unit: Unit, params: Json, plan: str) -> Json:
    """One plan."""
    _ = params
    return plan_of(_price(unit, plan))


@route("POST", URL + "/{plan}")
def update(unit: Unit, params: Json, plan: str) -> Json:
    """Changes what may change: never the amount; the product only before anybody subscribed."""
    price = _price(unit, plan)
    price["active"] = params.get("active", price["active"])
    if "nickname" in params:
        price["nickname"] = params["nickname"] or None
    if "product" in params and params["product"] != price["product"]:
        if _named_by(unit, plan, *SUBSCRIBED):
            message = "The product of a plan that has been used cannot be changed."
            raise invalid(message, param="product")
        price["product"] = unit.get("product", params["product"], "product")["id"]
    if "trial_period_days" in params:
        price["recurring"]["trial_period_days"] = params["trial_period_days"]
    if "metadata" in params:
        price["metadata"] = merged(price["metadata"], params["metadata"])
    return plan_of(price_events.save(unit, price))


@route("DELETE", URL + "/{plan}")
def delete(unit: Unit, params: Json, plan: str) -> Json:
    """Deletes one that nothing names; Stripe deletes others too, and bills who has them on."""
    _ = params
    price = _price(unit, plan)
    if _named_by(unit, plan):
        raise unsupported("deleting a plan that a subscription or another object names")
    return price_events.remove(unit, price)


@includes("plan", "tiers")
def tiers(unit: Unit, plan: Json) -> list[Json] | None:
    """The tiers of a tiered plan."""
    found: list[Json] | None = prices.tiers(unit, plan)
    return found


def _price(unit: Unit, plan: str) -> Json:
    found = unit.find("price", plan)
    if found is None or found.get("deleted") or not found["recurring"]:
        raise missing("plan", plan, "plan")
    return found


def _as_price(params: Json) -> Json:
    wanted = {name: params[name] for name in SAME if name in params}
    wanted |= {theirs: params[own] for own, theirs in RENAMED.items() if own in params}
    wanted["recurring"] = {name: params[name] for name in RECURRING if name in params}
    described = isinstance(params["product"], dict)
    return wanted | {"product_data" if described else "product": params["product"]}


def _speak_of_plans(error: ApiError) -> None:
    """Names in a refusal what the caller sent, not what the price calls it."""
    names = {theirs: own for own, theirs in RENAMED.items()}
    names |= {f"recurring[{name}]": name for name in RECURRING}
    param = error.error.get("param")
    if param is not None:
        error.error["param"] = names.get(param, param)
    for theirs, own in names.items():
        error.error["message"] = error.error["message"].replace(f"`{theirs}`", f"`{own}`")


def _named_by(unit: Unit, plan: str, *kinds: str) -> bool:
    """Whether an object holds the id, of those kinds, or of any kind but its own and events."""
    chosen = f"IN ({', '.join('?' * len(kinds))})" if kinds else "NOT IN ('price', 'event')"
    sql = f"SELECT 1 FROM objects WHERE account = ? AND instr(body, ?) AND kind {chosen} LIMIT 1"  # noqa: S608
    return unit.store.row(sql, unit.account_id, json.dumps(plan), *kinds) is not None
