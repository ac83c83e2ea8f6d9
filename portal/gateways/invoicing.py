"""The port to whoever issues the invoices: what we ask of Holded, in our words.

Every method raises only GatewayUnavailable, GatewayRefused or GatewayMisconfigured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.bills import Payer
from portal.domain.budget import Quota
from portal.domain.counterparts import Sold
from portal.domain.customers import Profile
from portal.domain.drafts import Draft, SalesTax
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoicePart
from portal.domain.money import Money
from portal.gateways.snapshots import Page, Seen


@dataclass(frozen=True, slots=True)
class Treasury:
    """An account money is booked on; `type` is bank, card, gateway or cash."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class DocumentMethod:
    """A payment method that documents and contacts may name; `name` is what the merchant typed."""

    id: str
    name: str


class Meter(Protocol):
    """Counts calls to a provider that allows only so many."""

    def admit(self) -> None:
        """Raise BudgetSpent where the call that is about to be made has to wait."""

    def count(self, quota: Quota | None) -> None:
        """Count a call that was sent; `quota` is what its answer said, None if nothing."""


class InvoicingGateway(Protocol):
    """Everything the portal asks of Holded on behalf of one merchant.

    `has_webhooks` says whether changes are told by it, or have to be looked for, and
    `writes_documents` whether contacts and drafts are made.
    """

    has_webhooks: bool
    writes_documents: bool

    def check(self, *, issues: bool = False) -> tuple[Treasury, ...]:
        """Try every permission the portal needs and return the accounts money can be booked on.

        `issues` adds those that are needed to write contacts and invoices.
        """

    def fetch_quota(self) -> Quota | None:
        """Read what the account called this month; None where that is not to be known."""

    def list_page(
        self, kind: ObjectKind, *, cursor: str = "", parent: str = "", since: date | None = None
    ) -> Page:
        """Return one page of contacts, documents or recurring invoices.

        `parent` is the contact whose documents are wanted, `since` the day of the oldest of them.
        """

    def list_open(self, *, cursor: str = "") -> Page:
        """Return one page of the invoices that want money, of every contact."""

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one contact, document or recurring invoice; a missing one comes back as Gone."""

    def fetch_pdf(self, kind: ObjectKind, id: str) -> Iterator[bytes]:
        """Stream the PDF of an invoice, credit note or proforma as it is."""

    def write_custom_fields(self, invoice: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Replace the custom fields of a draft; everything else of it stays as it is.

        Raises GatewayRefused `not_a_draft` for one that is approved, `not_replaceable` where
        Holded does not tell all that it would have to be given back.
        """

    def record_payment(
        self, invoice: str, amount: Money, *, treasury: str, paid_on: date, description: str
    ) -> str:
        """Book a payment on an invoice and return its id, empty where Holded does not tell it.

        There is no idempotency key: without an id, whoever calls compares the invoice's payments
        before and after.
        """

    def list_parts(self, invoice: Invoice, *, paid_on: date) -> tuple[InvoicePart, ...]:
        """Return the payments on an invoice; where it does not show them, ours of one day."""

    def list_methods(self) -> tuple[DocumentMethod, ...]:
        """Return the payment methods documents may name."""

    def convert_proforma(self, proforma: str) -> str:
        """Make a draft invoice from a proforma and return its id.

        There is no idempotency key: whoever calls looks first for an invoice `made_from` it.
        """

    def approve_invoice(self, invoice: str) -> None:
        """Issue a draft: it gets its number, and there is no way back."""

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

    def delete_draft(self, kind: ObjectKind, id: str) -> None:
        """Delete a draft; one that is gone counts as deleted, an approved one is refused."""

    def fetch_sold(self, invoice: str) -> tuple[Sold, ...]:
        """Read what the items of an invoice come to, with their taxes."""
