"""Customers, their balance, tax ids and saved payment methods."""

import pytest
import stripe

from tests.sandbox.stripe.stories.telling import Teller, story

ADDRESS = {"line1": "Gran Via 1", "city": "Bilbao", "postal_code": "48001", "country": "ES"}
IBAN = {"type": "sepa_debit", "sepa_debit": {"iban": "ES0700120345030000067890"}}
ACCEPTED = {
    "type": "online",
    "online": {"ip_address": "127.0.0.1", "user_agent": "story"},
}


@story
def customers(shop: Teller) -> None:
    """A customer with everything, changed, read after deletion too."""
    made = shop.customer(
        address=ADDRESS,
        shipping={"name": "Ana", "phone": "1", "address": ADDRESS},
        phone="+34600000000",
        description="A friend",
        preferred_locales=["es"],
        metadata={"a": "b"},
        invoice_prefix="ANA1",
        tax_exempt="reverse",
        tax_id_data=[{"type": "eu_vat", "value": "ESA00000000"}],
        invoice_settings={
            "custom_fields": [{"name": "Order", "value": "1"}],
            "footer": "Thanks",
        },
    )
    shop.api.customers.update(made.id, {"name": "Ana B", "metadata": {"a": "", "c": "d"}})
    shop.api.customers.update(made.id, {"shipping": "", "balance": -500, "email": "b@example.com"})
    shop.api.customers.retrieve(made.id)
    shop.api.customers.list({"email": "b@example.com"})
    gone = shop.customer(None)
    shop.subscribe(shop.customer())
    shop.api.customers.delete(gone.id)
    shop.api.customers.retrieve(gone.id)


@story
def balance(shop: Teller) -> None:
    """Money on a customer's balance."""
    made = shop.customer(None)
    entry = shop.api.customers.balance_transactions.create(
        made.id, {"amount": -700, "currency": "eur", "description": "A gift"}
    )
    described = {"description": "A gift of ours", "metadata": {"a": "b"}}
    shop.api.customers.balance_transactions.update(made.id, entry.id, described)
    shop.api.customers.balance_transactions.retrieve(made.id, entry.id)
    shop.api.customers.balance_transactions.list(made.id)


@story
def discounts(shop: Teller) -> None:
    """No request gives a customer a discount, so there is none to take away."""
    with pytest.raises(stripe.InvalidRequestError, match="No active discount"):
        shop.api.customers.delete_discount(shop.customer(None).id)


@story
def tax_ids(shop: Teller) -> None:
    """A customer's tax ids; the verification comes a little later."""
    made = shop.customer(None)
    found = shop.api.customers.tax_ids.create(made.id, {"type": "eu_vat", "value": "ES000000000"})
    shop.advance(1)
    shop.api.customers.tax_ids.retrieve(made.id, found.id)
    shop.api.customers.tax_ids.list(made.id)
    shop.api.customers.tax_ids.delete(made.id, found.id)


@story
def payment_methods(shop: Teller) -> None:
    """Cards and bank accounts, saved, changed and removed."""
    made = shop.customer()
    card = {"type": "card", "card": {"token": "tok_visa"}}
    other = shop.api.payment_methods.create(
        {**card, "billing_details": {"name": "Ana", "address": ADDRESS}, "metadata": {"a": "b"}}
    )
    shop.api.payment_methods.attach(other.id, {"customer": made.id})
    expires = {"exp_month": 12, "exp_year": 2040}
    shop.api.payment_methods.update(other.id, {"card": expires, "allow_redisplay": "always"})
    shop.api.payment_methods.retrieve(other.id)
    shop.api.payment_methods.list({"customer": made.id, "type": "card"})
    shop.api.customers.payment_methods.list(made.id)
    shop.api.customers.payment_methods.retrieve(made.id, other.id)
    shop.api.payment_methods.detach(other.id)


@story
def setup_intents(shop: Teller) -> None:
    """A card and a bank account set up for later, one that needs the bank, one given up."""
    made = shop.customer(None)
    details = {"billing_details": {"name": "Ana", "email": "ana@example.com"}}
    debit = shop.api.setup_intents.create(
        {
            "customer": made.id,
            "allowed_payment_method_types": ["sepa_debit"],
            "payment_method_data": {**IBAN, **details},
            "mandate_data": {"customer_acceptance": ACCEPTED},
            "return_url": "https://shop.example",
            "confirm": True,
        }
    )
    shop.api.mandates.retrieve(debit.mandate)
    intent = shop.api.setup_intents.create({"customer": made.id, "usage": "off_session"})
    shop.api.setup_intents.update(intent.id, {"description": "For later", "metadata": {"a": "b"}})
    asked = {"payment_method": "pm_card_authenticationRequired"}
    shop.api.setup_intents.confirm(intent.id, {**asked, "return_url": "https://shop.example"})
    shop.api.setup_intents.retrieve(intent.id)
    shop.api.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    shop.api.setup_intents.list({"customer": made.id})
