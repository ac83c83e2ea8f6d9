"""The door to Holded through its second API, for tokens that begin with `pat_`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import Any

import httpx

from portal.domain.bills import Payer
from portal.domain.counterparts import Sold
from portal.domain.customers import Profile, canonical_email
from portal.domain.drafts import Draft, SalesTax
from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceKind
from portal.domain.money import Money
from portal.gateways.holded import bodies, replacing, translate
from portal.gateways.holded.amounts import Unreadable
from portal.gateways.holded.connection import Connection, ScopeMissing
from portal.gateways.invoicing import Treasury
from portal.gateways.snapshots import Gone, Page, Seen, Snapshot

PATHS = {
    ObjectKind.CUSTOMER: "contacts",
    ObjectKind.INVOICE: "invoices",
    ObjectKind.CREDIT_NOTE: "credit-notes",
}
INVOICE_KINDS = {
    ObjectKind.INVOICE: InvoiceKind.INVOICE,
    ObjectKind.CREDIT_NOTE: InvoiceKind.CREDIT_NOTE,
}
PAGE_SIZE = 200
TREASURIES = "treasury/accounts"
TAXES = "taxes"
ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# No object has it, so that writing to it tries the permission and nothing else.
NOBODY = "0" * 24


class HoldedV2:
    """What the portal asks of Holded, for one token; `currency` is that of the account's books."""

    def __init__(
        self,
        token: str,
        *,
        base: str,
        currency: str,
        caller: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection(token, base=base, caller=caller, transport=transport)
        self._currency = currency

    def check(self, *, issues: bool = False) -> tuple[Treasury, ...]:
        """Try every permission the portal needs and return the accounts money can be booked on.

        Holded has no list of a token's permissions, so each is tried; `issues` adds those to write
        contacts and invoices. Raises GatewayMisconfigured, which names all that are missing.
        """
        missing: list[str] = []
        for path in PATHS.values():
            with _collecting(missing):
                self._connection.get(path, {"limit": 1})
        with _collecting(missing), suppress(GatewayRefused):
            self._connection.post(f"invoices/{NOBODY}/payments", {"amount": "0.01"})
        if issues:
            self._try_issuing(missing)
        treasuries: list[Treasury | None] = []
        with _collecting(missing):
            treasuries = [_treasury(row) for row in self._every(TREASURIES)]
        if missing:
            raise GatewayMisconfigured(
                f"the Holded token lacks the permissions {', '.join(missing)}"
            )
        return tuple(treasury for treasury in treasuries if treasury)

    def list_page(self, kind: ObjectKind, *, cursor: str = "", parent: str = "") -> Page:
        """Return one page of contacts, invoices or credit notes; `parent` is a contact.

        Holded ignores filters it does not know and would then answer with everybody's documents,
        so each one's contact is compared; a stranger's refuses the whole page (`leak`).
        """
        params = {"contact_id": parent} if parent else {}
        items, next_cursor, at = self._page(PATHS[kind], cursor, params)
        if parent and any(item.get("contact_id") != parent for item in items):
            raise GatewayRefused("Holded listed documents of another contact", code="leak")
        return Page(tuple(self._snapshot(kind, item) for item in items), at, next_cursor)

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one contact, invoice or credit note; a missing one comes back as Gone."""
        found = self._connection.find(_path(PATHS[kind], id))
        if isinstance(found, datetime):
            return Seen(Gone(kind, id), found)
        body = _object(found.body)
        if body.get("id") != id:
            raise GatewayRefused("Holded answered with another object than asked for", code="leak")
        return Seen(self._snapshot(kind, body), found.at)

    def fetch_pdf(self, kind: ObjectKind, id: str) -> Iterator[bytes]:
        """Stream the PDF of an invoice or credit note as it is.

        Whatever is wrong with it is raised with the first chunk, or at its cap of 20 MiB: who keeps
        it, keeps it when it has ended.
        """
        return self._connection.stream_pdf(f"{_path(PATHS[kind], id)}/pdf")

    def record_payment(
        self, invoice: str, amount: Money, *, treasury: str, paid_on: date, description: str
    ) -> None:
        """Book a payment on an invoice; Holded knows no idempotency key and answers nothing."""
        if amount.currency != self._currency:
            raise ValueError(f"these books are kept in {self._currency}, not {amount.currency}")
        body = {
            "amount": f"{amount.to_decimal():f}",
            "treasury_id": treasury,
            "date": paid_on.isoformat(),
            "description": description,
        }
        self._connection.post(f"{_path('invoices', invoice)}/payments", body)

    def write_custom_fields(self, invoice: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Replace the custom fields of a draft; everything else of it stays as it is.

        A PUT replaces the whole document, so all that was read is sent back. What came of it is
        read again: custom fields are known to be taken apart (facts: v1), and sums must stay.
        """
        path = _path("invoices", invoice)
        before = _object(self._connection.get(path).body)
        self._connection.put(path, replacing.draft_with(before, fields, self._currency))
        seen = self.fetch(ObjectKind.INVOICE, invoice)
        if not isinstance(seen.snapshot, Invoice) or seen.snapshot.custom_fields != tuple(fields):
            raise GatewayRefused("Holded did not keep the custom fields", code="not_kept")
        if seen.snapshot.total != self._told(before).total:
            raise GatewayRefused("Holded changed the sums of the draft", code="not_kept")
        return seen

    def _told(self, body: Mapping[str, Any]) -> Invoice:
        return translate.invoice(body, InvoiceKind.INVOICE, self._currency)

    def list_taxes(self) -> tuple[SalesTax, ...]:
        """Return the taxes that an item of a sale can name."""
        try:
            found = [bodies.sales_tax(row) for row in self._every(TAXES)]
        except Unreadable as error:
            raise GatewayRefused(f"a tax of Holded's: {error}", code="unreadable") from error
        return tuple(tax for tax in found if tax)

    def find_contacts(self, *, email: str = "", code: str = "") -> tuple[Profile, ...]:
        """Return the contacts that have this address, or this tax number.

        Holded ignores filters it does not know, so each contact is compared here.
        """
        params = {"email": email} if email else {"code": code}
        rows = self._every(PATHS[ObjectKind.CUSTOMER], params)
        told = (self._snapshot(ObjectKind.CUSTOMER, row) for row in rows)
        found = [one for one in told if isinstance(one, Profile)]
        if email:
            wanted = canonical_email(email)
            return tuple(one for one in found if wanted in map(canonical_email, one.emails))
        return tuple(one for one in found if code in [each.value for each in one.tax_ids])

    def create_contact(self, payer: Payer, *, language: str) -> str:
        """Write a contact and return its id."""
        answer = self._connection.post(PATHS[ObjectKind.CUSTOMER], bodies.contact(payer, language))
        return str(_object(answer.body)["id"])

    def list_tagged(self, kind: ObjectKind, contact: str, *, day: date, tag: str) -> list[Seen]:
        """Return the documents of a contact of one day that carry a tag, the oldest first.

        There is no filter for tags, and Holded may ignore the others: each is compared here.
        """
        params = {
            "contact_id": contact,
            "start_date": day.isoformat(),
            "end_date": day.isoformat(),
        }
        cursor, is_first, found = "", True, []
        while cursor or is_first:
            items, cursor, at = self._page(PATHS[kind], cursor, params)
            is_first = False
            found += [(item, at) for item in items if _is_tagged(item, contact, tag)]
        found.sort(key=lambda pair: str(pair[0].get("id")))
        return [Seen(self._snapshot(kind, item), at) for item, at in found]

    def create_draft(self, kind: ObjectKind, draft: Draft) -> None:
        """Write a draft of an invoice or credit note; creating never approves."""
        self._connection.post(PATHS[kind], bodies.draft(draft))

    def approve(self, invoice: str) -> None:
        """Give an invoice its number; there is no way back."""
        self._connection.post(f"{_path('invoices', invoice)}/approve", {})

    def delete_draft(self, kind: ObjectKind, id: str) -> None:
        """Delete a draft; one that is gone counts as deleted, an approved one is refused."""
        self._connection.delete(_path(PATHS[kind], id))

    def fetch_sold(self, invoice: str) -> tuple[Sold, ...]:
        """Read what the items of an invoice come to, with their taxes."""
        body = _object(self._connection.get(_path("invoices", invoice)).body)
        try:
            return translate.sold(body, self._currency)
        except Unreadable as error:
            raise GatewayRefused(f"the items of {invoice}: {error}", code="unreadable") from error

    def _try_issuing(self, missing: list[str]) -> None:
        """Try what writing documents needs: nothing comes of a contact without a name."""
        with _collecting(missing):
            self._connection.get(TAXES, {"limit": 1})
        for path in (PATHS[ObjectKind.CUSTOMER], f"credit-notes/{NOBODY}/payments"):
            with _collecting(missing), suppress(GatewayRefused):
                self._connection.post(path, {})

    def _snapshot(self, kind: ObjectKind, body: Mapping[str, Any]) -> Snapshot:
        try:
            if kind is ObjectKind.CUSTOMER:
                return translate.profile(body)
            return translate.invoice(body, INVOICE_KINDS[kind], self._currency)
        except Unreadable as error:
            message = f"{kind} {str(body.get('id'))[:64]} of Holded: {error}"
            raise GatewayRefused(message, code="unreadable") from error

    def _every(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        cursor, is_first = "", True
        while cursor or is_first:
            items, cursor, _ = self._page(path, cursor, params or {})
            is_first = False
            yield from items

    def _page(
        self, path: str, cursor: str, params: Mapping[str, str]
    ) -> tuple[list[Mapping[str, Any]], str, datetime]:
        """Return the items of one page, the cursor of the next and Holded's time.

        A list that does not say whether it ends, or goes in circles, is an error: what is left out
        would look as if it did not exist.
        """
        asked: dict[str, str | int] = {"limit": PAGE_SIZE, **params}
        if cursor:
            asked["cursor"] = cursor
        answer = self._connection.get(path, asked)
        body = _object(answer.body)
        items, has_more = body.get("items") or [], body.get("has_more")
        if not isinstance(items, list) or not isinstance(has_more, bool):
            raise GatewayUnavailable("Holded's list has no items or no end")
        following = str(body.get("cursor") or "") if has_more else ""
        if has_more and following in ("", cursor):
            raise GatewayUnavailable("Holded's list goes in circles")
        return [_object(item) for item in items], following, answer.at


@contextmanager
def _collecting(missing: list[str]) -> Iterator[None]:
    try:
        yield
    except ScopeMissing as error:
        missing.append(error.scope)


def _path(collection: str, id: str) -> str:
    """Return the path of one object; what cannot be an id never becomes part of an address."""
    if not ID.fullmatch(id):
        raise GatewayRefused(f"not an id of Holded's: {id[:64]!r}", code="not-found")
    return f"{collection}/{id}"


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise GatewayUnavailable("Holded's answer has another shape than expected")
    return value


def _is_tagged(item: Mapping[str, Any], contact: str, tag: str) -> bool:
    """Whether a document is this contact's and carries a tag, whose case Holded may change."""
    tags = item.get("tags")
    told = [str(each).strip().lower() for each in tags] if isinstance(tags, list) else []
    return item.get("contact_id") == contact and tag.lower() in told


def _treasury(row: Mapping[str, Any]) -> Treasury | None:
    if row.get("archived") is True or not row.get("id"):
        return None
    return Treasury(
        id=str(row["id"]), name=str(row.get("name") or ""), type=str(row.get("type") or "")
    )
