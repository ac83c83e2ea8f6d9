"""The words, tones and icons of states: one vocabulary for lists, details and mails.

A chip is a word and an icon, never colour alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from flask import Flask
from markupsafe import Markup

from portal import i18n
from portal.domain.invoices import InvoiceStatus
from portal.domain.subscriptions import SubscriptionStatus
from portal.i18n import lazy_pgettext

CANCELLING = "cancelling"  # active at Stripe, and told to end
OVERDUE = "overdue"  # past due at Stripe, where nothing was tried: its invoices are sent


@dataclass(frozen=True, slots=True)
class StatusWord:
    """How a state is shown: its word, the tone of the chip (ok, warn, bad or none), its icon."""

    word: str
    tone: str
    icon: str


INVOICE: dict[str, StatusWord] = {
    InvoiceStatus.OPEN: StatusWord(lazy_pgettext("invoice", "Open"), "warn", "clock"),
    InvoiceStatus.DUE_TODAY: StatusWord(lazy_pgettext("invoice", "Due today"), "warn", "clock"),
    InvoiceStatus.OVERDUE: StatusWord(lazy_pgettext("invoice", "Overdue"), "bad", "alert"),
    InvoiceStatus.PROCESSING: StatusWord(lazy_pgettext("invoice", "Processing"), "", "repeat"),
    InvoiceStatus.CHECKING: StatusWord(lazy_pgettext("invoice", "Being checked"), "", "repeat"),
    InvoiceStatus.PART_PAID: StatusWord(lazy_pgettext("invoice", "Part paid"), "warn", "clock"),
    InvoiceStatus.PAID: StatusWord(lazy_pgettext("invoice", "Paid"), "ok", "ok"),
    InvoiceStatus.PART_REFUNDED: StatusWord(lazy_pgettext("invoice", "Part refunded"), "ok", "ok"),
    InvoiceStatus.REFUNDED: StatusWord(lazy_pgettext("invoice", "Refunded"), "ok", "ok"),
    InvoiceStatus.DISPUTED: StatusWord(lazy_pgettext("invoice", "Disputed"), "warn", "alert"),
    InvoiceStatus.RETURNED: StatusWord(
        lazy_pgettext("invoice", "Returned by the bank"), "warn", "alert"
    ),
    InvoiceStatus.CREDITED: StatusWord(lazy_pgettext("invoice", "Credited"), "ok", "ok"),
    InvoiceStatus.VOID: StatusWord(lazy_pgettext("invoice", "Void"), "", "minus"),
    InvoiceStatus.INVOICED: StatusWord(lazy_pgettext("proforma", "Invoiced"), "ok", "ok"),
}
SUBSCRIPTION: dict[str, StatusWord] = {
    SubscriptionStatus.ACTIVE: StatusWord(lazy_pgettext("subscription", "Active"), "ok", "ok"),
    SubscriptionStatus.TRIALING: StatusWord(
        lazy_pgettext("subscription", "On trial"), "ok", "clock"
    ),
    CANCELLING: StatusWord(lazy_pgettext("subscription", "Ending"), "warn", "clock"),
    SubscriptionStatus.PAST_DUE: StatusWord(
        lazy_pgettext("subscription", "Payment failed"), "bad", "alert"
    ),
    OVERDUE: StatusWord(lazy_pgettext("subscription", "Invoice overdue"), "bad", "alert"),
    SubscriptionStatus.UNPAID: StatusWord(lazy_pgettext("subscription", "Unpaid"), "bad", "alert"),
    SubscriptionStatus.INCOMPLETE: StatusWord(
        lazy_pgettext("subscription", "First payment open"), "warn", "alert"
    ),
    SubscriptionStatus.INCOMPLETE_EXPIRED: StatusWord(
        lazy_pgettext("subscription", "Never started"), "", "minus"
    ),
    SubscriptionStatus.PAUSED: StatusWord(lazy_pgettext("subscription", "Paused"), "", "pause"),
    SubscriptionStatus.CANCELED: StatusWord(lazy_pgettext("subscription", "Ended"), "", "minus"),
}


def init_app(app: Flask) -> None:
    """Give templates the filters `invoice_status` and `subscription_status`, which draw chips."""

    @cache
    def draw(shown: StatusWord, _language: str) -> Markup:
        icon: Callable[[str], Markup] = app.jinja_env.globals["icon"]  # type: ignore[assignment]
        style = f"chip {shown.tone}".strip()
        return Markup('<span class="{}">{}{}</span>').format(style, icon(shown.icon), shown.word)

    # A list shows the same few again and again; each is drawn once in a language.
    app.jinja_env.filters.update(
        invoice_status=lambda status: draw(INVOICE[status], i18n.current().tag),
        subscription_status=lambda status: draw(SUBSCRIPTION[status], i18n.current().tag),
    )
