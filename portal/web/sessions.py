"""Cookies and who is signed in: the one file that knows Flask-Login.

Three cookies are ours besides the form's: the session's key, the secret of a browser that asked for
a sign-in mail, and the token of a link that was opened and waits for its button. All are HttpOnly,
Lax, of this host alone, and random.
"""

from flask import Flask, Request, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from portal.domain.access import SESSION_LIFE, SIGN_IN_LIFE
from portal.services import sessions
from portal.services.sessions import PortalSession
from portal.web.areas import BLIND, is_in
from portal.web.installation import installation
from portal.web.kept import Kept

KEY, ASK, PENDING, FORM = "portal", "ask", "pending", "page"
LIVES = {KEY: SESSION_LIFE, ASK: SIGN_IN_LIFE, PENDING: SIGN_IN_LIFE}
LONGEST = 64
COOKIES = 4_096
# What of a visitor's own cookie is kept when somebody is let in.
SURVIVES = ("locale",)


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """What Flask-Login carries: the session itself, so that ending the row signs out."""

    def __init__(self, session: PortalSession) -> None:
        self.session = session

    def get_id(self) -> str:
        """Return the id, prefixed by whom it is for."""
        return f"customer:{self.session.id}"


class PageSessions(SecureCookieSessionInterface):
    """Flask's own session, for the forms' token and notices; absent where no page is served.

    A cookie whose signature was good a moment ago is not calculated again.
    """

    def __init__(self) -> None:
        self._opened: Kept[dict[str, str]] = Kept(COOKIES)

    def open_session(  # type: ignore[override]  # a null session is one too
        self, app: Flask, request: Request
    ) -> SessionMixin | None:
        """Open the visitor's cookie, or none for addresses that know no visitor."""
        if is_in(BLIND):
            return self.make_null_session(app)
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        known = self._opened.get(cookie) if cookie else None
        if known is not None:
            return self.session_class(known)
        opened = super().open_session(app, request)
        if opened and all(isinstance(value, str) for value in opened.values()):
            self._opened.put(cookie, dict(opened))
        return opened


def init_app(app: Flask) -> None:
    """Keep who is signed in by our own cookie and rows."""
    is_https = installation_is_https(app)
    app.config.update(
        SESSION_COOKIE_NAME=_prefixed(FORM, is_https=is_https),
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # Nothing is remembered beyond the session, whatever cookie of this name a browser brings.
        REMEMBER_COOKIE_NAME="portal-remembers-nobody",
    )
    app.session_interface = PageSessions()
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(_load)
    manager.init_app(app, add_context_processor=False)


def installation_is_https(app: Flask) -> bool:
    """Whether people reach this app over TLS."""
    return bool(app.config["PORTAL_IS_HTTPS"])


def current_session() -> PortalSession | None:
    """Return who is signed in; read once per request, in one statement."""
    user = current_user._get_current_object()
    return user.session if isinstance(user, SignedIn) else None


def begin_anew() -> None:
    """Start the visitor's own cookie afresh, as on signing in; the chosen language stays."""
    kept = {name: session[name] for name in SURVIVES if name in session}
    session.clear()
    session.update(kept)


def read(name: str) -> str:
    """Return one of our cookies, empty if there is none that could be ours."""
    value = request.cookies.get(_name(name), "")
    return value if len(value) <= LONGEST and value.isascii() else ""


def write(response: Response, name: str, value: str) -> None:
    """Set one of our cookies for as long as it can be of use."""
    response.set_cookie(
        _name(name),
        value,
        max_age=LIVES[name],
        path="/",
        secure=installation_is_https(current_app),
        httponly=True,
        samesite="Lax",
    )


def drop(response: Response, *names: str) -> None:
    """Delete cookies of ours."""
    for name in names:
        response.delete_cookie(
            _name(name),
            path="/",
            secure=installation_is_https(current_app),
            httponly=True,
            samesite="Lax",
        )


def _load(request: Request) -> SignedIn | None:
    key = read(KEY)
    if not key:
        return None
    found = sessions.find(installation().db, key, now=installation().clock())
    return None if found is None else SignedIn(found)


def _name(name: str) -> str:
    return _prefixed(name, is_https=installation_is_https(current_app))


def _prefixed(name: str, *, is_https: bool) -> str:
    # Without TLS some browsers (Safari) drop what has the prefix.
    return f"__Host-{name}" if is_https else name
