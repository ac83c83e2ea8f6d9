"""Payment intents: from the wish to be paid to the money, through banks, debits and vouchers."""

import datetime
import zoneinfo

from portal.sandbox.stripe import charging, declines, eligibility, intents
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources import mandates, payment_methods
from portal.sandbox.stripe.resources.customers import address, check_email, use_currency
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/payment_intents"
DAY = 86400
MODELLED = frozenset(
    [
        "allowed_payment_method_types",
        "amount",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "currency",
        "confirmation_method",
        "customer",
        "description",
        "error_on_requires_action",
        "metadata",
        "mandate",
        "excluded_payment_method_types",
        "mandate_data",
        "off_session",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "use_stripe_sdk",
        "cancellation_reason",
    ]
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one and, with `confirm`, tries it at once; a decline is a 402 that holds it."""
    _refuse_unmodelled(params)
    intents.check_confirm_only(params)
    currency = check_currency(params["currency"])
    eligibility.check_amount(params["amount"], currency)
    customer = params.get("customer")
    if customer:
        unit.get("customer", customer, "customer")
    types = eligibility.types(unit, currency, params)
    intent_id = unit.id("pi")
    intent: Json = {
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
        "customer": customer,
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
        "payment_method_configuration_details": None,
        "payment_method_options": intents.shown_options(
            types, params.get("payment_method_options", {})
        ),
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
        "transfer_group": None,
        "_return_url": None,
        "_off_session": False,
        "_invoice": None,
    }
    _apply(intent, params)
    method = intents.choose(unit, intent, params)
    if method:
        intent["payment_method"], intent["status"] = method["id"], "requires_confirmation"
    unit.add(intent, "payment_intent.created")
    if params.get("confirm"):
        chosen = {
            name: one for name, one in params.items() if not name.startswith("payment_method")
        }
        return confirm(unit, chosen, intent_id)
    return intent


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `created`."""
    where = {name: params.get(name) for name in ("customer", "created")}
    return unit.page("payment_intent", params, URL, where)


@route("GET", URL + "/{intent}")
def retrieve(unit: Unit, params: Json, intent: str) -> Json:
    """One intent."""
    _ = params
    return unit.get("payment_intent", intent, "intent")


@route("POST", URL + "/{intent}")
def update(unit: Unit, params: Json, intent: str) -> Json:
    """Changes an intent that is still open; one of an invoice belongs to its invoice."""
    _refuse_unmodelled(params)
    found = unit.get("payment_intent", intent, "intent")
    if found["_invoice"] and params.keys() - {"metadata", "description"}:
        raise invalid("You cannot update a PaymentIntent that was created by an Invoice.")
    if found["status"] not in OPEN and params.keys() - {"metadata", "description"}:
        raise intents.unexpected(found, "update")
    if "currency" in params:
        found["currency"] = check_currency(params["currency"])
    if "amount" in params:
        eligibility.check_amount(params["amount"], found["currency"])
        found["amount"] = params["amount"]
    if "customer" in params:
        found["customer"] = unit.get("customer", params["customer"], "customer")["id"]
    if "description" in params:
        found["description"] = params["description"] or None
    if "setup_future_usage" in params:
        found["setup_future_usage"] = params["setup_future_usage"] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    _apply(found, params)
    method = intents.choose(unit, found, params)
    if method:
        found["payment_method"], found["status"] = method["id"], "requires_confirmation"
        found["next_action"] = None
    return unit.save(found)


@route("POST", URL + "/{intent}/confirm")
def confirm(unit: Unit, params: Json, intent: str) -> Json:
    """Tries to get the money; see `go_on` for what may come of it."""
    _refuse_unmodelled(params)
    found = unit.get("payment_intent", intent, "intent")
    if found["status"] not in OPEN:
        raise intents.unexpected(found, "confirm")
    _apply(found, params)
    method = intents.choose(unit, found, params)
    if method is None and found["payment_method"]:
        method = unit.get("payment_method", found["payment_method"], "payment_method")
        intents.check_fits(found, method)
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
    _check_saving(found, method)
    intents.check_return_url(found, method, params)
    found["_off_session"] = params.get("off_session") in (True, "one_off", "recurring")
    found["_return_url"] = params.get("return_url")
    found["_error_on_action"] = params.get("error_on_requires_action", False)
    found["_mandate"] = _mandate(unit, found, method, params)
    found["payment_method"] = method["id"]
    _forget_voucher(unit, found)
    if found["customer"]:
        customer = unit.get("customer", found["customer"], "customer")
        use_currency(unit, customer, found["currency"])
    return go_on(unit, found, method, authenticated=False)


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
    """Cancels, whoever asks: the API, an expired Checkout session or a voided invoice."""
    if intent["status"] not in OPEN:
        raise intents.unexpected(intent, "cancel")
    _forget_voucher(unit, intent)
    intent["status"], intent["canceled_at"] = "canceled", unit.account_now
    intent["cancellation_reason"], intent["next_action"] = reason, None
    return unit.save(intent, "payment_intent.canceled")


def go_on(unit: Unit, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """One attempt: succeeds, is declined (402, kept), or waits for the bank or the payer."""
    card = intent["payment_method_options"].get("card", {})
    use = charging.Use(
        off_session=intent["_off_session"],
        authenticated=authenticated,
        requested=card.get("request_three_d_secure") in ("any", "challenge"),
    )
    found = charging.attempt(method, use)
    match found.step:
        case "succeeded":
            _keep_method(unit, intent, method)
            body = charging.charge(unit, intent, method, "succeeded", authenticated=authenticated)
            intent["latest_charge"] = body["id"]
            unit.put(intent)
            unit.emit("charge.succeeded", body)
            return _succeed(unit, intent)
        case "declined":
            _decline(unit, intent, method, found.error or {})
            raise declines.answer(unit, found.error or {}, payment_intent=intent)
        case "processing":
            return _process(unit, intent, method)
        case "voucher":
            return _issue_voucher(unit, intent, method)
    if intent["_error_on_action"]:
        error = declines.of_card("authentication_required")
        _fail(unit, intent, method, error)
        raise declines.answer(unit, error, payment_intent=intent)
    intent["status"] = "requires_action"
    intent["next_action"] = intents.redirect_action(unit, intent)
    intent["last_payment_error"] = None
    return unit.save(intent, "payment_intent.requires_action")


def authenticate(unit: Unit, intent_id: str, *, passed: bool) -> Json:
    """The payer's answer on the bank's page; a decline that follows is noted, not raised."""
    intent = unit.get("payment_intent", intent_id, "intent")
    if intent["status"] != "requires_action" or intent["next_action"]["type"] not in (
        "redirect_to_url",
        "use_stripe_sdk",
    ):
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    if not passed:
        return _fail(unit, intent, method, declines.of_authentication())
    found = charging.attempt(method, charging.Use(authenticated=True))
    if found.step == "declined":
        return _decline(unit, intent, method, found.error or {})
    return go_on(unit, intent, method, authenticated=True)


def pay_voucher(unit: Unit, intent_id: str) -> Json:
    """The payer paid the slip at a bank."""
    intent = unit.get("payment_intent", intent_id, "intent")
    action = intent["next_action"] or {}
    if intent["status"] != "requires_action" or action["type"] != "boleto_display_details":
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    _forget_voucher(unit, intent)
    _keep_method(unit, intent, method)
    body = charging.charge(unit, intent, method, "succeeded")
    intent["latest_charge"] = body["id"]
    unit.put(intent)
    unit.emit("charge.succeeded", body)
    return _succeed(unit, intent)


@due("payment_intent.settle", account_time=True)
def settle(unit: Unit, intent_id: str) -> None:
    """The bank's answer to a debit, days later."""
    intent = unit.get("payment_intent", intent_id)
    method = unit.get("payment_method", intent["payment_method"])
    account = payment_methods.instrument(method)
    failure = getattr(account, "failure", "")
    error = declines.of_debit(failure) if failure else None
    body = charging.settle(unit, intent["latest_charge"], error)
    if error:
        unit.save(body, "charge.failed")
        _fail(unit, intent, method, error | {"charge": body["id"]})
    else:
        unit.save(body, "charge.succeeded")
        _succeed(unit, intent)


@due("payment_intent.voucher", account_time=True)
def expire_voucher(unit: Unit, intent_id: str) -> None:
    """The slip was not paid in time."""
    intent = unit.get("payment_intent", intent_id)
    method = unit.get("payment_method", intent["payment_method"])
    error = {
        "code": "payment_intent_payment_attempt_expired",
        "message": declines.VOUCHER_EXPIRED,
        "type": "invalid_request_error",
    }
    _fail(unit, intent, method, error)


def _succeed(unit: Unit, intent: Json) -> Json:
    intent["status"], intent["next_action"] = "succeeded", None
    intent["last_payment_error"], intent["amount_received"] = None, intent["amount"]
    return unit.save(intent, "payment_intent.succeeded")


def _decline(unit: Unit, intent: Json, method: Json, error: Json) -> Json:
    body = charging.charge(unit, intent, method, "failed", error=error)
    intent["latest_charge"] = body["id"]
    unit.put(intent)
    unit.emit("charge.failed", body)
    return _fail(unit, intent, method, error | {"charge": body["id"]})


def _fail(unit: Unit, intent: Json, method: Json, error: Json) -> Json:
    intent["status"], intent["payment_method"] = "requires_payment_method", None
    intent["next_action"] = None
    intent["last_payment_error"] = error | {"payment_method": unit.shown(method)}
    return unit.save(intent, "payment_intent.payment_failed")


def _process(unit: Unit, intent: Json, method: Json) -> Json:
    _keep_method(unit, intent, method)
    body = charging.charge(unit, intent, method, "pending", mandate=intent["_mandate"])
    intent["status"], intent["latest_charge"] = "processing", body["id"]
    intent["next_action"], intent["last_payment_error"] = None, None
    unit.schedule(
        unit.account_now + int(unit.setting("sepa_days", 3) * DAY),
        "payment_intent.settle",
        intent["id"],
    )
    unit.save(intent, "payment_intent.processing")
    unit.emit("charge.pending", body)
    return intent


def _issue_voucher(unit: Unit, intent: Json, method: Json) -> Json:
    details = method["billing_details"]
    where = details["address"]
    for name, value in (("name", details["name"]), ("email", details["email"])):
        if not value:
            raise invalid(
                f"Missing required param: billing_details[{name}].",
                param=f"billing_details[{name}]",
                code="parameter_missing",
            )
    for part in ("line1", "city", "state", "postal_code", "country"):
        if not where[part]:
            raise invalid(
                f"Missing required param: billing_details[address][{part}].",
                param=f"billing_details[address][{part}]",
                code="parameter_missing",
            )
    options = intent["payment_method_options"].get("boleto", {})
    days = options.get("expires_after_days", unit.setting("boleto_days", 3))
    expires_at = end_of_day(unit.account_now, days)
    seed = f"{intent['id']}:{unit.account_now}"
    digits = "".join(str(ord(one) % 10) for one in scramble(seed, 47))
    page = unit.url(f"/boleto/{intent['id']}")
    intent["next_action"] = {
        "type": "boleto_display_details",
        "boleto_display_details": {
            "expires_at": expires_at,
            "hosted_voucher_url": page,
            "number": digits,
            "pdf": f"{page}/pdf",
        },
    }
    intent["status"], intent["last_payment_error"] = "requires_action", None
    unit.schedule(expires_at, "payment_intent.voucher", intent["id"])
    return unit.save(intent, "payment_intent.requires_action")


def end_of_day(now: int, days: int) -> int:
    """23:59 in São Paulo, that many days from now (facts/stripe.md B5)."""
    here = datetime.datetime.fromtimestamp(now, zoneinfo.ZoneInfo("America/Sao_Paulo"))
    then = (here + datetime.timedelta(days=days)).replace(hour=23, minute=59, second=0)
    return int(then.timestamp())


def _forget_voucher(unit: Unit, intent: Json) -> None:
    unit.unschedule("payment_intent.voucher", intent["id"])


def saving(intent: Json, method: Json) -> str | None:
    """The `setup_future_usage` that holds for this method: its own option first."""
    own = (intent["payment_method_options"].get(method["type"]) or {}).get("setup_future_usage")
    found = own or intent["setup_future_usage"]
    return None if found == "none" else found


def _check_saving(intent: Json, method: Json) -> None:
    usage = saving(intent, method)
    if usage and not eligibility.TYPES[method["type"]][2]:
        raise invalid(
            f"setup_future_usage is not supported for the payment method type {method['type']}.",
            param="setup_future_usage",
            code="payment_intent_incompatible_payment_method",
        )


def _keep_method(unit: Unit, intent: Json, method: Json) -> None:
    usage = saving(intent, method)
    if usage:
        method["_set_up"] = True
        unit.put(method)
        if intent["customer"]:
            payment_methods.keep(unit, method, intent["customer"])
    elif not method["customer"]:
        method["_used_up"] = True
        unit.put(method)


def _mandate(unit: Unit, intent: Json, method: Json, params: Json) -> str | None:
    if method["type"] != "sepa_debit":
        return None
    if "mandate" in params:
        return str(unit.get("mandate", params["mandate"], "mandate")["id"])
    if "mandate_data" in params:
        lasting = saving(intent, method) or method["customer"]
        single = None if lasting else {"amount": intent["amount"], "currency": intent["currency"]}
        return str(mandates.sign(unit, method, params["mandate_data"], single=single)["id"])
    if method["_mandate"]:
        return str(method["_mandate"])
    raise invalid(
        "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate "
        "acceptance from the customer and try again, providing acceptance data in the mandate_data "
        "parameter.",
        code="payment_intent_mandate_invalid",
        about=intent,
    )


def _automatic(params: Json) -> Json | None:
    given = params.get("automatic_payment_methods", {"enabled": True})
    if not given["enabled"]:
        return None
    default = "never" if _only_without_redirect(params) else "always"
    return {"allow_redirects": given.get("allow_redirects", default), "enabled": True}


def _only_without_redirect(params: Json) -> bool:
    allowed = params.get("allowed_payment_method_types")
    return bool(allowed) and eligibility.REDIRECTING.isdisjoint(allowed or ())


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
    for kind, options in params.get("payment_method_options", {}).items():
        if kind in intent["payment_method_options"]:
            intent["payment_method_options"][kind] |= options or {}


def _refuse_unmodelled(params: Json) -> None:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    if params.get("capture_method") == "manual":
        raise unsupported("capture_method=manual", "capture_method")
    if params.get("confirmation_method") == "manual":
        raise unsupported("confirmation_method=manual", "confirmation_method")
