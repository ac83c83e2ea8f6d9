"""What Holded's first API is not asked to write: contacts and documents, which need the second."""

from collections.abc import Sequence
from datetime import date
from typing import NoReturn

from portal.domain.bills import Payer
from portal.domain.counterparts import Sold
from portal.domain.customers import Profile
from portal.domain.drafts import Draft, SalesTax
from portal.domain.errors import GatewayMisconfigured, GatewayRefused
from portal.domain.events import ObjectKind
from portal.gateways.snapshots import Seen


class Unwritten:
    """Refuses what makes documents, so that it becomes a task for the merchant."""

    def list_taxes(self) -> tuple[SalesTax, ...]:
        """Refuse."""
        _refuse()

    def find_contacts(self, *, email: str = "", code: str = "") -> tuple[Profile, ...]:
        """Refuse."""
        _refuse()

    def create_contact(self, payer: Payer, *, language: str) -> str:
        """Refuse."""
        _refuse()

    def list_tagged(self, kind: ObjectKind, contact: str, *, day: date, tag: str) -> list[Seen]:
        """Refuse."""
        _refuse()

    def create_draft(self, kind: ObjectKind, draft: Draft) -> None:
        """Refuse."""
        _refuse()

    def delete_draft(self, kind: ObjectKind, id: str) -> None:
        """Refuse."""
        _refuse()

    def fetch_sold(self, invoice: str) -> tuple[Sold, ...]:
        """Refuse."""
        _refuse()

    def write_custom_fields(self, invoice: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Refuse: it takes custom fields apart."""
        _refuse()


def refuse_issuing() -> NoReturn:
    """Say at set-up that documents cannot be made with such a key."""
    raise GatewayMisconfigured("documents are made with a token of Holded's second API only")


def _refuse() -> NoReturn:
    raise GatewayRefused("Holded's first API is not asked to write documents", code="unsupported")
