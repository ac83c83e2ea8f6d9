"""Whether each provider answers, so that pages can say how old what they show is.

A connection to the provider's host costs nothing of the quotas that its API counts.
"""

import socket
from datetime import datetime
from urllib.parse import urlsplit

from portal.db import Database
from portal.domain.customers import Origin
from portal.mirror import sources
from portal.settings import Settings

TIMEOUT = 3.0


def probe(settings: Settings, db: Database, *, now: datetime) -> None:
    """Knock at each provider's door and record whether anybody opened."""
    bases = {Origin.STRIPE: settings.stripe_api_base, Origin.HOLDED: settings.holded_api_base}
    opened = {origin: _opens(base) for origin, base in bases.items()}
    with db.write() as unit:
        for origin, is_open in opened.items():
            (sources.answered if is_open else sources.failed)(unit, origin, now=now)


def _opens(base: str) -> bool:
    parts = urlsplit(base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=TIMEOUT):
            return True
    except OSError:
        return False
