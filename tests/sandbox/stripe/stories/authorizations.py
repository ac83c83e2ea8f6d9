"""Money that is authorized first: captured, increased or let go; or approved on a page."""

from tests.sandbox.stripe.conftest import path_of
from tests.sandbox.stripe.stories.telling import Teller, story

GROWING = {"card": {"request_incremental_authorization": "if_available"}}


@story
def captures(shop: Teller) -> None:
    """One captured in part, one increased and then captured, one that expires."""
    part = shop.pay("pm_card_visa", capture_method="manual")
    words = {"metadata": {"a": "b"}, "statement_descriptor_suffix": "HAT"}
    shop.api.payment_intents.capture(part.id, {"amount_to_capture": 1000, **words})
    shop.api.charges.retrieve(part.latest_charge)
    grown = shop.pay("pm_card_visa", capture_method="manual", payment_method_options=GROWING)
    more = {"amount": 2000, "description": "Two hats"}
    shop.api.payment_intents.increment_authorization(grown.id, more)
    shop.api.payment_intents.capture(grown.id)
    left = shop.pay("pm_card_visa", capture_method="manual")
    shop.advance(8)
    shop.api.payment_intents.retrieve(left.id)
    shop.api.refunds.list({"payment_intent": left.id})


@story
def let_go(shop: Teller) -> None:
    """An authorization that is cancelled, another that is refunded."""
    cancelled = shop.pay("pm_card_visa", capture_method="manual")
    shop.api.payment_intents.cancel(cancelled.id)
    refunded = shop.pay("pm_card_visa", capture_method="manual")
    shop.api.refunds.create({"payment_intent": refunded.id})
    shop.api.charges.list()
    shop.api.payment_intents.list()


@story
def secure(shop: Teller) -> None:
    """A payment that the bank's page approves, and what the charge tells of it."""
    intent = shop.pay("pm_card_authenticationRequired", customer=shop.customer(None).id)
    page = path_of(intent.next_action.redirect_to_url.url)
    shop.browser.post(page, data={"complete": "yes"})
    paid = shop.api.payment_intents.retrieve(intent.id)
    shop.api.charges.retrieve(paid.latest_charge)
    shop.api.payment_intents.amount_details_line_items.list(intent.id)
