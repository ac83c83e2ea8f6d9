"""Invoice payments: which intents and records pay an invoice, and how much of it."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/invoice_payments"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `invoice`, `status`, `payment`, `created`."""
    where: Json = {
        "parent": params.get("invoice"),
        "status": params.get("status"),
        "created": params.get("created"),
    }
    payment = params.get("payment") or {}
    for name in ("payment_intent", "payment_record"):
        if name in payment:
            where[f"payment.{name}"] = payment[name]
    return unit.page("invoice_payment", params, URL, where)


@route("GET", URL + "/{invoice_payment}")
def retrieve(unit: Unit, params: Json, invoice_payment: str) -> Json:
    """One payment."""
    _ = params
    return unit.get("invoice_payment", invoice_payment)
