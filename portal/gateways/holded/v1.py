"""The door to Holded through its first API, for keys of 32 hexadecimal digits."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from portal.domain.budget import Quota
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoicePart
from portal.domain.money import Money
from portal.gateways.holded import translate, v1_shapes
from portal.gateways.holded.amounts import Unreadable, minor_units, read
from portal.gateways.holded.dates import day_of_seconds, seconds_of_day
from portal.gateways.holded.objects import INVOICE_KINDS, object_of, path_of
from portal.gateways.holded.v1_connection import FirstConnection
from portal.gateways.holded.v1_pages import Place
from portal.gateways.holded.v1_writing import WritesNothing
from portal.gateways.invoicing import DocumentMethod, Meter, Treasury
from portal.gateways.snapshots import Gone, Page, Seen, Snapshot

INVOICES = "documents/invoice"
PATHS = {
    ObjectKind.CUSTOMER: "contacts",
    ObjectKind.INVOICE: INVOICES,
    ObjectKind.CREDIT_NOTE: "documents/creditnote",
    ObjectKind.PROFORMA: "documents/proform",
}
# The reference has the first, live clients ask for the second.
TREASURIES = ("treasury", "treasuries")
METHODS = ("paymentmethods", "documents/paymentmethods")
# What `paid` finds: not paid at all, and partly. In a cursor it stands before a stroke.
UNPAID = ("0", "2")
# How much of the calendar one question covers; the ledger takes a year at most.
RANGE = timedelta(days=365)
DAY = timedelta(days=1)


class HoldedV1(WritesNothing):
    """What the portal asks of Holded, for one key; `currency` is that of the account's books."""

    has_webhooks = False

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
        self._connection = FirstConnection(
            token, base=base, caller=caller, transport=transport, meter=meter
        )
        self._currency = currency

    def check(self, *, issues: bool = False) -> tuple[Treasury, ...]:
        """Read each thing the portal needs and return the accounts money can be booked on.

        A key of the first API has no permissions of its own, and none `issues` documents. Raises
        GatewayMisconfigured.
        """
        if issues:
            self.list_taxes()
        for path in PATHS.values():
            self._rows(path, {"page": 1})
        rows = self._found_at(TREASURIES)
        return tuple(
            Treasury(str(row["id"]), str(row.get("name") or ""), str(row.get("type") or ""))
            for row in rows
            if row.get("id")
        )

    def fetch_quota(self) -> Quota | None:
        """Return None: the first API does not tell what was called."""
        return None

    def list_page(
        self, kind: ObjectKind, *, cursor: str = "", parent: str = "", since: date | None = None
    ) -> Page:
        """Return one page; `parent` is a contact, `since` the day of the oldest wanted.

        The first API does not know recurring invoices: there are none. It ignores filters it does
        not know and would then answer with everybody's documents, so each one's contact is
        compared; a stranger's refuses the whole page (`leak`).
        """
        if kind is ObjectKind.RECURRENCE:
            return Page((), datetime.now(UTC).replace(microsecond=0))
        params: dict[str, str | int] = {"contactid": parent} if parent else {}
        if since is not None:
            params |= {
                "starttmp": seconds_of_day(since),
                "endtmp": seconds_of_day(since + RANGE),
                "sort": "created-desc",
            }
        rows, following, at = self._page(PATHS[kind], cursor, params)
        if parent and any(row.get("contact") != parent for row in rows):
            raise GatewayRefused("Holded listed documents of another contact", code="leak")
        return Page(tuple(self._snapshot(kind, row) for row in rows), at, following)

    def list_open(self, *, cursor: str = "") -> Page:
        """Return one page of the invoices that want money, of every contact."""
        paid, _, place = cursor.partition("|")
        paid = paid or UNPAID[0]
        rows, following, at = self._page(INVOICES, place, {"paid": paid})
        if following:
            following = f"{paid}|{following}"
        elif paid != UNPAID[-1]:
            following = f"{UNPAID[-1]}|"
        snapshots = tuple(self._snapshot(ObjectKind.INVOICE, row) for row in rows)
        return Page(snapshots, at, following)

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one contact or document; a missing one comes back as Gone."""
        if kind is ObjectKind.RECURRENCE:
            return Seen(Gone(kind, id), datetime.now(UTC).replace(microsecond=0))
        found = self._connection.find(path_of(PATHS[kind], id))
        if isinstance(found, datetime):
            return Seen(Gone(kind, id), found)
        body = object_of(found.body)
        if body.get("id") != id:
            raise GatewayRefused("Holded answered with another object than asked for", code="leak")
        return Seen(self._snapshot(kind, body), found.at)

    def fetch_pdf(self, kind: ObjectKind, id: str) -> Iterator[bytes]:
        """Return the PDF of a document as it is, in one piece.

        Whatever is wrong with it is raised with that piece.
        """
        yield self._connection.get_pdf(f"{path_of(PATHS[kind], id)}/pdf")

    def record_payment(
        self, invoice: str, amount: Money, *, treasury: str, paid_on: date, description: str
    ) -> str:
        """Book a payment on an invoice and return its id, empty if Holded does not tell it.

        The description names the invoice, because lists of payments do not.
        """
        if amount.currency != self._currency:
            raise ValueError(f"these books are kept in {self._currency}, not {amount.currency}")
        body = {
            # A JSON number; it is written with as few digits as tell it from all others.
            "amount": float(amount.to_decimal()),
            "date": seconds_of_day(paid_on),
            "desc": f"{description} {invoice}",
            **({"treasury": treasury} if treasury else {}),
        }
        answer = object_of(self._connection.post(f"{path_of(INVOICES, invoice)}/pay", body).body)
        is_of_invoice = answer.get("invoiceId") in (None, "", invoice)
        return str(answer.get("paymentId") or "") if is_of_invoice else ""

    def list_parts(self, invoice: Invoice, *, paid_on: date) -> tuple[InvoicePart, ...]:
        """Return what this portal booked on an invoice on a day.

        Documents do not say which payments they have, and payments do not say of which document
        they are: those of the contact are compared by what we wrote into them.
        """
        params = {"starttmp": seconds_of_day(paid_on), "endtmp": seconds_of_day(paid_on + DAY)}
        cursor, parts, is_first = "", list[InvoicePart](), True
        while cursor or is_first:
            rows, cursor, _ = self._page("payments", cursor, params)
            is_first = False
            parts += [self._part(row) for row in rows if _is_of(row, invoice)]
        return tuple(parts)

    def list_methods(self) -> tuple[DocumentMethod, ...]:
        """Return the payment methods documents may name; one without id or name is left out."""
        found = ((row.get("id"), row.get("name")) for row in self._found_at(METHODS))
        return tuple(DocumentMethod(str(id), str(name)) for id, name in found if id and name)

    def convert_proforma(self, proforma: str) -> str:
        """Refuse: the first API makes no invoice from a proforma; the merchant has to."""
        raise GatewayRefused("Holded's first API converts no documents", code="unsupported")

    def approve_invoice(self, invoice: str) -> None:
        """Issue a draft."""
        self._connection.put(path_of(INVOICES, invoice), {"approveDoc": True})

    def _part(self, row: Mapping[str, Any]) -> InvoicePart:
        try:
            return InvoicePart(
                id=str(row.get("id") or ""),
                amount=Money(minor_units(read(row.get("amount")), self._currency), self._currency),
                paid_on=day_of_seconds(row.get("date")),
                treasury=str(row.get("bankId") or ""),
            )
        except Unreadable as error:
            raise GatewayRefused(f"a payment of Holded: {error}", code="unreadable") from error

    def _snapshot(self, kind: ObjectKind, body: Mapping[str, Any]) -> Snapshot:
        try:
            if kind is ObjectKind.CUSTOMER:
                return translate.profile(v1_shapes.contact(body))
            told = v1_shapes.document(body)
            found = translate.invoice(told, INVOICE_KINDS[kind], self._currency)
            return replace(found, tells_parts=False)
        except Unreadable as error:
            message = f"{kind} {str(body.get('id'))[:64]} of Holded: {error}"
            raise GatewayRefused(message, code="unreadable") from error

    def _found_at(self, addresses: tuple[str, str]) -> list[Mapping[str, Any]]:
        """Return the rows of the first of two addresses, or of the other if it does not exist."""
        try:
            return self._rows(addresses[0], {})[0]
        except GatewayUnavailable:
            return self._rows(addresses[1], {})[0]

    def _page(
        self, path: str, cursor: str, params: Mapping[str, str | int]
    ) -> tuple[list[Mapping[str, Any]], str, datetime]:
        """Return the rows of one page, the cursor of the next and Holded's time."""
        place = Place.read(cursor)
        rows, at = self._rows(path, {**params, "page": place.number})
        if place.repeats(rows):
            return [], "", at
        return rows, place.after(rows), at

    def _rows(
        self, path: str, params: Mapping[str, str | int]
    ) -> tuple[list[Mapping[str, Any]], datetime]:
        answer = self._connection.get(path, params)
        if not isinstance(answer.body, list):
            raise GatewayUnavailable("Holded's list is none")
        return [object_of(row) for row in answer.body], answer.at


def _is_of(payment: Mapping[str, Any], invoice: Invoice) -> bool:
    words = str(payment.get("desc") or "").split()
    return payment.get("contactId") in (invoice.customer, "", None) and invoice.id in words
