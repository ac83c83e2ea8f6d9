"""What all sales documents share: fields, creation, lists, numbers and what is paid of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.sandbox.holded import amounts, dates, payloads, taxes, totals, webhooks
from portal.sandbox.holded.accounts import account, state
from portal.sandbox.holded.amounts import ZERO
from portal.sandbox.holded.bodies import Body
from portal.sandbox.holded.kinds import CREDIT_NOTE as CREDIT_NOTE
from portal.sandbox.holded.kinds import ESTIMATE as ESTIMATE
from portal.sandbox.holded.kinds import INVOICE as INVOICE
from portal.sandbox.holded.kinds import KINDS as KINDS
from portal.sandbox.holded.kinds import PROFORMA as PROFORMA
from portal.sandbox.holded.kinds import TRACKING
from portal.sandbox.holded.kinds import Kind as Kind
from portal.sandbox.holded.problems import Message, bad_request, not_found, unprocessable

Document = dict[str, Any]

LINE_FIELDS = frozenset((
    "name", "type", "description", "product_id", "service_id", "variant_id", "units", "price",
    "discount", "taxes", "tags", "sku", "weight", "cost_price", "account", "project_id",
    "unit_type", "line_id", "tax", "retention", "kind",
))  # fmt: skip
# Shown, never written: a full replacement sends back what it read.
SHOWN_ONLY = (
    "id", "document_number", "subtotal", "total", "tax", "status", "lines", "accounting_date",
    "approved_at", "draft", "pipeline_id", "shipping", "shipping_data", "from", "payments_total",
    "payments_pending", "payments_refunds", "payments_detail", "multiple_due_dates",
    "forecast_date",
)  # fmt: skip


DATES = ("date", "due_date", "project_id")


# Reading


def get(kind: Kind, id_: str) -> Document:
    """Return the document or raise the 404 the provider answers."""
    found = state().find(account().id, kind.name, id_)
    if found is None:
        raise not_found()
    return found


def shown(document: Document) -> Document:
    """Return a document as the API shows it: without what only the sandbox knows."""
    return {
        **{key: value for key, value in document.items() if not key.startswith("_")},
        "status": status_of(document),
    }


def status_of(document: Document) -> str:
    """Return the status word; a document past its day stays ``pending``, as on live accounts."""
    if document["_cancelled"]:
        return "cancelled"
    paid, pending = paid_of(document), pending_of(document)
    if not document["draft"] and paid and pending <= 0:
        return "completed"
    return "partial" if paid else "pending"


def paid_of(document: Document) -> Decimal:
    return Decimal(document.get("payments_total", "0"))


def pending_of(document: Document) -> Decimal:
    return Decimal(document.get("payments_pending") or document["total"])


# Writing


def create(kind: Kind, body: Body) -> Document:
    """Write a new document; creating never approves."""
    document = blank(kind)
    fill(kind, document, body)
    enter(kind, document)
    return document


def enter(kind: Kind, document: Document) -> None:
    """Keep a new document and tell of it; one of a kind that is never approved is numbered now."""
    if not kind.approvable:
        document["document_number"] = next_number(kind, document)
        document["draft"] = False
    state().insert(account().id, kind.name, document)
    announce(kind, "create", document)


def blank(kind: Kind) -> Document:
    """Return an empty document with every field the API shows for its kind."""
    document: Document = {
        "id": state().new_id(),
        "document_number": None,
        "accounting_date": None,
        "approved_at": None,
        "draft": True,
        "pipeline_id": None,
        "shipping": None,
        "shipping_data": None,
        "from": None,
        "_cancelled": False,
    }
    if kind.payable:
        document |= {
            "payments_total": "0.00",
            "payments_refunds": "0.00",
            "payments_detail": [],
            "multiple_due_dates": None,
            "forecast_date": None,
        }
    if kind.tracked:
        document |= dict.fromkeys(TRACKING)
    return document


def fill(kind: Kind, document: Document, body: Body) -> None:
    """Write the fields of a body into a document, in full: what the body lacks becomes empty."""
    contact = contact_of(body)
    currency = (body.text("currency", longest=3) or account().currency).lower()
    change = exchange_of(body, currency)
    today = dates.today(state().now())
    discount = body.number("discount", ZERO)
    document |= {
        "contact_id": contact["id"],
        "contact_name": body.text("contact_name") or contact["name"],
        "description": body.text("description"),
        "date": body.day("date") or today,
        "due_date": body.day("due_date"),
        "notes": body.text("notes"),
        "language": body.text("language") or language_of(contact),
        "currency": currency,
        "currency_change": amounts.plain(change),
        "tags": body.texts("tags"),
        "custom_fields": body.mappings("custom_fields"),
        "project_id": body.text("project_id"),
        "warehouse_id": body.text("warehouse_id"),
        "lines": lines_of(body, change),
        "_discount": amounts.plain(discount),
        "_series": body.text("number_line_id"),
    }
    if kind.payable:
        document |= {
            "body": body.text("body"),
            "payment_method_id": body.text("payment_method_id")
            or (contact["defaults"] or {}).get("payment_method"),
        }
    add_up(document)


def contact_of(body: Body) -> dict[str, Any]:
    id_ = body.text("contact_id", required=True) or ""
    found = state().find(account().id, "contact", id_)
    if found is None:
        raise bad_request(f"contact_id: no contact {id_[:60]}")
    return found


def language_of(contact: dict[str, Any]) -> str:
    return str((contact["defaults"] or {}).get("language") or account().language)


def exchange_of(body: Body, currency: str) -> Decimal:
    """Return units of the document's currency for one of the account's; 1 when they are equal.

    Holded keeps the amounts of a foreign document in the account's currency (measured on v1; a user
    of v2 multiplies by ``currency_change``, which agrees).
    """
    if currency == account().currency.lower():
        return Decimal(1)
    change = body.number("currency_change", ZERO)
    if change <= 0:
        raise unprocessable(
            "sandbox_unsupported: a foreign currency needs a currency_change, because the sandbox "
            "does not know the day's rate"
        )
    return change


def lines_of(body: Body, change: Decimal) -> list[dict[str, Any]]:
    items = body.mappings("items")
    if not items and body.lines_required:
        raise bad_request("items is required")
    return [line_of(Body(item, f"items.{n}."), change) for n, item in enumerate(items)]


def line_of(item: Body, change: Decimal) -> dict[str, Any]:
    item.only(LINE_FIELDS)
    keys = item.texts("taxes")
    rates = [taxes.rate(key) for key in keys]
    cost = item.number("cost_price", ZERO)
    return {
        "line_id": state().new_id(),
        "name": item.text("name", required=True),
        "description": item.text("description") or "",
        "price": amounts.text(item.number("price", ZERO) / change),
        "units": amounts.plain(item.number("units", Decimal(1))),
        "discount": amounts.plain(item.number("discount", ZERO)),
        "tax": amounts.plain(sum((rate for rate in rates if rate > 0), ZERO)),
        "taxes": keys,
        "tags": item.texts("tags"),
        "product_id": item.text("product_id"),
        "variant_id": item.text("variant_id"),
        "service_id": item.text("service_id"),
        "sku": item.text("sku"),
        "weight": amounts.plain(item.number("weight", ZERO)),
        "cost_price": amounts.plain(cost),
        "account": item.text("account"),
        "project_id": item.text("project_id"),
        "retention": amounts.plain(-sum((rate for rate in rates if rate < 0), ZERO)),
        "unit_type": item.text("unit_type"),
    }


def add_up(document: Document) -> None:
    """Write the totals of a document's lines into it."""
    if any(abs(totals.net(line)) >= amounts.LIMIT for line in document["lines"]):
        raise bad_request("items: the amount of a line is out of range")
    sums = totals.totals(
        document["lines"],
        Decimal(document["_discount"]),
        taxes.rates(),
        account().currency,
    )
    document |= {
        "subtotal": amounts.text(sums.subtotal),
        "discount": amounts.text(sums.discount),
        "tax": amounts.text(sums.tax),
        "total": amounts.text(sums.total),
    }
    if "payments_total" in document:
        document["payments_pending"] = amounts.text(sums.total - paid_of(document))


def approve(kind: Kind, document: Document) -> None:
    """Give a draft its number; there is no way back."""
    if document["_cancelled"]:
        raise unprocessable("The document is cancelled")
    if not document["draft"]:
        raise unprocessable("The document is already approved")
    document["document_number"] = document.get("_number") or next_number(kind, document)
    document["draft"] = False
    document["approved_at"] = dates.moment(state().now())
    document["accounting_date"] = document["date"]
    state().save(account().id, kind.name, document)
    announce(kind, "approve", document)


def next_number(kind: Kind, document: Document) -> str:
    """Take the next number of the document's series, in the form its format asks for."""
    every = list(state().each(account().id, "numbering_series"))
    wanted = document["_series"]
    found = [
        each
        for each in every
        if each["type"] == kind.name and (wanted is None or each["id"] == wanted)
    ]
    if not found:
        raise unprocessable(f"There is no numbering series for this {kind.name}")
    series = found[0]
    series["last"] += 1
    state().save(account().id, "numbering_series", series)
    document["_series_used"] = series["id"]
    document["_verifactu"] = not series["verifactu_excluded"]
    return numbered(series["format"], series["last"], document["date"])


def numbered(form: str, count: int, day: str) -> str:
    """Write a number: ``%[YYYY]`` and ``%[YY]`` are the year, a run of ``%`` the padded count."""
    text = form.replace("%[YYYY]", day[:4]).replace("%[YY]", day[2:4])
    run = text.count("%")
    return text.replace("%" * run, str(count).zfill(run)) if run else f"{text}{count}"


def cancel(kind: Kind, document: Document) -> None:
    """Void an approved document on which nothing was collected."""
    if document["_cancelled"]:
        raise Message(422, "The document is already void")
    if document["draft"] or paid_of(document):
        raise Message(422, "The document is a draft or has been collected")
    document["_cancelled"] = True
    state().save(account().id, kind.name, document)
    announce(kind, "update", document)


def delete(kind: Kind, document: Document) -> None:
    """Delete a document; one that is in the books stays."""
    if kind.fiscal and not document["draft"]:
        raise unprocessable("An approved document cannot be deleted")
    state().remove(account().id, kind.name, document["id"])
    announce(kind, "delete", document)


def change_dates(kind: Kind, document: Document, body: Body) -> None:
    """Change what a PUT may change of documents that are not invoices."""
    if kind.fiscal and not document["draft"]:
        raise unprocessable("An approved document cannot be changed")
    document |= {
        "date": body.day("date") or document["date"],
        "due_date": body.day("due_date") or document["due_date"],
        "project_id": body.text("project_id"),
    }
    state().save(account().id, kind.name, document)
    announce(kind, "update", document)


def announce(kind: Kind, what: str, document: Document) -> None:
    """Send the webhook of a change: thin, in camelCase, as the provider's.

    Kinds without an event for approvals tell of them as an update.
    """
    event = f"{kind.name}.{what}"
    if event not in webhooks.EVENTS and what == "approve":
        event = f"{kind.name}.update"
    payload = payloads.deleted(kind, document) if what == "delete" else payloads.of(kind, document)
    webhooks.emit(state(), account().id, event, payload)
