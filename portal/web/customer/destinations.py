"""Where people may be sent: pages by their names, never to an address that came with a request."""

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flask import current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.web.security import SAFE

FIRST = "overview"
# A name in the address of the sign-in page, and the page it means.
PAGES = {
    "overview": "customer.overview.show",
    "invoices": "customer.invoices.list_all",
    "subscriptions": "customer.subscriptions.list_all",
    "payment-methods": "customer.payment_methods.list_all",
    "account": "customer.account.show",
    "history": "customer.history.list_all",
}


def known(name: str | None) -> str:
    """Return a destination's name, the first page's for anything else."""
    return name if name in PAGES else FIRST


def href(name: str, slug: str) -> str:
    """Return the address of a destination within one merchant's portal."""
    return url_for(PAGES[known(name)], merchant=slug)


def own_page(address: str) -> str:
    """Return the page of this merchant that an address names, the first page for any other.

    The route is looked up and the address built anew from it, so that it leads nowhere else.
    """
    try:
        parts = urlsplit(address)
        routes = current_app.url_map.bind_to_environ(request.environ)
        endpoint, values = routes.match(unquote(parts.path), method="GET")
    except (ValueError, HTTPException):
        return href(FIRST, g.slug)
    if values.get("merchant") != g.slug:
        return href(FIRST, g.slug)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True))
    return routes.build(endpoint, values) + (f"?{query}" if query else "")


def of_request() -> str:
    """Return the destination nearest to the page that was asked for."""
    parts = (request.endpoint or "").split(".")
    noun = parts[1].replace("_", "-") if len(parts) > 1 else ""
    return known(noun) if request.method in SAFE else FIRST


def to_sign_in() -> Response:
    """Send a visitor to sign in, and afterwards near to where they wanted to go."""
    name = of_request()
    to = name if name != FIRST else None
    return redirect(url_for("customer.entry.login", merchant=g.merchant.slug, to=to), 303)


def to_invoice(id: str) -> Response:
    """Send the holder of an invoice link to that invoice: it is their first page."""
    return redirect(url_for("customer.invoices.show", merchant=g.merchant.slug, id=id), 303)


def to_chooser() -> Response:
    """Send a visitor to choose which customer to be."""
    return redirect(url_for("customer.entry.choose", merchant=g.merchant.slug), 303)
