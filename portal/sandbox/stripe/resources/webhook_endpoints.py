"""Webhook endpoints; the secret is told once, on creation."""

from urllib.parse import urlsplit

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.schema import api_version
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/webhook_endpoints"
MOST = 16


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one, pinned to a version of this sandbox's release train if `api_version` is given;
    the answer holds `secret`. With `connect` it hears of connected accounts instead of its own.
    """
    version = params.get("api_version", api_version())
    if version.partition(".")[2] != api_version().partition(".")[2]:
        raise unsupported(f"API version {version} for a webhook endpoint", "api_version")
    _check_url(params["url"])
    if len(unit.select("webhook_endpoint")) >= MOST:
        raise invalid(f"You have reached the maximum of {MOST} test webhook endpoints.")
    secret = unit.sandbox.new_secret("whsec")
    endpoint = {
        "id": unit.id("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": unit.account_now,
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": merged({}, params.get("metadata")),
        "status": "enabled",
        "url": params["url"],
        "_secret": secret,
        "_connect": params.get("connect", False),
    }
    unit.put(endpoint)
    return {**endpoint, "secret": secret}


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """All endpoints."""
    return unit.page("webhook_endpoint", params, URL)


@route("GET", URL + "/{webhook_endpoint}")
def retrieve(unit: Unit, params: Json, webhook_endpoint: str) -> Json:
    """One endpoint, without its secret."""
    _ = params
    return unit.alive("webhook_endpoint", webhook_endpoint)


@route("POST", URL + "/{webhook_endpoint}")
def update(unit: Unit, params: Json, webhook_endpoint: str) -> Json:
    """Changes the address, the events or the description; switches it off and on."""
    endpoint = unit.alive("webhook_endpoint", webhook_endpoint)
    if "url" in params:
        _check_url(params["url"])
    for name in ("url", "enabled_events"):
        endpoint[name] = params.get(name, endpoint[name])
    if "description" in params:
        endpoint["description"] = params["description"] or None
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"] = merged(endpoint["metadata"], params.get("metadata"))
    return unit.save(endpoint)


@route("DELETE", URL + "/{webhook_endpoint}")
def delete(unit: Unit, params: Json, webhook_endpoint: str) -> Json:
    """Ends its deliveries too."""
    _ = params
    return unit.remove(unit.alive("webhook_endpoint", webhook_endpoint))


def _check_url(url: str) -> None:
    """Refuses what is no http or https address. Stripe also refuses hosts that are not public;
    here they are what one wants.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            param="url",
            code="url_invalid",
        )
