"""Promotion codes: what customers type to get a coupon."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import includes, renders, route
from portal.sandbox.stripe.resources.coupons import is_valid
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/promotion_codes"


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one; its code must be free among the active ones."""
    if "coupon" not in params["promotion"]:
        raise invalid(
            "Missing required param: promotion[coupon].",
            param="promotion[coupon]",
            code="parameter_missing",
        )
    coupon = unit.get("coupon", params["promotion"]["coupon"], "promotion[coupon]")
    if "customer" in params:
        unit.get("customer", params["customer"], "customer")
    code_id = unit.id("promo")
    code = params.get("code") or scramble(code_id, 8).upper()
    _check_free(unit, code)
    restrictions = params.get("restrictions", {})
    promotion_code = {
        "id": code_id,
        "object": "promotion_code",
        "active": params.get("active", True),
        "code": code,
        "created": unit.now,
        "customer": params.get("customer"),
        "customer_account": None,
        "expires_at": params.get("expires_at"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged({}, params.get("metadata")),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": {
            "first_time_transaction": restrictions.get("first_time_transaction", False),
            "minimum_amount": restrictions.get("minimum_amount"),
            "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
        },
        "times_redeemed": 0,
        "_currency_options": restrictions.get("currency_options", {}),
    }
    return unit.add(promotion_code, "promotion_code.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `code` (case ignored), `coupon`, `customer`, `created`."""
    where = {name: params.get(name) for name in ("active", "customer", "created")}
    where["promotion.coupon"] = params.get("coupon")
    if "code" in params:
        where["code"] = [one["code"] for one in _with_code(unit, params["code"])]
    return unit.page("promotion_code", params, URL, where)


@route("GET", URL + "/{promotion_code}")
def retrieve(unit: Unit, params: Json, promotion_code: str) -> Json:
    """One code."""
    _ = params
    return unit.get("promotion_code", promotion_code, "promotion_code")


@route("POST", URL + "/{promotion_code}")
def update(unit: Unit, params: Json, promotion_code: str) -> Json:
    """Switches it on or off, changes metadata and further currencies of its minimum."""
    found = unit.get("promotion_code", promotion_code, "promotion_code")
    if params.get("active") and not found["active"]:
        _check_free(unit, found["code"])
    found["active"] = params.get("active", found["active"])
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    found["_currency_options"] |= params.get("restrictions", {}).get("currency_options", {})
    return unit.save(found, "promotion_code.updated")


def typed(unit: Unit, text: str) -> Json | None:
    """Return the code that somebody typed, case ignored: the active one, else the newest."""
    found = _with_code(unit, text)
    active = [one for one in found if unit.shown(one)["active"]]
    return next(iter(active or found), None)


def is_late(code: Json, now: int) -> bool:
    """Whether its last day is over."""
    return bool(code["expires_at"] is not None and now >= code["expires_at"])


def is_used_up(code: Json) -> bool:
    """Whether it was redeemed as often as it may be."""
    most = code["max_redemptions"]
    return bool(most is not None and code["times_redeemed"] >= most)


@renders("promotion_code")
def show_active(unit: Unit, code: Json) -> None:
    """A code is no longer active when it, or its coupon, has run out."""
    coupon = unit.find("coupon", code["promotion"]["coupon"])
    gone = coupon is None or coupon.get("deleted") or not is_valid(coupon, unit.now)
    over = gone or is_late(code, unit.now) or is_used_up(code)
    code["active"] = code["active"] and not over


@includes("promotion_code", "restrictions.currency_options")
def currency_options(unit: Unit, code: Json) -> Json:
    """The minimum in further currencies."""
    found: Json = unit.get("promotion_code", code["id"])["_currency_options"]
    return found


def _with_code(unit: Unit, code: str) -> list[Json]:
    return [one for one in unit.select("promotion_code") if one["code"].lower() == code.lower()]


def _check_free(unit: Unit, code: str) -> None:
    for other in _with_code(unit, code):
        if unit.shown(other)["active"]:
            raise invalid(
                "An active promotion code with `code: " + code + "` already exists.",
                param="code",
                code="resource_already_exists",
            )
