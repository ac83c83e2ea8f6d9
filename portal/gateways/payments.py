"""The port to whoever moves the money: what we ask of Stripe, in our words.

Every method raises only GatewayUnavailable, GatewayRefused or GatewayMisconfigured. `key` is the
idempotency key, which is the id of the operation. Amounts are minor units, times aware UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from portal.domain.bills import Bill
from portal.domain.cancellations import Leaving
from portal.domain.events import ObjectKind
from portal.domain.money import Money
from portal.domain.payments import CheckoutSession, Intent
from portal.domain.reconciliation import Taken
from portal.gateways.snapshots import Page, Seen, Snapshot


@dataclass(frozen=True, slots=True)
class Account:
    """The account a key belongs to; `country` is ISO alpha-2, `currency` a lower-case code."""

    id: str
    name: str
    country: str
    currency: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A change of price and quantity; sent the same way to the preview and to the update.

    `proration_date` is fixed at the preview, so that the update makes the same invoice.
    `keeps_old_until_paid` says that the old plan stays while the invoice of the change is unpaid;
    Stripe does that for every method but bank debits, whose money comes days later. `starts_at` is
    when a change begins that waits for the end of the period, None for one that is made at once.
    """

    subscription: str
    item: str
    price: str
    quantity: int
    proration_behavior: str
    billing_cycle_anchor: str
    ends_trial: bool
    proration_date: datetime
    keeps_old_until_paid: bool = True
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One line of a preview; `is_proration` marks what is for the time until the next period."""

    text: str
    amount: Money
    is_proration: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The invoice Stripe says would come.

    `lines` add up to `subtotal`; less `discount`, and with `tax` where prices do not contain it,
    that is `total`. `due` is what would be charged when it comes, `starting_balance` the balance
    of the customer before it (negative: a credit), `made_at` when the invoice would be made.
    """

    currency: str
    subtotal: int
    discount: int
    tax: int
    total: int
    due: int
    starting_balance: int
    lines: tuple[PreviewLine, ...]
    made_at: datetime | None

    @property
    def before_tax(self) -> Money:
        """Return what the tax is on."""
        return Money(self.total - self.tax, self.currency)

    @property
    def credit(self) -> int:
        """Return what stays on the customer's balance for later invoices, in minor units."""
        return max(-self.total, 0)


class PaymentGateway(Protocol):
    """Everything the portal asks of Stripe on behalf of one merchant."""

    def check(self) -> Account:
        """Return the account the key belongs to."""

    def now(self) -> datetime:
        """Ask what time it is for Stripe, to set it a term it takes."""

    def create_webhook(self, url: str) -> str:
        """Register an address for the events we need and return its signing secret."""

    def list_page(self, kind: ObjectKind, *, cursor: str = "", parent: str = "") -> Page:
        """Return one page of all objects of a kind; `parent` is a customer where one is needed.

        Of refunds it is a charge.
        """

    def fetch(self, kind: ObjectKind, id: str) -> Seen:
        """Read one object with what hangs on it; a missing one comes back as Gone."""

    def translate(self, kind: ObjectKind, payload: Mapping[str, Any]) -> Snapshot | None:
        """Turn an event's payload into a snapshot; None if something in it has to be read."""

    def find_invoice(self, intent: str) -> str:
        """Find the invoice that an intent pays; empty if it pays none."""

    def find_mandate(self, method: str, customer: str) -> str:
        """Find the mandate a method was saved or last debited with; empty if there is none."""

    def fetch_pdf(self, url: str) -> Iterator[bytes]:
        """Stream the bytes behind an invoice's `pdf_url`."""

    def fetch_bill(self, invoice: str) -> Bill:
        """Read an invoice with all its lines, their discounts and the rates of their taxes."""

    def fetch_invoice_intent(self, invoice: str) -> Intent | None:
        """Read the default payment intent of an open invoice, None if it has none."""

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
        """Create and confirm an intent with a saved method; a decline is one with its error.

        `off_session` says that its owner is not there: a bank that wants to ask declines.
        """

    def confirm_payment(self, intent: str, *, key: str, method: str, return_url: str) -> Intent:
        """Confirm an invoice's own intent with a saved method."""

    def pay_invoice(self, invoice: str, *, key: str, method: str, intent: str) -> Intent:
        """Charge an open invoice to a saved method while its customer is away.

        Returns its `intent` as it is afterwards; a decline is GatewayRefused.
        """

    def find_payment(self, customer: str, payment: str, *, since: datetime) -> Intent | None:
        """Find the customer's intent that was started for a payment of ours since a moment."""

    def list_taken(self, since: datetime, *, cursor: str = "") -> tuple[tuple[Taken, ...], str]:
        """Return one page of the intents made since a moment, and the cursor of the next."""

    def list_refunded(self, since: datetime, *, cursor: str = "") -> tuple[tuple[str, ...], str]:
        """Return the intents of one page of refunds made since a moment, and the next cursor."""

    def fetch_taken(self, intent: str) -> Taken | None:
        """Read what came in and went back with an intent, None if there is no such intent."""

    def cancel_payment(self, intent: str) -> Intent:
        """Cancel an intent of ours that took no money; one that is over comes back as it is."""

    def attach_payment(self, invoice: str, intent: str, *, key: str) -> None:
        """Let a succeeded intent of ours count on an open invoice; one that does already is fine.

        It takes no sum: the whole intent counts, so it may be no more than what remains.
        """

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

        `types` are the kinds of methods it may offer.
        """

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

    def expire_checkout(self, session: str) -> CheckoutSession:
        """End an open Checkout page; one that is over comes back as it is."""

    def set_default_method(self, customer: str, method: str, *, key: str) -> Seen:
        """Make a method the one invoices are charged to; returns the customer's profile."""

    def attach_method(self, method: str, customer: str, *, key: str) -> Seen:
        """Give a method that belongs to nobody to a customer."""

    def detach_method(self, method: str, *, key: str) -> Seen:
        """Remove a method; one that is gone already counts as removed."""

    def create_customer(
        self, *, key: str, name: str, email: str, metadata: Mapping[str, str]
    ) -> Seen:
        """Make a customer; returns its profile."""

    def update_customer(self, customer: str, fields: Mapping[str, Any], *, key: str) -> Seen:
        """Write name, e-mail, phone or address; returns the customer's profile."""

    def add_tax_id(self, customer: str, type: str, value: str, *, key: str) -> Seen:
        """Add a tax id; returns the customer's profile."""

    def remove_tax_id(self, customer: str, tax_id: str) -> Seen:
        """Remove a tax id; returns the customer's profile."""

    def write_custom_fields(
        self, kind: ObjectKind, id: str, fields: Sequence[tuple[str, str]], *, key: str
    ) -> Seen:
        """Replace the custom fields of a draft invoice, or those new invoices of a customer get."""

    def preview_change(self, change: Change) -> Preview:
        """Return the invoice that a change would make now."""

    def preview_renewal(self, change: Change) -> Preview:
        """Return the invoice of a full period after a change."""

    def preview_pause(self, subscription: str) -> Preview | None:
        """Return the invoice that pausing now would make, None if it would credit nothing."""

    def preview_period(self, subscription: str) -> Preview:
        """Return the invoice of a full period of a subscription that runs."""

    def preview_going_on(self, subscription: str) -> Preview | None:
        """Return the invoice that ending the pause now would make, None if nothing is to pay."""

    def pause(self, subscription: str, until: datetime, *, key: str) -> Seen:
        """Pause a subscription now; what is not used of its period is credited at once.

        `until` is noted on it. Stripe does not end the pause by itself.
        """

    def go_on(self, subscription: str, *, key: str) -> Seen:
        """End a pause; while what is due for it is not paid, it stays paused."""

    def preview_next(self, subscription: str) -> Preview:
        """Return the next invoice of a subscription as it stands now."""

    def change_subscription(self, change: Change, *, key: str) -> Seen:
        """Change price and quantity; what needs the bank or fails keeps the old ones."""

    def schedule_change(self, change: Change, *, key: str) -> tuple[Seen, ...]:
        """Plan a change for its `starts_at`; returns the subscription and its new schedule.

        A second call with the key of one that got halfway does the rest.
        """

    def release_schedule(self, schedule: str, *, key: str) -> Seen:
        """Let a schedule go, so that what it planned never comes; one released already is fine."""

    def void_invoice(self, invoice: str, *, key: str) -> Seen:
        """Make an open invoice count for nothing; one that is void already is fine."""

    def cancel_at_period_end(
        self, subscription: str, leaving: Leaving, *, key: str, is_flexible: bool
    ) -> Seen:
        """Set the end of a subscription to the end of its period.

        `is_flexible` is its billing mode, which decides the field that records it.
        """

    def cancel_now(self, subscription: str, leaving: Leaving, *, prorate: bool) -> Seen:
        """End a subscription at once; one that has ended already counts as cancelled."""

    def resume(self, subscription: str, *, key: str, is_dated: bool) -> Seen:
        """Take back a cancellation that has not taken effect.

        `is_dated` says that it is recorded as a date, and not as the end of whichever period.
        """

    def charge_to(self, subscription: str, method: str, *, key: str) -> Seen:
        """Have one subscription charged to a method of its customer."""

    def apply_coupon(
        self, subscription: str, coupon: str, *, key: str, held: Sequence[str]
    ) -> Seen:
        """Add a coupon to the discounts a subscription has, whose ids are `held`."""

    def move_trial_end(self, subscription: str, end: int, *, key: str) -> Seen:
        """Let a trial end at another time, in seconds since the epoch; nothing is billed for it."""

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
