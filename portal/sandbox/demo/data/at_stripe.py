"""Writes a merchant's beginnings into the Stripe sandbox, through its API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from portal.sandbox.demo.data.at_holded import first_day
from portal.sandbox.demo.data.history import History
from portal.sandbox.demo.data.words import Merchant, OneOff, Person, Plan, Price, Product

DECLINING = "pm_card_chargeCustomerFail"
# The coupon that is offered to who wants to leave.
STAYING = "STAY20"
WELCOME = "WELCOME10"
PROMOTION_CODE = "HOLA10"
REASONS = (
    "too_expensive", "missing_features", "switched_service", "unused", "customer_service",
    "too_complex", "low_quality", "other",
)  # fmt: skip

# The calls that bring a new invoice to each state.
STEPS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "open": ("finalize",),
    "paid": ("finalize", "pay"),
    "void": ("finalize", "void"),
}

Json = dict[str, Any]


@dataclass
class StripeSide:
    """One merchant at Stripe: its client, and the ids of what was made.

    ``contacts`` holds the Holded contacts by person; a linked customer's metadata names one.
    """

    merchant: Merchant
    history: History
    client: httpx.Client
    contacts: Mapping[str, str]
    customers: dict[str, str] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    products: dict[str, str] = field(default_factory=dict)
    tax_rates: list[str] = field(default_factory=list)

    def plan(self) -> None:
        """Note everything on the history's agenda."""
        first = first_day(self.merchant)
        self.history.at(first, self.open_account)
        for person in self.merchant.people:
            if not person.at_stripe:
                continue
            self.history.at(first, partial(self.add_customer, person))
            for plan in person.plans:
                self.history.at(plan.ago, partial(self.subscribe, person, plan))
            for one_off in person.one_offs:
                self.history.at(one_off.ago, partial(self.bill, person, one_off))

    # The merchant's own things

    def open_account(self) -> None:
        """Open the account with its catalogue, coupons and portal configuration."""
        merchant = self.merchant
        account = {
            "id": merchant.stripe_account,
            "secret_key": merchant.stripe_key,
            "name": merchant.name,
            "country": merchant.country,
            "default_currency": merchant.currency,
            "email": merchant.support_email,
            "support_email": merchant.support_email,
            "settings": {"portal_saved": True},  # its dashboard's portal page was saved once
        }
        self.client.post("/_sandbox/accounts", json=account).raise_for_status()
        if merchant.tax_rate:
            name, percentage = merchant.tax_rate
            rate = {"display_name": name, "percentage": percentage, "inclusive": False}
            self.tax_rates = [self.post("/v1/tax_rates", rate)["id"]]
        for product in merchant.products:
            body = {"name": product.name, "description": product.description}
            self.products[product.key] = self.post("/v1/products", body)["id"]
            for price in product.prices:
                self.prices[price.key] = self.add_price(product.key, price)
        self.add_coupons()
        path = "/v1/billing_portal/configurations"
        (default,) = self.call("GET", path, {"is_default": True})["data"]
        self.post(f"{path}/{default['id']}", self.portal_configuration())

    def add_coupons(self) -> None:
        """Add the coupon for who wants to leave, and one that a promotion code opens."""
        three_months = {"duration": "repeating", "duration_in_months": 3}
        for coupon, percent in ((STAYING, 20), (WELCOME, 10)):
            worth = {"name": f"{percent} %", "percent_off": percent}
            self.post("/v1/coupons", {"id": coupon, **worth, **three_months})
        promotion = {"promotion": {"type": "coupon", "coupon": WELCOME}, "code": PROMOTION_CODE}
        self.post("/v1/promotion_codes", promotion)

    def add_price(self, product: str, price: Price) -> str:
        body: Json = {
            "product": self.products[product],
            "currency": self.merchant.currency,
            "unit_amount": price.amount,
            "recurring": {"interval": price.interval},
            "lookup_key": price.key,
        }
        if price.tax_behavior != "unspecified":
            body["tax_behavior"] = price.tax_behavior
        if price.usage:
            meter: Json = {"display_name": price.key, "event_name": price.key}
            meter["default_aggregation"] = {"formula": "sum"}
            made = self.post("/v1/billing/meters", meter)
            body["recurring"] |= {"usage_type": "metered", "meter": made["id"]}
        return str(self.post("/v1/prices", body)["id"])

    def portal_configuration(self) -> Json:
        """Return what Stripe's own portal may do: all but what the merchant does not offer."""
        offered = [each for each in self.merchant.products if each.offered]
        return {
            "business_profile": {
                "headline": self.merchant.name,
                "privacy_policy_url": self.merchant.privacy_url,
                "terms_of_service_url": self.merchant.terms_url,
            },
            "features": {
                "customer_update": {
                    "enabled": True,
                    "allowed_updates": ["name", "email", "address", "phone", "tax_id"],
                },
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {
                    "enabled": True,
                    "mode": "at_period_end",
                    "cancellation_reason": {"enabled": True, "options": REASONS},
                },
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price", "quantity", "promotion_code"],
                    "proration_behavior": "create_prorations",
                    "products": [self.switchable(each) for each in offered],
                },
            },
        }

    def switchable(self, product: Product) -> Json:
        found: Json = {
            "product": self.products[product.key],
            "prices": [self.prices[price.key] for price in product.prices],
        }
        if product.quantity:
            least, most = product.quantity
            found["adjustable_quantity"] = {"enabled": True, "minimum": least, "maximum": most}
        return found

    # Customers

    def add_customer(self, person: Person) -> None:
        """Add a customer with its payment methods, the first of them the default."""
        street, city, code = person.address
        language = person.language or self.merchant.language
        body: Json = {
            "name": person.name,
            "email": person.email,
            "preferred_locales": ["pt-BR" if language == "pt" else language],
            "metadata": {},
        }
        if person.phone:
            body["phone"] = person.phone
        if street:
            body["address"] = {
                "line1": street,
                "city": city,
                "postal_code": code,
                "country": self.merchant.country,
            }
        if person.linked and person.key in self.contacts:
            body["metadata"] = {"holded_contact_id": self.contacts[person.key]}
        customer = self.customers[person.key] = self.post("/v1/customers", body)["id"]
        methods = [self.attach(customer, person, each) for each in person.methods]
        if methods:
            self.set_default(customer, methods[0])

    def attach(self, customer: str, person: Person, method: str) -> str:
        """Save a payment method: a card by its test token, or a SEPA mandate for an IBAN."""
        if method.startswith("pm_card_"):
            path = f"/v1/payment_methods/{method}/attach"
            return str(self.post(path, {"customer": customer})["id"])
        setup = {
            "customer": customer,
            "allowed_payment_method_types": ["sepa_debit"],
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": method},
                "billing_details": {"name": person.name, "email": person.email},
            },
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
            "usage": "off_session",
            "confirm": True,
        }
        return str(self.post("/v1/setup_intents", setup)["payment_method"])

    def set_default(self, customer: str, method: str) -> None:
        settings = {"invoice_settings": {"default_payment_method": method}}
        self.post(f"/v1/customers/{customer}", settings)

    # Subscriptions

    def subscribe(self, person: Person, plan: Plan) -> None:
        """Begin a subscription, and note what happened to it later."""
        items = []
        for key, quantity in plan.prices:
            item: Json = {"price": self.prices[key]}
            items.append(item | {"quantity": quantity} if quantity else item)
        body = {"customer": self.customers[person.key], "items": items, **plan.fields}
        if self.tax_rates:
            body["default_tax_rates"] = self.tax_rates
        subscription = self.post("/v1/subscriptions", body)["id"]
        for ago, event in plan.later:
            name, _, argument = event.partition(":")
            deed = getattr(self, f"then_{name}")
            self.history.at(ago, partial(deed, person, subscription, argument))

    def then_cancel_at_period_end(self, _person: Person, subscription: str, _: str) -> None:
        body = {"cancel_at_period_end": True, "cancellation_details": {"feedback": "unused"}}
        self.post(f"/v1/subscriptions/{subscription}", body)

    def then_cancel(self, _person: Person, subscription: str, _: str) -> None:
        self.call("DELETE", f"/v1/subscriptions/{subscription}", {})

    def then_pause(self, _person: Person, subscription: str, _: str) -> None:
        body = {"pause_collection": {"behavior": "void"}}
        self.post(f"/v1/subscriptions/{subscription}", body)

    def then_settle(self, _person: Person, subscription: str, _: str) -> None:
        """Mark what is open as paid by bank transfer."""
        query = {"subscription": subscription, "status": "open"}
        for invoice in self.call("GET", "/v1/invoices", query)["data"]:
            self.post(f"/v1/invoices/{invoice['id']}/pay", {"paid_out_of_band": True})

    def then_decline(self, person: Person, _subscription: str, _: str) -> None:
        """Replace the good card by one that declines every charge."""
        customer = self.customers[person.key]
        saved = self.call("GET", f"/v1/customers/{customer}/payment_methods", {})["data"]
        self.set_default(customer, self.attach(customer, person, DECLINING))
        for method in saved:
            self.post(f"/v1/payment_methods/{method['id']}/detach", {})

    def then_switch(self, _person: Person, subscription: str, price: str) -> None:
        """Schedule another price from the next period on."""
        schedule = self.post("/v1/subscription_schedules", {"from_subscription": subscription})
        phase = schedule["phases"][0]
        now = {
            "start_date": phase["start_date"],
            "end_date": phase["end_date"],
            "items": [
                {"price": each["price"], "quantity": each["quantity"]} for each in phase["items"]
            ],
        }
        then = {"items": [{"price": self.prices[price], "quantity": 1}]}
        body = {"phases": [now, then], "end_behavior": "release"}
        self.post(f"/v1/subscription_schedules/{schedule['id']}", body)

    # Single invoices

    def bill(self, person: Person, one_off: OneOff) -> None:
        """Make a single invoice and bring it to its state."""
        customer = self.customers[person.key]
        collection = (
            {"collection_method": "charge_automatically"}
            if one_off.state == "paid"
            else {"collection_method": "send_invoice", "days_until_due": one_off.due}
        )
        invoice = self.post(
            "/v1/invoices", {"customer": customer, "auto_advance": False, **collection}
        )["id"]
        line = {
            "customer": customer,
            "invoice": invoice,
            "amount": one_off.amount,
            "currency": self.merchant.currency,
            "description": one_off.line,
        }
        if self.tax_rates:
            line["tax_rates"] = self.tax_rates
        self.post("/v1/invoiceitems", line)
        for verb in STEPS[one_off.state]:
            self.post(f"/v1/invoices/{invoice}/{verb}", {})

    # Calls

    def post(self, path: str, body: Json) -> Json:
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: Json) -> Json:
        """Call the API as its clients do: form fields with nested names."""
        headers = {"Authorization": f"Bearer {self.merchant.stripe_key}"}
        fields = dict(flat(body))
        answer = self.client.request(
            method,
            path,
            params=fields if method == "GET" else None,
            data=None if method == "GET" else fields,
            headers=headers,
        )
        if answer.is_error:
            raise RuntimeError(f"Stripe sandbox, {path}: {answer.status_code} {answer.text}")
        found: Json = answer.json()
        return found


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the form fields of nested values, as ``items[0][price]``."""
    if isinstance(value, Mapping | list | tuple):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in pairs:
            yield from flat(each, f"{name}[{key}]" if name else str(key))
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
