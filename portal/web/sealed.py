"""Pages whose sums are confirmed: what they showed goes out sealed and comes back as it was."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from portal import keys
from portal.context import Visit

# How long the sums of a page may be confirmed.
SUMS_HOLD = timedelta(minutes=30)


def nonce() -> str:
    """Return what makes two presses of one page's button one deed."""
    return secrets.token_urlsafe(8)


def seal(visit: Visit, purpose: str, subject: str, **told: Any) -> str:
    """Seal what a page showed to a customer about something; `told` is plain JSON."""
    return _serializer(visit, purpose).dumps(
        {
            **told,
            "customer": visit.customer.id,
            "subject": subject,
            "shown_at": int(visit.now.timestamp()),
        }
    )


def unseal(visit: Visit, purpose: str, subject: str, sealed: str) -> dict[str, Any] | None:
    """Return what a page showed, None if it is not ours, not this customer's, or too old."""
    try:
        told: dict[str, Any] = _serializer(visit, purpose).loads(sealed)
    except BadSignature:
        return None
    shown_at = datetime.fromtimestamp(told["shown_at"], UTC)
    is_own = (told["customer"], told["subject"]) == (visit.customer.id, subject)
    return told if is_own and visit.now - shown_at <= SUMS_HOLD else None


def _serializer(visit: Visit, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(keys.derive(visit.at.settings, purpose))
