"""The port to whoever issues the invoices: what we ask of Holded, in our words.

Every method raises only GatewayUnavailable, GatewayRefused or GatewayMisconfigured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.events import ObjectKind
from portal.domain.money import Money
from portal.gateways.snapshots import Page, Seen


@dataclass(frozen=True, slots=True)
class Treasury:
    """An account money is booked on; `type` is bank, card, gateway or cash."""

    id: str
    name: str
    type: str


class InvoicingGateway(Protocol):
    """Everything the portal asks of Holded on behalf of one merchant."""

    def check(self) -> tuple[Treasury, ...]:
        """Try every permission the portal needs and return the accounts money can be booked on."""

    def list_page(self, kind: ObjectKind, *, cursor: str = "", parent: str = "") -> Page:
        """Return one page of contacts, invoices or credit notes; `parent` is a contact."""

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one contact, invoice or credit note; a missing one comes back as Gone."""

    def fetch_pdf(self, kind: ObjectKind, id: str) -> Iterator[bytes]:
        """Stream the PDF of an invoice or credit note as it is."""

    def write_custom_fields(self, invoice: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Replace the custom fields of a draft; everything else of it stays as it is.

        Raises GatewayRefused `not_a_draft` for one that is approved, `not_replaceable` where
        Holded does not tell all that it would have to be given back.
        """

    def record_payment(
        self, invoice: str, amount: Money, *, treasury: str, paid_on: date, description: str
    ) -> None:
        """Book a payment on an invoice.

        There is no idempotency key: whoever calls compares the invoice's payments before and after.
        """
