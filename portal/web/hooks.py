"""Where providers post their events: verified, kept, answered; the worker does the rest."""

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, Response, request

from portal.domain.customers import Origin
from portal.domain.errors import NotFound, PayloadTooLarge
from portal.services import inbox
from portal.web.installation import installation
from portal.web.policies import Who, open_to

LARGEST = 1024 * 1024

pages = Blueprint("hooks", __name__, url_prefix="/hooks")


@pages.post("/<any(stripe, holded):provider>/<endpoint>")
@open_to(Who.SIGNATURE)
def receive(provider: str, endpoint: str) -> Response:
    """Keep a provider's event; a repeat is taken with thanks and changes nothing."""
    parts = installation()
    found = inbox.find_endpoint(parts.db, parts.keyring, endpoint)
    if found.provider is not Origin(provider):
        raise NotFound(f"endpoint {endpoint}")
    if (request.content_length or 0) > LARGEST:
        raise PayloadTooLarge(f"{request.content_length} bytes")
    body = request.get_data(cache=False)
    headers = cast("Mapping[str, str]", request.headers)  # read like one, and not copied
    inbox.receive(parts.db, found, body, headers, now=parts.clock())
    # Said to be text, so that nobody looks for the language of a page.
    return Response(status=200, mimetype="text/plain")
