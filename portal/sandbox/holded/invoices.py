"""What only invoices have: cancelling, several at a time, and finding one by its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from portal.sandbox.holded import bodies, document_lists, documents, paging
from portal.sandbox.holded.accounts import permit
from portal.sandbox.holded.documents import INVOICE, Document
from portal.sandbox.holded.kinds import Kind
from portal.sandbox.holded.problems import Message, Problem, bad_request

blueprint = Blueprint("invoices", __name__)

MOST = 100


@blueprint.post("/invoices/<id_>/cancel")
def cancel(id_: str) -> tuple[str, int]:
    permit(INVOICE.scope, "cancel")
    documents.cancel(INVOICE, documents.get(INVOICE, id_))
    return "", 200


@blueprint.post("/invoices/bulk/approve")
def approve_many() -> Response:
    permit(INVOICE.scope, "bulk_approve")
    return each_of(documents.approve, "approved")


@blueprint.post("/invoices/bulk/cancel")
def cancel_many() -> Response:
    permit(INVOICE.scope, "bulk_cancel")
    return each_of(documents.cancel, "cancelled")


@blueprint.delete("/invoices")
def delete_many() -> Response:
    permit(INVOICE.scope, "bulk_delete")
    return each_of(documents.delete, "deleted")


def each_of(act: Callable[[Kind, Document], None], done: str) -> Response:
    """Act on up to a hundred: 204 when all went well, 207 when some did, 422 when none."""
    wanted = bodies.read(("ids",)).texts("ids", required=True)
    if len(wanted) > MOST:
        raise bad_request(f"ids must have at most {MOST} elements")
    count = sum(went_well(act, id_) for id_ in wanted)
    if not count:
        raise Message(422, f"None of the invoices could be {done}")
    if count == len(wanted):
        return Response(status=204)
    body = f'{{"message": "Some invoices could not be {done}"}}'
    return Response(body, 207, mimetype="application/json")


def went_well(act: Callable[[Kind, Document], None], id_: str) -> bool:
    try:
        act(INVOICE, documents.get(INVOICE, id_))
    except Problem:
        return False
    return True


@blueprint.get("/invoices/find-by-number")
def find_by_number() -> dict[str, Any]:
    """List the invoices of one number; how the provider names its parameter was never captured."""
    permit(INVOICE.scope, "list")
    number = request.args.get("number") or request.args.get("document_number")
    if not number:
        raise bad_request("number is required")
    return paging.page(
        INVOICE.name,
        keep=lambda each: each["document_number"] == number,
        show=document_lists.in_list,
    )
