"""Sending a document by mail: written down, never mailed (``/_sandbox/sent.json`` shows it)."""

from __future__ import annotations

from portal.sandbox.holded import bodies, documents
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.problems import bad_request

FIELDS = ("emails", "subject", "message", "mail_template_id", "cc", "bcc")


def send(kind: Kind, id_: str) -> tuple[str, int]:
    """Take a request to send; the answer has no body."""
    document = documents.get(kind, id_)
    body = bodies.read(FIELDS)
    emails = body.texts("emails", required=True)
    if not all("@" in each for each in emails):
        raise bad_request("emails must be e-mail addresses")
    write_down(
        kind, document, emails, body.texts("cc"), body.texts("bcc"),
        body.text("subject"), body.text("message"),
    )  # fmt: skip
    return "", 200


def write_down(
    kind: Kind,
    document: Document,
    emails: list[str],
    cc: list[str],
    bcc: list[str],
    subject: str | None,
    message: str | None,
) -> None:
    sent = {
        "id": state().new_id(),
        "document_type": kind.name,
        "document_id": document["id"],
        "emails": emails,
        "cc": cc,
        "bcc": bcc,
        "subject": subject,
        "message": message,
    }
    state().insert(account().id, "sent", sent)
