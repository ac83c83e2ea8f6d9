"""Set-up intents: saving a method for later, with the bank's consent where it asks for one."""

from portal.sandbox.stripe import charging, declines, eligibility, intents
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import mandates, payment_methods
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/setup_intents"
MODELLED = frozenset(
    [
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "confirm",
        "customer",
        "description",
        "excluded_payment_method_types",
        "mandate_data",
        "metadata",
        "payment_method",
        "payment_method_data",
        "return_url",
        "usage",
        "use_stripe_sdk",
        "cancellation_reason",
    ]
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one and, with `confirm`, tries it at once."""
    _refuse_unmodelled(params)
    intents.check_confirm_only(params)
    if "customer" in params:
        unit.get("customer", params["customer"], "customer")
    return begin(unit, params, unit.account["default_currency"])


def begin(unit: Unit, params: Json, currency: str | None) -> Json:
    """A new intent; `currency` decides which types may be saved."""
    types = eligibility.types(unit, currency, params, save=True)
    automatic = params.get("automatic_payment_methods", {"enabled": True})
    only_safe = params.get("allowed_payment_method_types") is not None
    default = "never" if only_safe else "always"
    intent_id = unit.id("seti")
    intent: Json = {
        "id": intent_id,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "application": None,
        "automatic_payment_methods": {
            "allow_redirects": automatic.get("allow_redirects", default),
            "enabled": True,
        }
        if automatic["enabled"]
        else None,
        "cancellation_reason": None,
        "client_secret": intents.client_secret(intent_id),
        "created": unit.account_now,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description") or None,
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merged({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            kind: {}
            if kind != "card"
            else {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
            for kind in types
            if kind in ("card", "sepa_debit")
        },
        "payment_method_types": types,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
        "_return_url": None,
    }
    method = intents.choose(unit, intent, params)
    if method:
        intent["payment_method"], intent["status"] = method["id"], "requires_confirmation"
    unit.add(intent, "setup_intent.created")
    if params.get("confirm"):
        chosen = {
            name: one for name, one in params.items() if not name.startswith("payment_method")
        }
        return confirm(unit, chosen, intent_id)
    return intent


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `payment_method`, `created`."""
    if "attach_to_self" in params:
        raise unsupported("attach_to_self", "attach_to_self")
    where = {name: params.get(name) for name in ("customer", "payment_method", "created")}
    return unit.page("setup_intent", params, URL, where)


@route("GET", URL + "/{intent}")
def retrieve(unit: Unit, params: Json, intent: str) -> Json:
    """One intent."""
    _ = params
    return unit.get("setup_intent", intent, "intent")


@route("POST", URL + "/{intent}")
def update(unit: Unit, params: Json, intent: str) -> Json:
    """Changes an intent that is still open."""
    _refuse_unmodelled(params)
    found = unit.get("setup_intent", intent, "intent")
    if found["status"] not in OPEN and params.keys() - {"metadata", "description"}:
        raise intents.unexpected(found, "update")
    if "customer" in params:
        found["customer"] = unit.get("customer", params["customer"], "customer")["id"]
    if "description" in params:
        found["description"] = params["description"] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    method = intents.choose(unit, found, params)
    if method:
        found["payment_method"], found["status"] = method["id"], "requires_confirmation"
    return unit.save(found)


@route("POST", URL + "/{intent}/confirm")
def confirm(unit: Unit, params: Json, intent: str) -> Json:
    """Tries to save the method."""
    _refuse_unmodelled(params)
    found = unit.get("setup_intent", intent, "intent")
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "confirm")
    method = intents.choose(unit, found, params)
    if method is None and found["payment_method"]:
        method = unit.get("payment_method", found["payment_method"], "payment_method")
    if method is None:
        raise invalid(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the "
            "SetupIntent with a payment method and then confirm it again.",
            code="setup_intent_unexpected_state",
            about=found,
        )
    intents.check_return_url(found, method, params)
    found["_return_url"] = params.get("return_url")
    found["payment_method"] = method["id"]
    if method["type"] == "sepa_debit" and not method["_mandate"] and "mandate_data" not in params:
        raise invalid(
            "This SetupIntent requires a mandate, but no mandate_data was provided.",
            param="mandate_data",
            code="parameter_missing",
        )
    found["_mandate_data"] = params.get("mandate_data")
    return go_on(unit, found, method, authenticated=False)


@route("POST", URL + "/{intent}/cancel")
def cancel(unit: Unit, params: Json, intent: str) -> Json:
    """Ends an open intent."""
    found = unit.get("setup_intent", intent, "intent")
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "cancel")
    found["status"], found["next_action"] = "canceled", None
    found["cancellation_reason"] = params.get("cancellation_reason")
    return unit.save(found, "setup_intent.canceled")


def go_on(unit: Unit, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """One attempt: succeeds, is declined (402, kept), or waits for the bank."""
    found = charging.attempt(method, charging.Use(authenticated=authenticated, saving=True))
    match found.step:
        case "succeeded":
            return _succeed(unit, intent, method)
        case "declined":
            error = found.error or {}
            _fail(unit, intent, method, error)
            raise declines.answer(unit, error, setup_intent=intent)
    intent["status"] = "requires_action"
    intent["next_action"] = intents.redirect_action(unit, intent)
    intent["last_setup_error"] = None
    return unit.save(intent, "setup_intent.requires_action")


def authenticate(unit: Unit, intent_id: str, *, passed: bool) -> Json:
    """The payer's answer on the bank's page."""
    intent = unit.get("setup_intent", intent_id, "intent")
    if intent["status"] != "requires_action":
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    if not passed:
        error = declines.of_authentication() | {"code": "setup_intent_authentication_failure"}
        return _fail(unit, intent, method, error)
    return _succeed(unit, intent, method)


def _succeed(unit: Unit, intent: Json, method: Json) -> Json:
    method["_set_up"] = True
    unit.put(method)
    if method["type"] == "sepa_debit":
        intent["mandate"] = (
            method["_mandate"] or mandates.sign(unit, method, intent["_mandate_data"])["id"]
        )
    if intent["customer"]:
        payment_methods.keep(unit, method, intent["customer"])
    intent["status"], intent["next_action"] = "succeeded", None
    intent["last_setup_error"] = None
    return unit.save(intent, "setup_intent.succeeded")


def _fail(unit: Unit, intent: Json, method: Json, error: Json) -> Json:
    intent["status"], intent["payment_method"] = "requires_payment_method", None
    intent["next_action"] = None
    intent["last_setup_error"] = error | {"payment_method": unit.shown(method)}
    return unit.save(intent, "setup_intent.setup_failed")


def _refuse_unmodelled(params: Json) -> None:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
