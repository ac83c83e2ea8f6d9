"""Who may open which page: every route says so, or the portal does not start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask

from portal.context import Visit

View = TypeVar("View", bound=Callable[..., Any])
# The id of the invoice a page is about, from the visit and the variables of its address.
InvoiceOf = Callable[[Visit, Mapping[str, Any]], str]


class Who(StrEnum):
    """Who a page is open to.

    ANYONE: everybody, signed in or not. SIGNED_IN: whoever has a session, one invoice only or not
    yet chosen a customer included. INVOICE: a customer, and the holder of a link to the invoice the
    page is about. CUSTOMER: a customer who may see everything. SIGNATURE: a provider, by its
    signature. KEY: a merchant's program, by its key. STAFF: the merchant's people.
    """

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    INVOICE = "invoice"
    CUSTOMER = "customer"
    SIGNATURE = "signature"
    KEY = "key"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who a route is open to; `invoice_of` finds the invoice a page for INVOICE is about."""

    who: Who
    invoice_of: InvoiceOf


class PolicyMissing(RuntimeError):
    """A route does not say who may open it."""


def _named_in_address(_visit: Visit, address: Mapping[str, Any]) -> str:
    return str(address.get("id", ""))


def open_to(who: Who, *, invoice_of: InvoiceOf = _named_in_address) -> Callable[[View], View]:
    """Declare who a view is open to; goes below the route's own decorator.

    `invoice_of` is for pages open to INVOICE whose address has no `<id>` of an invoice.
    """

    def declare(view: View) -> View:
        view.policy = Policy(who, invoice_of)  # type: ignore[attr-defined]
        return view

    return declare


def policy_of(app: Flask, endpoint: str) -> Policy:
    """Return who an endpoint is open to; raises PolicyMissing."""
    policy = getattr(app.view_functions[endpoint], "policy", None)
    if not isinstance(policy, Policy):
        raise PolicyMissing(f"{endpoint} does not say who may open it: add @open_to(Who.…)")
    return policy


def check(app: Flask) -> None:
    """Raise PolicyMissing if any route of the app says nothing."""
    for endpoint in app.view_functions:
        policy_of(app, endpoint)
