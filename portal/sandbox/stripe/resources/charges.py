"""Charges: those of intents, and the older ones made from a token or a customer's card."""

from portal.sandbox.stripe import charging, declines, eligibility
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import due, includes, route
from portal.sandbox.stripe.resources import customer_sources, refunds
from portal.sandbox.stripe.resources.customers import address, check_email, use_currency
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/charges"
MODELLED = frozenset(
    [
        "amount",
        "capture",
        "currency",
        "customer",
        "description",
        "metadata",
        "receipt_email",
        "shipping",
        "source",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ]
)


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Charges a token or a customer's card at once; a decline is a 402 that names the charge."""
    for name in params.keys() - MODELLED:
        raise unsupported(name, name)
    for name in ("amount", "currency"):
        if name not in params:
            message = f"Missing required param: {name}."
            raise invalid(message, param=name, code="parameter_missing")
    currency = check_currency(params["currency"])
    eligibility.check_amount(params["amount"], currency)
    customer = unit.get("customer", params["customer"], "customer") if "customer" in params else {}
    check_email(params.get("receipt_email"), "receipt_email")
    card = customer_sources.chosen(unit, params.get("source"), customer)
    method = unit.get("payment_method", card["id"])
    wish = _wish(params, currency, customer)
    found = charging.attempt(unit, method, charging.Use(off_session=bool(customer)))
    error = declines.of_card("authentication_required") if found.step == "authenticate" else None
    error = error or found.error
    status = "failed" if error else "succeeded" if params.get("capture", True) else "authorized"
    body = charging.charge(unit, wish, method, status, error=error)
    body["source"] = card
    unit.put(body)
    if error:
        unit.emit("charge.failed", body)
        raise declines.answer(error | {"charge": body["id"]})
    if customer:
        use_currency(unit, customer, currency)
    if status == "authorized":
        before = body["payment_method_details"]["card"]["capture_before"]
        unit.schedule(before, "charge.authorization", body["id"])
    unit.emit("charge.succeeded", body)
    return body


def _wish(params: Json, currency: str, customer: Json) -> Json:
    """What stands for an intent."""
    shipping = params.get("shipping")
    return {
        "id": None,
        "amount": params["amount"],
        "currency": currency,
        "customer": customer.get("id"),
        "description": params.get("description") or None,
        "metadata": merged({}, params.get("metadata")),
        "receipt_email": params.get("receipt_email") or None,
        "shipping": shipping
        and {
            "address": address(shipping["address"]),
            "carrier": shipping.get("carrier"),
            "name": shipping["name"],
            "phone": shipping.get("phone"),
            "tracking_number": shipping.get("tracking_number"),
        },
        "statement_descriptor": params.get("statement_descriptor"),
        "statement_descriptor_suffix": params.get("statement_descriptor_suffix"),
    }


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `customer`, `payment_intent`, `created`, `transfer_group`."""
    names = ("customer", "payment_intent", "created", "transfer_group")
    return unit.page("charge", params, URL, {name: params.get(name) for name in names})


@route("GET", URL + "/{charge}")
def retrieve(unit: Unit, params: Json, charge: str) -> Json:
    """One charge."""
    _ = params
    return unit.get("charge", charge, "charge")


@route("POST", URL + "/{charge}")
def update(unit: Unit, params: Json, charge: str) -> Json:
    """Changes description, receipt address, fraud report, customer and metadata."""
    found = unit.get("charge", charge, "charge")
    for name in params.keys() - {
        "customer",
        "description",
        "fraud_details",
        "metadata",
        "receipt_email",
        "transfer_group",
    }:
        raise unsupported(name, name)
    for name in ("description", "receipt_email", "transfer_group"):
        if name in params:
            found[name] = params[name] or None
    if "customer" in params:
        if found["customer"] not in (None, params["customer"]):
            message = "The customer of a charge cannot be changed."
            raise invalid(message, param="customer")
        found["customer"] = unit.get("customer", params["customer"], "customer")["id"]
    if "fraud_details" in params:
        report = params["fraud_details"]["user_report"]
        found["fraud_details"] = {"user_report": report} if report else {}
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    return unit.save(found, "charge.updated")


@route("POST", URL + "/{charge}/capture")
def capture(unit: Unit, params: Json, charge: str) -> Json:
    """Takes `amount`, or all, of a charge that was only authorized; one of an intent is captured
    by its intent.
    """
    for name in params.keys() - {
        "amount",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
    }:
        raise unsupported(name, name)
    found = unit.get("charge", charge, "charge")
    if found["payment_intent"]:
        message = "This charge belongs to a PaymentIntent: capture the PaymentIntent instead."
        raise invalid(message, param="charge")
    if found["captured"]:
        message = f"Charge {charge} has already been captured."
        raise invalid(message, code="charge_already_captured")
    if found["refunded"] or found["status"] != "succeeded":
        message = f"Charge {charge} can no longer be captured: it was not captured in time."
        raise invalid(message, code="charge_expired_for_capture")
    amount = params.get("amount", int(found["amount"]))
    if not 1 <= amount <= found["amount"]:
        message = f"The amount to capture must be between 1 and {found['amount']}."
        raise invalid(message, param="amount", code="amount_too_large")
    for name in ("statement_descriptor", "statement_descriptor_suffix", "receipt_email"):
        if name in params:
            found[name] = params[name] or None
    unit.unschedule("charge.authorization", charge)
    return unit.save(charging.capture(unit, found, amount), "charge.captured")


@due("charge.authorization", account_time=True)
def expire(unit: Unit, charge_id: str) -> None:
    """Nobody captured it in time."""
    found = unit.get("charge", charge_id)
    if not found["captured"] and not found["refunded"]:
        unit.save(charging.release(found), "charge.expired")
        refunds.note_expired(unit, found)


@includes("charge", "refunds")
def refunds_of(unit: Unit, charge: Json) -> Json:
    """The charge's refunds."""
    found = unit.select("refund", parent=charge["id"])
    return envelope(found, f"{URL}/{charge['id']}/refunds")
