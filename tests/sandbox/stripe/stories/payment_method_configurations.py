"""What a merchant wants to offer."""

from tests.sandbox.stripe.stories.telling import Teller, story


@story
def configurations(shop: Teller) -> None:
    """The default one changed; another one made, named by a payment, put out of use."""
    every = shop.api.payment_method_configurations
    default = every.list().data[0]
    every.update(default.id, {"ideal": {"display_preference": {"preference": "on"}}})
    off = {"display_preference": {"preference": "off"}}
    made = every.create({"name": "Cards", "sepa_debit": off})
    every.retrieve(made.id)
    wanted = {"amount": 1500, "currency": "eur", "payment_method_configuration": made.id}
    intent = shop.api.payment_intents.create(wanted)
    shop.api.payment_intents.retrieve(intent.id)
    every.update(made.id, {"active": False, "name": "Old"})
    every.list({"active": False})
