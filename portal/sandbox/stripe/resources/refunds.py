"""Refunds, whole or in parts."""

from portal.sandbox.stripe import charging
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.instruments import Card
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/refunds"
MODELLED = {"amount", "charge", "payment_intent", "metadata", "reason"}
LATER = 3600


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Gives back `amount`, or what is left, of a charge or of an intent's charge."""
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    charge = _charge(unit, params)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        message = f"Charge {charge['id']} is not refundable: it is {charge['status']}."
        raise invalid(message, param="charge", code="charge_not_refundable")
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if not 1 <= amount <= left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    card = instrument(unit.get("payment_method", charge["payment_method"]))
    special = card.refund if isinstance(card, Card) else ""
    refund = {
        "id": unit.id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": unit.account_now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": merged({}, params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if special == "pending" else "succeeded",
        "transfer_reversal": None,
        "_parent": charge["id"],
    }
    refund["balance_transaction"] = charging.book(unit, refund, "refund", -amount)["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    unit.add(refund, "refund.created")
    unit.save(charge, "charge.refunded")
    if special:
        unit.schedule(unit.account_now + LATER, "refund.settle", str(refund["id"]))
    return refund


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
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    return unit.save(found, "refund.updated")


@due("refund.settle", account_time=True)
def settle(unit: Unit, refund_id: str) -> None:
    """The late answer that the test cards for refunds give."""
    refund = unit.get("refund", refund_id)
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        unit.save(refund, "refund.updated")
        return
    refund["status"], refund["failure_reason"] = "failed", "unknown"
    charge = unit.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    unit.save(charge, "charge.updated")
    unit.save(refund, "refund.updated", "refund.failed")


def _charge(unit: Unit, params: Json) -> Json:
    if "charge" in params:
        return unit.get("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided: payment_intent or charge."
        raise invalid(message, param="payment_intent", code="parameter_missing")
    intent = unit.get("payment_intent", params["payment_intent"], "payment_intent")
    if intent["latest_charge"] is None or intent["status"] != "succeeded":
        message = (
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        )
        raise invalid(message, param="payment_intent", code="charge_not_refundable")
    return unit.get("charge", intent["latest_charge"])
