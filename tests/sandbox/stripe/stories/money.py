"""Money that is held, disputed, given back, reported from outside, and the older ways to pay."""

from typing import Any

import stripe

from tests.sandbox.stripe.conftest import BASE
from tests.sandbox.stripe.stories.customers import ACCEPTED
from tests.sandbox.stripe.stories.telling import Teller, story

RETURN = "https://shop.example/back"
PERSON = {"name": "Ana", "email": "ana@example.com"}
CUSTOM = {"type": "custom", "custom": {"display_name": "Transfer"}}


@story
def holds(shop: Teller) -> None:
    """Authorized, increased, captured in part."""
    options = {"card": {"request_incremental_authorization": "if_available"}}
    intent = shop.pay("pm_card_visa", capture_method="manual", payment_method_options=options)
    shop.api.payment_intents.increment_authorization(intent.id, {"amount": 2000})
    shop.api.payment_intents.capture(intent.id, {"amount_to_capture": 1800})
    shop.api.payment_intents.retrieve(intent.id)
    shop.call("GET", f"/v1/payment_intents/{intent.id}/amount_details_line_items")
    expiring = shop.pay("pm_card_visa", capture_method="manual")
    shop.advance(8)
    shop.api.payment_intents.retrieve(expiring.id)
    shop.api.refunds.list({"payment_intent": expiring.id})


@story
def confirmations(shop: Teller) -> None:
    """Confirmed with a token; a set-up that failed before it went well."""
    token = shop.api.test_helpers.confirmation_tokens.create(
        {"payment_method": "pm_card_visa", "return_url": RETURN}
    )
    wanted = {"amount": 1500, "currency": "eur", "confirm": True, "confirmation_token": token.id}
    shop.api.payment_intents.create(wanted)
    shop.api.confirmation_tokens.retrieve(token.id)
    customer = shop.customer(None)
    setup = shop.api.setup_intents.create({"customer": customer.id})
    try:
        shop.api.setup_intents.confirm(
            setup.id, {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN}
        )
    except stripe.CardError:
        shop.api.setup_intents.retrieve(setup.id)
    shop.api.setup_intents.confirm(
        setup.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )
    shop.api.setup_attempts.list({"setup_intent": setup.id})


@story
def disputes(shop: Teller) -> None:
    """Won with evidence, given up, warned of."""
    for token in ("createDispute", "createDisputeInquiry", "createCe3EligibleDispute"):
        shop.pay(f"pm_card_{token}")
    newest, _, oldest = shop.api.disputes.list().data
    evidence = {"uncategorized_text": "winning_evidence"}
    shop.api.disputes.update(oldest.id, {"evidence": evidence, "metadata": {"a": "b"}})
    shop.api.disputes.retrieve(oldest.id)
    shop.api.disputes.close(newest.id)
    shop.pay("pm_card_createIssuerFraudRecord")
    warning = shop.api.radar.early_fraud_warnings.list().data[0]
    shop.api.radar.early_fraud_warnings.retrieve(warning.id)
    shop.api.balance.retrieve()


@story
def refunds(shop: Teller) -> None:
    """Refunds that end later, or wait until the payer named an account."""
    for token in ("pendingRefund", "refundFail"):
        paid = shop.pay(f"pm_card_{token}")
        refund = shop.api.refunds.create({"payment_intent": paid.id})
        shop.advance(1)
        shop.api.refunds.retrieve(refund.id)
    slips = [_slip(shop) for _ in range(2)]
    asked = [shop.api.refunds.create({"payment_intent": one}) for one in slips]
    shop.api.refunds.cancel(asked[0].id)
    shop.api.test_helpers.refunds.expire(asked[1].id)


def _slip(shop: Teller) -> str:
    intent = shop.api.payment_intents.create(
        {
            "amount": 1500,
            "currency": "eur",
            "confirm": True,
            "return_url": RETURN,
            "payment_method_data": {"type": "multibanco", "billing_details": PERSON},
        }
    )
    paid = {"payment_intent": intent.id, "outcome": "pay"}
    shop.transport.http.post("/_sandbox/payments", json=paid)
    return str(intent.id)


@story
def redirects(shop: Teller) -> None:
    """A bank in another country, an app."""
    for kind in ("ideal", "klarna", "paypal", "p24", "link"):
        billing = PERSON | {"address": {"country": "DE"}}
        intent = shop.api.payment_intents.create(
            {
                "amount": 1500,
                "currency": "eur",
                "confirm": True,
                "return_url": RETURN,
                "payment_method_data": {"type": kind, "billing_details": billing},
            }
        )
        done = {"payment_intent": intent.id, "outcome": "complete"}
        shop.transport.http.post("/_sandbox/payments", json=done)
        shop.api.payment_intents.retrieve(intent.id)


@story
def verified(shop: Teller) -> None:
    """American accounts are verified by small deposits, for a payment and for later."""
    account = shop.sandbox.add_account({"country": "US", "default_currency": "usd"})
    client = stripe.StripeClient(
        account["_secret_key"], base_addresses={"api": BASE}, http_client=shop.transport
    )
    numbers = {"account_number": "000123456789", "routing_number": "110000000"}
    data = {"type": "us_bank_account", "us_bank_account": numbers, "billing_details": PERSON}
    shared: dict[str, Any] = {
        "confirm": True,
        "return_url": RETURN,
        "payment_method_data": data,
        "mandate_data": {"customer_acceptance": ACCEPTED},
    }
    intent = client.v1.payment_intents.create({"amount": 1500, "currency": "usd", **shared})
    client.v1.payment_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})
    customer = client.v1.customers.create({"name": "Ana"})
    setup = client.v1.setup_intents.create({"customer": customer.id, **shared})
    client.v1.setup_intents.verify_microdeposits(setup.id, {"descriptor_code": "SM11AA"})


@story
def older_clients(shop: Teller) -> None:
    """Tokens, sources and charges without an intent."""
    card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}
    token = shop.api.tokens.create({"card": card})
    shop.api.tokens.retrieve(token.id)
    buyer = shop.api.customers.create({"source": token.id})
    sources = shop.api.customers.payment_sources
    second = sources.create(buyer.id, {"source": "tok_mastercard"})
    sources.retrieve(buyer.id, second.id)
    sources.update(buyer.id, second.id, {"name": "Ana", "metadata": {"a": "b"}})
    sources.list(buyer.id)
    charge = shop.api.charges.create(
        {"amount": 1500, "currency": "eur", "customer": buyer.id, "capture": False}
    )
    shop.api.charges.capture(charge.id, {"amount": 1000})
    shop.api.charges.retrieve(charge.id)
    sources.delete(buyer.id, second.id)
    shop.api.customers.retrieve(buyer.id)


@story
def offers(shop: Teller) -> None:
    """What a merchant offers, and which components may read a customer."""
    configurations = shop.api.payment_method_configurations
    on = {"display_preference": {"preference": "on"}}
    made = configurations.create({"name": "Ours", "ideal": on})
    configurations.update(made.id, {"name": "Ours too", "active": False})
    configurations.retrieve(made.id)
    configurations.list()
    components = {"payment_element": {"enabled": True}}
    customer = shop.customer(None)
    shop.api.customer_sessions.create({"customer": customer.id, "components": components})


@story
def payment_records(shop: Teller) -> None:
    """Money taken elsewhere: failed, cancelled, guaranteed, given back."""
    records = shop.api.payment_records
    record = records.report_payment(
        {
            "amount_requested": {"currency": "eur", "value": 5000},
            "initiated_at": 1_790_000_000,
            "payment_method_details": CUSTOM | {"billing_details": PERSON},
            "customer_details": {"customer": shop.customer(None).id},
            "shipping_details": {"name": "Ana", "address": {"country": "ES"}},
        }
    )
    again = {"initiated_at": 1_790_000_200, "payment_method_details": CUSTOM}
    records.report_payment_attempt_failed(record.id, {"failed_at": 1_790_000_100})
    records.report_payment_attempt(record.id, again)
    records.report_payment_attempt_canceled(record.id, {"canceled_at": 1_790_000_300})
    records.report_payment_attempt(record.id, again)
    records.report_payment_attempt_informational(record.id, {"description": "By transfer"})
    records.report_payment_attempt_guaranteed(record.id, {"guaranteed_at": 1_790_000_400})
    records.report_refund(
        record.id,
        {
            "outcome": "refunded",
            "processor_details": {"type": "custom", "custom": {"refund_reference": "R"}},
            "refunded": {"refunded_at": 1_790_000_500},
            "amount": {"currency": "eur", "value": 1000},
        },
    )
    found = records.retrieve(record.id)
    records.list()
    shop.api.payment_attempt_records.list({"payment_record": record.id})
    shop.api.payment_attempt_records.retrieve(found.latest_payment_attempt_record)
