"""The balance, and everything that is booked in it."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def balance(shop: Teller) -> None:
    """Empty, then pending, then available; with a charge, a refund and a dispute in it."""
    shop.api.balance.retrieve()
    paid = shop.pay("pm_card_visa")
    shop.pay("pm_card_bypassPending")
    shop.pay("pm_card_createDispute")
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})
    shop.api.balance.retrieve()
    shop.api.balance_transactions.list()
    shop.advance(8)
    shop.api.balance.retrieve()
    booked = shop.api.balance_transactions.list({"type": "adjustment"}).data[0]
    shop.api.balance_transactions.retrieve(booked.id)
