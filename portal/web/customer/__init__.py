"""The customer's pages: one blueprint under the merchant's name, and the guard in front of it.

Each module of this package has the pages of one noun in a Blueprint named `pages`, and is part of
the portal by being here. Every view says who it is open to (`@open_to`); views get no merchant in
their arguments, they ask `current_visit()`.
"""

import pkgutil
from contextlib import suppress
from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from portal import i18n
from portal.context import Visit
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import NotFound, Refused
from portal.services import sessions
from portal.services.sessions import PortalSession
from portal.store import merchants
from portal.web.areas import first_segment
from portal.web.customer import destinations
from portal.web.installation import installation
from portal.web.policies import Policy, Who, policy_of
from portal.web.sessions import current_session


class SlugConverter(BaseConverter):
    """A merchant's name in an address; of two letters at least, since /i/, /l/ and /r/ are ours."""

    regex = r"[a-z0-9][a-z0-9-]{1,39}"


def init_app(app: Flask) -> None:
    """Put every noun's pages behind the guard."""
    app.url_map.converters["slug"] = SlugConverter
    customer = Blueprint("customer", __name__, url_prefix="/<slug:merchant>")
    customer.url_value_preprocessor(_take_slug)
    customer.before_request(_guard)
    for pages in _pages():
        customer.register_blueprint(pages)
    app.register_blueprint(customer)
    app.url_defaults(_add_slug)
    app.context_processor(_who)


def _pages() -> list[Blueprint]:
    """Return the blueprint of every noun; a noun too large for one module shares it among some."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    found = [getattr(module, "pages", None) for module in modules]
    return list(dict.fromkeys(pages for pages in found if isinstance(pages, Blueprint)))


def current_visit() -> Visit:
    """Return the visit of this request; only pages open to ANYONE or SIGNED_IN may have none."""
    visit = find_visit()
    if visit is None:
        raise LookupError("this page is open to people without a visit")
    return visit


def find_visit() -> Visit | None:
    """Return the visit of this request, None if nobody is signed in with this merchant."""
    visit: Visit | None = g.get("visit")
    return visit


def session_here() -> PortalSession | None:
    """Return who is signed in with this merchant, whether or not a customer is chosen yet."""
    signed_in = current_session()
    is_here = signed_in is not None and signed_in.merchant.id == g.merchant.id
    return signed_in if is_here else None


def _guard() -> Response | None:
    """Find merchant and visit, and let the request pass only if the page is open to it."""
    signed_in = _meet()
    return _decide(policy_of(current_app, request.endpoint or ""), signed_in, find_visit())


def _meet() -> PortalSession | None:
    """Find the merchant of the address, and who is signed in with it."""
    parts, signed_in = installation(), current_session()
    if signed_in is not None and signed_in.merchant.slug == g.slug:
        g.merchant = signed_in.merchant
    else:
        g.merchant = merchants.get(parts.db, g.slug)
        signed_in = None
    if signed_in is not None:
        now = parts.clock()
        sessions.keep_alive(parts.db, signed_in, now=now)
        g.visit = sessions.visit_of(
            parts.at(signed_in.merchant),
            signed_in,
            locale=i18n.current().tag,
            now=now,
            address=request.remote_addr or "",
        )
    return signed_in


def _decide(
    policy: Policy, signed_in: PortalSession | None, visit: Visit | None
) -> Response | None:
    """Return where to go instead, None to go on; raises Refused or NotFound."""
    if policy.who is Who.ANYONE:
        return None
    if signed_in is None:
        return destinations.to_sign_in()
    if policy.who is Who.SIGNED_IN:
        return None
    if visit is None:
        return destinations.to_chooser()
    return None if visit.sees_everything else _decide_for_link(policy, visit)


def _decide_for_link(policy: Policy, visit: Visit) -> Response | None:
    if request.endpoint == destinations.PAGES[destinations.FIRST]:
        return destinations.to_invoice(visit.scope.invoice)
    if policy.who is not Who.INVOICE:
        raise Refused(Decision.of(Reason.NOT_IN_SCOPE))
    if policy.invoice_of(visit, request.view_args or {}) != visit.scope.invoice:
        raise NotFound("another invoice")
    return None


def recognise() -> None:
    """Find merchant and visit for an address that no page has, so that its error knows both."""
    if "merchant" in g:
        return
    g.slug = first_segment()
    with suppress(NotFound, SQLAlchemyError):
        _meet()


def _take_slug(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.slug = (values or {}).pop("merchant", "")


def _add_slug(endpoint: str, values: dict[str, Any]) -> None:
    # Every page of this blueprint has the merchant in its address, and nothing else has.
    if "merchant" not in values and "slug" in g and endpoint.startswith("customer."):
        values["merchant"] = g.slug


def _who() -> dict[str, Any]:
    return {"visit": find_visit(), "merchant": g.get("merchant")}
