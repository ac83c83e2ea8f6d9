"""Shipping rates: what sending goods costs, for Checkout sessions and payment links."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import includes, route
from portal.sandbox.stripe.resources import tax_codes
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/shipping_rates"
ONE = URL + "/{shipping_rate_token}"
LONGEST_NAME = 100


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes one of a fixed amount."""
    return make(unit, params)


def make(unit: Unit, params: Json, where: str = "") -> Json:
    """Store a rate of these parameters; `where` names their place in another request."""
    amount = params.get("fixed_amount")
    if amount is None:
        raise invalid(
            "Missing required param: fixed_amount.",
            param=_within(where, "fixed_amount"),
            code="parameter_missing",
        )
    if amount["amount"] < 0:
        raise invalid(
            "Invalid non-negative integer",
            param=_within(where, "fixed_amount[amount]"),
            code="parameter_invalid_integer",
        )
    if len(params["display_name"]) > LONGEST_NAME:
        raise invalid(
            f"The display name can have at most {LONGEST_NAME} characters.",
            param=_within(where, "display_name"),
        )
    if "tax_code" in params:
        tax_codes.check(params["tax_code"], _within(where, "tax_code"))
    behavior = str(params.get("tax_behavior", "unspecified"))
    rate: Json = {
        "id": unit.id("shr"),
        "object": "shipping_rate",
        "active": True,
        "created": unit.now,
        "delivery_estimate": _estimate(params.get("delivery_estimate")),
        "display_name": params["display_name"],
        "fixed_amount": {
            "amount": amount["amount"],
            "currency": check_currency(
                amount["currency"], _within(where, "fixed_amount[currency]")
            ),
        },
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "tax_behavior": behavior,
        "tax_code": params.get("tax_code"),
        "type": params.get("type", "fixed_amount"),
        "_currency_options": _options(amount.get("currency_options") or {}, behavior),
    }
    return unit.put(rate)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `created` and the currency."""
    where = {
        "active": int(params["active"]) if "active" in params else None,
        "created": params.get("created"),
        "fixed_amount.currency": params.get("currency"),
    }
    return unit.page("shipping_rate", params, URL, where)


@route("GET", ONE)
def retrieve(unit: Unit, params: Json, shipping_rate_token: str) -> Json:
    """One rate."""
    _ = params
    return unit.get("shipping_rate", shipping_rate_token, "shipping_rate_token")


@route("POST", ONE)
def update(unit: Unit, params: Json, shipping_rate_token: str) -> Json:
    """Switches it on or off, changes metadata, an unspecified tax behaviour, other currencies."""
    rate = unit.get("shipping_rate", shipping_rate_token, "shipping_rate_token")
    rate["active"] = params.get("active", rate["active"])
    rate["metadata"] = merged(rate["metadata"], params.get("metadata"))
    behavior = str(params.get("tax_behavior", rate["tax_behavior"]))
    if behavior != rate["tax_behavior"] and rate["tax_behavior"] != "unspecified":
        raise invalid(
            "The tax behavior of a shipping rate cannot be changed.", param="tax_behavior"
        )
    rate["tax_behavior"] = behavior
    options = params.get("fixed_amount", {}).get("currency_options") or {}
    rate["_currency_options"] |= _options(options, behavior, rate["_currency_options"])
    return unit.save(rate)


@includes("shipping_rate", "fixed_amount.currency_options")
def currency_options(unit: Unit, rate: Json) -> Json:
    """The amount in further currencies, when asked for."""
    found: Json = unit.get("shipping_rate", rate["id"])["_currency_options"]
    return found


def amount_in(rate: Json, currency: str, param: str) -> int:
    """Return what the rate costs in a currency, in minor units; raises the 400 if it cannot."""
    own = rate["fixed_amount"]
    if own["currency"] == currency:
        return int(own["amount"])
    if currency in rate["_currency_options"]:
        return int(rate["_currency_options"][currency]["amount"])
    raise invalid(f"The shipping rate {rate['id']} has no amount in `{currency}`.", param=param)


def _options(given: Json, behavior: str, known: Json | None = None) -> Json:
    found = {}
    for name, one in given.items():
        currency = check_currency(name, "fixed_amount[currency_options]")
        option = {"tax_behavior": behavior, **(known or {}).get(currency, {}), **one}
        if "amount" not in option:
            param = f"fixed_amount[currency_options][{name}][amount]"
            raise invalid(
                f"Missing required param: {param}.", param=param, code="parameter_missing"
            )
        found[currency] = option
    return found


def _estimate(given: Json | None) -> Json | None:
    if given is None:
        return None
    return {"maximum": given.get("maximum"), "minimum": given.get("minimum")}


def _within(where: str, name: str) -> str:
    first, bracket, rest = name.partition("[")
    return f"{where}[{first}]{bracket}{rest}" if where else name
