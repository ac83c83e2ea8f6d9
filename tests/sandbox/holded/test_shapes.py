"""Every object has the fields of the provider's reference, no more and no fewer."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]
DOCUMENT = {
    "id", "document_number", "contact_id", "contact_name", "description", "date", "due_date",
    "subtotal", "discount", "total", "tax", "currency", "status", "tags", "lines", "notes",
    "language", "currency_change", "accounting_date", "approved_at", "draft", "custom_fields",
    "project_id", "pipeline_id", "warehouse_id", "shipping", "shipping_data", "from",
}  # fmt: skip
PAYABLE = DOCUMENT | {
    "payment_method_id", "payments_total", "payments_pending", "payments_refunds",
    "payments_detail", "body", "multiple_due_dates", "forecast_date",
}  # fmt: skip
TRACKED = DOCUMENT | {
    "tracking_key", "tracking_name", "tracking_number", "pickup_date", "delivery_date",
    "internal_notes",
}  # fmt: skip
LINE = {
    "line_id", "name", "description", "price", "units", "discount", "tax", "taxes", "tags",
    "product_id", "variant_id", "service_id", "sku", "weight", "cost_price", "account",
    "project_id", "retention", "unit_type",
}  # fmt: skip
CONTACT = {
    "id", "custom_id", "name", "code", "vat_number", "trade_name", "is_person", "email",
    "mobile", "phone", "type", "iban", "swift", "group_id", "tags", "created_at", "updated_at",
    "bill_address", "client_record", "supplier_record", "defaults", "shipping_addresses",
    "notes", "contact_persons", "custom_fields", "extra_emails", "website", "social_networks",
    "rate",
}  # fmt: skip
TREASURY = {
    "id", "name", "type", "currency", "balance", "iban", "bic", "account_number", "creditor_id",
    "issuer_id", "archived", "synced_at", "transactions_pending_to_reconcile",
}  # fmt: skip
PRODUCT = {
    "id", "kind", "name", "description", "type_id", "price", "taxes", "total", "has_stock",
    "stock", "barcode", "sku", "cost", "purchase_price", "weight", "tags", "category_id",
    "factory_code", "for_sale", "for_purchase", "sales_channel_id", "exp_account_id",
    "warehouse_id", "archived", "purchase_taxes", "min_stock", "min_stock_alarm", "in_pos",
    "supplier_id", "translations", "rates", "attributes", "variants", "pack_items",
    "stock_breakdown",
}  # fmt: skip
TAX = {
    "id", "name", "amount", "scope", "key", "group", "type", "items", "status", "visible",
}  # fmt: skip
SERIES = {
    "id", "name", "format", "last", "type", "refund_numbering_series_id", "verifactu_excluded",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("invoices", PAYABLE),
        ("credit-notes", PAYABLE),
        ("sales-receipts", PAYABLE),
        ("receipt-notes", PAYABLE),
        ("proformas", DOCUMENT),
        ("estimates", DOCUMENT),
        ("sales-orders", TRACKED),
        ("waybills", TRACKED),
    ],
)
def test_a_document_has_the_fields_of_its_kind(
    holded: httpx.Client, write: Write, path: str, fields: set[str]
) -> None:
    id_ = write(path)

    document = holded.get(f"/api/v2/{path}/{id_}").json()

    assert set(document) == fields
    assert set(document["lines"][0]) == LINE
    assert set(holded.get(f"/api/v2/{path}").json()["items"][0]) == fields - {"notes"}


def test_the_other_objects_have_theirs(holded: httpx.Client, contact: str) -> None:
    bank = {"name": "Banco", "type": "bank"}
    holded.post("/api/v2/treasury/accounts", json=bank).raise_for_status()
    product = {
        "name": "Silla", "kind": "simple", "has_stock": False, "for_sale": True,
        "for_purchase": True,
    }  # fmt: skip
    holded.post("/api/v2/products", json=product).raise_for_status()

    def first(path: str) -> set[str]:
        return set(holded.get(f"/api/v2/{path}").json()["items"][0])

    assert set(holded.get(f"/api/v2/contacts/{contact}").json()) == CONTACT
    assert first("contacts") == CONTACT
    assert first("treasury/accounts") == TREASURY
    assert first("products") == PRODUCT
    assert first("taxes") == TAX
    assert first("numbering-series/invoice") == SERIES
