"""Payment method configurations: which types a merchant wants to offer."""

from portal.sandbox.stripe import eligibility
from portal.sandbox.stripe.eligibility import TYPES
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.schema import parameters
from portal.sandbox.stripe.unit import Unit

URL = "/v1/payment_method_configurations"
KIND = "payment_method_configuration"
# Parameters that are no type, and types that may be set but are not shown.
NO_TYPES = ("apple_pay_later", "expand", "fr_meal_voucher_conecs", "name", "parent")


def known_types() -> list[str]:
    """Every type that a configuration may name, modelled or not."""
    return [name for name in parameters(f"POST {URL}")["object"] if name not in NO_TYPES]


def default(unit: Unit) -> Json:
    """The account's default configuration, stored the first time that it is asked for."""
    found = unit.find(KIND, eligibility.default_configuration(unit))
    return found or unit.put(_new(unit, eligibility.default_configuration(unit), "Default", True))


def _new(unit: Unit, configuration_id: str, name: str, is_default: bool) -> Json:
    return {
        "id": configuration_id,
        "object": KIND,
        "active": True,
        "application": None,
        "is_default": is_default,
        "livemode": False,
        "name": name,
        "parent": None,
        **{kind: _preference(unit, kind, "none") for kind in known_types()},
    }


def _preference(unit: Unit, kind: str, preference: str) -> Json:
    offered = kind in TYPES and TYPES[kind].offered
    is_on = preference == "on" or (preference == "none" and offered)
    available = kind in TYPES and eligibility.fits(unit, kind, None)
    return {
        "available": available,
        "display_preference": {
            "overridable": None,
            "preference": preference,
            "value": "on" if is_on else "off",
        },
    }


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes another one beside the default."""
    if "parent" in params:
        raise unsupported("configurations of connected accounts", "parent")
    default(unit)
    body = _new(unit, unit.id("pmc"), params.get("name", "Payment method configuration"), False)
    _apply(unit, body, params)
    return unit.put(body)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `application` (none) and `active`."""
    default(unit)
    if params.get("application"):
        raise unsupported("configurations of applications", "application")
    where = {} if "active" not in params else {"active": int(params["active"])}
    return unit.page(KIND, params, URL, where)


@route("GET", URL + "/{configuration}")
def retrieve(unit: Unit, params: Json, configuration: str) -> Json:
    """One configuration."""
    _ = params
    return _get(unit, configuration)


@route("POST", URL + "/{configuration}")
def update(unit: Unit, params: Json, configuration: str) -> Json:
    """Changes name, preferences and whether it is active."""
    body = _get(unit, configuration)
    if params.get("active") is False and body["is_default"]:
        message = "The default payment method configuration cannot be deactivated."
        raise invalid(message, param="active")
    for name in ("active", "name"):
        if name in params:
            body[name] = params[name]
    _apply(unit, body, params)
    return unit.put(body)


def _get(unit: Unit, configuration: str) -> Json:
    default(unit)
    found = unit.find(KIND, configuration)
    if found is None:
        raise missing(KIND, configuration, "configuration")
    return found


def _apply(unit: Unit, body: Json, params: Json) -> None:
    for kind in known_types():
        wanted = (params.get(kind) or {}).get("display_preference", {}).get("preference")
        if wanted is None:
            continue
        if wanted == "on" and kind not in TYPES:
            raise unsupported(f"payment method type {kind}", f"{kind}[display_preference]")
        body[kind] = _preference(unit, kind, wanted)
