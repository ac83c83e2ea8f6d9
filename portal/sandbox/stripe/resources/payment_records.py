"""Payment records: money that was taken outside Stripe, reported so that invoices can count it.

The record tells the sum of its attempts; each attempt is a payment attempt record.
"""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.resources.customers import address
from portal.sandbox.stripe.resources.prices import check_currency
from portal.sandbox.stripe.unit import Unit, envelope, merged

URL = "/v1/payment_records"
ATTEMPTS = "/v1/payment_attempt_records"
AMOUNTS = ("authorized", "canceled", "failed", "guaranteed", "refunded")
# What a type of amount is called when an attempt ends that way, and when it did.
ENDS = {"canceled": "canceled_at", "failed": "failed_at", "guaranteed": "guaranteed_at"}


@route("POST", URL + "/report_payment")
def report_payment(unit: Unit, params: Json) -> Json:
    """Reports a payment, with its outcome if it is known."""
    asked = params["amount_requested"]
    currency = check_currency(asked["currency"])
    if asked["value"] < 1:
        message = "The amount requested must be a positive integer."
        raise invalid(message, param="amount_requested[value]", code="parameter_invalid_integer")
    details = params.get("customer_details")
    if details and details.get("customer"):
        unit.get("customer", details["customer"], "customer_details[customer]")
    record = {
        "id": unit.id("pr"),
        "object": "payment_record",
        **_amounts(currency, asked["value"]),
        "application": None,
        "created": unit.account_now,
        "customer_details": details and _customer(details),
        "customer_presence": params.get("customer_presence"),
        "description": params.get("description"),
        "latest_payment_attempt_record": None,
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "payment_method_details": None,
        "processor_details": _processor(params),
        "reported_by": "self",
        "shipping_details": _shipping(params),
    }
    return _attempt(unit, record, params)


def _amounts(currency: str, value: int) -> Json:
    none = {f"amount_{name}": {"currency": currency, "value": 0} for name in AMOUNTS}
    asked = {"currency": currency, "value": value}
    return {"amount": dict(asked), "amount_requested": dict(asked), **none}


def _customer(given: Json) -> Json:
    return {name: given.get(name) for name in ("customer", "email", "name", "phone")}


def _processor(params: Json) -> Json:
    given = params.get("processor_details") or {"type": "custom"}
    reference = (given.get("custom") or {}).get("payment_reference")
    return {"custom": {"payment_reference": reference}, "type": "custom"}


def _shipping(params: Json) -> Json | None:
    given = params.get("shipping_details")
    return given and {
        "address": address(given.get("address") or {}),
        "name": given.get("name"),
        "phone": given.get("phone"),
    }


def _method(unit: Unit, given: Json) -> Json:
    if given.get("payment_method"):
        name = "payment_method_details[payment_method]"
        method = unit.get("payment_method", given["payment_method"], name)
        raise unsupported(f"payment records of a PaymentMethod ({method['type']})", name)
    custom = given.get("custom") or {}
    billing = given.get("billing_details")
    return {
        "billing_details": billing
        and {
            "address": address(billing.get("address") or {}),
            "email": billing.get("email"),
            "name": billing.get("name"),
            "phone": billing.get("phone"),
        },
        "custom": {
            "display_name": custom.get("display_name", "Custom"),
            "type": custom.get("type"),
        },
        "payment_method": None,
        "type": "custom",
    }


def _attempt(unit: Unit, record: Json, params: Json) -> Json:
    outcome = params.get("outcome")
    for name, at in ENDS.items():
        if (name in params) != (name == outcome):
            message = f"`{name}[{at}]` has to be given if, and only if, the outcome is `{name}`."
            raise invalid(message, param=name, code="parameter_missing")
    record["payment_method_details"] = _method(unit, params.get("payment_method_details") or {})
    asked = record["amount_requested"]
    shared = (
        "application",
        "customer_details",
        "customer_presence",
        "metadata",
        "payment_method_details",
        "processor_details",
        "reported_by",
        "shipping_details",
    )
    attempt = {
        "id": unit.id("par"),
        "object": "payment_attempt_record",
        **_amounts(asked["currency"], asked["value"]),
        **{name: record[name] for name in shared},
        "created": params.get("initiated_at", unit.account_now),
        "description": params.get("description", record["description"]),
        "livemode": False,
        "payment_record": record["id"],
        "_parent": record["id"],
        "_ended": None,
    }
    record["latest_payment_attempt_record"] = attempt["id"]
    unit.put(record)
    unit.put(attempt)
    return _end(unit, record, attempt, outcome) if outcome else record


def _end(unit: Unit, record: Json, attempt: Json, outcome: str) -> Json:
    value = record["amount_requested"]["value"]
    attempt["_ended"] = outcome
    for body in (record, attempt):
        body[f"amount_{outcome}"]["value"] = value
        if outcome == "guaranteed":
            for other in ("canceled", "failed"):
                body[f"amount_{other}"]["value"] = 0
    unit.put(attempt)
    return unit.put(record)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `created_after`, `created_before`."""
    created = {
        sign: params[name]
        for name, sign in (("created_after", "gt"), ("created_before", "lt"))
        if name in params
    }
    return unit.page("payment_record", params, URL, {"created": created or None})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One record."""
    _ = params
    return unit.get("payment_record", id)


@route("POST", URL + "/{id}/report_payment_attempt")
def report_attempt(unit: Unit, params: Json, id: str) -> Json:
    """Reports another attempt, after the last one failed or was cancelled."""
    record = unit.get("payment_record", id)
    latest = unit.get("payment_attempt_record", record["latest_payment_attempt_record"])
    if latest["_ended"] not in ("failed", "canceled"):
        message = "The latest payment attempt of this record has not failed or been canceled."
        raise invalid(message, param="id")
    if "shipping_details" in params:
        record["shipping_details"] = _shipping(params)
    if "metadata" in params:
        record["metadata"] = merged(record["metadata"], params["metadata"])
    return _attempt(unit, record, params)


def _ending(outcome: str) -> None:
    """Registers the route that reports how the latest attempt ended."""

    @route("POST", f"{URL}/{{id}}/report_payment_attempt_{outcome}")
    def report(unit: Unit, params: Json, id: str) -> Json:
        record = unit.get("payment_record", id)
        attempt = unit.get("payment_attempt_record", record["latest_payment_attempt_record"])
        if attempt["_ended"]:
            message = f"The latest payment attempt of this record has already {attempt['_ended']}."
            raise invalid(message, param="id")
        if "metadata" in params:
            record["metadata"] = merged(record["metadata"], params["metadata"])
        return _end(unit, record, attempt, outcome)


for each in ENDS:
    _ending(each)


@route("POST", URL + "/{id}/report_payment_attempt_informational")
def report_words(unit: Unit, params: Json, id: str) -> Json:
    """Adds what is known of the customer, the shipping and the payment."""
    record = unit.get("payment_record", id)
    if params.get("customer_details"):
        record["customer_details"] = _customer(
            {**(record["customer_details"] or {}), **params["customer_details"]}
        )
    if "description" in params:
        record["description"] = params["description"] or None
    if params.get("shipping_details"):
        record["shipping_details"] = _shipping(params)
    if "metadata" in params:
        record["metadata"] = merged(record["metadata"], params["metadata"])
    return unit.put(record)


@route("POST", URL + "/{id}/report_refund")
def report_refund(unit: Unit, params: Json, id: str) -> Json:
    """Reports money that was given back, all that is left unless `amount` says less."""
    record = unit.get("payment_record", id)
    left = record["amount_guaranteed"]["value"] - record["amount_refunded"]["value"]
    amount = params.get("amount", {"currency": record["amount"]["currency"], "value": left})
    if amount["currency"] != record["amount"]["currency"]:
        message = f"The currency of this record is {record['amount']['currency']}."
        raise invalid(message, param="amount[currency]")
    if not 1 <= amount["value"] <= left:
        message = f"The refund ({amount['value']}) must be between 1 and what is left ({left})."
        raise invalid(message, param="amount[value]")
    record["amount_refunded"]["value"] += amount["value"]
    attempt = unit.get("payment_attempt_record", record["latest_payment_attempt_record"])
    attempt["amount_refunded"]["value"] += amount["value"]
    unit.put(attempt)
    return unit.put(record)


@route("GET", ATTEMPTS)
def list_attempts(unit: Unit, params: Json) -> Json:
    """The attempts of one record, newest first."""
    record = unit.get("payment_record", params["payment_record"], "payment_record")
    found = unit.select("payment_attempt_record", parent=record["id"])
    return envelope(found, ATTEMPTS)


@route("GET", ATTEMPTS + "/{id}")
def retrieve_attempt(unit: Unit, params: Json, id: str) -> Json:
    """One attempt."""
    _ = params
    return unit.get("payment_attempt_record", id)
