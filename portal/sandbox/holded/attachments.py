"""Files attached to documents and contacts: a name and bytes, kept as they came."""

from __future__ import annotations

import base64
from typing import Any

from flask import Response, request

from portal.sandbox.holded import dates, paging
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.problems import bad_request, not_found

KIND = "attachment"


def add(owner: str) -> tuple[dict[str, Any], int]:
    """Keep the file of the multipart field ``file``; ``owner`` is the kind and id it belongs to."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise bad_request("file is required, as multipart/form-data")
    content = file.read()
    attachment = {
        "id": state().new_id(),
        "filename": file.filename[:255],
        "size": len(content),
        "created_at": dates.moment(state().now()),
        "_owner": owner,
        "_content": base64.b64encode(content).decode("ascii"),
    }
    state().insert(account().id, KIND, attachment)
    return {"id": attachment["id"]}, 201


def listing(owner: str) -> dict[str, Any]:
    return paging.page(KIND, keep=lambda each: each["_owner"] == owner, show=paging.shown)


def content(owner: str, asked: str) -> Response:
    """Return the bytes of an attachment, asked for by its id or its file name."""
    for each in state().each(account().id, KIND):
        if each["_owner"] == owner and asked in (each["id"], each["filename"]):
            found = base64.b64decode(each["_content"])
            return Response(found, mimetype="application/octet-stream")
    raise not_found()
