"""The addresses people arrive by: links in mails and invoices, and sessions a merchant made.

Opening one consumes nothing and starts nothing, since mail scanners open them too: a person presses
a button.
"""

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.context import MerchantContext
from portal.domain.access import LinkPurpose
from portal.domain.errors import LinkSpent
from portal.domain.merchants import Merchant
from portal.services import access, links
from portal.services.sessions import PortalSession
from portal.store.links import Link
from portal.web.customer import destinations
from portal.web.installation import installation
from portal.web.policies import Who, open_to
from portal.web.sessions import KEY, PENDING, begin_anew, current_session, write

pages = Blueprint("links", __name__)
Answer = Response | str


@pages.get("/l/<token>")
@open_to(Who.ANYONE)
def sign_in(token: str) -> Answer:
    """Take the token of a sign-in mail out of the address, and go to its button."""
    merchant = _here(access.find_merchant(installation().db, token))
    response = redirect(url_for("customer.entry.confirm", merchant=merchant.slug), 303)
    write(response, PENDING, token)
    return response


@pages.get("/i/<token>")
@open_to(Who.ANYONE)
def invoice(token: str) -> Answer:
    """Show the button that opens one invoice."""
    at, link = _find(LinkPurpose.INVOICE, token)
    signed_in = current_session()
    if signed_in is not None and links.is_covered_by(signed_in, link):
        return redirect(_invoice_href(at, link.scope.invoice), 303)
    return render_template("links/invoice.html", signed_in=_somebody(signed_in))


@pages.post("/i/<token>")
@open_to(Who.ANYONE)
def open_invoice(token: str) -> Answer:
    """Start a session that sees this one invoice, unless the visitor sees it already."""
    at, link = _find(LinkPurpose.INVOICE, token)
    signed_in = current_session()
    if signed_in is not None and links.is_covered_by(signed_in, link):
        return redirect(_invoice_href(at, link.scope.invoice), 303)
    key, id = links.open_invoice(at, token, replaces=signed_in)
    return _go_in(_invoice_href(at, id), key)


@pages.get("/p/session/<token>")
@open_to(Who.ANYONE)
def session(token: str) -> Answer:
    """Show the button that opens a session the merchant made."""
    _find(LinkPurpose.SESSION, token)
    return render_template("links/session.html", signed_in=_somebody(current_session()))


@pages.post("/p/session/<token>")
@open_to(Who.ANYONE)
def open_session(token: str) -> Answer:
    """Use the link up and start its session."""
    at, _link = _find(LinkPurpose.SESSION, token)
    entered = links.open_session(at, token, replaces=current_session())
    return _go_in(destinations.href(entered.to, at.merchant.slug), entered.key)


def _find(purpose: LinkPurpose, token: str) -> tuple[MerchantContext, Link]:
    """Return a living link and its merchant; raises LinkSpent."""
    parts = installation()
    at = parts.at(_here(links.find_merchant(parts.db, purpose, token)))
    link = links.find(at, purpose, token)
    if link is None:
        raise LinkSpent(f"{purpose} link")
    return at, link


def _here(merchant: Merchant | None) -> Merchant:
    """Make the link's merchant the one this page speaks for; raises LinkSpent without one."""
    if merchant is None:
        raise LinkSpent("link")
    g.merchant = merchant
    return merchant


def _somebody(signed_in: PortalSession | None) -> PortalSession | None:
    """Return who is signed in with all rights, and would be signed out by opening a link."""
    return signed_in if signed_in is not None and signed_in.scope.is_everything else None


def _invoice_href(at: MerchantContext, id: str) -> str:
    return url_for("customer.invoices.show", merchant=at.merchant.slug, id=id)


def _go_in(href: str, key: str) -> Response:
    begin_anew()
    response = redirect(href, 303)
    write(response, KEY, key)
    return response
