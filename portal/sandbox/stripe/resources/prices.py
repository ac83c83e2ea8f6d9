"""Prices: how much, how often, in which currencies."""

from decimal import Decimal

from portal.sandbox.stripe import price_events
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import includes, route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/prices"
MOST = 99_999_999
LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}
KNOWN = """
    aed all amd ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf
    clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd
    hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl
    mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk
    php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sll sos srd std szl thb tjs tnd
    top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
"""
CURRENCIES = frozenset(KNOWN.split())


def check_currency(currency: str, param: str = "currency") -> str:
    """The currency in lower case, if Stripe knows it."""
    if currency.lower() not in CURRENCIES:
        known = ", ".join(sorted(CURRENCIES))
        raise invalid(
            f"Invalid currency: {currency[:20]}. Stripe currently supports these currencies: "
            f"{known}",
            param=param,
        )
    return currency.lower()


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one, for an existing product or with `product_data` for a new one."""
    return make(unit, params, unit.id("price"))


def make(unit: Unit, params: Json, price_id: str) -> Json:
    """Stores a new price under that id; a plan is made so too."""
    price: Json = {
        "id": price_id,
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": params.get("billing_scheme", "per_unit"),
        "created": unit.now,
        "currency": check_currency(params["currency"]),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": merged({}, params.get("metadata")),
        "nickname": params.get("nickname") or None,
        "product": _product(unit, params),
        "recurring": _recurring(unit, params.get("recurring")),
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": params.get("tiers_mode"),
        "transform_quantity": params.get("transform_quantity"),
        "type": "recurring" if "recurring" in params else "one_time",
        **_amounts(params, params.get("billing_scheme", "per_unit")),
    }
    price["_tiers"] = _tiers(params)
    price["custom_unit_amount"] = _custom(params.get("custom_unit_amount"))
    price["_currency_options"] = _options(params.get("currency_options") or {}, price)
    _take_lookup_key(unit, price, params)
    return price_events.add(unit, price)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `product`, `currency`, `type`, `lookup_keys`, `recurring`."""
    where = {name: params.get(name) for name in ("active", "product", "currency", "type")}
    where |= {"created": params.get("created"), "lookup_key": params.get("lookup_keys")}
    where |= {f"recurring.{name}": one for name, one in params.get("recurring", {}).items()}
    return unit.page("price", params, URL, where)


@route("GET", URL + "/{price}")
def retrieve(unit: Unit, params: Json, price: str) -> Json:
    """One price."""
    _ = params
    return unit.get("price", price, "price")


@route("POST", URL + "/{price}")
def update(unit: Unit, params: Json, price: str) -> Json:
    """Changes what may change: never the amount; a tax behaviour only while unspecified."""
    found = unit.get("price", price, "price")
    found["active"] = params.get("active", found["active"])
    if "nickname" in params:
        found["nickname"] = params["nickname"] or None
    if "tax_behavior" in params and params["tax_behavior"] != found["tax_behavior"]:
        if found["tax_behavior"] != "unspecified":
            raise invalid("The tax behavior of a price cannot be changed.", param="tax_behavior")
        found["tax_behavior"] = params["tax_behavior"]
    if "currency_options" in params:
        found["_currency_options"] |= _options(params["currency_options"] or {}, found)
    _take_lookup_key(unit, found, params)
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    return price_events.save(unit, found)


@includes("price", "currency_options")
def currency_options(unit: Unit, price: Json) -> Json:
    """The price in every currency it has, its own included."""
    found = unit.get("price", price["id"])
    own = {
        "custom_unit_amount": found["custom_unit_amount"],
        "tax_behavior": found["tax_behavior"],
        "unit_amount": found["unit_amount"],
        "unit_amount_decimal": found["unit_amount_decimal"],
    }
    return {found["currency"]: own, **found["_currency_options"]}


@includes("price", "tiers")
def tiers(unit: Unit, price: Json) -> list[Json] | None:
    """The tiers of a tiered price."""
    found: list[Json] | None = unit.get("price", price["id"])["_tiers"]
    return found


def _product(unit: Unit, params: Json) -> str:
    if ("product" in params) == ("product_data" in params):
        message = "You must specify either `product` or `product_data` when creating a price."
        raise invalid(message, param="product", code="parameter_missing")
    if "product_data" in params:
        return str(unit.call("POST /v1/products", params["product_data"])["id"])
    return str(unit.get("product", params["product"], "product")["id"])


def _recurring(unit: Unit, given: Json | None) -> Json | None:
    if given is None:
        return None
    count = given.get("interval_count", 1)
    if not 1 <= count <= LONGEST[given["interval"]]:
        message = "You cannot create prices with an interval longer than three years."
        raise invalid(message, param="recurring[interval_count]")
    metered = given.get("usage_type") == "metered"
    if metered != ("meter" in given):
        message = "A metered price needs a meter, and only a metered price has one."
        raise invalid(message, param="recurring[meter]")
    if metered:
        meter = unit.get("billing.meter", given["meter"], "recurring[meter]")
        if meter["status"] != "active":
            raise invalid("The meter is inactive.", param="recurring[meter]")
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": given.get("meter"),
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": given.get("usage_type", "licensed"),
    }


def _amounts(given: Json, scheme: str) -> Json:
    """Both forms of the unit amount; null for tiers and for amounts the payer chooses."""
    named = [
        one for one in ("unit_amount", "unit_amount_decimal", "custom_unit_amount") if one in given
    ]
    if scheme == "tiered" and "transform_quantity" in given:
        message = "`transform_quantity` cannot be combined with tiers."
        raise invalid(message, param="transform_quantity")
    if scheme == "tiered":
        if named or "tiers" not in given or "tiers_mode" not in given:
            message = "A tiered price needs `tiers` and `tiers_mode` and no `unit_amount`."
            raise invalid(message, param="tiers")
        return {"unit_amount": None, "unit_amount_decimal": None}
    if len(named) != 1:
        message = (
            "Prices require exactly one of `unit_amount`, `unit_amount_decimal` and "
            "`custom_unit_amount`."
        )
        raise invalid(message, param="unit_amount", code="parameter_missing")
    if named == ["custom_unit_amount"]:
        return {"unit_amount": None, "unit_amount_decimal": None}
    exact = Decimal(str(given[named[0]]))
    if not 0 <= exact <= MOST:
        raise invalid(f"Invalid amount: must be between 0 and {MOST}", param=named[0])
    whole = int(exact) if exact == int(exact) else None
    return {"unit_amount": whole, "unit_amount_decimal": str(exact)}


def _tiers(given: Json) -> list[Json] | None:
    rows = []
    for tier in given.get("tiers", []):
        row: Json = {"up_to": None if tier["up_to"] == "inf" else tier["up_to"]}
        for name in ("unit_amount", "flat_amount"):
            exact = tier.get(f"{name}_decimal", tier.get(name))
            whole = None if exact is None or Decimal(str(exact)) % 1 else int(Decimal(str(exact)))
            row |= {name: whole, f"{name}_decimal": None if exact is None else str(exact)}
        rows.append(row)
    if rows and rows[-1]["up_to"] is not None:
        raise invalid("The last tier must have `up_to` set to `inf`.", param="tiers")
    return rows or None


def _custom(given: Json | None) -> Json | None:
    if not given or not given["enabled"]:
        return None
    return {name: given.get(name) for name in ("maximum", "minimum", "preset")}


def _options(given: Json, price: Json) -> Json:
    found = {}
    for currency, option in given.items():
        param = f"currency_options[{currency}]"
        if check_currency(currency, param) == price["currency"]:
            message = "The price's own currency cannot be among its currency options."
            raise invalid(message, param=param)
        if "tiers" in option:
            raise unsupported("tiers in currency_options", param)
        found[currency] = {
            "custom_unit_amount": _custom(option.get("custom_unit_amount")),
            "tax_behavior": option.get("tax_behavior", price["tax_behavior"]),
            **_amounts(option, "per_unit"),
        }
    return found


def _take_lookup_key(unit: Unit, price: Json, params: Json) -> None:
    key = params.get("lookup_key")
    if key is None:
        return
    for other in unit.select("price", lookup_key=key):
        if other["id"] == price["id"]:
            continue
        if not params.get("transfer_lookup_key"):
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise invalid(message, param="lookup_key", code="resource_already_exists")
        other["lookup_key"] = None
        unit.save(other, "price.updated")
    price["lookup_key"] = key
