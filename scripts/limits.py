"""Write docs/limits.md: what Stripe documents of its portal, and where it is kept here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from portal.domain.decisions import Reason
from portal.web.wording import ASKING, REASONS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "limits.md"
HEAD = """# Limits

What Stripe documents of its customer portal (docs.stripe.com/customer-management and the API of
2026-10-28.endive), kept here by rules of our own before Stripe is asked: a form that is sent all
the same changes nothing. `tests/web/test_limits.py` drives them from outside.

Where a row says *asks*, the page leads to a question to the merchant; elsewhere to what can be
done.
This page is written by `python -m scripts.limits`.

"""
COLUMNS = ("Limit", "Rule", "Allowed", "Refused", "What is read", "Kept by")
DOMAIN = "portal.domain.limits"


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: `kept_by` names the function, view or table that keeps it, `module:name`."""

    id: str
    rule: str
    kept_by: tuple[str, ...]
    allowed: str
    refused: str
    reasons: tuple[Reason, ...] = ()


def ours(id: str, rule: str, names: str, allowed: str, refused: str, *reasons: Reason) -> Row:
    """Return the row of a limit that is a rule of the domain."""
    kept_by = tuple(f"{DOMAIN}:{name}" for name in names.split())
    return Row(id, rule, kept_by, allowed, refused, reasons)


ROWS = (
    ours(
        "L1",
        "A subscription with several items can only be cancelled",
        "several_products",
        "one item",
        "two items",
        Reason.SEVERAL_PRODUCTS,
    ),
    ours(
        "L2",
        "One with a metered price can only be cancelled",
        "usage_based",
        "a licensed price",
        "`usage_type: metered`",
        Reason.USAGE_BASED,
    ),
    ours(
        "L3",
        "One whose invoices are sent can only be cancelled",
        "invoices_sent",
        "`charge_automatically`",
        "`send_invoice`",
        Reason.INVOICES_SENT,
    ),
    ours(
        "L4",
        "One paid by a method the portal does not know can only be cancelled",
        "method_unsupported",
        "a card",
        "Revolut Pay",
        Reason.METHOD_UNSUPPORTED,
    ),
    ours(
        "L5",
        "While an update is scheduled there is no other, and what the merchant planned stands",
        "change_scheduled planned_by_others",
        "a released schedule",
        "a phase that has not begun",
        Reason.CHANGE_SCHEDULED,
        Reason.CHANGE_PLANNED_HERE,
    ),
    ours(
        "L6",
        "Both prices have the same tax behaviour, and one that is specified",
        "tax_behavior",
        "exclusive to exclusive",
        "exclusive to inclusive, or `unspecified`",
        Reason.TAX_BEHAVIOR_DIFFERS,
        Reason.TAX_BEHAVIOR_UNSPECIFIED,
    ),
    Row(
        "L7",
        "Payment methods are shown whatever the default is",
        ("portal.web.customer.payment_methods:list_all",),
        "any default",
        "",
    ),
    ours(
        "L8",
        "No two offered prices have the same product and interval",
        "prices_clash",
        "a monthly and a yearly price",
        "two monthly prices of one product",
        Reason.PRICES_CLASH,
    ),
    ours(
        "L9",
        "Changing a trialing subscription ends the trial, unless it is configured to go on",
        "ends_trial",
        "said on the page of sums",
        "",
    ),
    ours(
        "L10",
        "At most ten products to switch between",
        "too_many_products",
        "ten",
        "eleven",
        Reason.TOO_MANY_PRODUCTS,
    ),
    Row(
        "L11",
        "No page stands in a frame",
        ("portal.web.security:CSP",),
        "a page by itself",
        "an iframe: `frame-ancestors 'none'`",
    ),
    ours(
        "L12",
        "A decrease waits for the end of the period only within one product",
        "is_deferred",
        "fewer seats of one product",
        "a cheaper product changes at once",
    ),
    Row(
        "L13",
        "What is not used is credited on cancelling as configured",
        ("portal.services.cancellations:consider",),
        "`create_prorations` with `immediately`",
        "at the end of the period nothing is credited",
    ),
    Row(
        "L14",
        "A flow that confirms a change has one item",
        ("portal.services.billing_portal:open_for",),
        "one item",
        "several: see L1",
    ),
    Row(
        "L15",
        "Nobody begins a new subscription",
        ("portal.domain.resolver:PLACES",),
        "",
        "there is no such action",
    ),
    Row(
        "L16",
        "The last method of a running subscription stays",
        ("portal.domain.payment_methods:may_remove",),
        "one of two",
        "the only one",
        (Reason.LAST_METHOD,),
    ),
    Row(
        "L17",
        "The address that was proved by signing in is not changed there",
        ("portal.services.customers:may_edit",),
        "entered by the merchant's link",
        "entered by mail",
    ),
    ours(
        "L18, P1",
        "What Stripe does not pause is not paused",
        "may_pause trialing schedule_attached billed_classically",
        "an active, flexible subscription without a schedule",
        "a trial, classic billing, invoices that are sent",
        Reason.IN_TRIAL,
        Reason.BILLED_CLASSICALLY,
    ),
    ours(
        "L19",
        "The configured prices are the list",
        "price_offered",
        "a price on it",
        "any other",
        Reason.PRICE_NOT_OFFERED,
    ),
    ours(
        "L20",
        "A quantity keeps to its bounds, and changes only where it may",
        "quantity_allowed",
        "10 of at most 10",
        "11 of at most 10",
        Reason.QUANTITY_OUT_OF_BOUNDS,
        Reason.QUANTITY_FIXED,
    ),
    ours(
        "L21",
        "A subscription bills in one currency",
        "currency",
        "EUR to EUR",
        "EUR to USD",
        Reason.CURRENCY_DIFFERS,
    ),
    ours(
        "L22",
        "What is archived is not sold",
        "archived",
        "an active price of an active product",
        "an archived price",
        Reason.PRICE_ARCHIVED,
    ),
    ours(
        "L23",
        "What has ended is neither changed nor cancelled, and its first invoice comes first",
        "ended first_payment_open",
        "active",
        "canceled; incomplete",
        Reason.SUBSCRIPTION_ENDED,
        Reason.FIRST_PAYMENT_OPEN,
    ),
    Row(
        "L24",
        "Lists come in pages of 100, and 100 subscriptions are shown",
        ("portal.gateways.stripe.client:PAGE", "portal.mirror.subscriptions:list_of_customer"),
        "",
        "",
    ),
    Row(
        "L25",
        "Nothing is documented of thresholds, several intervals or managed payments",
        (f"{DOMAIN}:several_products",),
        "",
        "items of several intervals: see L1",
    ),
)


def page() -> str:
    """Return the whole page; raises AttributeError where a name it gives is gone."""
    lines = "\n".join(_line(row) for row in ROWS)
    return f"{HEAD}{_cells(COLUMNS)}\n{_cells('---' for _ in COLUMNS)}\n{lines}\n"


def _line(row: Row) -> str:
    read = [f"{REASONS[reason]}{' *(asks)*' if reason in ASKING else ''}" for reason in row.reasons]
    kept_by = [_named(one) for one in row.kept_by]
    return _cells(
        [row.id, row.rule, row.allowed, row.refused, "<br>".join(read), ", ".join(kept_by)]
    )


def _named(place: str) -> str:
    module, _, name = place.partition(":")
    getattr(import_module(module), name)
    return f"`{module.removeprefix('portal.')}.{name}`"


def _cells(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"


if __name__ == "__main__":
    PAGE.write_text(page())
