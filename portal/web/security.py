"""What stands in front of every view: host names, where forms come from, headers of answers."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.settings import Settings
from portal.web.areas import PROGRAMS, is_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_BODY = 1024 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; report-to csp"
)
NOT_NEEDED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "Reporting-Endpoints": 'csp="/reports/csp"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Flask-WTF and our own check need to know the origin; nobody else learns an address.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOT_NEEDED),
    "Cache-Control": "no-store",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# No keyboard sends these, no page may hold them, and PostgreSQL refuses the first of them.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

csrf = CSRFProtect()


def init_app(app: Flask, settings: Settings) -> None:
    """Answer to our own names only, take forms from our own pages only, and harden every answer."""
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        TRUSTED_HOSTS=settings.hosts,
        PORTAL_IS_HTTPS=settings.is_https,
        # Our own check of the origin covers what Flask-WTF reads from the Referer.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        # The token lives as long as the cookie it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0
        )
    csrf.init_app(app)
    origins = _origins(settings)

    @app.before_request
    def take_text_only() -> None:
        if _has_control([request.path, *_texts(request.args)]):
            # The page of the error must not repeat the address.
            g.address_is_unfit = True
            abort(400)
        # What programs send is read as it is, since it may be signed.
        is_form = request.method not in SAFE and not is_in(PROGRAMS)
        if is_form and _has_control(_texts(request.form)):
            abort(400)

    @app.before_request
    def take_forms_of_our_own_pages_only() -> None:
        if request.method in SAFE or is_in(PROGRAMS):
            return
        if not comes_from(origins):
            abort(403)
        csrf.protect()

    hardening = HEADERS | ({"Strict-Transport-Security": TWO_YEARS} if settings.is_https else {})
    # Flask documents this way of putting something in front of an application.
    app.wsgi_app = Hardened(app.wsgi_app, hardening)  # type: ignore[method-assign]

    @app.after_request
    def vary(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Vary"] = "Accept-Language, Cookie"
        return response


class Hardened:
    """Adds the headers of every answer that it does not bring itself, as the last thing."""

    def __init__(self, app: "WSGIApplication", headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said = {name.lower() for name, _ in headers}
            headers.extend(pair for name, pair in self._headers if name not in said)
            return start_response(status, headers, exc_info)

        return self._app(environ, start)


def _texts(values: MultiDict[str, str]) -> list[str]:
    return [*values, *(text for texts in values.listvalues() for text in texts)]


def _has_control(texts: list[str]) -> bool:
    return any(CONTROL.search(text) for text in texts)


def comes_from(origins: frozenset[str]) -> bool:
    """Whether a browser says that a form was sent from one of our own pages; silence is consent.

    Browsers send both headers; programs that send neither carry no cookies they were not given.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin in origins


def _origins(settings: Settings) -> frozenset[str]:
    scheme = urlsplit(settings.public_url).scheme
    return frozenset(f"{scheme}://{host}" for host in settings.hosts)
