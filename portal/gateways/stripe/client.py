"""The calls we make to Stripe, each one request and one translation.

Requests go through the SDK's `raw_request`: its typed objects cost about a millisecond each to
build, and hide the answer's `Date`, which says how old a state is. The SDK retries nothing here: a
repeat is the business of whoever holds the idempotency key.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import stripe

from portal.db import refuse_open_unit
from portal.domain.bills import Bill
from portal.domain.cancellations import Leaving
from portal.domain.customers import Address
from portal.domain.errors import (
    GatewayError,
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
)
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.domain.method_offers import kept_by_paying
from portal.domain.money import Money
from portal.domain.payments import CheckoutSession, Intent
from portal.domain.reconciliation import Taken
from portal.domain.subscriptions import Schedule, Subscription, SubscriptionStatus
from portal.gateways.answers import moment_of
from portal.gateways.payments import Account, Change, Preview, PreviewLine
from portal.gateways.snapshots import Gone, Page, Seen, Snapshot
from portal.gateways.stripe import bills, schedules, translate
from portal.gateways.stripe.events import API_VERSION, EVENT_TYPES
from portal.gateways.stripe.translate import PAUSED_UNTIL
from portal.gateways.stripe.transport import NeverSent, Transport

T = TypeVar("T")

PAGE = 100
PDF_CHUNK = 64 * 1024
PDF_LIMIT = 20 * 1024 * 1024
REDIRECTS = 3
# Stands for the time of an answer that repeats an earlier one: what it tells is from whenever that
# was, and must not undo what we hold.
SOME_TIME_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SAFE_ID = re.compile(r"[A-Za-z0-9_\-]{1,120}")

# Where each kind is read and listed, what has to be expanded, and what lists need besides.
PATHS: Mapping[ObjectKind, str] = {
    ObjectKind.CUSTOMER: "/v1/customers",
    ObjectKind.SUBSCRIPTION: "/v1/subscriptions",
    ObjectKind.SCHEDULE: "/v1/subscription_schedules",
    ObjectKind.INVOICE: "/v1/invoices",
    ObjectKind.CREDIT_NOTE: "/v1/credit_notes",
    ObjectKind.PAYMENT_INTENT: "/v1/payment_intents",
    ObjectKind.CHECKOUT_SESSION: "/v1/checkout/sessions",
    ObjectKind.PAYMENT_METHOD: "/v1/payment_methods",
    ObjectKind.MANDATE: "/v1/mandates",
    ObjectKind.REFUND: "/v1/refunds",
    ObjectKind.DISPUTE: "/v1/disputes",
    ObjectKind.PRODUCT: "/v1/products",
    ObjectKind.PRICE: "/v1/prices",
    ObjectKind.COUPON: "/v1/coupons",
    ObjectKind.CONFIGURATION: "/v1/billing_portal/configurations",
    ObjectKind.METHOD_SETTINGS: "/v1/payment_method_configurations",
}
EXPANDED: Mapping[ObjectKind, tuple[str, ...]] = {
    ObjectKind.CUSTOMER: ("tax_ids",),
    ObjectKind.SUBSCRIPTION: ("discounts",),
    ObjectKind.INVOICE: ("payments",),
    ObjectKind.PAYMENT_INTENT: ("payment_method", "latest_charge"),
    ObjectKind.CHECKOUT_SESSION: ("setup_intent",),
    ObjectKind.PRICE: ("currency_options",),
    ObjectKind.COUPON: ("applies_to",),
    ObjectKind.CONFIGURATION: ("features.subscription_update.products",),
}
# What of an intent says how much came in and went back.
# What a pause credits and bills: all until the second it begins (facts P3).
PAUSE: Mapping[str, Any] = {
    "type": "subscription",
    "invoicing_behavior": "invoice",
    "bill_for": {
        "unused_time_from": {"type": "now"},
        "outstanding_usage_through": {"type": "now"},
    },
}
CHARGED = ("latest_charge.refunds",)
LISTED_WITH: Mapping[ObjectKind, Mapping[str, str]] = {
    ObjectKind.SUBSCRIPTION: {"status": "all"},
}


class StripeGateway:
    """One merchant's door to Stripe."""

    def __init__(
        self,
        key: str,
        *,
        base: str,
        caller: str,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = base
        self._transport = Transport(caller=caller, transport=transport)
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base},
            max_network_retries=0,
            http_client=self._transport,
        )

    # Reading

    def check(self) -> Account:
        """Return the account the key belongs to."""
        body, _ = self._call("get", "/v1/account")
        profile = body.get("business_profile") or {}
        dashboard = (body.get("settings") or {}).get("dashboard") or {}
        return Account(
            id=body["id"],
            name=translate.text(profile.get("name") or dashboard.get("display_name")),
            country=translate.text(body.get("country")),
            currency=translate.text(body.get("default_currency")),
            livemode="_live_" in str(self._client._requestor.api_key),
        )

    def now(self) -> datetime:
        """Ask what time it is for Stripe, to set it a term it takes."""
        _, at = self._call("get", "/v1/account")
        return at

    def create_webhook(self, url: str) -> str:
        """Register an address for the events we need and return its signing secret."""
        body, _ = self._call(
            "post",
            "/v1/webhook_endpoints",
            key=f"webhook:{url}",
            url=url,
            enabled_events=list(EVENT_TYPES),
            api_version=API_VERSION,
        )
        return str(body["secret"])

    def list_page(self, kind: ObjectKind, *, cursor: str = "", parent: str = "") -> Page:
        """Return one page of all objects of a kind; `parent` is a customer where one is needed.

        Of refunds it is a charge.
        """
        path = PATHS[kind]
        query: dict[str, Any] = {"limit": PAGE, **LISTED_WITH.get(kind, {})}
        if parent and kind is ObjectKind.REFUND:
            query["charge"] = parent
        elif parent:
            path = f"/v1/customers/{_id(parent)}/payment_methods"
        if cursor:
            query["starting_after"] = cursor
        if expanded := EXPANDED.get(kind):
            query["expand"] = [f"data.{name}" for name in expanded]
        body, at = self._call("get", path, **query)
        rows = body["data"]
        return Page(
            snapshots=tuple(_read(translate.TRANSLATORS[kind], row) for row in rows),
            at=at,
            cursor=rows[-1]["id"] if body["has_more"] and rows else "",
        )

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one object with what hangs on it; a missing one comes back as Gone."""
        try:
            body, at = self._call(
                "get", f"{PATHS[kind]}/{_id(id)}", expand=list(EXPANDED.get(kind, ()))
            )
        except GatewayRefused as refusal:
            if refusal.is_missing:
                return Seen(Gone(kind, id), datetime.now(UTC).replace(microsecond=0))
            raise
        if kind is ObjectKind.INVOICE and body.get("lines", {}).get("has_more"):
            body = {**body, "lines": {"data": list(self._all_lines(id))}}
        if kind is ObjectKind.MANDATE:
            account, _ = self._call("get", "/v1/account")
            body = {**body, "account": account}
        return Seen(_read(translate.TRANSLATORS[kind], body), at)

    def translate(self, kind: ObjectKind, payload: Mapping[str, Any]) -> Snapshot | None:
        """Turn an event's payload into a snapshot; None if something in it has to be read."""
        return None if translate.has_gaps(kind, payload) else translate.TRANSLATORS[kind](payload)

    def fetch_bill(self, invoice: str) -> Bill:
        """Read an invoice with all its lines, their discounts and the rates of their taxes."""
        body, _ = self._call("get", f"/v1/invoices/{_id(invoice)}", expand=["payments"])
        if body.get("deleted"):
            raise GatewayRefused("the invoice is gone", code="resource_missing")
        if body["lines"].get("has_more"):
            body = {**body, "lines": {"data": list(self._all_lines(invoice))}}
        rates = {id: self._call("get", f"/v1/tax_rates/{_id(id)}")[0] for id in bills.rates(body)}
        return _read(lambda told: bills.bill(told, rates), body)

    def fetch_invoice_intent(self, invoice: str) -> Intent | None:
        """Read the default payment intent of an open invoice, None if it has none."""
        body, _ = self._call("get", f"/v1/invoices/{_id(invoice)}", expand=["payments"])
        told = translate.invoice(body)
        intent = "" if isinstance(told, Gone) else told.intent
        return self._intent("get", f"/v1/payment_intents/{intent}") if intent else None

    def find_invoice(self, intent: str) -> str:
        """Find the invoice that an intent pays; empty if it pays none."""
        asked = {"type": "payment_intent", "payment_intent": intent}
        body, _ = self._call("get", "/v1/invoice_payments", payment=asked, limit=1)
        return next((translate.ref(row["invoice"]) for row in body["data"]), "")

    def find_mandate(self, method: str, customer: str) -> str:
        """Find the mandate a method was saved or last debited with; empty if there is none."""
        saved, _ = self._call("get", "/v1/setup_intents", payment_method=method, limit=PAGE)
        for row in saved["data"]:
            if row.get("mandate"):
                return translate.ref(row["mandate"])
        paid, _ = self._call(
            "get",
            "/v1/payment_intents",
            customer=customer,
            limit=PAGE,
            expand=["data.latest_charge"],
        )
        return translate.mandate_of_charges(method, paid["data"])

    def fetch_pdf(self, url: str) -> Iterator[bytes]:
        """Stream the bytes behind an invoice's `pdf_url`."""
        refuse_open_unit()
        for _ in range(REDIRECTS):
            self._refuse_foreign(url)
            try:
                with self._transport.http.stream("GET", url) as response:
                    if response.is_redirect:
                        url = str(response.url.join(response.headers["location"]))
                        continue
                    yield from _checked_pdf(response)
                    return
            except httpx.HTTPError as error:
                raise GatewayUnavailable(f"no PDF from Stripe: {type(error).__name__}") from error
        raise GatewayRefused("too many redirects", code="not_a_pdf")

    # Money

    def start_payment(
        self,
        *,
        key: str,
        amount: Money,
        customer: str,
        method: str,
        description: str,
        return_url: str,
        metadata: Mapping[str, str],
        off_session: bool = False,
    ) -> Intent:
        """Create and confirm an intent with a saved method; a decline is one with its error."""
        alone: dict[str, bool] = {"off_session": True} if off_session else {}
        return self._intent(
            "post",
            "/v1/payment_intents",
            key=key,
            amount=amount.amount,
            currency=amount.currency,
            customer=customer,
            payment_method=method,
            description=description,
            confirm=True,
            return_url=return_url,
            metadata=dict(metadata),
            **alone,
        )

    def confirm_payment(self, intent: str, *, key: str, method: str, return_url: str) -> Intent:
        """Confirm an invoice's own intent with a saved method."""
        return self._intent(
            "post",
            f"/v1/payment_intents/{_id(intent)}/confirm",
            key=key,
            payment_method=method,
            return_url=return_url,
        )

    def pay_invoice(self, invoice: str, *, key: str, method: str, intent: str) -> Intent:
        """Charge an open invoice to a saved method while its customer is away."""
        path = f"/v1/invoices/{_id(invoice)}/pay"
        self._call("post", path, key=key, payment_method=method, off_session=True)
        return self._intent("get", f"/v1/payment_intents/{_id(intent)}")

    def find_payment(self, customer: str, payment: str, *, since: datetime) -> Intent | None:
        """Find the customer's intent that was started for a payment of ours since a moment."""
        query: dict[str, Any] = {
            "customer": customer,
            "created": {"gte": int(since.timestamp())},
            "limit": PAGE,
        }
        while True:
            body, _ = self._call("get", "/v1/payment_intents", **query)
            for row in body["data"]:
                if (row.get("metadata") or {}).get("payment") == payment:
                    return self._intent("get", f"/v1/payment_intents/{row['id']}")
            if not body["has_more"] or not body["data"]:
                return None
            query["starting_after"] = body["data"][-1]["id"]

    def list_taken(self, since: datetime, *, cursor: str = "") -> tuple[tuple[Taken, ...], str]:
        """Return one page of the intents made since a moment, and the cursor of the next."""
        expanded = [f"data.{name}" for name in CHARGED]
        rows, following = self._since("/v1/payment_intents", since, cursor, expand=expanded)
        return tuple(_read(translate.taken, row) for row in rows), following

    def list_refunded(self, since: datetime, *, cursor: str = "") -> tuple[tuple[str, ...], str]:
        """Return the intents of one page of refunds made since a moment, and the next cursor."""
        rows, following = self._since("/v1/refunds", since, cursor)
        named = (translate.ref(row.get("payment_intent")) for row in rows)
        return tuple(dict.fromkeys(filter(None, named))), following

    def fetch_taken(self, intent: str) -> Taken | None:
        """Read what came in and went back with an intent, None if there is no such intent."""
        try:
            body, _ = self._call("get", f"/v1/payment_intents/{_id(intent)}", expand=[*CHARGED])
        except GatewayRefused as refusal:
            if refusal.is_missing:
                return None
            raise
        return _read(translate.taken, body)

    def cancel_payment(self, intent: str) -> Intent:
        """Cancel an intent of ours that took no money; one that is over comes back as it is."""
        path = f"/v1/payment_intents/{_id(intent)}"
        try:
            return self._intent("post", f"{path}/cancel", key=f"cancel:{intent}")
        except GatewayRefused:
            return self._intent("get", path)

    def open_checkout_payment(
        self,
        *,
        key: str,
        amount: Money,
        description: str,
        customer: str,
        types: Sequence[str],
        keeps_method: bool,
        locale: str,
        return_url: str,
        cancel_url: str,
        expires_at: datetime,
        metadata: Mapping[str, str],
    ) -> CheckoutSession:
        """Open a Checkout page for one sum; no customer is named where `customer` is empty.

        `types` are the kinds of methods it may offer. That one be kept is asked for per type: those
        that pay once take no such wish (docs.stripe.com/api/checkout/sessions/create).
        """
        line = {
            "quantity": 1,
            "price_data": {
                "currency": amount.currency,
                "unit_amount": amount.amount,
                "product_data": {"name": description},
            },
        }
        whose: dict[str, Any] = {"customer": customer} if customer else {}
        options = _method_options(types, keeps_method=keeps_method)
        return self._checkout(
            "post",
            "/v1/checkout/sessions",
            key=key,
            mode="payment",
            allowed_payment_method_types=list(types),
            line_items=[line],
            payment_intent_data={"metadata": dict(metadata), "description": description},
            metadata=dict(metadata),
            locale=locale,
            success_url=return_url,
            cancel_url=cancel_url,
            expires_at=int(expires_at.timestamp()),
            **whose,
            **({"payment_method_options": options} if options else {}),
        )

    def open_checkout_setup(
        self,
        *,
        key: str,
        customer: str,
        currency: str,
        types: Sequence[str],
        locale: str,
        return_url: str,
        cancel_url: str,
        metadata: Mapping[str, str],
    ) -> CheckoutSession:
        """Open a Checkout page that saves a method of one of these types and charges nothing."""
        return self._checkout(
            "post",
            "/v1/checkout/sessions",
            key=key,
            mode="setup",
            customer=customer,
            currency=currency,
            allowed_payment_method_types=list(types),
            locale=locale,
            success_url=return_url,
            cancel_url=cancel_url,
            metadata=dict(metadata),
            setup_intent_data={"metadata": dict(metadata)},
        )

    def expire_checkout(self, session: str) -> CheckoutSession:
        """End an open Checkout page; one that is over comes back as it is."""
        path = f"/v1/checkout/sessions/{_id(session)}"
        try:
            return self._checkout("post", f"{path}/expire", key=f"expire:{session}")
        except GatewayRefused:
            return self._checkout("get", path)

    def attach_payment(self, invoice: str, intent: str, *, key: str) -> None:
        """Let a succeeded intent of ours count on an open invoice; one that does already is fine.

        It takes no sum: the whole intent counts, so it may be no more than what remains.
        """
        path = f"/v1/invoices/{_id(invoice)}/attach_payment"
        try:
            self._call("post", path, key=key, payment_intent=intent)
        except GatewayRefused:
            of_intent = {"type": "payment_intent", "payment_intent": intent}
            found, _ = self._call("get", "/v1/invoice_payments", invoice=invoice, payment=of_intent)
            if not found["data"]:
                raise

    # Customers and their methods

    def set_default_method(self, customer: str, method: str, *, key: str) -> Seen:
        """Make a method the one invoices are charged to; returns the customer's profile."""
        return self._change_customer(
            customer, key, invoice_settings={"default_payment_method": method}
        )

    def attach_method(self, method: str, customer: str, *, key: str) -> Seen:
        """Give a method that belongs to nobody to a customer."""
        path = f"/v1/payment_methods/{_id(method)}/attach"
        body, at = self._call("post", path, key=key, customer=customer)
        return self._seen(ObjectKind.PAYMENT_METHOD, method, body, at)

    def detach_method(self, method: str, *, key: str) -> Seen:
        """Remove a method; one that is gone already counts as removed."""
        path = f"/v1/payment_methods/{_id(method)}/detach"
        try:
            body, at = self._call("post", path, key=key)
        except GatewayRefused as refusal:
            seen = self.fetch(ObjectKind.PAYMENT_METHOD, method)
            if isinstance(seen.snapshot, Gone) or getattr(seen.snapshot, "is_detached", False):
                return seen
            raise refusal from None
        return self._seen(ObjectKind.PAYMENT_METHOD, method, body, at)

    def create_customer(
        self, *, key: str, name: str, email: str, metadata: Mapping[str, str]
    ) -> Seen:
        """Make a customer; returns its profile."""
        named = {field: value for field, value in (("name", name), ("email", email)) if value}
        body, at = self._call(
            "post",
            "/v1/customers",
            key=key,
            expand=["tax_ids"],
            metadata=dict(metadata),
            **named,
        )
        return self._seen(ObjectKind.CUSTOMER, str(body.get("id", "")), body, at)

    def update_customer(self, customer: str, fields: Mapping[str, Any], *, key: str) -> Seen:
        """Write name, e-mail, phone or address; returns the customer's profile."""
        sent = {
            name: _address(value) if isinstance(value, Address) else value
            for name, value in fields.items()
        }
        return self._change_customer(customer, key, **sent)

    def add_tax_id(self, customer: str, type: str, value: str, *, key: str) -> Seen:
        """Add a tax id; returns the customer's profile."""
        self._call(
            "post", f"/v1/customers/{_id(customer)}/tax_ids", key=key, type=type, value=value
        )
        return self.fetch(ObjectKind.CUSTOMER, customer)

    def remove_tax_id(self, customer: str, tax_id: str) -> Seen:
        """Remove a tax id; returns the customer's profile."""
        try:
            self._call("delete", f"/v1/customers/{_id(customer)}/tax_ids/{_id(tax_id)}")
        except GatewayRefused as refusal:
            if not refusal.is_missing:
                raise
        return self.fetch(ObjectKind.CUSTOMER, customer)

    def write_custom_fields(
        self, kind: ObjectKind, id: str, fields: Sequence[tuple[str, str]], *, key: str
    ) -> Seen:
        """Replace the custom fields of a draft invoice, or those new invoices of a customer get."""
        told: Any = [{"name": name, "value": value} for name, value in fields] or ""
        if kind is ObjectKind.CUSTOMER:
            return self._change_customer(id, key, invoice_settings={"custom_fields": told})
        path = f"{PATHS[ObjectKind.INVOICE]}/{_id(id)}"
        body, at = self._call("post", path, key=key, custom_fields=told, expand=["payments"])
        return self._seen(ObjectKind.INVOICE, id, body, at)

    # Subscriptions

    def preview_change(self, change: Change) -> Preview:
        """Return the invoice that a change would make now."""
        return self._preview(change, "next")

    def preview_renewal(self, change: Change) -> Preview:
        """Return the invoice of a full period after a change."""
        return self._preview(change, "recurring")

    def preview_pause(self, subscription: str) -> Preview | None:
        """Return the invoice that pausing now would make, None if it would credit nothing."""
        return self._preview_if_any(subscription, {"pause": PAUSE})

    def preview_period(self, subscription: str) -> Preview:
        """Return the invoice of a full period of a subscription that runs."""
        body, _ = self._call(
            "post",
            "/v1/invoices/create_preview",
            subscription=subscription,
            preview_mode="recurring",
        )
        return _preview(body)

    def preview_going_on(self, subscription: str) -> Preview | None:
        """Return the invoice that ending the pause now would make, None if nothing is to pay."""
        return self._preview_if_any(subscription, {"resume_at": "now"})

    def pause(self, subscription: str, until: datetime, *, key: str) -> Seen:
        """Pause a subscription now; what is not used of its period is credited at once."""
        noted = {PAUSED_UNTIL: str(int(until.timestamp()))}
        self._change_subscription(subscription, f"{key}:until", metadata=noted)
        path = f"/v1/subscriptions/{_id(subscription)}/pause"
        body, at = self._call("post", path, key=key, expand=["discounts"], **PAUSE)
        return self._seen(ObjectKind.SUBSCRIPTION, subscription, body, at)

    def go_on(self, subscription: str, *, key: str) -> Seen:
        """End a pause; while what is due for it is not paid, it stays paused."""
        path = f"/v1/subscriptions/{_id(subscription)}/resume"
        # A failed charge would leave it past due, without tries to come (facts P4).
        body, at = self._call(
            "post",
            path,
            key=key,
            expand=["discounts"],
            payment_behavior="resume_on_payment_success",
        )
        if body["status"] != SubscriptionStatus.PAUSED:
            return self._change_subscription(
                subscription, f"{key}:over", metadata={PAUSED_UNTIL: ""}
            )
        return self._seen(ObjectKind.SUBSCRIPTION, subscription, body, at)

    def preview_next(self, subscription: str) -> Preview:
        """Return the next invoice of a subscription as it stands now."""
        body, _ = self._call("post", "/v1/invoices/create_preview", subscription=subscription)
        return _preview(body)

    def change_subscription(self, change: Change, *, key: str) -> Seen:
        """Change price and quantity; what needs the bank or fails keeps the old ones.

        `pending_if_incomplete` does that, and allows only the parameters sent here by its rules;
        Stripe does not take it for bank debits.
        """
        behavior = "pending_if_incomplete" if change.keeps_old_until_paid else "allow_incomplete"
        return self._change_subscription(
            change.subscription, key, **_details(change), payment_behavior=behavior
        )

    def schedule_change(self, change: Change, *, key: str) -> tuple[Seen, ...]:
        """Plan a change for its `starts_at`; returns the subscription and its new schedule.

        A schedule takes no phases while it is made from a subscription, so that it is two calls
        (docs.stripe.com/api/subscription_schedules/create).
        """
        path = PATHS[ObjectKind.SCHEDULE]
        made, _ = self._call("post", path, key=key, from_subscription=change.subscription)
        wanted = _read(lambda body: schedules.planned(change, body), made)
        try:
            body, at = self._call(
                "post", f"{path}/{_id(made['id'])}", key=f"{key}:phases", **wanted
            )
        except GatewayRefused:
            self.release_schedule(made["id"], key=f"{key}:release")
            raise
        planned = self._seen(ObjectKind.SCHEDULE, made["id"], body, at)
        return self.fetch(ObjectKind.SUBSCRIPTION, change.subscription), planned

    def release_schedule(self, schedule: str, *, key: str) -> Seen:
        """Let a schedule go, so that what it planned never comes; one released already is fine."""
        path = f"{PATHS[ObjectKind.SCHEDULE]}/{_id(schedule)}/release"
        try:
            body, at = self._call("post", path, key=key)
        except GatewayRefused:
            seen = self.fetch(ObjectKind.SCHEDULE, schedule)
            if isinstance(seen.snapshot, Schedule) and seen.snapshot.status == "released":
                return seen
            raise
        return self._seen(ObjectKind.SCHEDULE, schedule, body, at)

    def void_invoice(self, invoice: str, *, key: str) -> Seen:
        """Make an open invoice count for nothing; one that is void already is fine."""
        path = f"{PATHS[ObjectKind.INVOICE]}/{_id(invoice)}/void"
        try:
            body, at = self._call("post", path, key=key, expand=["payments"])
        except GatewayRefused:
            seen = self.fetch(ObjectKind.INVOICE, invoice)
            if isinstance(seen.snapshot, Invoice) and seen.snapshot.state is InvoiceState.VOID:
                return seen
            raise
        return self._seen(ObjectKind.INVOICE, invoice, body, at)

    def cancel_at_period_end(
        self, subscription: str, leaving: Leaving, *, key: str, is_flexible: bool
    ) -> Seen:
        """Set the end of a subscription to the end of its period."""
        end: dict[str, Any] = (
            {"cancel_at": "max_period_end"} if is_flexible else {"cancel_at_period_end": True}
        )
        return self._change_subscription(
            subscription, key, **end, cancellation_details=_details_of(leaving)
        )

    def cancel_now(self, subscription: str, leaving: Leaving, *, prorate: bool) -> Seen:
        """End a subscription at once; one that has ended already counts as cancelled."""
        path = f"/v1/subscriptions/{_id(subscription)}"
        try:
            body, at = self._call(
                "delete",
                path,
                prorate=prorate,
                invoice_now=prorate,
                cancellation_details=_details_of(leaving),
                expand=["discounts"],
            )
        except GatewayRefused as refusal:
            seen = self.fetch(ObjectKind.SUBSCRIPTION, subscription)
            if isinstance(seen.snapshot, Subscription) and seen.snapshot.is_ended:
                return seen
            raise refusal from None
        return Seen(_read(translate.subscription, body), at)

    def resume(self, subscription: str, *, key: str, is_dated: bool) -> Seen:
        """Take back a cancellation that has not taken effect.

        Classic billing records it in one field and flexible in the other.
        """
        undo: dict[str, Any] = {"cancel_at": ""} if is_dated else {"cancel_at_period_end": False}
        return self._change_subscription(subscription, key, **undo)

    def charge_to(self, subscription: str, method: str, *, key: str) -> Seen:
        """Have one subscription charged to a method of its customer."""
        return self._change_subscription(subscription, key, default_payment_method=method)

    def apply_coupon(
        self, subscription: str, coupon: str, *, key: str, held: Sequence[str]
    ) -> Seen:
        """Add a coupon to the discounts a subscription has: a list sent replaces the old one."""
        kept: list[dict[str, str]] = [{"discount": id} for id in held]
        return self._change_subscription(subscription, key, discounts=[*kept, {"coupon": coupon}])

    def move_trial_end(self, subscription: str, end: int, *, key: str) -> Seen:
        """Let a trial end at another time, in seconds since the epoch; nothing is billed for it."""
        return self._change_subscription(
            subscription, key, trial_end=end, proration_behavior="none"
        )

    def open_portal_session(
        self,
        customer: str,
        *,
        key: str,
        flow: Mapping[str, Any],
        configuration: str,
        return_url: str,
        locale: str,
    ) -> str:
        """Open Stripe's own portal for one task and return its address, good for 5 minutes."""
        optional: dict[str, Any] = {"configuration": configuration} if configuration else {}
        if flow:
            optional["flow_data"] = dict(flow)
        body, _ = self._call(
            "post",
            "/v1/billing_portal/sessions",
            key=key,
            customer=customer,
            return_url=return_url,
            locale=locale,
            **optional,
        )
        return str(body["url"])

    # One request each

    def _since(
        self, path: str, since: datetime, cursor: str, **query: Any
    ) -> tuple[list[Mapping[str, Any]], str]:
        """List what was made since a moment, newest first; the cursor is empty on the last page."""
        query |= {"limit": PAGE, "created": {"gte": int(since.timestamp())}}
        if cursor:
            query["starting_after"] = cursor
        body, _ = self._call("get", path, **query)
        rows = body["data"]
        return rows, rows[-1]["id"] if body["has_more"] and rows else ""

    def _intent(self, method: str, path: str, **params: Any) -> Intent:
        try:
            body, _ = self._call(method, path, expand=["payment_method"], **params)
        except _Declined as declined:
            return declined.intent
        return _read(translate.intent, body)

    def _checkout(self, method: str, path: str, **params: Any) -> CheckoutSession:
        body, _ = self._call(method, path, expand=["setup_intent"], **params)
        return _read(translate.checkout_session, body)

    def _change_customer(self, customer: str, key: str, **params: Any) -> Seen:
        path = f"/v1/customers/{_id(customer)}"
        body, at = self._call("post", path, key=key, expand=["tax_ids"], **params)
        return self._seen(ObjectKind.CUSTOMER, customer, body, at)

    def _change_subscription(self, subscription: str, key: str, **params: Any) -> Seen:
        path = f"/v1/subscriptions/{_id(subscription)}"
        body, at = self._call("post", path, key=key, expand=["discounts"], **params)
        return self._seen(ObjectKind.SUBSCRIPTION, subscription, body, at)

    def _seen(self, kind: ObjectKind, id: str, body: Mapping[str, Any], at: datetime) -> Seen:
        """Return what an answer says of an object; a repeated one says nothing of it now."""
        if at == SOME_TIME_AGO:
            return self.fetch(kind, id)
        return Seen(_read(translate.TRANSLATORS[kind], body), at)

    def _preview(self, change: Change, mode: str) -> Preview:
        body, _ = self._call(
            "post",
            "/v1/invoices/create_preview",
            subscription=change.subscription,
            subscription_details=_details(change),
            preview_mode=mode,
        )
        return _preview(body)

    def _preview_if_any(self, subscription: str, details: Mapping[str, Any]) -> Preview | None:
        try:
            body, _ = self._call(
                "post",
                "/v1/invoices/create_preview",
                subscription=subscription,
                subscription_details=details,
            )
        except GatewayRefused as refusal:
            if refusal.code == "invoice_upcoming_none":
                return None
            raise
        return _preview(body)

    def _all_lines(self, invoice: str) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            query: dict[str, Any] = {"limit": PAGE}
            if cursor:
                query["starting_after"] = cursor
            body, _ = self._call("get", f"/v1/invoices/{_id(invoice)}/lines", **query)
            yield from body["data"]
            if not body["has_more"] or not body["data"]:
                return
            cursor = body["data"][-1]["id"]

    def _call(
        self, method: str, path: str, *, key: str = "", **params: Any
    ) -> tuple[dict[str, Any], datetime]:
        """Send one request; returns the answer's JSON and its time by Stripe's clock."""
        refuse_open_unit()
        options = {"idempotency_key": key} if key else {}
        try:
            answer = self._client.raw_request(method, path, **params, **options)
            is_repeated = answer.headers.get("Idempotent-Replayed") == "true"
            at = SOME_TIME_AGO if is_repeated else moment_of(answer.headers["Date"])
            return dict(answer.data), at
        except stripe.StripeError as error:
            raise _translated(error) from error
        except (ValueError, TypeError, KeyError) as error:
            raise GatewayUnavailable(f"not Stripe's answer: {type(error).__name__}") from error

    def _refuse_foreign(self, url: str) -> None:
        """Refuse to fetch a PDF from anywhere but Stripe (or the sandbox that stands for it)."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_stripe = parts.scheme == "https" and (
            host == "stripe.com" or host.endswith(".stripe.com")
        )
        if not is_stripe and f"{parts.scheme}://{parts.netloc}" != self._base:
            raise GatewayRefused("the PDF is not at Stripe", code="not_a_pdf")


class _Declined(GatewayRefused):
    """A card error that carries the intent it happened to."""

    def __init__(self, intent: Intent) -> None:
        super().__init__("declined", code=intent.error_code, decline_code=intent.decline_code)
        self.intent = intent


def _read(translator: Callable[[Mapping[str, Any]], T], body: Mapping[str, Any]) -> T:
    """Translate an answer; one that makes no sense to us is none that can be trusted."""
    try:
        return translator(body)
    except (ValueError, TypeError, KeyError) as error:
        raise GatewayUnavailable(f"not Stripe's answer: {type(error).__name__}") from error


def _translated(error: stripe.StripeError) -> GatewayError:
    if isinstance(error, NeverSent):
        return GatewayUnavailable(str(error), was_sent=False)
    if isinstance(error, stripe.CardError) and (declined := _declined_intent(error)):
        return declined
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return GatewayMisconfigured(f"Stripe refuses the key: {error.code or error.http_status}")
    if error.code == "idempotency_key_in_use":
        # The first request with this key is still being executed: its outcome is not known yet.
        return GatewayUnavailable("Stripe is still at work on this request")
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError | stripe.IdempotencyError):
        return _refused(error)
    status = error.http_status or 0
    return GatewayUnavailable(f"Stripe did not answer ({status or 'no answer'})")


def _declined_intent(error: stripe.CardError) -> _Declined | None:
    body = ((error.json_body or {}).get("error") or {}) if isinstance(error.json_body, dict) else {}
    intent = body.get("payment_intent")
    return _Declined(translate.intent(intent)) if isinstance(intent, dict) else None


def _refused(error: stripe.StripeError) -> GatewayError:
    body = error.json_body.get("error", {}) if isinstance(error.json_body, dict) else {}
    return GatewayRefused(
        f"Stripe refused: {error.code or error.http_status}",
        code=str(error.code or body.get("type") or ""),
        decline_code=str(body.get("decline_code") or ""),
        param=str(body.get("param") or ""),
    )


def _id(value: str) -> str:
    """Return an id that is safe in a path."""
    if not _SAFE_ID.fullmatch(value):
        raise GatewayRefused("not an id", code="resource_missing")
    return value


def _method_options(types: Sequence[str], *, keeps_method: bool) -> dict[str, Any]:
    """Return what Checkout is told of single types."""
    kept = kept_by_paying(types) if keeps_method else ()
    options: dict[str, Any] = {type: {"setup_future_usage": "off_session"} for type in kept}
    if "wechat_pay" in types:
        # It has to be said that this is no app (docs.stripe.com/payments/wechat-pay).
        options["wechat_pay"] = {"client": "web"}
    return options


def _details(change: Change) -> dict[str, Any]:
    """Return what preview and update share, so that the one foretells the other."""
    details: dict[str, Any] = {
        "items": [{"id": change.item, "price": change.price, "quantity": change.quantity}],
        "proration_behavior": change.proration_behavior,
        "billing_cycle_anchor": {"type": change.billing_cycle_anchor},
    }
    if change.ends_trial:
        details["trial_end"] = "now"
    elif change.proration_behavior != "none":
        details["proration_date"] = int(change.proration_date.timestamp())
    return details


def _details_of(leaving: Leaving) -> dict[str, str]:
    told = {"feedback": leaving.feedback, "comment": leaving.comment}
    return {name: value for name, value in told.items() if value}


def _address(address: Address) -> dict[str, str]:
    return {
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "postal_code": address.postal_code,
        "state": address.state,
        "country": address.country,
    }


def _preview(body: Mapping[str, Any]) -> Preview:
    currency = body["currency"]
    return Preview(
        currency=currency,
        subtotal=int(body["subtotal"]),
        discount=sum(int(row["amount"]) for row in body.get("total_discount_amounts") or ()),
        tax=sum(int(row.get("amount") or 0) for row in body.get("total_taxes") or ()),
        total=int(body["total"]),
        due=int(body["amount_due"]),
        starting_balance=int(body.get("starting_balance") or 0),
        lines=tuple(
            PreviewLine(
                text=translate.text(row.get("description")),
                amount=Money(int(row["amount"]), currency),
                is_proration=_is_proration(row),
            )
            for row in body["lines"]["data"]
        ),
        made_at=translate.moment(body.get("period_end")),
    )


def _is_proration(line: Mapping[str, Any]) -> bool:
    parent = line.get("parent") or {}
    return any(
        bool((parent.get(name) or {}).get("proration"))
        for name in ("subscription_item_details", "invoice_item_details")
    )


def _checked_pdf(response: httpx.Response) -> Iterator[bytes]:
    """Pass the bytes on if they are a PDF of a size we carry."""
    if response.status_code != 200:
        raise GatewayUnavailable(f"no PDF from Stripe ({response.status_code})")
    seen = 0
    for chunk in response.iter_bytes(PDF_CHUNK):
        if seen == 0 and not chunk.startswith(b"%PDF-"):
            raise GatewayRefused("what came is no PDF", code="not_a_pdf")
        seen += len(chunk)
        if seen > PDF_LIMIT:
            raise GatewayRefused("the PDF is too large", code="too_large")
        yield chunk
    if seen == 0:
        raise GatewayRefused("the PDF is empty", code="not_a_pdf")
