"""A merchant's catalogue and one customer with a subscription, made at Stripe as people would."""

from typing import Any

from portal.context import Visit
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.subscriptions import Subscription
from portal.mirror import configurations, customers, subscriptions
from portal.services import sessions
from tests.browser import Browser
from tests.house import House
from tests.web.signing_in import carry

GOOD, DECLINING, NEEDS_BANK = (
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
)


class Shop:
    """Sells Basic (9.00 a month) and Pro (29.00 a month, 290.00 a year), VAT of 21 % on top."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.stripe = house.stripe.v1
        self.vat = self.stripe.tax_rates.create(
            {"display_name": "VAT", "percentage": 21, "inclusive": False}
        ).id
        self.products = {name: self._product(name) for name in ("Basic", "Pro")}
        self.prices = {
            "basic": self._price("Basic", 900, "month"),
            "pro": self._price("Pro", 2900, "month"),
            "pro_year": self._price("Pro", 29000, "year"),
        }

    def configure(self, **fields: Any) -> PortalConfiguration:
        """Save the portal's configuration as its webhook would."""
        values: dict[str, Any] = {
            "id": "bpc_shop",
            "subscription_update": True,
            "subscription_updates": frozenset({"price", "quantity"}),
            "proration_behavior": "always_invoice",
            "products": (
                OfferedProduct(self.products["Basic"], (self.prices["basic"],)),
                OfferedProduct(
                    self.products["Pro"],
                    (self.prices["pro"], self.prices["pro_year"]),
                    quantity_adjustable=True,
                    quantity_maximum=10,
                ),
            ),
        }
        configuration = PortalConfiguration(**(values | fields))
        with self.house.db.write() as unit:
            seen = [(configuration, self.house.now())]
            configurations.save(unit, self.house.merchant, seen)
        return configuration

    def customer(self, *methods: str, **fields: Any) -> str:
        """Add a customer with saved methods, the first of them the default."""
        body = {"name": "Forn Aurora", "email": "ana@fornaurora.example", **fields}
        customer = self.stripe.customers.create(body).id
        saved = [
            self.stripe.payment_methods.attach(method, {"customer": customer}).id
            for method in methods
        ]
        if saved:
            settings = {"invoice_settings": {"default_payment_method": saved[0]}}
            self.stripe.customers.update(customer, settings)
        return customer

    def subscribe(self, customer: str, price: str = "basic", **fields: Any) -> str:
        """Subscribe a customer."""
        body = {
            "customer": customer,
            "items": [{"price": self.prices[price]}],
            "default_tax_rates": [self.vat],
            **fields,
        }
        return self.stripe.subscriptions.create(body).id

    def visit(self, customer: str) -> Visit:
        """Bring the portal up to date and return a visit of the customer."""
        self.house.settle_down()
        return self.house.visit(stripe_customer=customer)

    def held(self, visit: Visit, subscription: str) -> Subscription:
        """Return what the portal knows of a subscription."""
        return subscriptions.get(visit, subscription).subscription

    def told(self, subscription: str) -> Any:
        """Return a subscription as Stripe has it."""
        return self.stripe.subscriptions.retrieve(subscription)

    def _product(self, name: str) -> str:
        return self.stripe.products.create({"name": name}).id

    def _price(self, name: str, amount: int, interval: str) -> str:
        return self.stripe.prices.create(
            {
                "product": self.products[name],
                "currency": "eur",
                "unit_amount": amount,
                "recurring": {"interval": interval},
                "tax_behavior": "exclusive",
            }
        ).id


def sign_in(browser: Browser, visit: Visit, *, entered_by: str = sessions.BY_SIGN_IN) -> None:
    """Let a browser in as the customer of a visit."""
    card = customers.find_card(visit.db, visit.merchant, visit.customer.id)
    with visit.db.write() as unit:
        key = sessions.start(
            unit,
            visit.merchant,
            card,
            entered_by=entered_by,
            now=visit.now,
            email=visit.email if entered_by == sessions.BY_SIGN_IN else "",
        )
    carry(browser, key)
