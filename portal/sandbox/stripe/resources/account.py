"""The account itself: `GET /v1/account`, and connected accounts of a platform by id."""

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit


@route("GET", "/v1/account")
def retrieve_current(unit: Unit, params: Json) -> Json:
    """The account of the key."""
    _ = params
    return unit.account


@route("GET", "/v1/accounts/{account}")
def retrieve(unit: Unit, params: Json, account: str) -> Json:
    """The own account, or one whose platform the own account is."""
    _ = params
    found = unit.sandbox.account(account)
    if found is None or unit.account_id not in (found["id"], found["_platform"]):
        message = (
            f"The provided key does not have access to account '{account}' (or that account "
            "does not exist)."
        )
        raise invalid(message, code="account_invalid", status=403)
    return found
