"""Intents, charges, refunds, fees and what the account says of itself."""

import stripe

from tests.sandbox.stripe.stories.customers import ACCEPTED, IBAN
from tests.sandbox.stripe.stories.telling import Teller, story

CURRENCY = {"currency": "eur", "return_url": "https://shop.example"}


@story
def intents(shop: Teller) -> None:
    """Paid at once, declined and tried again, waiting for the bank, given up."""
    customer = shop.customer()
    shop.pay("pm_card_visa", customer=customer.id, setup_future_usage="off_session")
    intent = shop.api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "customer": customer.id,
            "description": "A hat",
            "metadata": {"a": "b"},
            "receipt_email": "ana@example.com",
            "statement_descriptor_suffix": "HAT",
            "shipping": {"name": "Ana", "address": {"line1": "Gran Via 1", "country": "ES"}},
        }
    )
    shop.api.payment_intents.update(intent.id, {"amount": 2500})
    refused = {"payment_method": "pm_card_chargeDeclined", "return_url": "https://shop.example"}
    try:
        shop.api.payment_intents.confirm(intent.id, refused)
    except stripe.CardError:
        shop.api.payment_intents.retrieve(intent.id)
    asked = {**refused, "payment_method": "pm_card_authenticationRequired"}
    shop.api.payment_intents.confirm(intent.id, asked)
    shop.api.payment_intents.retrieve(intent.id)
    shop.api.payment_intents.cancel(intent.id, {"cancellation_reason": "requested_by_customer"})
    shop.api.payment_intents.list({"customer": customer.id})


@story
def debits(shop: Teller) -> None:
    """A bank debit that takes days."""
    details = {"billing_details": {"name": "Ana", "email": "ana@example.com"}}
    intent = shop.api.payment_intents.create(
        {
            **CURRENCY,
            "amount": 3000,
            "confirm": True,
            "allowed_payment_method_types": ["sepa_debit"],
            "payment_method_data": {**IBAN, **details},
            "mandate_data": {"customer_acceptance": ACCEPTED},
        }
    )
    shop.api.payment_intents.retrieve(intent.id)
    shop.advance(8)
    charge = shop.api.charges.retrieve(shop.api.payment_intents.retrieve(intent.id).latest_charge)
    shop.api.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)


@story
def charges(shop: Teller) -> None:
    """What was charged, described, given back and booked."""
    paid = shop.pay("pm_card_visa", customer=shop.customer().id)
    charge = shop.api.charges.update(paid.latest_charge, {"description": "A hat"})
    refund = shop.api.refunds.create({"charge": charge.id, "amount": 500, "metadata": {"a": "b"}})
    shop.api.refunds.update(refund.id, {"metadata": {"c": "d"}})
    shop.api.refunds.retrieve(refund.id)
    shop.api.refunds.list({"charge": charge.id})
    shop.api.charges.retrieve(charge.id)
    shop.api.charges.list({"payment_intent": paid.id})
    shop.api.balance_transactions.retrieve(charge.balance_transaction)
    shop.api.balance_transactions.list()


@story
def account(shop: Teller) -> None:
    """The account itself, its events and those who are told of them."""
    shop.api.accounts.retrieve(shop.account["id"])
    shop.call("GET", "/v1/account")
    address = {"url": "https://shop.example/hook", "enabled_events": ["customer.created"]}
    endpoint = shop.api.webhook_endpoints.create({**address, "description": "Ours"})
    shop.customer()
    shop.api.webhook_endpoints.update(endpoint.id, {"disabled": True})
    shop.api.webhook_endpoints.retrieve(endpoint.id)
    shop.api.webhook_endpoints.list()
    shop.api.webhook_endpoints.delete(endpoint.id)
    event = shop.api.events.list({"types": ["customer.updated", "customer.created"]}).data[0]
    shop.api.events.retrieve(event.id)
    shop.call("POST", f"/v1/events/{event.id}/retry")
