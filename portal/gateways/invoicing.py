"""The port to whoever issues the invoices: what we ask of Holded, in our words.

Every method raises only GatewayUnavailable, GatewayRefused or GatewayMisconfigured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.bills import Payer
from portal.domain.counterparts import Sold
from portal.domain.customers import Profile
from portal.domain.drafts import Draft, SalesTax
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

    def check(self, *, issues: bool = False) -> tuple[Treasury, ...]:
        """Try every permission the portal needs and return the accounts money can be booked on.

        `issues` adds those that are needed to write contacts and invoices.
        """

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

    # What is made here has no idempotency key either: whoever calls looks before a repeat.

    def list_taxes(self) -> tuple[SalesTax, ...]:
        """Return the taxes that an item of a sale can name."""

    def find_contacts(self, *, email: str = "", code: str = "") -> tuple[Profile, ...]:
        """Return the contacts that have this address, or this tax number."""

    def create_contact(self, payer: Payer, *, language: str) -> str:
        """Write a contact and return its id."""

    def list_tagged(self, kind: ObjectKind, contact: str, *, day: date, tag: str) -> list[Seen]:
        """Return the documents of a contact of one day that carry a tag, the oldest first."""

    def create_draft(self, kind: ObjectKind, draft: Draft) -> None:
        """Write a draft of an invoice or credit note."""

    def approve(self, invoice: str) -> None:
        """Give an invoice its number; there is no way back."""

    def delete_draft(self, kind: ObjectKind, id: str) -> None:
        """Delete a draft; one that is gone counts as deleted, an approved one is refused."""

    def fetch_sold(self, invoice: str) -> tuple[Sold, ...]:
        """Read what the items of an invoice come to, with their taxes."""
