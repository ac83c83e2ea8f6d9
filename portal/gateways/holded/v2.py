"""The door to Holded through its second API, for tokens that begin with `pat_`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from portal.domain.bills import Payer
from portal.domain.budget import Quota
from portal.domain.counterparts import Sold
from portal.domain.customers import Profile, canonical_email
from portal.domain.drafts import Draft, SalesTax
from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceKind, InvoicePart
from portal.domain.money import Money
from portal.gateways.holded import bodies, quotas, replacing, translate
from portal.gateways.holded.amounts import Unreadable
from portal.gateways.holded.connection import Connection, ScopeMissing
from portal.gateways.holded.objects import ID, INVOICE_KINDS, object_of, path_of
from portal.gateways.invoicing import DocumentMethod, Meter, Treasury
from portal.gateways.snapshots import Gone, Page, Seen, Snapshot

PATHS = {
    ObjectKind.CUSTOMER: "contacts",
    ObjectKind.INVOICE: "invoices",
    ObjectKind.CREDIT_NOTE: "credit-notes",
    ObjectKind.PROFORMA: "proformas",
    ObjectKind.RECURRENCE: "recurring-invoices",
}
PAGE_SIZE = 200
DAY = timedelta(days=1)
TREASURIES = "treasury/accounts"
METHODS = "payment-methods"
CONVERSIONS = "documents/convert"
# The states of invoices that want money; whether `pending` finds what is overdue is not known.
OPEN_STATUSES = ("pending", "partial", "overdue")
TAXES = "taxes"
# No object has it, so that writing to it tries the permission and nothing else.
NOBODY = "0" * 24


class HoldedV2:
    """What the portal asks of Holded, for one token; `currency` is that of the account's books."""

    has_webhooks = True
    writes_documents = True

    def __init__(
        self,
        token: str,
        *,
        base: str,
        currency: str,
        caller: str,
        transport: httpx.BaseTransport | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._connection = Connection(
            token, base=base, caller=caller, transport=transport, meter=meter
        )
        self._currency = currency

    def check(self, *, issues: bool = False) -> tuple[Treasury, ...]:
        """Try every permission the portal needs and return the accounts money can be booked on.

        Holded has no list of a token's permissions, so each is tried; `issues` adds those to write
        contacts and invoices. Raises GatewayMisconfigured, which names all that are missing.
        """
        missing: list[str] = []
        for path in (*PATHS.values(), METHODS):
            with _collecting(missing):
                self._connection.get(path, {"limit": 1})
        with _collecting(missing), suppress(GatewayRefused):
            self._connection.post(f"invoices/{NOBODY}/payments", {"amount": "0.01"})
        with _collecting(missing), suppress(GatewayRefused):
            self._connection.post(CONVERSIONS, _conversion(NOBODY))
        if issues:
            self._try_issuing(missing)
        treasuries: list[Treasury | None] = []
        with _collecting(missing):
            treasuries = [_treasury(row) for row in self._every(TREASURIES)]
        if missing:
            raise GatewayMisconfigured(
                f"the Holded token lacks the permissions {', '.join(dict.fromkeys(missing))}"
            )
        return tuple(treasury for treasury in treasuries if treasury)

    def fetch_quota(self) -> Quota | None:
        """Read what the account called this month, all its keys together.

        None without the permission to read it, which nothing else needs.
        """
        try:
            answer = self._connection.get("usage")
        except (GatewayMisconfigured, GatewayRefused):
            return None
        return quotas.of_usage(object_of(answer.body), answer.at)

    def list_page(
        self, kind: ObjectKind, *, cursor: str = "", parent: str = "", since: date | None = None
    ) -> Page:
        """Return one page; `parent` is a contact, `since` the day of the oldest wanted.

        Holded ignores filters it does not know and would then answer with everybody's documents,
        so each one's contact is compared; a stranger's refuses the whole page (`leak`).
        """
        params = {"contact_id": parent} if parent else {}
        if since is not None:
            params["start_date"] = since.isoformat()
        items, next_cursor, at = self._page(PATHS[kind], cursor, params)
        if parent and any(item.get("contact_id") != parent for item in items):
            raise GatewayRefused("Holded listed documents of another contact", code="leak")
        return Page(tuple(self._snapshot(kind, item) for item in items), at, next_cursor)

    def list_open(self, *, cursor: str = "") -> Page:
        """Return one page of the invoices that want money, of every contact."""
        status, _, place = cursor.partition("|")
        status = status or OPEN_STATUSES[0]
        items, following, at = self._page(PATHS[ObjectKind.INVOICE], place, {"status": status})
        if following:
            following = f"{status}|{following}"
        elif status != OPEN_STATUSES[-1]:
            following = f"{OPEN_STATUSES[OPEN_STATUSES.index(status) + 1]}|"
        snapshots = tuple(self._snapshot(ObjectKind.INVOICE, item) for item in items)
        return Page(snapshots, at, following)

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one contact, document or recurring invoice; a missing one comes back as Gone.

        A recurring invoice is read with the days of a year to come, which a list lacks.
        """
        found = self._connection.find(path_of(PATHS[kind], id))
        if isinstance(found, datetime):
            return Seen(Gone(kind, id), found)
        body = object_of(found.body)
        if body.get("id") != id:
            raise GatewayRefused("Holded answered with another object than asked for", code="leak")
        if kind is ObjectKind.RECURRENCE:
            body = {**body, translate.SCHEDULE: self._schedule(id)}
        return Seen(self._snapshot(kind, body), found.at)

    def fetch_pdf(self, kind: ObjectKind, id: str) -> Iterator[bytes]:
        """Stream the PDF of an invoice, credit note or proforma as it is.

        Whatever is wrong with it is raised with the first chunk, or at its cap of 20 MiB: who keeps
        it, keeps it when it has ended.
        """
        return self._connection.stream_pdf(f"{path_of(PATHS[kind], id)}/pdf")

    def record_payment(
        self, invoice: str, amount: Money, *, treasury: str, paid_on: date, description: str
    ) -> str:
        """Book a payment on an invoice; no id is told of it, so nothing is returned."""
        if amount.currency != self._currency:
            raise ValueError(f"these books are kept in {self._currency}, not {amount.currency}")
        body = {
            "amount": f"{amount.to_decimal():f}",
            "treasury_id": treasury,
            "date": paid_on.isoformat(),
            "description": description,
        }
        self._connection.post(f"{path_of('invoices', invoice)}/payments", body)
        return ""

    def list_parts(self, invoice: Invoice, *, paid_on: date) -> tuple[InvoicePart, ...]:
        """Return the payments on an invoice, which it shows itself."""
        return invoice.parts

    def list_methods(self) -> tuple[DocumentMethod, ...]:
        """Return the payment methods documents may name; one without id or name is left out."""
        found = ((row.get("id"), row.get("name")) for row in self._every(METHODS))
        return tuple(DocumentMethod(str(id), str(name)) for id, name in found if id and name)

    def convert_proforma(self, proforma: str) -> str:
        """Make a draft invoice from a proforma and return its id."""
        path_of("proformas", proforma)
        id = object_of(self._connection.post(CONVERSIONS, _conversion(proforma)).body).get("id")
        if not isinstance(id, str) or not ID.fullmatch(id):
            raise GatewayUnavailable("Holded does not say which invoice it made")
        return id

    def approve_invoice(self, invoice: str) -> None:
        """Issue a draft."""
        self._connection.post(f"{path_of('invoices', invoice)}/approve", {})

    def _schedule(self, recurrence: str) -> list[Mapping[str, Any]]:
        path = path_of(PATHS[ObjectKind.RECURRENCE], recurrence)
        return list(self._every(f"{path}/schedule"))

    def write_custom_fields(self, invoice: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Replace the custom fields of a draft; everything else of it stays as it is.

        A PUT replaces the whole document, so all that was read is sent back. What came of it is
        read again: custom fields are known to be taken apart (facts: v1), and sums must stay.
        """
        path = path_of("invoices", invoice)
        before = object_of(self._connection.get(path).body)
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
        return str(object_of(answer.body)["id"])

    def list_tagged(self, kind: ObjectKind, contact: str, *, day: date, tag: str) -> list[Seen]:
        """Return the documents of a contact around one day that carry a tag, the oldest first.

        There is no filter for tags, and Holded may ignore the others: each is compared here.
        A day on either side is asked for as well, because where Holded's day begins is unknown.
        """
        params = {
            "contact_id": contact,
            "start_date": (day - DAY).isoformat(),
            "end_date": (day + DAY).isoformat(),
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

    def delete_draft(self, kind: ObjectKind, id: str) -> None:
        """Delete a draft; one that is gone counts as deleted, an approved one is refused."""
        self._connection.delete(path_of(PATHS[kind], id))

    def fetch_sold(self, invoice: str) -> tuple[Sold, ...]:
        """Read what the items of an invoice come to, with their taxes."""
        body = object_of(self._connection.get(path_of("invoices", invoice)).body)
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
            if kind is ObjectKind.RECURRENCE:
                return translate.recurrence(body, self._currency)
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
        body = object_of(answer.body)
        items, has_more = body.get("items") or [], body.get("has_more")
        if not isinstance(items, list) or not isinstance(has_more, bool):
            raise GatewayUnavailable("Holded's list has no items or no end")
        following = str(body.get("cursor") or "") if has_more else ""
        if has_more and following in ("", cursor):
            raise GatewayUnavailable("Holded's list goes in circles")
        return [object_of(item) for item in items], following, answer.at


@contextmanager
def _collecting(missing: list[str]) -> Iterator[None]:
    try:
        yield
    except ScopeMissing as error:
        missing.append(error.scope)


def _conversion(proforma: str) -> dict[str, Any]:
    source = {"source_type": "proform", "source_id": proforma}
    return {**source, "target_type": "invoice", "draft": True}


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
