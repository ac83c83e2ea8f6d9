"""American and Canadian bank accounts, verified by small deposits."""

from typing import Any

from tests.sandbox.stripe.conftest import RETURN
from tests.sandbox.stripe.stories.customers import ACCEPTED
from tests.sandbox.stripe.stories.telling import Teller, story_in

PERSON = {"name": "Ana", "email": "ana@example.com"}
SIGNED = {"mandate_data": {"customer_acceptance": ACCEPTED}, "return_url": RETURN}
AMERICAN = {
    "type": "us_bank_account",
    "us_bank_account": {
        "account_number": "000123456789",
        "routing_number": "110000000",
        "account_holder_type": "individual",
    },
    "billing_details": PERSON,
}


def debit(shop: Teller, currency: str, **more: Any) -> Any:
    """A payment of 20.00 from a bank account."""
    wanted = {"amount": 2000, "currency": currency, "confirm": True}
    return shop.api.payment_intents.create(wanted | SIGNED | more)


@story_in("US", "usd")
def payments(shop: Teller) -> None:
    """Paid once the account is verified."""
    intent = debit(shop, "usd", payment_method_data=AMERICAN)
    shop.api.payment_intents.retrieve(intent.id)
    shop.api.payment_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})
    shop.advance(8)
    paid = shop.api.payment_intents.retrieve(intent.id)
    shop.api.charges.retrieve(paid.latest_charge)


@story_in("US", "usd")
def setups(shop: Teller) -> None:
    """Verified by the code, kept and used later."""
    wanted = {"customer": shop.customer(None).id, "payment_method_data": AMERICAN}
    intent = shop.api.setup_intents.create(wanted | SIGNED | {"confirm": True})
    shop.api.setup_intents.retrieve(intent.id)
    done = shop.api.setup_intents.verify_microdeposits(intent.id, {"descriptor_code": "SM11AA"})
    shop.api.mandates.retrieve(done.mandate)
    shop.api.payment_methods.retrieve(done.payment_method)
    shop.api.setup_attempts.list({"setup_intent": intent.id})


@story_in("CA", "cad")
def canadian(shop: Teller) -> None:
    """A pre-authorized debit of a test account, which is verified already."""
    intent = debit(shop, "cad", payment_method="pm_acssDebit_success")
    charge = shop.api.charges.retrieve(intent.latest_charge)
    shop.api.mandates.retrieve(charge.payment_method_details.acss_debit.mandate)
    shop.api.payment_methods.retrieve(intent.payment_method)
