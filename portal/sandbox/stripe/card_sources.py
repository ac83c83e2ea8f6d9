"""Card objects of the older API (`card_…`): each is also a payment method of the same id."""

from portal.sandbox.stripe import method_making
from portal.sandbox.stripe.cards import Card
from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.unit import Unit

BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "MasterCard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
ADDRESS = {
    "address_city": "city",
    "address_country": "country",
    "address_line1": "line1",
    "address_line2": "line2",
    "address_state": "state",
    "address_zip": "postal_code",
}


def billing_of(given: Json) -> Json:
    """The billing details of a payment method from the fields of a card."""
    address = {part: given[name] for name, part in ADDRESS.items() if given.get(name)}
    return {"address": address, "name": given.get("name")}


def shown(unit: Unit, card_id: str, card: Card, given: Json) -> Json:
    """The `card` object; `given` as the older API names the fields. Raises card errors."""
    method = method_making.shown_card(card, given, billing_of(given))
    method_making.set_expiry(unit, method, given)
    checks = method["checks"]
    return {
        "id": card_id,
        "object": "card",
        **{name: given.get(name) or None for name in ADDRESS},
        "address_line1_check": checks["address_line1_check"],
        "address_zip_check": checks["address_postal_code_check"],
        "allow_redisplay": "unspecified",
        "brand": BRANDS[card.brand],
        "country": card.country,
        "customer": None,
        "cvc_check": checks["cvc_check"],
        "dynamic_last4": None,
        "exp_month": method["exp_month"],
        "exp_year": method["exp_year"],
        "fingerprint": method["fingerprint"],
        "funding": card.funding,
        "last4": card.last4,
        "metadata": {},
        "name": given.get("name") or None,
        "networks": {"preferred": None},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }


def store(unit: Unit, body: Json, card: Card) -> Json:
    """Stores a card together with the payment method of the same id."""
    expiry = {"exp_month": body["exp_month"], "exp_year": body["exp_year"]}
    details = method_making.shown_card(card, {}) | expiry
    details["checks"] = {
        "address_line1_check": body["address_line1_check"],
        "address_postal_code_check": body["address_zip_check"],
        "cvc_check": body["cvc_check"],
    }
    data = {"_id": body["id"], "billing_details": billing_of(body)}
    method_making.store(unit, "card", details, card.name, data)
    return unit.put(body | {"_instrument": card.name})
