"""Authorized money of payment intents: captured whole or in part, increased, or let go."""

from portal.sandbox.stripe import charging, intents, paying
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources import refunds
from portal.sandbox.stripe.resources.payment_intents import URL, end
from portal.sandbox.stripe.unit import Unit, merged

MODELLED = frozenset(
    [
        "amount",
        "amount_to_capture",
        "description",
        "final_capture",
        "metadata",
        "statement_descriptor",
        "statement_descriptor_suffix",
    ]
)
MOST_INCREMENTS = 10
WORDS = ("statement_descriptor", "statement_descriptor_suffix")


@route("POST", URL + "/{intent}/capture")
def capture(unit: Unit, params: Json, intent: str) -> Json:
    """Takes `amount_to_capture`, or all that was authorized; the rest is released."""
    found = _authorized(unit, intent, params, "capture")
    if params.get("final_capture") is False:
        raise unsupported("capturing in several parts", "final_capture")
    amount = params.get("amount_to_capture", int(found["amount_capturable"]))
    if amount > found["amount_capturable"]:
        message = (
            f"The requested capture amount ({amount}) is greater than the amount that can be "
            f"captured ({found['amount_capturable']})."
        )
        raise invalid(message, param="amount_to_capture", code="amount_too_large")
    if amount < 1:
        message = "The amount to capture must be greater than zero."
        raise invalid(message, param="amount_to_capture", code="parameter_invalid_integer")
    body = unit.get("charge", found["latest_charge"])
    for name in WORDS:
        if name in params:
            found[name] = body[name] = params[name] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    paying.forget(unit, found)
    body = charging.capture(unit, body, amount)
    booked = body["balance_transaction"]
    body["balance_transaction"] = None
    unit.save(body, "charge.captured")
    paying.succeed(unit, found, amount)
    body["balance_transaction"] = booked
    unit.save(body, "charge.updated")
    return unit.get("payment_intent", intent)


@route("POST", URL + "/{intent}/increment_authorization")
def increment(unit: Unit, params: Json, intent: str) -> Json:
    """Raises what is authorized to `amount`, if that was asked for at confirmation."""
    found = _authorized(unit, intent, params, "increment the authorization of")
    body = unit.get("charge", found["latest_charge"])
    card = body["payment_method_details"].get("card") or {}
    if (card.get("incremental_authorization") or {}).get("status") != "available":
        message = (
            "This PaymentIntent does not support incremental authorization. Ask for it by "
            "`payment_method_options[card][request_incremental_authorization]` when you confirm."
        )
        raise invalid(message, code="payment_intent_invalid_parameter", about=found)
    if params["amount"] <= found["amount"]:
        message = f"The amount must be greater than what is authorized ({found['amount']})."
        raise invalid(message, param="amount", code="parameter_invalid_integer")
    if found["_increments"] >= MOST_INCREMENTS:
        message = f"An authorization can be increased at most {MOST_INCREMENTS} times."
        raise invalid(message, code="payment_intent_unexpected_state", about=found)
    found["_increments"] += 1
    for name in ("amount", "amount_capturable"):
        found[name] = params["amount"]
    if "description" in params:
        found["description"] = params["description"] or None
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    body["amount"] = card["amount_authorized"] = params["amount"]
    card["overcapture"]["maximum_amount_capturable"] = params["amount"]
    unit.save(body, "charge.updated")
    return unit.save(found, "payment_intent.amount_capturable_updated")


@due("payment_intent.authorization", account_time=True)
def expire(unit: Unit, intent_id: str) -> None:
    """The bank let the authorization go (docs.stripe.com/payments/place-a-hold-…)."""
    found = unit.get("payment_intent", intent_id)
    if found["status"] != "requires_capture":
        return
    body = charging.release(unit.get("charge", found["latest_charge"]))
    unit.save(body, "charge.expired")
    refunds.note_expired(unit, body)
    found["amount_capturable"], found["status"] = 0, "requires_payment_method"
    end(unit, found, "automatic")


def _authorized(unit: Unit, intent: str, params: Json, verb: str) -> Json:
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    found = unit.get("payment_intent", intent, "intent")
    if found["status"] != "requires_capture":
        raise intents.unexpected(found, verb)
    return found
