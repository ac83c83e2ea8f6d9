"""What a monitor reads, in Prometheus' text format, for who has the installation's token."""

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, request

from portal.domain.errors import NotFound
from portal.domain.merchants import Merchant
from portal.store import budget, merchants
from portal.web.installation import Installation, installation
from portal.web.policies import Who, open_to

pages = Blueprint("metrics", __name__)

HELP = {
    "portal_holded_calls": "Calls to Holded this month, by what they were for.",
    "portal_holded_calls_used": "Calls this month of the whole Holded account, as far as told.",
    "portal_holded_calls_allowed": "Calls the plan of the Holded account allows a month.",
    "portal_holded_calls_left": "Calls that are left of this month.",
    "portal_holded_calls_forecast": "Calls of the whole month if it goes on like this.",
}


@pages.get("/metrics")
@open_to(Who.KEY)
def show() -> Response:
    """Tell what the portal counts; raises NotFound without the token of `PORTAL_METRICS_TOKEN`."""
    parts = installation()
    token = parts.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise NotFound("metrics")
    found: dict[str, list[str]] = {name: [] for name in HELP}
    for merchant in merchants.list_all(parts.db):
        if merchant.has_holded:
            for name, labels, value in _budget(parts, merchant):
                found[name].append(f"{name}{{{labels}}} {value}")
    lines = [line for name, values in found.items() for line in (*_head(name), *values)]
    return Response("\n".join([*lines, ""]), mimetype="text/plain")


def _head(name: str) -> tuple[str, str]:
    return f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge"


def _budget(parts: Installation, merchant: Merchant) -> Iterator[tuple[str, str, int]]:
    told = budget.read(parts.db, merchant, now=parts.clock())
    whose = f'merchant="{merchant.slug}"'
    for effect, calls in told.calls.items():
        yield "portal_holded_calls", f'{whose},effect="{effect}"', calls
    yield "portal_holded_calls_used", whose, told.used
    yield "portal_holded_calls_forecast", whose, told.forecast
    if told.left is not None:
        yield "portal_holded_calls_allowed", whose, told.allowance
        yield "portal_holded_calls_left", whose, told.left
