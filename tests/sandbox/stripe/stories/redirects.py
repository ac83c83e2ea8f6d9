"""Methods that send the payer elsewhere, and slips that are paid in shops."""

from typing import Any

from tests.sandbox.stripe.conftest import RETURN, path_of
from tests.sandbox.stripe.stories.customers import ADDRESS
from tests.sandbox.stripe.stories.telling import Teller, story, story_in

PERSON = {"name": "Ana", "email": "ana@example.com", "address": ADDRESS}


def begin(shop: Teller, kind: str, currency: str = "eur", **more: Any) -> Any:
    """A payment of 300.00 (or 30000) by a type."""
    data = {"type": kind, "billing_details": PERSON}
    wanted = {"amount": 30000, "currency": currency, "confirm": True, "return_url": RETURN}
    return shop.api.payment_intents.create(wanted | {"payment_method_data": data} | more)


def answer(shop: Teller, intent: Any, **data: str) -> None:
    """What the payer does on the page, and what came of it."""
    details = intent.next_action[intent.next_action.type]
    named = "url" if "url" in details else "hosted_instructions_url"
    shop.browser.post(path_of(details[named]), data=data)
    found = shop.api.payment_intents.retrieve(intent.id)
    shop.api.payment_methods.retrieve(found.payment_method)
    shop.api.charges.retrieve(found.latest_charge)


@story
def european(shop: Teller) -> None:
    """What a Spanish merchant may offer, agreed to; one refused."""
    for kind in ("bancontact", "bizum", "eps", "ideal", "klarna", "link", "p24", "paypal"):
        answer(shop, begin(shop, kind), complete="yes")
    for kind in ("amazon_pay", "mobilepay", "revolut_pay", "satispay"):
        answer(shop, begin(shop, kind), complete="yes")
    refused = begin(shop, "ideal")
    page = path_of(refused.next_action.redirect_to_url.url)
    shop.browser.post(page, data={"fail": "yes"})
    shop.api.payment_intents.retrieve(refused.id)


@story_in("US", "usd")
def american(shop: Teller) -> None:
    """What an American merchant may offer."""
    for kind in ("affirm", "afterpay_clearpay", "cashapp"):
        answer(shop, begin(shop, kind, "usd"), complete="yes")


@story
def slips(shop: Teller) -> None:
    """A slip that is paid, given back once the payer names an account; one that ends unpaid."""
    paid, left = begin(shop, "multibanco"), begin(shop, "multibanco")
    shop.browser.post(
        path_of(paid.next_action.multibanco_display_details.hosted_voucher_url),
        data={"pay": "yes"},
    )
    charge = shop.api.payment_intents.retrieve(paid.id).latest_charge
    shop.api.charges.retrieve(charge)
    asked = shop.api.refunds.create({"charge": charge, "amount": 1000})
    shop.api.refunds.retrieve(asked.id)
    shop.api.refunds.cancel(asked.id)
    late = shop.api.refunds.create({"charge": charge, "amount": 2000})
    shop.api.test_helpers.refunds.expire(late.id)
    named = shop.api.refunds.create({"charge": charge, "amount": 3000})
    shop.transport.http.post("/_sandbox/refunds", json={"refund": named.id})
    shop.api.refunds.list({"charge": charge})
    shop.advance(20)
    shop.api.payment_intents.retrieve(left.id)


@story
def late_refunds(shop: Teller) -> None:
    """Refunds that fail or succeed later."""
    for card in ("refundFail", "pendingRefund"):
        paid = shop.pay(f"pm_card_{card}")
        shop.api.refunds.create({"payment_intent": paid.id, "reason": "duplicate"})
    shop.advance(1)
    shop.api.refunds.list()
    shop.api.charges.list()
