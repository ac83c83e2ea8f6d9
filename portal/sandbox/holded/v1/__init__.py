"""API v1 of the imitated Holded, at ``/api/invoicing/v1``: other shapes of the same objects.

It reads and writes the records v2 does, by the rules v2 has. What v1 alone knows of them is kept
in ``extras`` or, for documents, under ``_v1``.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from portal.sandbox.holded.problems import Problem
from portal.sandbox.holded.v1 import (
    access,
    answers,
    catalogue,
    contacts,
    document_actions,
    documents,
    numbering,
    payment_methods,
    payments,
    products,
    reading,
    taxes,
    treasury,
)

PREFIX = "/api/invoicing/v1"
OTHER_MODULES = ("crm", "projects", "accounting", "team")

blueprint = Blueprint("v1", __name__)
for each in (
    contacts, documents, document_actions, payments, payment_methods, treasury, taxes, numbering,
    products, catalogue,
):  # fmt: skip
    blueprint.register_blueprint(each.blueprint)
blueprint.before_request(access.admit)
blueprint.after_request(reading.told)
blueprint.register_error_handler(Problem, answers.refused)


@blueprint.errorhandler(ArithmeticError)
def out_of_range(_error: ArithmeticError) -> Response:
    """Refuse amounts whose sum has more digits than decimals keep."""
    return answers.refused(answers.Refusal("The amounts are out of range"))


def serves(path: str) -> bool:
    """Return whether an address belongs to v1: to this module of it, another one, or none."""
    return re.match(r"/api(/[^/]+)?/v1(/|$)", path) is not None


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """Answer what has no route with a page and 200; modules that are not imitated say so."""
    if request.path.split("/")[2] in OTHER_MODULES:
        return answers.refused(answers.unsupported("this module of API v1"))
    if error.code in (404, 405):
        return answers.page()
    return answers.refused(Problem(error.code or 500, error.description or ""))


@blueprint.route("/remittances")
@blueprint.route("/remittances/<id_>")
@blueprint.route("/products/<id_>/image")
@blueprint.route("/products/<id_>/image/<name>")
@blueprint.route("/products/<id_>/imagesList")
def never_documented(id_: str = "", name: str = "") -> Response:
    raise answers.unsupported("the shape of this answer was never documented")
