"""Who asks: keys by Basic and Bearer, connected accounts by `Stripe-Account`, the API version."""

import base64
import binascii
import re
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request

from portal.sandbox.stripe.errors import ApiError, Json, invalid, unsupported
from portal.sandbox.stripe.schema import api_version

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?")


def account_of(sandbox: "Sandbox", request: Request) -> Json:
    """The account that a request is for; raises the 401 of a wrong key and the 403 of an account
    that the key may not act for.
    """
    key = _key(request.headers.get("Authorization", ""))
    if not key:
        raise invalid(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    account = sandbox.account_by_key(key)
    if account is None:
        raise invalid(f"Invalid API Key provided: {_starred(key)}", status=401)
    other = request.headers.get("Stripe-Account")
    if other in (None, account["id"]):
        return account
    connected = sandbox.account(str(other))
    if connected is None or connected["_platform"] != account["id"]:
        raise _no_access(key, str(other))
    return connected


def _no_access(key: str, other: str) -> ApiError:
    return invalid(
        f"The provided key '{_starred(key)}' does not have access to account '{other[:255]}' (or "
        "that account does not exist). Application access may have been revoked.",
        code="account_invalid",
        status=403,
    )


def _starred(key: str) -> str:
    """A key that can be recognized but not used; of a short one nothing is shown."""
    return f"{key[:8]}{'*' * 12}{key[-4:]}" if len(key) > 16 else "*" * 12


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    return ""


def version_of(request: Request) -> str:
    """The version that is asked for, which the answer's header repeats, or the pinned one. Accepts
    the release train of the pinned version (nothing breaks inside a train) and refuses every other.
    """
    wanted = str(request.headers.get("Stripe-Version", api_version()))
    match = VERSION.fullmatch(wanted)
    if not match:
        raise invalid(f"Invalid Stripe API version: {wanted[:60]}")
    if match.group(2) != api_version().partition(".")[2]:
        raise unsupported(f"API version {wanted} (this sandbox speaks {api_version()})")
    return wanted
