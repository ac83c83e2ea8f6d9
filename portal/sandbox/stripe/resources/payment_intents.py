"""Payment intents: the wish to be paid, confirmed, changed, cancelled. What an attempt comes to is
`paying.py`; capturing what was authorized is `payment_captures.py`.
"""

from portal.sandbox.stripe import charging, eligibility, intents, paying
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.instruments import BankAccount
from portal.sandbox.stripe.method_types import REDIRECTING
from portal.sandbox.stripe.paying import authenticate, pay_voucher
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources import confirmation_tokens, payment_methods
from portal.sandbox.stripe.resources.customers import address, check_email, use_currency
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, envelope, merged

__all__ = ["OPEN", "authenticate", "end", "pay_voucher"]

URL = "/v1/payment_intents"
MODELLED = frozenset(
    [
        "allowed_payment_method_types",
        "amount",
        "automatic_payment_methods",
        "cancellation_reason",
        "capture_method",
        "confirm",
        "confirmation_method",
        "confirmation_token",
        "currency",
        "customer",
        "description",
        "error_on_requires_action",
        "excluded_payment_method_types",
        "mandate",
        "mandate_data",
        "metadata",
        "off_session",
        "payment_method",
        "payment_method_configuration",
        "payment_method_data",
        "payment_method_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
        "use_stripe_sdk",
    ]
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
WORDS = {"metadata", "description"}


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one and, with `confirm`, tries it at once; a decline is a 402 that holds it."""
    _refuse_unmodelled(params)
    intents.check_confirm_only(params)
    confirmation_tokens.check_alone(params)
    currency = check_currency(params["currency"])
    eligibility.check_amount(params["amount"], currency)
    customer = params.get("customer")
    if customer:
        unit.get("customer", customer, "customer")
    intent = _new(unit, params, currency, eligibility.types(unit, currency, params))
    _apply(intent, params)
    method = intents.choose(unit, intent, params)
    if method:
        intent["payment_method"], intent["status"] = method["id"], "requires_confirmation"
    unit.add(intent, "payment_intent.created")
    if params.get("confirm"):
        chosen = {
            name: one for name, one in params.items() if not name.startswith("payment_method")
        }
        return confirm(unit, chosen, intent["id"])
    return intent


def _new(unit: Unit, params: Json, currency: str, types: list[str]) -> Json:
    intent_id = unit.id("pi")
    options = params.get("payment_method_options", {})
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": _automatic(params),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": intents.client_secret(intent_id),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": unit.account_now,
        "currency": currency,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description") or None,
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": merged({}, params.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": eligibility.configuration_details(unit, params),
        "payment_method_options": intents.shown_options(types, options),
        "payment_method_types": types,
        "payment_record": None,
        "processing": None,
        "receipt_email": params.get("receipt_email") or None,
        "review": None,
        "setup_future_usage": params.get("setup_future_usage"),
        "shipping": None,
        "source": None,
        "statement_descriptor": params.get("statement_descriptor"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": params.get("transfer_group"),
        "_return_url": None,
        "_off_session": False,
        "_error_on_action": False,
        "_authenticated": None,
        "_mandate": None,
        "_increments": 0,
        "_invoice": None,
    }


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `created`."""
    if "customer_account" in params:
        raise unsupported("customer_account", "customer_account")
    where = {name: params.get(name) for name in ("customer", "created")}
    return unit.page("payment_intent", params, URL, where)


@route("GET", URL + "/{intent}")
def retrieve(unit: Unit, params: Json, intent: str) -> Json:
    """One intent. Raises the 400 for a client secret that is not its own."""
    found = unit.get("payment_intent", intent, "intent")
    intents.check_secret(found, params)
    return found


@route("GET", URL + "/{intent}/amount_details_line_items")
def list_amount_lines(unit: Unit, params: Json, intent: str) -> Json:
    """The lines of `amount_details`: none, since these are not modelled."""
    _ = params
    unit.get("payment_intent", intent, "intent")
    return envelope([], f"{URL}/{intent}/amount_details_line_items")


@route("POST", URL + "/{intent}")
def update(unit: Unit, params: Json, intent: str) -> Json:
    """Changes an intent that is still open; one of an invoice belongs to its invoice."""
    _refuse_unmodelled(params)
    found = unit.get("payment_intent", intent, "intent")
    if found["_invoice"] and params.keys() - WORDS:
        raise invalid("You cannot update a PaymentIntent that was created by an Invoice.")
    if found["status"] not in OPEN and params.keys() - WORDS:
        raise intents.unexpected(found, "update")
    if "currency" in params:
        found["currency"] = check_currency(params["currency"])
    if "amount" in params:
        eligibility.check_amount(params["amount"], found["currency"])
        found["amount"] = params["amount"]
    if "customer" in params:
        found["customer"] = unit.get("customer", params["customer"], "customer")["id"]
    if {"currency", "allowed_payment_method_types", "excluded_payment_method_types"} & set(params):
        _choose_types(unit, found, params)
    for name in ("description", "setup_future_usage", "statement_descriptor", "transfer_group"):
        if name in params:
            found[name] = params[name] or None
    if "statement_descriptor_suffix" in params:
        found["statement_descriptor_suffix"] = params["statement_descriptor_suffix"] or None
    if "capture_method" in params:
        found["capture_method"] = params["capture_method"]
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    _apply(found, params)
    if params.get("payment_method") == "":
        found["payment_method"], found["status"] = None, "requires_payment_method"
    method = intents.choose(unit, found, params)
    if method:
        found["payment_method"], found["status"] = method["id"], "requires_confirmation"
    if method or (found["status"] == "requires_action" and "amount" in params):
        paying.forget(unit, found)
        found["next_action"] = None
        found["status"] = "requires_confirmation"
    return unit.save(found)


def _choose_types(unit: Unit, intent: Json, params: Json) -> None:
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        if name in params:
            intent[name] = params[name] or None
    wanted = {
        name: intent[name]
        for name in (
            "allowed_payment_method_types",
            "excluded_payment_method_types",
            "capture_method",
        )
        if intent[name]
    }
    intent["payment_method_types"] = eligibility.types(unit, intent["currency"], wanted)
    old = intent["payment_method_options"]
    known = {kind: one for kind, one in old.items() if kind in intent["payment_method_types"]}
    intent["payment_method_options"] = (
        intents.shown_options(intent["payment_method_types"], {}) | known
    )


@route("POST", URL + "/{intent}/confirm")
def confirm(unit: Unit, params: Json, intent: str) -> Json:
    """Tries to get the money; see `paying.go_on` for what may come of it."""
    _refuse_unmodelled(params)
    found = unit.get("payment_intent", intent, "intent")
    intents.check_secret(found, params)
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "confirm")
    params = confirmation_tokens.spend(unit, params, found)
    _apply(found, params)
    method = intents.choose(unit, found, params)
    if method is None and found["payment_method"]:
        method = unit.get("payment_method", found["payment_method"], "payment_method")
        intents.check_fits(unit, found, method)
    if method is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            about=found,
        )
    if "setup_future_usage" in params:
        found["setup_future_usage"] = params["setup_future_usage"] or None
    if "capture_method" in params:
        found["capture_method"] = params["capture_method"]
    _check_use(found, method, params)
    intents.check_return_url(found, method, params)
    found["_off_session"] = params.get("off_session") in (True, "one_off", "recurring")
    found["_return_url"] = params.get("return_url")
    found["_error_on_action"] = params.get("error_on_requires_action", False)
    found["_mandate"] = paying.mandate_for(unit, found, method, params)
    found["payment_method"] = method["id"]
    paying.forget(unit, found)
    if found["customer"]:
        customer = unit.get("customer", found["customer"], "customer")
        use_currency(unit, customer, found["currency"])
    answered = found.get("_authenticated") == method["id"]
    return paying.go_on(unit, found, method, authenticated=answered)


def _check_use(intent: Json, method: Json, params: Json) -> None:
    paying.check_saving(intent, method)
    paying.captures_later(intent, method)
    if params.get("off_session") and params.get("setup_future_usage"):
        message = (
            "You cannot set `setup_future_usage` together with `off_session`: the customer has to "
            "be present to agree."
        )
        raise invalid(message, param="off_session")
    options = intent["payment_method_options"].get(method["type"]) or {}
    if options.get("verification_method") == "instant" and not method.get("_verified", True):
        raise unsupported("instant verification (Financial Connections)", "payment_method_options")


@route("POST", URL + "/{intent}/verify_microdeposits")
def verify_microdeposits(unit: Unit, params: Json, intent: str) -> Json:
    """Verifies the bank account and begins the debit."""
    found = unit.get("payment_intent", intent, "intent")
    intents.check_secret(found, params)
    return paying.verify(unit, found, params)


@route("POST", URL + "/{intent}/cancel")
def cancel(unit: Unit, params: Json, intent: str) -> Json:
    """Ends an open intent; one of an invoice ends with its invoice."""
    found = unit.get("payment_intent", intent, "intent")
    if found["_invoice"]:
        raise invalid(
            "You cannot cancel this PaymentIntent because it was created by an Invoice. Void the "
            "Invoice instead.",
            code="payment_intent_unexpected_state",
            about=found,
        )
    return end(unit, found, params.get("cancellation_reason"))


def end(unit: Unit, intent: Json, reason: str | None) -> Json:
    """Cancels, whoever asks: the API, an expired Checkout session or a voided invoice. What was
    authorized is released; a debit that never ends is given up.
    """
    events = ["payment_intent.canceled"]
    if intent["status"] == "requires_capture":
        body = charging.release(unit.get("charge", intent["latest_charge"]))
        unit.save(body, "charge.refunded")
        intent["amount_capturable"] = 0
    elif intent["status"] == "processing" and _never_ends(unit, intent):
        body = unit.get("charge", intent["latest_charge"])
        body |= {"status": "failed", "paid": False}
        unit.save(body, "charge.failed")
    elif intent["status"] not in OPEN:
        raise intents.unexpected(intent, "cancel")
    paying.forget(unit, intent)
    intent["status"], intent["canceled_at"] = "canceled", unit.account_now
    intent["cancellation_reason"], intent["next_action"] = reason, None
    return unit.save(intent, *events)


def _never_ends(unit: Unit, intent: Json) -> bool:
    method = unit.get("payment_method", intent["payment_method"])
    account = payment_methods.instrument(method)
    return isinstance(account, BankAccount) and account.outcome.forever


def _automatic(params: Json) -> Json | None:
    given = params.get("automatic_payment_methods", {"enabled": True})
    if not given["enabled"]:
        return None
    default = "never" if _only_without_redirect(params) else "always"
    return {"allow_redirects": given.get("allow_redirects", default), "enabled": True}


def _only_without_redirect(params: Json) -> bool:
    allowed = params.get("allowed_payment_method_types")
    return bool(allowed) and REDIRECTING.isdisjoint(allowed or ())


def _apply(intent: Json, params: Json) -> None:
    check_email(params.get("receipt_email"), "receipt_email")
    if "receipt_email" in params:
        intent["receipt_email"] = params["receipt_email"] or None
    if "shipping" in params:
        given = params["shipping"] or None
        intent["shipping"] = given and {
            "address": address(given["address"]),
            "carrier": given.get("carrier"),
            "name": given["name"],
            "phone": given.get("phone"),
            "tracking_number": given.get("tracking_number"),
        }
    options = params.get("payment_method_options") or {}
    intents.merge_options(intent["payment_method_options"], options)


def _refuse_unmodelled(params: Json) -> None:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
