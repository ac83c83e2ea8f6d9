"""What both of Holded's APIs have in common: kinds of documents, ids in addresses, objects."""

import re
from collections.abc import Mapping
from typing import Any

from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import InvoiceKind

INVOICE_KINDS = {
    ObjectKind.INVOICE: InvoiceKind.INVOICE,
    ObjectKind.CREDIT_NOTE: InvoiceKind.CREDIT_NOTE,
    ObjectKind.PROFORMA: InvoiceKind.PROFORMA,
}
ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def path_of(collection: str, id: str) -> str:
    """Return the path of one object; what cannot be an id never becomes part of an address."""
    if not ID.fullmatch(id):
        raise GatewayRefused(f"not an id of Holded's: {id[:64]!r}", code="not-found")
    return f"{collection}/{id}"


def object_of(value: object) -> Mapping[str, Any]:
    """Return a JSON object; raises GatewayUnavailable for anything else."""
    if not isinstance(value, dict):
        raise GatewayUnavailable("Holded's answer has another shape than expected")
    return value
