"""Errors as people and programs read them: a page or JSON, always with a number to quote."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.decisions import Reason
from portal.domain.errors import InvalidInput, PortalError, Refused, TooManyTries
from portal.services.declines import Wording
from portal.store.secrets import SecretUnreadable
from portal.web import customer, wording
from portal.web.areas import FILES, PROGRAMS, is_in
from portal.web.security import SAFE

RETRY_AFTER = 30

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Answer every error in the visitor's language, or in JSON where programs call."""
    app.before_request(_begin)
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, _forged_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(SecretUnreadable, _secret_unreadable)


def reference() -> str:
    """Return the number under which this request is in the log."""
    if "reference" not in g:
        digits = secrets.token_hex(4).upper()
        g.reference = f"{digits[:4]}-{digits[4:]}"
    return str(g.reference)


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(reference=reference())


def _portal_error(error: PortalError) -> AnyResponse:
    said, headers = wording.of_error(error), {}
    if isinstance(error, TooManyTries):
        said = replace(said, advice=wording.wait_for(error.retry_after))
        headers["Retry-After"] = str(error.retry_after)
    if error.status >= 500:
        code = getattr(error, "code", "")
        log.warning("request.failed", error=type(error).__name__, code=code)
    param = error.field if isinstance(error, InvalidInput) else ""
    return _answer(_status(error), kind=error.wording, said=said, headers=headers, param=param)


def _status(error: PortalError) -> int:
    """Return the status to answer with: what a link does not open is forbidden, not in the way."""
    if isinstance(error, Refused) and error.decision.reason is Reason.NOT_IN_SCOPE:
        return 403
    return error.status


def _forged_form(_error: CSRFError) -> AnyResponse:
    return _answer(400, kind="form_expired", said=wording.ERRORS["form_expired"])


def _http_error(error: HTTPException) -> AnyResponse:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    original = getattr(error, "original_exception", None)
    if isinstance(error, InternalServerError) and original is not None:
        log.error("request.crashed", error=type(original).__name__, exc_info=original)
    headers = {
        name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    }
    return _answer(error.code or 500, kind=error.name.lower().replace(" ", "_"), headers=headers)


def _database_down(error: OperationalError) -> AnyResponse:
    log.error("request.no_database", error=type(error.orig).__name__, exc_info=error)
    return _answer(503, kind="busy", said=wording.ERRORS["busy"])


def _secret_unreadable(error: SecretUnreadable) -> AnyResponse:
    log.error("request.secret_unreadable", error=type(error).__name__)
    return _answer(503, kind="misconfigured", said=wording.ERRORS["provider_misconfigured"])


def _answer(
    status: int,
    *,
    kind: str,
    said: Wording | None = None,
    headers: Mapping[str, str] | None = None,
    param: str = "",
) -> Response:
    if is_in(FILES) or isinstance(request.routing_exception, SecurityError):
        # No browser asks so: neither for a file that is not there, nor under a host not ours.
        response = Response(f"{status} {kind}\n", mimetype="text/plain")
    elif is_in(PROGRAMS):
        response = jsonify(error=_problem(kind, said, param))
    else:
        response = _page(status, said)
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers.update(headers or {})
    return response


def _problem(kind: str, said: Wording | None, param: str) -> dict[str, str]:
    message = str(said.happened) if said else kind.replace("_", " ")
    problem = {"type": kind, "message": message, "reference": reference()}
    return {**problem, "param": param} if param else problem


def _page(status: int, said: Wording | None) -> Response:
    can_repeat = status == 503 and request.method in SAFE
    try:
        customer.recognise()
        page = render_template(
            "errors/error.html",
            status=status,
            reference=reference(),
            happened=said.happened if said else "",
            advice=said.advice if said else "",
            try_again_href=request.full_path.rstrip("?") if can_repeat else "",
            sign_in_href=_sign_in_href() if status in {401, 403} else "",
        )
    except Exception:
        # The last resort: the page itself cannot be made.
        log.exception("error_page.failed")
        return Response(f"Error {status}. Quote {reference()} to support.\n", mimetype="text/plain")
    return make_response(page)


def _sign_in_href() -> str:
    return url_for("customer.entry.login", merchant=g.merchant.slug) if "merchant" in g else ""
