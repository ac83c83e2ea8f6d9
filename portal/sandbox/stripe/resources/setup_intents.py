"""Set-up intents: saving a method for later, with the bank's consent where it asks for one."""

from portal.sandbox.stripe import (
    charging,
    declines,
    eligibility,
    intents,
    method_details,
    microdeposits,
)
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.instruments import Card
from portal.sandbox.stripe.method_types import DEBITS
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources import (
    confirmation_tokens,
    mandates,
    payment_methods,
    setup_attempts,
)
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/setup_intents"
MODELLED = frozenset(
    [
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "cancellation_reason",
        "confirm",
        "confirmation_token",
        "customer",
        "description",
        "excluded_payment_method_types",
        "mandate_data",
        "metadata",
        "payment_method",
        "payment_method_configuration",
        "payment_method_data",
        "payment_method_options",
        "return_url",
        "single_use",
        "usage",
        "use_stripe_sdk",
    ]
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one and, with `confirm`, tries it at once."""
    _refuse_unmodelled(params)
    intents.check_confirm_only(params)
    confirmation_tokens.check_alone(params)
    if "customer" in params:
        unit.get("customer", params["customer"], "customer")
    if "single_use" in params and not params.get("confirm"):
        message = "You cannot use `single_use` unless `confirm` is set to `true`."
        raise invalid(message, param="single_use")
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
        "payment_method_configuration_details": eligibility.configuration_details(unit, params),
        "payment_method_options": _options(types, params.get("payment_method_options") or {}),
        "payment_method_types": types,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
        "_return_url": None,
        "_single_use": params.get("single_use"),
        "_mandate_data": None,
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
    """One intent. Raises the 400 for a client secret that is not its own."""
    found = unit.get("setup_intent", intent, "intent")
    intents.check_secret(found, params)
    return found


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
    _merge_options(found["payment_method_options"], params.get("payment_method_options") or {})
    method = intents.choose(unit, found, params)
    if method:
        _forget(unit, found)
        found["payment_method"], found["status"] = method["id"], "requires_confirmation"
        found["next_action"] = None
    return unit.save(found)


@route("POST", URL + "/{intent}/confirm")
def confirm(unit: Unit, params: Json, intent: str) -> Json:
    """Tries to save the method."""
    _refuse_unmodelled(params)
    found = unit.get("setup_intent", intent, "intent")
    intents.check_secret(found, params)
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "confirm")
    params = confirmation_tokens.spend(unit, params, found)
    _merge_options(found["payment_method_options"], params.get("payment_method_options") or {})
    method = intents.choose(unit, found, params)
    if method is None and found["payment_method"]:
        method = unit.get("payment_method", found["payment_method"], "payment_method")
        intents.check_fits(unit, found, method)
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
    if method["type"] in DEBITS and not method["_mandate"] and "mandate_data" not in params:
        raise invalid(
            "This SetupIntent requires a mandate, but no mandate_data was provided.",
            param="mandate_data",
            code="parameter_missing",
        )
    found["_mandate_data"] = params.get("mandate_data")
    _forget(unit, found)
    setup_attempts.begin(unit, found, method)
    return go_on(unit, found, method, authenticated=False)


@route("POST", URL + "/{intent}/verify_microdeposits")
def verify_microdeposits(unit: Unit, params: Json, intent: str) -> Json:
    """Verifies the bank account, which saves it; or ends the attempt (400, kept)."""
    found = unit.get("setup_intent", intent, "intent")
    intents.check_secret(found, params)
    return verify(unit, found, params)


def verify(unit: Unit, intent: Json, params: Json) -> Json:
    """Amounts or a code of the microdeposits, from the API or the hosted page."""
    if not microdeposits.waits(intent):
        raise microdeposits.not_waiting(intent)
    method = unit.get("payment_method", intent["payment_method"])
    found = microdeposits.verdict(intent, method, params)
    if found == "mismatch":
        unit.put(intent)
        raise microdeposits.mismatch(params)
    if found != "verified":
        error = microdeposits.error(found)
        _fail(unit, intent, method, error)
        raise declines.kept(400, error["message"], error["code"], setup_intent=intent)
    method["_verified"] = True
    unit.put(method)
    return _succeed(unit, intent, method)


@due("setup_intent.unverified", account_time=True)
def end_verification(unit: Unit, intent_id: str) -> None:
    """Nobody verified the microdeposits in time."""
    _not_verified(unit, intent_id, "verification_timeout")


@due("setup_intent.unsent", account_time=True)
def fail_deposits(unit: Unit, intent_id: str) -> None:
    """The microdeposits did not arrive."""
    _not_verified(unit, intent_id, "failed")


def _not_verified(unit: Unit, intent_id: str, name: str) -> None:
    intent = unit.get("setup_intent", intent_id)
    if microdeposits.waits(intent):
        method = unit.get("payment_method", intent["payment_method"])
        _fail(unit, intent, method, microdeposits.error(name))


def _forget(unit: Unit, intent: Json) -> None:
    for name in ("unverified", "unsent"):
        unit.unschedule(f"setup_intent.{name}", intent["id"])


@route("POST", URL + "/{intent}/cancel")
def cancel(unit: Unit, params: Json, intent: str) -> Json:
    """Ends an open intent."""
    found = unit.get("setup_intent", intent, "intent")
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "cancel")
    if found["status"] == "requires_action":
        setup_attempts.note(unit, found, "abandoned")
    _forget(unit, found)
    found["status"], found["next_action"] = "canceled", None
    found["cancellation_reason"] = params.get("cancellation_reason")
    return unit.save(found, "setup_intent.canceled")


def go_on(unit: Unit, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """One attempt: succeeds, is declined (402, kept), or waits for the bank."""
    use = charging.Use(authenticated=authenticated, saving=True, requested=_requested(intent))
    found = charging.attempt(unit, method, use)
    match found.step:
        case "succeeded":
            return _succeed(unit, intent, method)
        case "declined":
            error = found.error or {}
            _fail(unit, intent, method, error)
            raise declines.answer(error, setup_intent=intent, payment_method=method)
        case "verify":
            names = ("setup_intent.unverified", "setup_intent.unsent")
            intent["next_action"] = microdeposits.ask(unit, intent, *names)
        case _:
            intent["next_action"] = intents.redirect_action(unit, intent, method)
    intent["status"] = "requires_action"
    intent["last_setup_error"] = None
    setup_attempts.note(unit, intent, "requires_action")
    return unit.save(intent, "setup_intent.requires_action")


def _requested(intent: Json) -> bool:
    card = intent["payment_method_options"].get("card", {})
    return card.get("request_three_d_secure") in ("any", "challenge")


def authenticate(unit: Unit, intent_id: str, *, passed: bool) -> Json:
    """The payer's answer on the bank's page."""
    intent = unit.get("setup_intent", intent_id, "intent")
    if not intents.waits_for_payer(intent):
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    if not passed:
        error = declines.of_authentication() | {"code": "setup_intent_authentication_failure"}
        return _fail(unit, intent, method, error)
    return _succeed(unit, intent, method, challenged=True)


def _succeed(unit: Unit, intent: Json, method: Json, *, challenged: bool = False) -> Json:
    _forget(unit, intent)
    method["_set_up"] = True
    unit.put(method)
    _sign(unit, intent, method)
    if intent["customer"]:
        payment_methods.keep(unit, method, intent["customer"])
    intent["status"], intent["next_action"] = "succeeded", None
    intent["last_setup_error"] = None
    card = payment_methods.instrument(method)
    secure = None
    if isinstance(card, Card):
        requested = _requested(intent)
        secure = method_details.secure_result(card, challenged=challenged, requested=requested)
    setup_attempts.note(unit, intent, "succeeded", secure=secure)
    return unit.save(intent, "setup_intent.succeeded")


def _sign(unit: Unit, intent: Json, method: Json) -> None:
    """A debit has a mandate, another method only if its consent was given."""
    data, kind = intent["_mandate_data"], method["type"]
    options = (intent["payment_method_options"].get(kind) or {}).get("mandate_options")
    if intent.get("_single_use"):
        single = {name: intent["_single_use"][name] for name in ("amount", "currency")}
        made = mandates.sign(unit, method, data, single=single, options=options)
        intent["single_use_mandate"] = made["id"]
    elif data or (kind in DEBITS and not method["_mandate"]):
        intent["mandate"] = mandates.sign(unit, method, data, options=options)["id"]
    elif kind in DEBITS:
        intent["mandate"] = method["_mandate"]


def _fail(unit: Unit, intent: Json, method: Json, error: Json) -> Json:
    _forget(unit, intent)
    intent["status"], intent["payment_method"] = "requires_payment_method", None
    intent["next_action"] = None
    intent["last_setup_error"] = error | {"payment_method": unit.shown(method)}
    setup_attempts.note(unit, intent, "failed", error=intent["last_setup_error"])
    return unit.save(intent, "setup_intent.setup_failed")


OPTIONS: dict[str, Json] = {
    "acss_debit": {"currency": None, "verification_method": "automatic"},
    "bacs_debit": {},
    "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"},
    "klarna": {"currency": None, "preferred_locale": None},
    "paypal": {"billing_agreement_id": None},
    "sepa_debit": {},
    "us_bank_account": {"verification_method": "automatic"},
}


def _options(types: list[str], given: Json) -> Json:
    shown = {kind: dict(OPTIONS[kind]) for kind in types if kind in OPTIONS}
    _merge_options(shown, given)
    return shown


def _merge_options(shown: Json, given: Json) -> None:
    known = {kind: one for kind, one in given.items() if kind in OPTIONS}
    if (known.get("card") or {}).get("mandate_options"):
        name = "payment_method_options[card][mandate_options]"
        raise unsupported(name, name)
    intents.merge_options(shown, known)


def _refuse_unmodelled(params: Json) -> None:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
