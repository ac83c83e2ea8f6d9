"""Which part of the portal an address belongs to, by its first segment alone.

Merchants have names like `metrics-lab`, so a segment is compared whole; those here are no
merchant's (`RESERVED` of `services/merchants.py`).
"""

from flask import request

# A signature or a key says where these come from, or it does not matter (reports of browsers).
PROGRAMS = frozenset({"api", "hooks", "reports", "v1"})
# Answers to these are files or plain words.
FILES = frozenset({"brand", "healthz", "metrics", "readyz", "static"})
# These know no visitor: they read no cookie and set none.
BLIND = PROGRAMS | FILES


def first_segment() -> str:
    """Return the first segment of the address that was asked for, empty for the front page."""
    return request.path.split("/", 2)[1]


def is_in(area: frozenset[str]) -> bool:
    """Whether the address that was asked for belongs to an area."""
    return first_segment() in area
