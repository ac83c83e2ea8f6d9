"""The operator's first page, what machines ask about health, and files browsers ask for unasked."""

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from portal import migrations
from portal.store import merchants
from portal.web.installation import installation
from portal.web.policies import Who, open_to

pages = Blueprint("front", __name__)


@pages.get("/")
@open_to(Who.ANYONE)
def show() -> AnyResponse | str:
    """Lead to the one merchant's portal, or say where to find the right one.

    Only merchants with test data are listed: who bills here is nobody else's business.
    """
    everyone = merchants.list_all(installation().db)
    if len(everyone) == 1:
        return redirect(url_for("customer.entry.login", merchant=everyone[0].slug), 303)
    return render_template("front/show.html", listed=[one for one in everyone if one.is_test])


@pages.get("/healthz")
@open_to(Who.ANYONE)
def healthy() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
@open_to(Who.ANYONE)
def ready() -> AnyResponse:
    """Say whether the portal can serve: its database answers and has the schema of this version."""
    try:
        is_current = migrations.is_current(installation().db)
    except SQLAlchemyError:
        return _not_ready("the database does not answer")
    if not is_current:
        return _not_ready("the database has another version: run `flask portal db upgrade`")
    return jsonify(status="ready")


@pages.get("/robots.txt")
@open_to(Who.ANYONE)
def robots() -> Response:
    """Ask search engines to stay away: there is nothing for them here."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


def _not_ready(why: str) -> AnyResponse:
    response = jsonify(status="not ready", why=why)
    response.status_code = 503
    return response
