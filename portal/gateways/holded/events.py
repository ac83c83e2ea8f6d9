"""Holded's webhooks: whether one is Holded's, and what it speaks about.

The signature covers the body alone, with no time in it, so a repeat is told by its id. The payload
is too thin to be saved, and says nothing of payments: the object is always read.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from portal.domain.errors import ForgedEvent
from portal.domain.events import ObjectKind, ProviderEvent

HEADER = "x-holded-webhook-"
KINDS = {
    "invoice": ObjectKind.INVOICE,
    "creditnote": ObjectKind.CREDIT_NOTE,
    "proform": ObjectKind.PROFORMA,
    "contact": ObjectKind.CUSTOMER,
    "payment": ObjectKind.PAYMENTS,
}
LONGEST = 80


def read_event(
    body: bytes,
    headers: Mapping[str, str],
    secrets: Sequence[str],
    *,
    account: str,
    now: datetime,
) -> ProviderEvent:
    """Verify a webhook and say what it is about; raises ForgedEvent.

    `secrets` are all that are valid now, `account` is the one the address stands for, used where
    Holded names none. An event of a payment names the contact whose invoices may have changed;
    the contact is empty where Holded does not say, and then it may be anybody's. Holded has no
    test mode: `livemode` is always true.
    """
    named = {name.lower(): value for name, value in headers.items()}
    _verify(body, named.get(f"{HEADER}signature", ""), secrets)
    type_, id = named.get(f"{HEADER}event", ""), named.get(f"{HEADER}id", "")
    if not (0 < len(id) <= LONGEST and 0 < len(type_) <= LONGEST):
        raise ForgedEvent("a webhook without an id or a type")
    subject, _, verb = type_.partition(".")
    kind = KINDS.get(subject)
    return ProviderEvent(
        id=id,
        type=type_,
        account=named.get(f"{HEADER}account-id", "") or account,
        livemode=True,
        created_at=_moment(named.get(f"{HEADER}date", "")) or now,
        kind=kind,
        object_id=_object_id(body, kind),
        is_deletion=verb == "delete" and kind is not ObjectKind.PAYMENTS,
    )


def _verify(body: bytes, signature: str, secrets: Sequence[str]) -> None:
    expected = [
        "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        for secret in secrets
        if secret
    ]
    given = signature.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(one.encode(), given) for one in expected]
    if not body or not any(matches):
        raise ForgedEvent("a webhook that Holded did not sign")


def _object_id(body: bytes, kind: ObjectKind | None) -> str:
    payload = _payload(body)
    name = "contactId" if kind is ObjectKind.PAYMENTS else "id"
    found = payload.get(name)
    return found if isinstance(found, str) and len(found) <= LONGEST else ""


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
