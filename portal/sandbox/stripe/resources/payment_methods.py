"""Payment methods: made from test tokens and test numbers, kept by customers, taken away again."""

from portal.sandbox.stripe import declines
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.instruments import BankAccount, Card, accounts, card_named
from portal.sandbox.stripe.method_making import billing_details, make, of_token, set_expiry
from portal.sandbox.stripe.method_types import TYPES
from portal.sandbox.stripe.registry import listens, route
from portal.sandbox.stripe.unit import Unit, merged

__all__ = ["check_usable", "instrument", "keep", "let_go", "make", "resolve"]

URL = "/v1/payment_methods"
HARMLESS = frozenset(
    [
        *TYPES,
        "allow_redisplay",
        "billing_details",
        "customer",
        "metadata",
        "payment_method",
        "type",
    ]
)
CHANGEABLE = frozenset(["allow_redisplay", "billing_details", "card", "metadata"])


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one from a test token, number or IBAN."""
    for name in params.keys() - HARMLESS:
        raise unsupported(name, name)
    if "payment_method" in params or "customer" in params:
        raise unsupported("cloning a payment method", "payment_method")
    if "type" not in params:
        raise invalid("Missing required param: type.", param="type", code="parameter_missing")
    return make(unit, params)


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Those of one customer, newest first; filters `type` and `allow_redisplay`."""
    if "customer" not in params:
        message = "You must provide a customer."
        raise invalid(message, param="customer", code="parameter_missing")
    return _of(unit, params, params["customer"], URL)


@route("GET", "/v1/customers/{customer}/payment_methods")
def list_of_customer(unit: Unit, params: Json, customer: str) -> Json:
    """The customer's, newest first; filters `type` and `allow_redisplay`."""
    return _of(unit, params, customer, f"/v1/customers/{customer}/payment_methods")


@route("GET", "/v1/customers/{customer}/payment_methods/{payment_method}")
def retrieve_of_customer(unit: Unit, params: Json, customer: str, payment_method: str) -> Json:
    """One of the customer's."""
    _ = params
    unit.get("customer", customer, "customer")
    found = unit.get("payment_method", payment_method, "payment_method")
    if found["customer"] != customer:
        raise missing("payment_method", payment_method, "payment_method")
    return found


@route("GET", URL + "/{payment_method}")
def retrieve(unit: Unit, params: Json, payment_method: str) -> Json:
    """One method; a test token makes a new one."""
    _ = params
    return resolve(unit, payment_method)


@route("POST", URL + "/{payment_method}")
def update(unit: Unit, params: Json, payment_method: str) -> Json:
    """Changes billing details, metadata, the expiry of a card and whether it is shown again."""
    method = unit.get("payment_method", payment_method, "payment_method")
    for name in params.keys() - CHANGEABLE:
        raise unsupported(name, name)
    if method["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    if "billing_details" in params:
        details = billing_details(params["billing_details"] or {})
        given = params["billing_details"] or details
        method["billing_details"] |= {name: details[name] for name in given}
    if "card" in params:
        _change_card(unit, method, params["card"])
    if "metadata" in params:
        method["metadata"] = merged(method["metadata"], params["metadata"])
    method["allow_redisplay"] = params.get("allow_redisplay", method["allow_redisplay"])
    return unit.save(method, "payment_method.updated")


@route("POST", URL + "/{payment_method}/attach")
def attach(unit: Unit, params: Json, payment_method: str) -> Json:
    """Saves it to a customer; the bank may decline, a one-off type is refused."""
    if "customer" not in params:
        message = "Missing required param: customer."
        raise invalid(message, param="customer", code="parameter_missing")
    customer = unit.get("customer", params["customer"], "customer")
    return keep(unit, resolve(unit, payment_method), customer["id"])


@route("POST", URL + "/{payment_method}/detach")
def detach(unit: Unit, params: Json, payment_method: str) -> Json:
    """Takes it from its customer for good; it can never be used again."""
    _ = params
    method = unit.get("payment_method", payment_method, "payment_method")
    if method["customer"] is None:
        message = (
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
        raise invalid(message, code="payment_method_not_attached")
    return let_go(unit, method)


def resolve(unit: Unit, method_id: str, param: str = "payment_method") -> Json:
    """The method with that id; a test token such as `pm_card_visa` makes a new one each time."""
    if not method_id.startswith("pm_"):
        return unit.get("payment_method", method_id, param)
    return of_token(unit, method_id, param) or unit.get("payment_method", method_id, param)


def keep(unit: Unit, method: Json, customer_id: str) -> Json:
    """Attaches to a customer; a card that is always refused is declined here already."""
    if method["customer"] == customer_id:
        return method
    if method["customer"] is not None:
        message = "The payment method you provided has already been attached to a customer."
        raise invalid(message, code="payment_method_unexpected_state")
    check_usable(method)
    if not TYPES[method["type"]].reusable:
        message = f"PaymentMethods of type {method['type']} can't be saved to customers."
        raise invalid(message, code="payment_method_unexpected_state")
    card = instrument(method)
    if isinstance(card, Card) and card.refused and card.authenticate == "never":
        raise declines.undone(declines.answer(declines.of_card(card.decline)))
    if not method.get("_verified", True):
        message = (
            "The bank account of this PaymentMethod has to be verified first. Confirm a "
            "SetupIntent or PaymentIntent with it and verify the microdeposits."
        )
        raise invalid(message, code="bank_account_unverified")
    method["customer"] = customer_id
    return unit.save(method, "payment_method.attached")


def let_go(unit: Unit, method: Json) -> Json:
    """Detaches, and takes it out of the customer's default."""
    customer_id = method["customer"]
    method["customer"] = None
    method["_used_up"] = True
    unit.put(method)
    customer = unit.find("customer", customer_id)
    if customer and not customer.get("deleted"):
        settings = customer["invoice_settings"]
        if settings["default_payment_method"] == method["id"]:
            settings["default_payment_method"] = None
            unit.save(customer, "customer.updated")
    unit.emit("payment_method.detached", method, {"customer": customer_id})
    return method


def check_usable(method: Json) -> None:
    """Refuses a method that was detached, or used once without being saved."""
    if method.get("_used_up"):
        raise invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first.",
            code="payment_method_unexpected_state",
        )


def instrument(method: Json) -> Card | BankAccount | None:
    """The test card or account behind a method; None for vouchers and redirects."""
    if method["type"] == "card":
        return card_named(method["_instrument"])
    return accounts().get(method["_instrument"])


@listens("customer.deleted")
def release(unit: Unit, customer: Json) -> None:
    """A deleted customer keeps no method."""
    for method in unit.select("payment_method", customer=customer["id"]):
        method["customer"], method["_used_up"] = None, True
        unit.put(method)
        unit.emit("payment_method.detached", method, {"customer": customer["id"]})


def _of(unit: Unit, params: Json, customer: str, url: str) -> Json:
    unit.get("customer", customer, "customer")
    where = {name: params.get(name) for name in ("type", "allow_redisplay")}
    return unit.page("payment_method", params, url, {**where, "customer": customer})


def _change_card(unit: Unit, method: Json, given: Json) -> None:
    if method["type"] != "card":
        message = f"You cannot update the card of a PaymentMethod of type {method['type']}."
        raise invalid(message, param="card")
    for name in given.keys() - {"exp_month", "exp_year", "networks"}:
        raise unsupported(f"card[{name}]", f"card[{name}]")
    set_expiry(unit, method["card"], given)
    preferred = (given.get("networks") or {}).get("preferred")
    if "networks" in given and preferred not in ("", *method["card"]["networks"]["available"]):
        message = f"The card does not support the network {preferred}."
        raise invalid(message, param="card[networks][preferred]")
    if "networks" in given:
        method["card"]["networks"]["preferred"] = preferred or None
