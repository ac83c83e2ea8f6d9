"""The kinds of sales document, and what sets each apart from the others."""

from __future__ import annotations

from dataclasses import dataclass

SHARED = (
    "contact_id", "contact_name", "description", "date", "due_date", "notes", "language",
    "currency", "currency_change", "items", "tags", "custom_fields", "number_line_id",
    "warehouse_id", "sales_channel_id", "discount", "project_id",
)  # fmt: skip
PAYABLE_FIELDS = ("body", "payment_method_id")
TRACKING = (
    "tracking_key", "tracking_name", "tracking_number", "pickup_date", "delivery_date",
    "internal_notes",
)  # fmt: skip
FISCAL = ("invoice", "creditnote", "salesreceipt", "receiptnote")


@dataclass(frozen=True)
class Kind:
    """One kind of document.

    ``name`` is Holded's word in events, series and conversions (``proform``), ``path`` its word in
    addresses (``proformas``), ``scope`` the resource its permissions name.

    ``approvable``: is a draft until it is approved; one that is not has its number at once.
    ``approval_filter``, ``due_filters``: what its list can be asked for beyond the usual.
    ``tracked``: is shipped, so that it carries the carrier's data.
    ``also_taken``: fields a new one may bring that it then does not show.
    """

    name: str
    path: str
    scope: str
    payable: bool
    title: dict[str, str]
    approvable: bool = True
    approval_filter: bool = False
    due_filters: bool = False
    tracked: bool = False
    also_taken: tuple[str, ...] = ()

    @property
    def fiscal(self) -> bool:
        """Goes into the books when approved, and is not changed or deleted from then on."""
        return self.name in FISCAL

    @property
    def writable(self) -> tuple[str, ...]:
        return (*SHARED, *(PAYABLE_FIELDS if self.payable else ()), *self.also_taken)


INVOICE = Kind(
    "invoice", "invoices", "sales:invoices", True,
    {"es": "Factura", "en": "Invoice", "pt": "Fatura", "ca": "Factura"},
    approval_filter=True, due_filters=True,
)  # fmt: skip
CREDIT_NOTE = Kind(
    "creditnote", "credit-notes", "sales:invoices", True,
    {"es": "Factura rectificativa", "en": "Credit note", "pt": "Nota de crédito",
     "ca": "Factura rectificativa"},
    approval_filter=True,
)  # fmt: skip
PROFORMA = Kind(
    "proform", "proformas", "sales:proforms", False,
    {"es": "Factura proforma", "en": "Proforma invoice", "pt": "Fatura pró-forma",
     "ca": "Factura proforma"},
)  # fmt: skip
ESTIMATE = Kind(
    "estimate", "estimates", "sales:estimates", False,
    {"es": "Presupuesto", "en": "Estimate", "pt": "Orçamento", "ca": "Pressupost"},
    approvable=False, approval_filter=True, also_taken=("payment_method_id",),
)  # fmt: skip
SALES_RECEIPT = Kind(
    "salesreceipt", "sales-receipts", "sales:receipts", True,
    {"es": "Factura simplificada", "en": "Sales receipt", "pt": "Fatura simplificada",
     "ca": "Factura simplificada"},
    approval_filter=True,
)  # fmt: skip
RECEIPT_NOTE = Kind(
    "receiptnote", "receipt-notes", "sales:invoices", True,
    {"es": "Factura simplificada rectificativa", "en": "Receipt refund note",
     "pt": "Nota de crédito simplificada", "ca": "Factura simplificada rectificativa"},
    approval_filter=True,
)  # fmt: skip
SALES_ORDER = Kind(
    "salesorder", "sales-orders", "inventory:sales-orders", False,
    {"es": "Pedido de venta", "en": "Sales order", "pt": "Encomenda", "ca": "Comanda de venda"},
    tracked=True,
)  # fmt: skip
WAYBILL = Kind(
    "waybill", "waybills", "inventory:shipments", False,
    {"es": "Albarán", "en": "Delivery note", "pt": "Guia de remessa", "ca": "Albarà"},
    tracked=True,
)  # fmt: skip
KINDS = {
    each.name: each
    for each in (
        INVOICE, CREDIT_NOTE, PROFORMA, ESTIMATE, SALES_RECEIPT, RECEIPT_NOTE, SALES_ORDER, WAYBILL,
    )
}  # fmt: skip
# What v1 alone serves; contacts and payments have to do with these too.
PURCHASES = (
    Kind(
        "purchase", "purchases", "expenses:purchases", True,
        {"es": "Compra", "en": "Purchase", "pt": "Compra", "ca": "Compra"},
    ),
    Kind(
        "purchaseorder", "purchase-orders", "expenses:purchase-orders", False,
        {"es": "Pedido de compra", "en": "Purchase order", "pt": "Encomenda de compra",
         "ca": "Comanda de compra"},
    ),
    Kind(
        "purchaserefund", "purchase-refunds", "expenses:purchases", True,
        {"es": "Devolución de compra", "en": "Purchase refund", "pt": "Devolução de compra",
         "ca": "Devolució de compra"},
    ),
)  # fmt: skip
EVERY = KINDS | {each.name: each for each in PURCHASES}
