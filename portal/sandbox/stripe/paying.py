"""A payment intent from its confirmation to the money: one attempt and everything that answers it.

What an attempt comes to is `charging.attempt`; this says what it does to the intent, and in which
order its events and those of its charge are sent.
"""

import datetime

from portal.sandbox.stripe import (
    charging,
    declines,
    eligibility,
    intents,
    method_details,
    microdeposits,
    vouchers,
)
from portal.sandbox.stripe.bank_accounts import Outcome
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.instruments import BankAccount
from portal.sandbox.stripe.method_types import DEBITS, KEPT_AS_DEBIT, TYPES
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.resources import mandates, payment_methods
from portal.sandbox.stripe.unit import Unit

THREE_MINUTES = 180


def go_on(unit: Unit, intent: Json, method: Json, *, authenticated: bool) -> Json:
    """One attempt: succeeds, is declined (402, kept), or waits for the bank or the payer."""
    use = charging.Use(
        off_session=intent["_off_session"],
        authenticated=authenticated,
        requested=_requested(intent),
    )
    found = charging.attempt(unit, method, use)
    match found.step:
        case "succeeded":
            return _take(unit, intent, method, authenticated=authenticated)
        case "declined":
            _decline(unit, intent, method, found.error or {})
            raise declines.answer(found.error or {}, payment_intent=intent, payment_method=method)
        case "processing":
            return _process(unit, intent, method)
        case "voucher":
            return _issue_voucher(unit, intent, method)
        case "verify":
            names = ("payment_intent.unverified", "payment_intent.unsent")
            return _wait(unit, intent, microdeposits.ask(unit, intent, *names))
    if intent["_error_on_action"] or (found.step == "redirect" and intent["_off_session"]):
        error = declines.of_card("authentication_required")
        fail(unit, intent, method, error)
        raise declines.answer(error, payment_intent=intent, payment_method=method)
    return _wait(unit, intent, intents.redirect_action(unit, intent, method))


def authenticate(unit: Unit, intent_id: str, *, passed: bool) -> Json:
    """The payer's answer on the bank's page; a decline that follows is noted, not raised."""
    intent = unit.get("payment_intent", intent_id, "intent")
    if not intents.waits_for_payer(intent):
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    if not passed:
        return fail(unit, intent, method, declines.of_authentication())
    if intent["confirmation_method"] == "manual":
        intent["_authenticated"] = method["id"]
        intent["status"], intent["next_action"] = "requires_confirmation", None
        return unit.save(intent)
    found = charging.attempt(unit, method, charging.Use(authenticated=True))
    if found.step == "declined":
        return _decline(unit, intent, method, found.error or {}, authenticated=True)
    return go_on(unit, intent, method, authenticated=True)


def pay_voucher(unit: Unit, intent_id: str) -> Json:
    """The payer paid the slip at a bank or a shop."""
    intent = unit.get("payment_intent", intent_id, "intent")
    if not vouchers.is_waiting(intent):
        return intent
    method = unit.get("payment_method", intent["payment_method"])
    slip = dict(intent["next_action"][intent["next_action"]["type"]])
    forget(unit, intent)
    keep_method(unit, intent, method)
    body = charging.charge(unit, intent, method, "succeeded", voucher=slip)
    intent["latest_charge"] = body["id"]
    unit.put(intent)
    unit.emit("charge.succeeded", body)
    return succeed(unit, intent)


@due("payment_intent.settle", account_time=True)
def settle(unit: Unit, intent_id: str) -> None:
    """The bank's answer to a debit, days later."""
    intent = unit.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    method = unit.get("payment_method", intent["payment_method"])
    account = payment_methods.instrument(method)
    outcome = account.outcome if isinstance(account, BankAccount) else Outcome()
    if not outcome.failure:
        body = charging.settle(unit, intent["latest_charge"])
        unit.save(body, "charge.succeeded")
        succeed(unit, intent)
        return
    error = declines.of_debit(outcome.failure)
    body = charging.settle(unit, intent["latest_charge"], error)
    unit.save(body, "charge.failed")
    fail(unit, intent, method, error | {"charge": body["id"]})
    if outcome.revokes:
        mandates.revoke(unit, intent["_mandate"], outcome.failure)
        method["_mandate"], method["_used_up"] = None, True
        unit.put(method)


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
    fail(unit, intent, method, error)


@due("payment_intent.unverified", account_time=True)
def end_verification(unit: Unit, intent_id: str) -> None:
    """Nobody verified the microdeposits in time."""
    _not_verified(unit, intent_id, "verification_timeout")


@due("payment_intent.unsent", account_time=True)
def fail_deposits(unit: Unit, intent_id: str) -> None:
    """The microdeposits did not arrive."""
    _not_verified(unit, intent_id, "failed")


def _not_verified(unit: Unit, intent_id: str, name: str) -> None:
    intent = unit.get("payment_intent", intent_id)
    if microdeposits.waits(intent):
        method = unit.get("payment_method", intent["payment_method"])
        fail(unit, intent, method, microdeposits.error(name))


def verify(unit: Unit, intent: Json, params: Json) -> Json:
    """Amounts or a code of the microdeposits: the debit begins, or the attempt ends (400, kept)."""
    if not microdeposits.waits(intent):
        raise microdeposits.not_waiting(intent)
    method = unit.get("payment_method", intent["payment_method"])
    found = microdeposits.verdict(intent, method, params)
    if found == "mismatch":
        unit.put(intent)
        raise microdeposits.mismatch(params)
    if found != "verified":
        error = microdeposits.error(found)
        fail(unit, intent, method, error)
        raise declines.kept(400, error["message"], error["code"], payment_intent=intent)
    forget(unit, intent)
    method["_verified"] = True
    unit.put(method)
    return go_on(unit, intent, method, authenticated=False)


def forget(unit: Unit, intent: Json) -> None:
    """Nothing that was to happen to the present attempt happens."""
    for name in ("voucher", "unverified", "unsent", "authorization"):
        unit.unschedule(f"payment_intent.{name}", intent["id"])


def _requested(intent: Json) -> bool:
    card = intent["payment_method_options"].get("card", {})
    return card.get("request_three_d_secure") in ("any", "challenge")


def captures_later(intent: Json, method: Json) -> bool:
    """Whether the money is only authorized at first: by the intent or by the type's option."""
    own = (intent["payment_method_options"].get(method["type"]) or {}).get("capture_method")
    wanted = own or intent["capture_method"]
    if wanted == "manual" and not TYPES[method["type"]].manual:
        raise invalid(
            f"Payment method type {method['type']} does not support manual capture.",
            param="capture_method",
            code="payment_intent_incompatible_payment_method",
        )
    return bool(wanted == "manual")


def _take(unit: Unit, intent: Json, method: Json, *, authenticated: bool) -> Json:
    later = captures_later(intent, method)
    keep_method(unit, intent, method)
    card = intent["payment_method_options"].get("card", {})
    body = charging.charge(
        unit,
        intent,
        method,
        "authorized" if later else "succeeded",
        authenticated=authenticated and method["type"] == "card",
        requested=_requested(intent),
        incremental=card.get("request_incremental_authorization") == "if_available",
    )
    intent["latest_charge"], intent["_authenticated"] = body["id"], None
    unit.put(intent)
    if later:
        return _authorize(unit, intent, method, body)
    asynchronous = intent["capture_method"] == "automatic_async" and not intent["_invoice"]
    if asynchronous:
        body["balance_transaction"] = None
    unit.emit("charge.succeeded", body)
    succeed(unit, intent)
    if asynchronous:
        body = unit.get("charge", body["id"])
        unit.emit("charge.updated", body, {"balance_transaction": None})
    return unit.get("payment_intent", intent["id"])


def _authorize(unit: Unit, intent: Json, method: Json, body: Json) -> Json:
    unit.emit("charge.succeeded", body)
    intent["status"], intent["next_action"] = "requires_capture", None
    intent["last_payment_error"], intent["amount_capturable"] = None, intent["amount"]
    at = method_details.capture_before(method["type"], unit.account_now)
    unit.schedule(at, "payment_intent.authorization", intent["id"])
    return unit.save(intent, "payment_intent.amount_capturable_updated")


def succeed(unit: Unit, intent: Json, amount: int | None = None) -> Json:
    """The money is there; `amount` when it is less than asked for."""
    intent["status"], intent["next_action"] = "succeeded", None
    intent["last_payment_error"], intent["amount_capturable"] = None, 0
    intent["amount_received"] = intent["amount"] if amount is None else amount
    return unit.save(intent, "payment_intent.succeeded")


def _decline(
    unit: Unit, intent: Json, method: Json, error: Json, *, authenticated: bool = False
) -> Json:
    body = charging.charge(unit, intent, method, "failed", error=error, authenticated=authenticated)
    intent["latest_charge"] = body["id"]
    unit.put(intent)
    unit.emit("charge.failed", body)
    return fail(unit, intent, method, error | {"charge": body["id"]})


def fail(unit: Unit, intent: Json, method: Json, error: Json) -> Json:
    """The attempt failed: the intent waits for another method and remembers why."""
    forget(unit, intent)
    intent["status"], intent["payment_method"] = "requires_payment_method", None
    intent["next_action"], intent["_authenticated"] = None, None
    intent["last_payment_error"] = error | {"payment_method": unit.shown(method)}
    return unit.save(intent, "payment_intent.payment_failed")


def _wait(unit: Unit, intent: Json, action: Json) -> Json:
    intent["status"], intent["next_action"] = "requires_action", action
    intent["last_payment_error"] = None
    return unit.save(intent, "payment_intent.requires_action")


def _process(unit: Unit, intent: Json, method: Json) -> Json:
    keep_method(unit, intent, method)
    days = debit_days(unit, method["type"])
    answer_at = unit.account_now + int(days * DAY)
    day = datetime.datetime.fromtimestamp(answer_at, datetime.UTC).date().isoformat()
    body = charging.charge(
        unit, intent, method, "pending", mandate=intent["_mandate"], debit_on=day
    )
    intent["status"], intent["latest_charge"] = "processing", body["id"]
    intent["next_action"], intent["last_payment_error"] = None, None
    account = payment_methods.instrument(method)
    if isinstance(account, BankAccount) and not account.outcome.forever:
        pause = THREE_MINUTES if account.outcome.slow else 0
        unit.schedule(answer_at + pause, "payment_intent.settle", intent["id"])
    unit.save(intent, "payment_intent.processing")
    unit.emit("charge.pending", body)
    return intent


def debit_days(unit: Unit, kind: str) -> float:
    """Days until the bank answers: the setting `<type>_days` (`sepa_days`) or the table's."""
    name = "sepa_days" if kind == "sepa_debit" else f"{kind}_days"
    return float(unit.setting(name, TYPES[kind].days))


def _issue_voucher(unit: Unit, intent: Json, method: Json) -> Json:
    kind = method["type"]
    at = vouchers.expires_at(unit, kind, intent["payment_method_options"].get(kind) or {})
    unit.schedule(at, "payment_intent.voucher", intent["id"])
    return _wait(unit, intent, vouchers.action(unit, intent, kind, at))


def saving(intent: Json, method: Json) -> str | None:
    """The `setup_future_usage` that holds for this method: its own option first."""
    own = (intent["payment_method_options"].get(method["type"]) or {}).get("setup_future_usage")
    found = own or intent["setup_future_usage"]
    return None if found == "none" else found


def check_saving(intent: Json, method: Json) -> None:
    """Refuses to keep a method of a one-off type."""
    kind = method["type"]
    if not saving(intent, method):
        return
    if kind in KEPT_AS_DEBIT:
        raise unsupported(f"saving {kind} as a SEPA debit", "setup_future_usage")
    if not eligibility.TYPES[kind].reusable:
        raise invalid(
            f"setup_future_usage is not supported for the payment method type {kind}.",
            param="setup_future_usage",
            code="payment_intent_incompatible_payment_method",
        )


def keep_method(unit: Unit, intent: Json, method: Json) -> None:
    """Saves the method if it was asked for; one that is not saved is used up."""
    if saving(intent, method):
        method["_set_up"] = True
        unit.put(method)
        if intent["customer"]:
            payment_methods.keep(unit, method, intent["customer"])
    elif not method["customer"]:
        method["_used_up"] = True
        unit.put(method)


def mandate_for(unit: Unit, intent: Json, method: Json, params: Json) -> str | None:
    """The mandate of a debit: named, given now, or kept by the method. Raises the refusal of a
    debit without one.
    """
    kind = method["type"]
    if "mandate" in params:
        found = unit.get("mandate", params["mandate"], "mandate")
        if found["status"] != "active" or found["payment_method"] != method["id"]:
            raise _no_mandate(intent, "The mandate is not active or is of another PaymentMethod.")
        return str(found["id"])
    if "mandate_data" in params and (kind in DEBITS or saving(intent, method)):
        lasting = saving(intent, method) or method["customer"]
        single = None if lasting else {"amount": intent["amount"], "currency": intent["currency"]}
        options = (intent["payment_method_options"].get(kind) or {}).get("mandate_options")
        data = params["mandate_data"] or None
        return str(mandates.sign(unit, method, data, single=single, options=options)["id"])
    if kind not in DEBITS:
        return None
    kept = unit.find("mandate", method["_mandate"] or "")
    if kept and kept["status"] == "active":
        return str(kept["id"])
    raise _no_mandate(
        intent,
        "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate "
        "acceptance from the customer and try again, providing acceptance data in the mandate_data "
        "parameter.",
    )


def _no_mandate(intent: Json, message: str) -> Exception:
    return invalid(message, code="payment_intent_mandate_invalid", about=intent)
