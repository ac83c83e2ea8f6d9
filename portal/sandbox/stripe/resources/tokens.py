"""Tokens of test cards and test bank accounts, as older clients make them; used once."""

from portal.sandbox.stripe import card_sources
from portal.sandbox.stripe.cards import card_numbered, card_of_token
from portal.sandbox.stripe.errors import Json, card_error, invalid, missing, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/tokens"
PARTS = ("account", "bank_account", "card", "customer", "cvc_update", "person", "pii")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Makes a token of `card`: a hash with a test number, or the name of a published token."""
    given = [name for name in PARTS if name in params]
    if given != ["card"]:
        if not given:
            message = (
                "You must supply either a card, customer, PII data, bank account, or account legal "
                "entity to create a token."
            )
            raise invalid(message, param="card")
        raise unsupported(f"a token of {', '.join(given)}", given[0])
    hash_ = params["card"]
    if isinstance(hash_, str):
        card = card_of_token(hash_.removeprefix("tok_"))
        if card is None:
            raise missing("token", hash_, "card")
        hash_ = {}
    else:
        card = card_numbered(hash_.get("number", ""))
        if card is None:
            raise card_error("Your card number is incorrect.", "incorrect_number", param="number")
    return unit.put(
        {
            "id": unit.id("tok"),
            "object": "token",
            "card": card_sources.shown(unit, unit.id("card"), card, hash_),
            "client_ip": None,
            "created": unit.account_now,
            "livemode": False,
            "type": "card",
            "used": False,
            "_instrument": card.name,
        }
    )


@route("GET", URL + "/{token}")
def retrieve(unit: Unit, params: Json, token: str) -> Json:
    """One token; a published one is made when it is asked for."""
    _ = params
    if card_of_token(token.removeprefix("tok_")) and unit.find("token", token) is None:
        return create(unit, {"card": token})
    return unit.get("token", token, "token")
