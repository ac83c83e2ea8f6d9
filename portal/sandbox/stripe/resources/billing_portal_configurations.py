"""Configurations of Stripe's customer portal, with the limits its documentation lists."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import includes, route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/billing_portal/configurations"
KIND = "billing_portal.configuration"
MOST_PRODUCTS = 10
LONGEST_HEADLINE = 60
LONGEST_PAUSE = {"day": 1095, "week": 156, "month": 36, "year": 3}
REASONS = [
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
]


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one; a feature that is not sent is off."""
    return _make(unit, params, is_default=False)


def _make(unit: Unit, params: Json, *, is_default: bool) -> Json:
    configuration_id = unit.id("bpc")
    configuration: Json = {
        "id": configuration_id,
        "object": KIND,
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": unit.now,
        "default_return_url": None,
        "features": _features(),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": unit.now,
        "_products": [],
    }
    _apply(unit, configuration, params)
    return unit.add(configuration, f"{KIND}.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `active`, `is_default`."""
    default(unit)
    where = {name: params.get(name) for name in ("active", "is_default")}
    return unit.page(KIND, params, URL, where)


@route("GET", URL + "/{configuration}")
def retrieve(unit: Unit, params: Json, configuration: str) -> Json:
    """One configuration."""
    _ = params
    return unit.get(KIND, configuration, "configuration")


@route("POST", URL + "/{configuration}")
def update(unit: Unit, params: Json, configuration: str) -> Json:
    """Changes what is sent; the default one cannot be switched off."""
    found = unit.get(KIND, configuration, "configuration")
    if params.get("active") is False and found["is_default"]:
        raise invalid("You cannot deactivate the default configuration.", param="active")
    found["active"] = params.get("active", found["active"])
    _apply(unit, found, params)
    found["updated"] = unit.now
    return unit.save(found, f"{KIND}.updated")


def default(unit: Unit) -> Json | None:
    """The configuration that the Dashboard saved, if it did (`portal_saved` of the account's
    settings), with the Dashboard's own defaults.
    """
    found = unit.select(KIND, is_default=True, limit=1)
    if found or not unit.setting("portal_saved", False):
        return found[0] if found else None
    features = {
        "customer_update": {
            "enabled": True,
            "allowed_updates": ["name", "email", "address", "phone"],
        },
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "cancellation_reason": {"enabled": True, "options": list(REASONS)},
        },
    }
    return _make(unit, {"features": features}, is_default=True)


@includes(KIND, "features.subscription_update.products")
def products(unit: Unit, configuration: Json) -> list[Json]:
    """The switchable products, shown only when asked for."""
    found: list[Json] = unit.get(KIND, configuration["id"])["_products"]
    return found


def of_login(unit: Unit, token: str) -> Json | None:
    """The configuration whose login page is at `token`, while it is enabled."""
    where: Json = {"login_page.url": unit.url(f"/p/login/{token}")}
    found = unit.select(KIND, limit=1, **where)
    return found[0] if found and found[0]["active"] else None


def _features() -> Json:
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {
                "enabled": False,
                "feedback_options": None,
                "options": list(REASONS),
            },
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {
                "interval_options": [{"interval": "month", "interval_count": 1}],
                "type": "interval_options",
            },
            "enabled": False,
        },
        "subscription_update": {
            "billing_cycle_anchor": "unchanged",
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def _apply(unit: Unit, configuration: Json, params: Json) -> None:
    for name, value in params.get("business_profile", {}).items():
        configuration["business_profile"][name] = value or None
    headline = configuration["business_profile"]["headline"]
    if headline and len(headline) > LONGEST_HEADLINE:
        message = f"The headline can have at most {LONGEST_HEADLINE} characters."
        raise invalid(message, param="business_profile[headline]")
    for name in ("default_return_url", "name"):
        if name in params:
            configuration[name] = params[name] or None
    if "metadata" in params:
        configuration["metadata"] = merged(configuration["metadata"], params["metadata"])
    if "login_page" in params:
        enabled = params["login_page"]["enabled"]
        token = scramble(f"login:{configuration['id']}:{unit.now}", 20)
        known = configuration["login_page"]["url"] or unit.url(f"/p/login/test_{token}")
        configuration["login_page"] = {"enabled": enabled, "url": known if enabled else None}
    features = configuration["features"]
    for name, given in params.get("features", {}).items():
        _FEATURES[name](unit, configuration, features[name], given)


def _customer_update(unit: Unit, configuration: Json, feature: Json, given: Json) -> None:
    _ = unit, configuration
    feature["enabled"] = given.get("enabled", feature["enabled"])
    if "allowed_updates" in given:
        feature["allowed_updates"] = given["allowed_updates"] or []


def _switch(unit: Unit, configuration: Json, feature: Json, given: Json) -> None:
    _ = configuration
    kind = "payment_method_configuration"
    if given.get(kind):
        unit.get(kind, given[kind], f"features[payment_method_update][{kind}]")
    if kind in given:
        feature[kind] = given[kind] or None
    feature["enabled"] = given["enabled"]


def _cancel(unit: Unit, configuration: Json, feature: Json, given: Json) -> None:
    _ = configuration
    param = "features[subscription_cancel]"
    for name in ("enabled", "mode", "proration_behavior"):
        feature[name] = given.get(name, feature[name])
    if feature["proration_behavior"] == "always_invoice":
        message = "`always_invoice` is not supported for subscription cancellation."
        raise invalid(message, param=f"{param}[proration_behavior]")
    if feature["proration_behavior"] != "none" and feature["mode"] != "immediately":
        message = "Prorations are only possible with `mode=immediately`."
        raise invalid(message, param=f"{param}[proration_behavior]")
    reason = given.get("cancellation_reason")
    if reason is None:
        return
    known = feature["cancellation_reason"]
    known["enabled"] = reason["enabled"]
    if "options" in reason:
        known["options"] = reason["options"] or []
    if "feedback_options" in reason:
        options = reason["feedback_options"] or None
        for one in options or []:
            name = f"{param}[cancellation_reason][feedback_options]"
            unit.get("billing.feedback_option", one, name)
        known["feedback_options"] = options


def _pause(unit: Unit, configuration: Json, feature: Json, given: Json) -> None:
    _ = unit, configuration
    param = "features[subscription_pause][duration][interval_options]"
    feature["enabled"] = given.get("enabled", feature["enabled"])
    duration = given.get("duration")
    if duration is None:
        return
    options = [
        {"interval": one["interval"], "interval_count": one.get("interval_count", 1)}
        for one in duration.get("interval_options") or []
    ]
    if (duration["type"] == "interval_options") != bool(options):
        message = "`interval_options` goes with `type=interval_options`, and only with it."
        raise invalid(message, param=param, code="parameter_missing")
    for one in options:
        if not 1 <= one["interval_count"] <= LONGEST_PAUSE[one["interval"]]:
            raise invalid("A pause can last three years at most.", param=param)
    feature["duration"] = {"interval_options": options, "type": duration["type"]}


def _subscription_update(unit: Unit, configuration: Json, feature: Json, given: Json) -> None:
    simple = (
        "billing_cycle_anchor",
        "enabled",
        "proration_behavior",
        "trial_update_behavior",
    )
    for name in simple:
        feature[name] = given.get(name, feature[name])
    if "default_allowed_updates" in given:
        feature["default_allowed_updates"] = given["default_allowed_updates"] or []
    if "schedule_at_period_end" in given:
        conditions = given["schedule_at_period_end"].get("conditions") or []
        feature["schedule_at_period_end"] = {"conditions": conditions}
    if "products" in given:
        configuration["_products"] = _checked_products(unit, given["products"] or [])


def _checked_products(unit: Unit, given: list[Json]) -> list[Json]:
    param = "features[subscription_update][products]"
    if len(given) > MOST_PRODUCTS:
        raise invalid(f"You can set up to {MOST_PRODUCTS} products.", param=param)
    found, seen = [], set()
    for at, one in enumerate(given):
        product = unit.get("product", one["product"], f"{param}[{at}][product]")
        for number, price_id in enumerate(one["prices"]):
            where = f"{param}[{at}][prices][{number}]"
            price = unit.get("price", price_id, where)
            if price["product"] != product["id"]:
                message = f"The price {price_id} does not belong to the product {product['id']}."
                raise invalid(message, param=where)
            if price["recurring"] is None or price["recurring"]["usage_type"] != "licensed":
                message = "Only recurring, licensed prices can be switched to."
                raise invalid(message, param=where)
            key = (product["id"], price["recurring"]["interval"])
            if key in seen:
                message = (
                    "Each price of a product must have a unique billing interval; "
                    f"`{key[1]}` is there twice."
                )
                raise invalid(message, param=where)
            seen.add(key)
        quantity = one.get("adjustable_quantity", {"enabled": False})
        found.append(
            {
                "adjustable_quantity": {
                    "enabled": quantity["enabled"],
                    "maximum": quantity.get("maximum"),
                    "minimum": quantity.get("minimum", 1),
                },
                "prices": one["prices"],
                "product": product["id"],
            }
        )
    return found


_FEATURES = {
    "customer_update": _customer_update,
    "invoice_history": _switch,
    "payment_method_update": _switch,
    "subscription_cancel": _cancel,
    "subscription_pause": _pause,
    "subscription_update": _subscription_update,
}
