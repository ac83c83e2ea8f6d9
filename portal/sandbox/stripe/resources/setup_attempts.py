"""Set-up attempts: each confirmation of a set-up intent, and what came of it."""

from portal.sandbox.stripe import method_details
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/setup_attempts"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Those of one set-up intent, newest first; filter `created`."""
    intent = unit.get("setup_intent", params["setup_intent"], "setup_intent")
    where = {"parent": intent["id"], "created": params.get("created")}
    return unit.page("setup_attempt", params, URL, where)


def begin(unit: Unit, intent: Json, method: Json) -> Json:
    """A new attempt of an intent that is confirmed."""
    attempt = {
        "id": unit.id("setatt"),
        "object": "setup_attempt",
        "application": None,
        "attach_to_self": False,
        "created": unit.account_now,
        "customer": intent["customer"],
        "customer_account": None,
        "flow_directions": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_method": method["id"],
        "payment_method_details": method_details.of_setup(method, None),
        "setup_error": None,
        "setup_intent": intent["id"],
        "status": "requires_confirmation",
        "usage": intent["usage"],
        "_parent": intent["id"],
    }
    intent["latest_attempt"] = attempt["id"]
    return unit.put(attempt)


def note(
    unit: Unit,
    intent: Json,
    status: str,
    *,
    error: Json | None = None,
    secure: Json | None = None,
) -> None:
    """Says what became of the intent's latest attempt."""
    attempt = unit.find("setup_attempt", intent["latest_attempt"] or "")
    if attempt is None:
        return
    attempt["status"], attempt["setup_error"] = status, error
    if secure:
        method = unit.get("payment_method", attempt["payment_method"])
        attempt["payment_method_details"] = method_details.of_setup(method, secure)
    unit.put(attempt)
