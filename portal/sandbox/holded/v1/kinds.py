"""The kinds of documents v1 serves, under the words its addresses have for them."""

from __future__ import annotations

from portal.sandbox.holded import documents
from portal.sandbox.holded.accounts import account, series, state
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.v1.answers import Refusal


def titled(name: str, path: str, payable: bool, es: str, en: str, pt: str, ca: str) -> Kind:
    return Kind(name, path, f"v1:{name}", payable, {"es": es, "en": en, "pt": pt, "ca": ca})


MORE = (
    titled("salesreceipt", "sales-receipts", True,
           "Tique de venta", "Sales receipt", "Talão de venda", "Tiquet de venda"),
    titled("receiptnote", "receipt-notes", True,
           "Devolución de tique", "Receipt refund", "Devolução de talão", "Devolució de tiquet"),
    titled("salesorder", "sales-orders", False,
           "Pedido", "Sales order", "Encomenda", "Comanda"),
    titled("waybill", "waybills", False,
           "Albarán", "Delivery note", "Guia de remessa", "Albarà"),
    titled("purchase", "purchases", True,
           "Compra", "Purchase", "Compra", "Compra"),
    titled("purchaseorder", "purchase-orders", False,
           "Pedido de compra", "Purchase order", "Encomenda de compra", "Comanda de compra"),
    titled("purchaserefund", "purchase-refunds", True,
           "Devolución de compra", "Purchase refund", "Devolução de compra", "Devolució de compra"),
)  # fmt: skip
KINDS = {each.name: each for each in MORE} | documents.KINDS
PURCHASES = ("purchase", "purchaseorder", "purchaserefund")
# What is in the books once it is approved, and is not changed or deleted from then on.
FISCAL = ("invoice", "creditnote", "salesreceipt", "receiptnote", "purchase", "purchaserefund")
SHIPPED = ("salesorder",)
TRACKED = ("salesorder", "waybill")


def of(word: str) -> Kind:
    """Return the kind an address names; ``proforma`` is none (it is ``proform``)."""
    if word not in KINDS:
        raise Refusal(f"Invalid docType: {word[:40]}")
    return KINDS[word]


def fixed(kind: Kind, document: Document) -> bool:
    """Return whether a document stays as it is: an approved one of a fiscal kind."""
    return kind.name in FISCAL and not document["draft"]


def ready(kind: Kind) -> None:
    """Give an account that was opened before its kind was served a series of numbers for it."""
    every = state().each(account().id, "numbering_series")
    if all(each["type"] != kind.name for each in every):
        state().insert(account().id, "numbering_series", series(state().new_id(), kind.name))
