"""What older clients do: tokens, cards of customers and charges without an intent."""

from tests.sandbox.stripe.stories.telling import Teller, story

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}
PLACE = {"address_line1": "Gran Via 1", "address_zip": "48001", "address_country": "ES"}
PRICE = {"amount": 2000, "currency": "eur"}


@story
def tokens(shop: Teller) -> None:
    """A token of a number, used up by a charge; a published one, read."""
    token = shop.api.tokens.create({"card": {**CARD, **PLACE, "name": "Ana"}})
    shop.api.charges.create({**PRICE, "source": token.id, "metadata": {"a": "b"}})
    shop.api.tokens.retrieve(token.id)
    shop.api.tokens.retrieve("tok_visa")


@story
def charges(shop: Teller) -> None:
    """Charged at once, authorized and captured in part, authorized and let go."""
    buyer = shop.api.customers.create({"name": "Ana", "source": "tok_visa"})
    shop.api.charges.create({**PRICE, "customer": buyer.id, "description": "A hat"})
    wanted = {**PRICE, "source": "tok_visa", "capture": False}
    held = shop.api.charges.create(wanted)
    shop.api.charges.capture(held.id, {"amount": 500})
    left = shop.api.charges.create(wanted)
    shop.advance(8)
    shop.api.charges.retrieve(left.id)
    shop.api.charges.list()


@story
def sources(shop: Teller) -> None:
    """A customer's cards: added, changed, listed, removed."""
    buyer = shop.api.customers.create({"name": "Ana", "source": "tok_visa"})
    cards = shop.api.customers.payment_sources
    second = cards.create(buyer.id, {"source": "tok_mastercard", "metadata": {"a": "b"}})
    cards.update(buyer.id, buyer.default_source, {"name": "Ana B", "exp_year": "2035", **PLACE})
    cards.retrieve(buyer.id, buyer.default_source)
    cards.retrieve(buyer.id, second.id)
    cards.list(buyer.id)
    shop.api.customers.retrieve(buyer.id)
    gone = cards.delete(buyer.id, buyer.default_source)
    assert gone.deleted is True
    shop.api.customers.retrieve(buyer.id)
