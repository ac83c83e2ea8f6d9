"""Which language a request is answered in, and how a choice of language is kept.

The order: what this browser chose, what the customer chose, what the providers told of the
customer, what the browser asks for, the merchant's own, English. A choice in the address
(`?locale=`) is kept in the browser alone, since a link on any site may hold one, and is taken out
of the address by a redirect. Customers choose by a form: see `web/customer/languages.py`.
"""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from flask import Flask, Response, g, redirect, request, session
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from portal import i18n
from portal.services.sessions import PortalSession
from portal.web.areas import BLIND, is_in
from portal.web.security import SAFE
from portal.web.sessions import current_session

PARAMETER = "locale"


def init_app(app: Flask) -> None:
    """Speak to every visitor in their language, and tell time in the merchant's zone."""
    i18n.init_app(app, _locale, _zone)
    app.before_request(_keep_choice)

    @app.after_request
    def name_language(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers.setdefault("Content-Language", i18n.current().tag)
        return response


def _locale() -> str | None:
    offered = i18n.available()
    return next((wish for wish in _wishes() if wish and i18n.find(wish, offered)), None)


def _wishes() -> Iterator[str]:
    """Yield the tags that may be spoken, the one that counts most first."""
    signed_in = _signed_in()
    yield str(session.get(PARAMETER, ""))
    yield signed_in.chosen_locale if signed_in else ""
    yield signed_in.told_locale if signed_in else ""
    yield _asked_by_browser()
    yield g.merchant.locale if "merchant" in g else ""


def _asked_by_browser() -> str:
    found = i18n.negotiate(request.headers.get("Accept-Language", ""), i18n.available())
    return found.tag if found else ""


def _zone() -> str | None:
    return g.merchant.timezone if "merchant" in g else None


def _signed_in() -> PortalSession | None:
    try:
        return current_session()
    except SQLAlchemyError:
        # The page that says so still has to be written in some language.
        return None


def _keep_choice() -> AnyResponse | None:
    wish = request.args.get(PARAMETER)
    if wish is None or request.method not in SAFE or request.endpoint is None:
        return None
    if is_in(BLIND):
        return None
    found = i18n.find(wish, i18n.available())
    if found is not None:
        session[PARAMETER] = found.tag
    return redirect(_without_choice(), 303)


def _without_choice() -> str:
    """Return the address that was asked for without the language.

    A route was found for its path, so it begins with a name of ours and cannot lead elsewhere.
    """
    rest = [pair for pair in request.args.items(multi=True) if pair[0] != PARAMETER]
    path = quote(request.path)
    return f"{path}?{urlencode(rest)}" if rest else path
