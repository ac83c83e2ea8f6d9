"""Feedback options: reasons of the merchant's own for a cancellation."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/billing/feedback_options"
KIND = "billing.feedback_option"
LONGEST = 100


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates an active one."""
    return unit.put(
        {
            "id": unit.id("fo"),
            "object": KIND,
            "description": _checked(params["description"]),
            "livemode": False,
            "status": "active",
            "status_transitions": {"deactivated_at": None},
        }
    )


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filter `status`."""
    return unit.page(KIND, params, URL, {"status": params.get("status")})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One option."""
    _ = params
    return unit.get(KIND, id)


@route("POST", URL + "/{id}")
def update(unit: Unit, params: Json, id: str) -> Json:
    """Changes its words."""
    found = unit.get(KIND, id)
    found["description"] = _checked(params.get("description") or found["description"])
    return unit.save(found)


@route("POST", URL + "/{id}/deactivate")
def deactivate(unit: Unit, params: Json, id: str) -> Json:
    """Takes it out of use."""
    _ = params
    found = unit.get(KIND, id)
    found["status"] = "inactive"
    found["status_transitions"] = {"deactivated_at": unit.now}
    return unit.save(found)


def _checked(description: str) -> str:
    if not 1 <= len(description) <= LONGEST:
        message = f"A description has 1 to {LONGEST} characters."
        raise invalid(message, param="description")
    return description
