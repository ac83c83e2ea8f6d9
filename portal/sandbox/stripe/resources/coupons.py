"""Coupons; whether one still holds depends on its date and its redemptions."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import includes, renders, route
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.resources.products import own_id
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/coupons"


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one with either `percent_off` or `amount_off` and `currency`."""
    _check(unit, params)
    number = unit.store.count(unit.account_id, "coupon")
    coupon: Json = {
        "id": own_id(unit, "coupon", params) or scramble(f"{unit.account_id}:coupon:{number}", 8),
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": unit.now,
        "currency": check_currency(params["currency"]) if "currency" in params else None,
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged({}, params.get("metadata")),
        "name": params.get("name") or None,
        "percent_off": params.get("percent_off"),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "_applies_to": params.get("applies_to"),
        "_currency_options": params.get("currency_options", {}),
    }
    return unit.add(coupon, "coupon.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filter `created`."""
    return unit.page("coupon", params, URL, {"created": params.get("created")})


@route("GET", URL + "/{coupon}")
def retrieve(unit: Unit, params: Json, coupon: str) -> Json:
    """One coupon."""
    _ = params
    return unit.get("coupon", coupon, "coupon")


@route("POST", URL + "/{coupon}")
def update(unit: Unit, params: Json, coupon: str) -> Json:
    """Changes name, metadata and further currencies; what a coupon is worth stays."""
    found = unit.get("coupon", coupon, "coupon")
    if "name" in params:
        found["name"] = params["name"] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    found["_currency_options"] |= params.get("currency_options", {})
    return unit.save(found, "coupon.updated")


@route("DELETE", URL + "/{coupon}")
def delete(unit: Unit, params: Json, coupon: str) -> Json:
    """Ends new redemptions; discounts already given stay."""
    _ = params
    return unit.remove(unit.get("coupon", coupon, "coupon"), "coupon.deleted")


def is_valid(coupon: Json, now: int) -> bool:
    """Whether it can still be redeemed."""
    redeem_by, most = coupon["redeem_by"], coupon["max_redemptions"]
    return (redeem_by is None or now < redeem_by) and (
        most is None or coupon["times_redeemed"] < most
    )


@renders("coupon")
def show_valid(unit: Unit, coupon: Json) -> None:
    """`valid` as of now."""
    coupon["valid"] = is_valid(coupon, unit.now)


@includes("coupon", "applies_to")
def applies_to(unit: Unit, coupon: Json) -> Json | None:
    """The products it is limited to."""
    found: Json | None = unit.get("coupon", coupon["id"])["_applies_to"]
    return found


@includes("coupon", "currency_options")
def currency_options(unit: Unit, coupon: Json) -> Json:
    """The amount in every currency it has."""
    found = unit.get("coupon", coupon["id"])
    options: Json = dict(found["_currency_options"])
    if found["currency"]:
        options[found["currency"]] = {"amount_off": found["amount_off"]}
    return options


def _check(unit: Unit, params: Json) -> None:
    if ("percent_off" in params) == ("amount_off" in params):
        message = "You must pass exactly one of `percent_off` and `amount_off`."
        raise invalid(message, param="percent_off", code="parameter_missing")
    if "amount_off" in params:
        if "currency" not in params:
            message = "You must pass currency when passing amount_off."
            raise invalid(message, param="currency", code="parameter_missing")
        if params["amount_off"] < 1:
            message = "Invalid integer: must be at least 1"
            raise invalid(message, param="amount_off", code="parameter_invalid_integer")
    elif not 0 < params["percent_off"] <= 100:
        message = "Invalid percent_off: must be above 0 and at most 100"
        raise invalid(message, param="percent_off")
    if (params.get("duration") == "repeating") != ("duration_in_months" in params):
        message = "`duration_in_months` goes with `duration=repeating`, and only with it."
        raise invalid(message, param="duration_in_months", code="parameter_missing")
    if params.get("redeem_by", unit.now + 1) <= unit.now:
        raise invalid("`redeem_by` must be in the future.", param="redeem_by")
    for product in params.get("applies_to", {}).get("products", []):
        unit.get("product", product, "applies_to[products]")
