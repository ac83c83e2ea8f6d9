"""Lifetimes and scopes of sign-in mails, links and sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain.customers import Origin

SIGN_IN_LIFE = timedelta(minutes=10)
WRONG_CODES = 5
SESSION_TO_OPEN = timedelta(minutes=5)
SESSION_IDLE = timedelta(hours=1)
SESSION_LIFE = timedelta(hours=12)
# Activity is written at most this often, so that a page view is not a write.
ACTIVITY_STEP = timedelta(minutes=1)
INVOICE_LINK_LIFE = timedelta(days=90)


class LinkPurpose(StrEnum):
    """What a link is for; sign-in mails are kept apart, since a code goes with them."""

    INVOICE = "invoice"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a session may see: everything of its customer, or one invoice only."""

    origin: Origin | None = None
    invoice: str = ""

    @property
    def is_everything(self) -> bool:
        """Whether the whole of the customer is open to it."""
        return self.origin is None

    def covers(self, origin: Origin, invoice: str) -> bool:
        """Whether this invoice may be seen."""
        return self.is_everything or (self.origin is origin and self.invoice == invoice)


EVERYTHING = Scope()


def is_session_alive(
    now: datetime, *, started_at: datetime, last_active_at: datetime, ended_at: datetime | None
) -> bool:
    """Say whether a session may still be used: 1 hour since last activity, 12 hours in all."""
    return (
        ended_at is None and now - last_active_at < SESSION_IDLE and now - started_at < SESSION_LIFE
    )


def may_open(now: datetime, *, expires_at: datetime, ended_at: datetime | None) -> bool:
    """Say whether a link can still be opened; `ended_at` is when it was used or revoked."""
    return ended_at is None and now < expires_at
