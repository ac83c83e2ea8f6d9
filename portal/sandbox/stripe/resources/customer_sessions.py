"""Customer sessions: the short-lived secrets that Stripe's own components read a customer with."""

from typing import Any

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

LIFE = 30 * 60
FEATURES: dict[str, dict[str, Any]] = {
    "customer_sheet": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
    },
    "mobile_payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_allow_redisplay_override": None,
    },
    "payment_element": {
        "payment_method_allow_redisplay_filters": ["always"],
        "payment_method_redisplay": "disabled",
        "payment_method_redisplay_limit": 3,
        "payment_method_remove": "disabled",
        "payment_method_save": "disabled",
        "payment_method_save_usage": None,
    },
}
PLAIN = ("active_entitlements", "buy_button", "customer_portal", "pricing_table")


@route("POST", "/v1/customer_sessions")
def create(unit: Unit, params: Json) -> Json:
    """Makes one for a customer; at least one component has to be enabled."""
    if "customer_account" in params:
        raise unsupported("customer_account", "customer_account")
    for name in ("customer", "components"):
        if name not in params:
            message = f"Missing required param: {name}."
            raise invalid(message, param=name, code="parameter_missing")
    customer = unit.get("customer", params["customer"], "customer")["id"]
    components = {name: _component(name, params["components"]) for name in (*PLAIN, *FEATURES)}
    if not any(one["enabled"] for one in components.values()):
        message = "You must enable at least one component."
        raise invalid(message, param="components")
    number = unit.id("cuss")
    body = {
        "object": "customer_session",
        "client_secret": f"{number}_secret_{scramble('secret:' + number, 40)}",
        "components": components,
        "created": unit.account_now,
        "customer": customer,
        "customer_account": None,
        "expires_at": unit.account_now + LIFE,
        "livemode": False,
    }
    unit.put(body | {"id": number})
    return body


def _component(name: str, given: Json) -> Json:
    wanted = given.get(name, {"enabled": False})
    if name not in FEATURES:
        return {"enabled": wanted["enabled"]}
    if not wanted["enabled"]:
        if "features" in wanted:
            full = f"components[{name}][features]"
            message = "Features can only be given for a component that is enabled."
            raise invalid(message, param=full)
        return {"enabled": False, "features": None}
    features = FEATURES[name] | (wanted.get("features") or {})
    limit = features.get("payment_method_redisplay_limit")
    if limit is not None and not 1 <= limit <= 10:
        full = f"components[{name}][features][payment_method_redisplay_limit]"
        raise invalid(f"Invalid integer: {limit}; must be between 1 and 10", param=full)
    saves = features.get("payment_method_save") == "enabled"
    if name == "payment_element" and saves and not features["payment_method_save_usage"]:
        full = f"components[{name}][features][payment_method_save_usage]"
        message = "`payment_method_save_usage` is required when `payment_method_save` is enabled."
        raise invalid(message, param=full, code="parameter_missing")
    return {"enabled": True, "features": features}
