"""The official SDK talking to a sandbox in the same process, and a small catalogue to bill."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from flask import Flask

from portal.sandbox.stripe.app import create_app, start_over
from portal.sandbox.stripe.sandbox import Sandbox
from tests.sandbox.stripe.shapes import differences

START = 1_775_001_600  # 2026-04-01T00:00:00Z
DAY = 86_400


class InProcess(stripe.HTTPClient):
    """Sends the SDK's requests straight to the WSGI application."""

    name = "in-process"

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.client = app.test_client()

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[Any, int, Any]:
        parts = urlsplit(url)
        answer = self.client.open(
            parts.path,
            query_string=parts.query,
            method=method.upper(),
            headers=dict(headers or {}),
            data=post_data,
        )
        return answer.get_data(), answer.status_code, dict(answer.headers)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Billing:
    """What a test works with: the SDK's client, the sandbox behind it, shortcuts for set-up."""

    stripe: Any
    sandbox: Sandbox
    account: str
    app: Flask

    def advance(self, days: float = 0, seconds: int = 0) -> None:
        """Move the sandbox's clock; everything that falls due must go well."""
        assert self.sandbox.advance(days * DAY + seconds) == []

    @property
    def now(self) -> int:
        """The sandbox's time."""
        return self.sandbox.clock.now()

    def customer(self, card: str | None = "pm_card_visa", **params: Any) -> Any:
        """A customer with a default payment method."""
        made = self.stripe.customers.create({"email": "ana@example.com", "name": "Ana", **params})
        if card:
            self.give(made.id, card)
        return made

    def give(self, customer: str, card: str) -> str:
        """Attach a payment method and make it the default."""
        method = self.stripe.payment_methods.attach(card, {"customer": customer})
        self.stripe.customers.update(
            customer, {"invoice_settings": {"default_payment_method": method.id}}
        )
        return str(method.id)

    def price(self, amount: int | None = 1000, interval: str = "month", **params: Any) -> str:
        """A recurring price of a product of its own."""
        made = self.stripe.prices.create(
            {
                "currency": "usd",
                **({} if amount is None else {"unit_amount": amount}),
                "recurring": {"interval": interval},
                "product_data": {"name": f"Plan {amount}"},
                **params,
            }
        )
        return str(made.id)

    def once(self, amount: int) -> str:
        """A price that is charged once."""
        wanted = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Set-up"}}
        return str(self.stripe.prices.create(wanted).id)

    def debit(self, customer: str, iban: str) -> str:
        """A bank account of the customer's, ready for SEPA Direct Debit."""
        setup = self.stripe.setup_intents.create(
            {
                "customer": customer,
                "confirm": True,
                "payment_method_data": {
                    "type": "sepa_debit",
                    "sepa_debit": {"iban": iban},
                    "billing_details": {"name": "Ana", "email": "ana@example.com"},
                },
                "mandate_data": {"customer_acceptance": {"type": "offline"}},
                "return_url": "https://example.com",
            }
        )
        return str(setup.payment_method)

    def settings(self, **wanted: Any) -> None:
        """Change the account's sandbox settings."""
        path = f"/_sandbox/accounts/{self.account}"
        assert self.app.test_client().post(path, json={"settings": wanted}).status_code == 200

    def subscribe(self, customer: str, *prices: str, **params: Any) -> Any:
        """A subscription, classic unless told otherwise."""
        return self.stripe.subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": price} for price in prices],
                "billing_mode": {"type": "classic"},
                **params,
            }
        )

    def invoices(self, subscription: str) -> list[Any]:
        """All invoices of a subscription, newest first."""
        return list(self.stripe.invoices.list({"subscription": subscription, "limit": 100}).data)

    def events(self, *types: str) -> list[Any]:
        """The events of these types so far, oldest first."""
        found = self.sandbox.store.select(self.account, "event", {}, oldest_first=True)
        return [event for event in found if not types or event["type"] in types]

    def kinds(self, since: int = 0) -> list[str]:
        """The types of all events so far, oldest first."""
        return [event["type"] for event in self.events()][since:]

    def intent(self, invoice: str) -> Any:
        """The intent of an invoice's default payment."""
        (payment,) = self.stripe.invoice_payments.list({"invoice": invoice}).data
        return self.stripe.payment_intents.retrieve(payment.payment.payment_intent)


# Applications that tests begin anew with: building one takes longer than most of them.
BUILT: list[Flask] = []


def opened(at: int = START, app: Flask | None = None) -> Billing:
    """A sandbox of one account in euros, where time stands: usually at the start of April 2026."""
    if app is None:
        app = create_app(real_time=lambda: float(at))
    else:
        start_over(app, lambda: float(at))
    sandbox: Sandbox = app.extensions["stripe_sandbox"]
    account = sandbox.add_account({"country": "ES", "default_currency": "eur", "name": "Acme"})
    client = stripe.StripeClient(account["_secret_key"], http_client=InProcess(app))
    return Billing(client.v1, sandbox, account["id"], app)


@pytest.fixture
def open_billing() -> Any:
    """Opens such sandboxes; what their events hold must have the SDK's shape."""
    every: list[Billing] = []

    def open_one() -> Billing:
        if len(every) == len(BUILT):
            BUILT.append(create_app())
        every.append(opened(app=BUILT[len(every)]))
        return every[-1]

    yield open_one
    wrong = [
        f"{event['type']}: {found}"
        for one in every
        for event in one.sandbox.store.select(one.account, "event", {})
        # Stripe's upcoming invoices have no id in events, although the SDK types one.
        if event["type"] != "invoice.upcoming"
        for found in differences(event)
    ]
    assert wrong == []


@pytest.fixture
def billing(open_billing: Any) -> Any:
    """One such sandbox."""
    return open_billing()
