"""A customer with invoices to pay, and what such a person does on the pages Stripe hosts."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from portal.context import Visit
from portal.domain.access import Scope
from portal.domain.customers import Origin
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.mirror import intents
from portal.services import outcomes, payments
from portal.services.outcomes import Outcome
from portal.services.payments import Pressed, Wish
from portal.store import merchants
from portal.store.merchants import MerchantRow
from portal.store.operations import OperationRow
from portal.store.payments import PaymentRow
from tests.house import House

DUE = Money(12100, "eur")
SPANISH_IBAN = "ES0700120345030000067890"


@dataclass
class Payer:
    """One customer of a house's merchant, known to both systems as one payer."""

    house: House
    stripe_customer: str
    holded_contact: str

    def visit(self, **more: Any) -> Visit:
        """Return a visit of this customer."""
        return self.house.visit(stripe_customer=self.stripe_customer, **more)

    def link_visit(self, invoice: str, origin: Origin = Origin.HOLDED) -> Visit:
        """Return the visit of somebody who holds the link of one invoice."""
        return self.visit(scope=Scope(origin, invoice))

    def card(self, name: str = "pm_card_visa") -> str:
        """Save one of the published test cards and return its id."""
        saved = self.house.stripe.v1.payment_methods.attach(
            name, {"customer": self.stripe_customer}
        )
        self.house.settle_down()
        return str(saved.id)

    def debit(self, iban: str = SPANISH_IBAN) -> str:
        """Save a bank account with a mandate and return its id."""
        stripe = self.house.stripe.v1
        method = stripe.payment_methods.create(
            {
                "type": "sepa_debit",
                "sepa_debit": {"iban": iban},
                "billing_details": {"name": "Ann", "email": "ann@example.com"},
            }
        )
        online = {"ip_address": "127.0.0.1", "user_agent": "tests"}
        stripe.setup_intents.create(
            {
                "customer": self.stripe_customer,
                "payment_method": method.id,
                "allowed_payment_method_types": ["sepa_debit"],
                "confirm": True,
                "mandate_data": {"customer_acceptance": {"type": "online", "online": online}},
            }
        )
        self.house.settle_down()
        return str(method.id)

    def boleto(self) -> str:
        """Save what the slips of a payer in Brazil are made with and return its id."""
        stripe = self.house.stripe.v1
        where = {
            "line1": "Rua A, 1",
            "city": "Recife",
            "state": "PE",
            "postal_code": "50000-000",
            "country": "BR",
        }
        details = {"name": "Ann", "email": "ann@example.com", "address": where}
        method = stripe.payment_methods.create(
            {
                "type": "boleto",
                "boleto": {"tax_id": "000.000.000-00"},
                "billing_details": details,  # type: ignore[typeddict-item]
            }
        )
        stripe.payment_methods.attach(method.id, {"customer": self.stripe_customer})
        self.house.settle_down()
        return str(method.id)

    def invoice(self, price: str = "100.00", *, day: str = "2026-11-01", **more: Any) -> str:
        """Have Holded issue an invoice of a price plus 21 % and return its id."""
        item = {"name": "Work", "units": 1, "price": price, "taxes": ["s_iva_21"]}
        body = {
            "contact_id": self.holded_contact,
            "date": day,
            "due_date": "2026-11-15",
            "items": [item],
            **more,
        }
        answer = self.house.holded.post("/invoices", json=body)
        id = str(answer.raise_for_status().json()["id"])
        self.house.holded.post(f"/invoices/{id}/approve").raise_for_status()
        self.house.settle_down()
        return id

    def stripe_invoice(self, amount: int = 12100, currency: str = "eur", **more: Any) -> str:
        """Have Stripe issue an invoice, sent unless told otherwise, and return its id."""
        stripe = self.house.stripe.v1
        how = more or {"collection_method": "send_invoice", "days_until_due": 14}
        invoice = stripe.invoices.create(
            {"customer": self.stripe_customer, "currency": currency, **how}
        )
        stripe.invoice_items.create(
            {
                "customer": self.stripe_customer,
                "invoice": invoice.id,
                "amount": amount,
                "currency": currency,
                "description": "Fonts",
            }
        )
        stripe.invoices.finalize_invoice(invoice.id)
        self.house.settle_down()
        return str(invoice.id)

    def pay_in_holded(self, invoice: str, amount: str = "121.00") -> None:
        """Have the merchant book a payment by hand."""
        body = {
            "amount": amount,
            "treasury_id": self.house.merchant.holded_treasury,
            "date": "2026-11-20",
        }
        answer = self.house.holded.post(f"/invoices/{invoice}/payments", json=body)
        answer.raise_for_status()

    def fault(self, which: str, kind: str, path: str, **more: Any) -> None:
        """Have the next request to a path of a sandbox go wrong."""
        app = self.house.stripe_app if which == "stripe" else self.house.holded_app
        wanted = {"kind": kind, "path": path, **more}
        answer = app.test_client().post("/_sandbox/faults", json=wanted)
        assert answer.status_code < 300, answer.text

    def pay(self, invoice: str, method: str = "", *, consent: str = "") -> Pressed:
        """Press the button of the pay page, which shows 121.00."""
        return payments.pay(self.visit(), invoice, Wish(DUE, method, consent))

    def slip(self, invoice: str) -> Pressed:
        """Leave a payment waiting as one with a slip does that is good until January 4, 2027."""
        pressed = self.pay(invoice, self.card("pm_card_authenticationRequired"))
        self.house.settle_down()
        merchant, now = self.house.merchant, self.house.now()
        with self.house.db.write() as unit:
            payment = unit.get_one(PaymentRow, pressed.operation)
            payment.method_type = "boleto"
            intent = intents.find(unit, merchant, payment.intent)
            assert intent is not None
            until = datetime(2027, 1, 4, 12, tzinfo=UTC)
            intents.save(unit, merchant, [(replace(intent, voucher_expires_at=until), now)])
        return pressed

    def press(self, invoice: str, shown: Money, method: str = "") -> Pressed:
        """Press the button of a pay page that shows another sum."""
        return payments.pay(self.visit(), invoice, Wish(shown, method))

    def operation(self, pressed: Pressed) -> OperationRow:
        """Return what was asked of Stripe by a press."""
        with self.house.db.session() as reader:
            return reader.get_one(OperationRow, pressed.operation)

    def outcome(self, pressed: Pressed) -> Outcome:
        """Return what the page people come back to says."""
        return outcomes.read_outcome(self.house.at, self.operation(pressed))

    def state(self, pressed: Pressed) -> PaymentState:
        """Return how far a payment has come."""
        with self.house.db.session() as reader:
            return PaymentState(reader.get_one(PaymentRow, pressed.operation).state)

    def leave_url(self, pressed: Pressed) -> str:
        """Return where the customer must go on to."""
        return self.operation(pressed).leave_url

    def charges(self) -> list[int]:
        """Return the sums Stripe took."""
        taken = self.house.ledger("stripe")
        return [row["amount"] for row in taken if row["status"] == "succeeded"]

    def bookings(self) -> list[str]:
        """Return the sums Holded has booked."""
        return [row["amount"] for row in self.house.ledger("holded")]

    def at_stripe(self, url: str, **fields: str) -> Any:
        """Send the form of one of Stripe's pages and return the answer."""
        path = re.sub(r"^https?://[^/]+", "", url)
        return self.house.stripe_app.test_client().post(path, data=fields)

    def at_bank(self, url: str, *, confirms: bool = True) -> str:
        """Answer the bank's question and return where it sends one back to."""
        answer = self.at_stripe(url, **{"complete" if confirms else "fail": "yes"})
        return str(answer.headers["Location"])

    def at_checkout(self, url: str, number: str = "4242424242424242", **more: str) -> Any:
        """Enter a card on the Checkout page and return the answer."""
        fields = {
            "type": "card",
            "number": number,
            "exp": "12 / 34",
            "cvc": "123",
            "name": "Ann",
            "email": "somebody@example.com",
        }
        return self.at_stripe(url, **{**fields, **more})


def settle_in_brazil(house: House) -> None:
    """Have the merchant be one of Brazil, as whose account at Stripe takes Boleto."""
    sandbox = house.stripe_app.extensions["stripe_sandbox"]
    account = sandbox.account("acct_house") | {"country": "BR", "default_currency": "brl"}
    with sandbox.store.transaction():
        sandbox.save_account(account)
    with house.db.write() as unit:
        row = unit.get_one(MerchantRow, house.merchant.id)
        row.country, row.currency = "BR", "brl"
    house.merchant = merchants.get_by_id(house.db, house.merchant.id)


def move_in(house: House, email: str = "ann@example.com", name: str = "Ann") -> Payer:
    """Make a customer in both systems, joined by what the merchant wrote into Stripe's metadata."""
    contact = house.holded.post(
        "/contacts", json={"name": f"{name} SL", "email": email, "type": "client"}
    ).json()["id"]
    customer = house.stripe.v1.customers.create(
        {"email": email, "name": name, "metadata": {"holded_contact_id": contact}}
    )
    house.settle_down()
    return Payer(house, str(customer.id), str(contact))
