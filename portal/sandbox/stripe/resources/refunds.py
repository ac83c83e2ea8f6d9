"""Refunds, whole or in parts; some end later, some wait until the payer names an account."""

from portal.sandbox.stripe import balances
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.instruments import Card
from portal.sandbox.stripe.method_types import TYPES
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/refunds"
MODELLED = {"amount", "charge", "instructions_email", "metadata", "payment_intent", "reason"}
LATER = 3600
DAYS_TO_ANSWER = 45


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Gives back `amount`, or what is left, of a charge or of an intent's charge."""
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    charge = _charge(unit, params)
    left = refundable(charge)
    if charge["status"] != "succeeded":
        message = f"Charge {charge['id']} is not refundable: it is {charge['status']}."
        raise invalid(message, param="charge", code="charge_not_refundable")
    if charge.get("_disputed_for_good"):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        message = "Refund amount must be greater than zero."
        raise invalid(message, param="amount", code="parameter_invalid_integer")
    if amount > left:
        words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(words, param="amount")
    if not charge["captured"]:
        return _release(unit, charge, params)
    method = unit.get("payment_method", charge["payment_method"])
    kind = TYPES[method["type"]]
    if not kind.refunds:
        message = f"Payments by {method['type']} cannot be refunded."
        raise invalid(message, param="charge", code="charge_not_refundable")
    card = instrument(method)
    special = card.refund if isinstance(card, Card) else ""
    refund = _new(unit, charge, amount, params)
    if kind.asks:
        return _ask(unit, charge, refund, method, params)
    if special == "pending":
        refund["status"], refund["pending_reason"] = "pending", "processing"
    refund["balance_transaction"] = balances.book_refund(unit, refund)["id"]
    unit.add(refund, "refund.created")
    _count(unit, charge, amount)
    if special:
        unit.schedule(unit.account_now + LATER, "refund.settle", str(refund["id"]))
    return refund


def refundable(charge: Json) -> int:
    """What can still be given back of a charge."""
    given = charge["amount_refunded"] - charge.get("_released", 0)
    return int((charge["amount_captured"] if charge["captured"] else charge["amount"]) - given)


def _count(unit: Unit, charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    unit.save(charge, "charge.refunded")


def _new(unit: Unit, charge: Json, amount: int, params: Json) -> Json:
    return {
        "id": unit.id("re" if charge["id"].startswith("ch_") else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": unit.account_now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "description": None,
        "destination_details": _destination(charge),
        "metadata": merged({}, params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        "_parent": charge["id"],
    }


def _destination(charge: Json) -> Json:
    kind = charge["payment_method_details"]["type"]
    if kind != "card":
        return {"type": kind}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {"type": kind, "card": card | {"type": "refund"}}


def _ask(unit: Unit, charge: Json, refund: Json, method: Json, params: Json) -> Json:
    """Stripe asks the payer by mail where the money shall go; only then it moves."""
    email = params.get("instructions_email") or method["billing_details"]["email"]
    if not email:
        message = "An e-mail address is needed to ask the customer for an account."
        raise invalid(message, param="instructions_email", code="parameter_missing")
    refund["status"], refund["instructions_email"] = "requires_action", email
    at = unit.account_now + DAYS_TO_ANSWER * DAY
    sent = {"email_sent_at": unit.account_now, "email_sent_to": email}
    details = {"email_sent": sent, "expires_at": at}
    refund["next_action"] = {"type": "display_details", "display_details": details}
    unit.add(refund, "refund.created")
    _count(unit, charge, refund["amount"])
    unit.schedule(at, "refund.expire", str(refund["id"]))
    return refund


def _release(unit: Unit, charge: Json, params: Json) -> Json:
    """A refund of money that was only authorized cancels its intent."""
    if params.get("amount") not in (None, charge["amount"]) or not charge["payment_intent"]:
        message = f"Charge {charge['id']} was not captured: only all of it can be refunded."
        raise invalid(message, param="amount", code="charge_not_refundable")
    refund = _new(unit, charge, charge["amount"], params)
    unit.add(refund, "refund.created")
    reason = {"cancellation_reason": "requested_by_customer"}
    route_ = "POST /v1/payment_intents/{intent}/cancel"
    unit.call(route_, reason, intent=charge["payment_intent"])
    return refund


def note_expired(unit: Unit, charge: Json) -> Json:
    """The refund that stands for an authorization that the bank let go."""
    refund = _new(unit, charge, charge["amount"], {})
    refund["reason"] = "expired_uncaptured_charge"
    return unit.add(refund, "refund.created")


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `charge`, `payment_intent`, `created`."""
    where = {name: params.get(name) for name in ("charge", "payment_intent", "created")}
    return unit.page("refund", params, URL, where)


@route("GET", URL + "/{refund}")
def retrieve(unit: Unit, params: Json, refund: str) -> Json:
    """One refund."""
    _ = params
    return unit.get("refund", refund, "refund")


@route("POST", URL + "/{refund}")
def update(unit: Unit, params: Json, refund: str) -> Json:
    """Changes metadata only."""
    found = unit.get("refund", refund, "refund")
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    return unit.save(found, "refund.updated")


@route("POST", URL + "/{refund}/cancel")
def cancel(unit: Unit, params: Json, refund: str) -> Json:
    """Ends a refund that waits for the payer."""
    _ = params
    found = unit.get("refund", refund, "refund")
    if found["status"] != "requires_action":
        raise invalid(
            f"You cannot cancel this refund because it has a status of {found['status']}. Only "
            "refunds with a status of requires_action can be canceled.",
            param="refund",
        )
    _come_back(unit, found)
    found["status"], found["next_action"] = "canceled", None
    unit.unschedule("refund.expire", refund)
    return unit.save(found, "refund.updated")


@route("POST", "/v1/test_helpers/refunds/{refund}/expire")
def expire_now(unit: Unit, params: Json, refund: str) -> Json:
    """The payer did not answer in time."""
    _ = params
    found = unit.get("refund", refund, "refund")
    if found["status"] != "requires_action":
        message = f"The refund {refund} does not wait for the customer."
        raise invalid(message, param="refund")
    unit.unschedule("refund.expire", refund)
    return _fail(unit, found, "expired_or_canceled_card")


@due("refund.expire", account_time=True)
def expire(unit: Unit, refund_id: str) -> None:
    """45 days have passed without an answer."""
    _fail(unit, unit.get("refund", refund_id), "expired_or_canceled_card")


def answer(unit: Unit, refund_id: str) -> Json:
    """The payer named an account: the money goes there (a control of the sandbox)."""
    found = unit.get("refund", refund_id)
    if found["status"] != "requires_action":
        return found
    unit.unschedule("refund.expire", refund_id)
    found["balance_transaction"] = balances.book_refund(unit, found)["id"]
    found["status"], found["next_action"] = "succeeded", None
    return unit.save(found, "refund.updated")


@due("refund.settle", account_time=True)
def settle(unit: Unit, refund_id: str) -> None:
    """The late answer that the test cards for refunds give."""
    refund = unit.get("refund", refund_id)
    if refund["status"] == "pending":
        refund["status"], refund["pending_reason"] = "succeeded", None
        unit.save(refund, "refund.updated", "charge.refund.updated")
        return
    _fail(unit, refund, "unknown")


def _fail(unit: Unit, refund: Json, reason: str) -> Json:
    """The money comes back (docs.stripe.com/refunds#failed-refunds)."""
    if refund["balance_transaction"]:
        failure = balances.book_failed_refund(unit, refund)
        refund["failure_balance_transaction"] = failure["id"]
    _come_back(unit, refund)
    refund["status"], refund["failure_reason"] = "failed", reason
    refund["next_action"] = None
    return unit.save(refund, "refund.updated", "charge.refund.updated", "refund.failed")


def _come_back(unit: Unit, refund: Json) -> None:
    charge = unit.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    unit.save(charge, "charge.updated")


def _charge(unit: Unit, params: Json) -> Json:
    if "charge" in params and "payment_intent" in params:
        message = "You may only specify one of these parameters: charge, payment_intent."
        raise invalid(message, param="payment_intent")
    if "charge" in params:
        return unit.get("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided: payment_intent or charge."
        raise invalid(message, param="payment_intent", code="parameter_missing")
    intent = unit.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["latest_charge"] is None or intent["status"] not in ("succeeded", "requires_capture"):
        message = (
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        )
        raise invalid(message, param="payment_intent", code="charge_not_refundable")
    return unit.get("charge", intent["latest_charge"])
