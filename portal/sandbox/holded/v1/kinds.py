"""The kinds of documents v1 serves, under the words its addresses have for them."""

from __future__ import annotations

from portal.sandbox.holded import kinds
from portal.sandbox.holded.accounts import account, series, state
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.v1.answers import Refusal

PURCHASES = tuple(each.name for each in kinds.PURCHASES)
# What is in the books once it is approved, and is not changed or deleted from then on.
BOOKED = (*kinds.FISCAL, "purchase", "purchaserefund")
SHIPPED = ("salesorder",)
TRACKED = ("salesorder", "waybill")


def of(word: str) -> Kind:
    """Return the kind an address names; ``proforma`` is none (it is ``proform``)."""
    if word not in kinds.EVERY:
        raise Refusal(f"Invalid docType: {word[:40]}")
    return kinds.EVERY[word]


def fixed(kind: Kind, document: Document) -> bool:
    """Return whether a document stays as it is: an approved one that is in the books."""
    return kind.name in BOOKED and not document["draft"]


def ready(kind: Kind) -> None:
    """Give an account that was opened before its kind was served a series of numbers for it."""
    every = state().each(account().id, "numbering_series")
    if all(each["type"] != kind.name for each in every):
        state().insert(account().id, "numbering_series", series(state().new_id(), kind.name))
