"""Payment methods: cards by test token, SEPA accounts by test IBAN, Boleto and Bizum."""

from portal.sandbox.stripe import declines
from portal.sandbox.stripe.eligibility import TYPES, check_type
from portal.sandbox.stripe.errors import Json, card_error, invalid, missing, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.instruments import (
    BankAccount,
    Card,
    account_numbered,
    accounts,
    card_named,
    card_numbered,
)
from portal.sandbox.stripe.registry import listens, route
from portal.sandbox.stripe.resources.customers import address, check_email
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/payment_methods"
TOKEN = "pm_card_"  # noqa: S105
EXPIRY = (12, 2034)
HARMLESS = frozenset(
    [
        "type",
        "card",
        "sepa_debit",
        "boleto",
        "bizum",
        "billing_details",
        "metadata",
        "allow_redisplay",
        "customer",
        "payment_method",
    ]
)


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
    """One method."""
    _ = params
    return unit.get("payment_method", payment_method, "payment_method")


@route("POST", URL + "/{payment_method}")
def update(unit: Unit, params: Json, payment_method: str) -> Json:
    """Changes billing details, metadata, the expiry of a card and whether it is shown again."""
    method = unit.get("payment_method", payment_method, "payment_method")
    for name in params.keys() - {"billing_details", "metadata", "card", "allow_redisplay"}:
        raise unsupported(name, name)
    if method["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    if "billing_details" in params:
        details = _billing_details(params["billing_details"] or {})
        given = params["billing_details"] or details
        method["billing_details"] |= {name: details[name] for name in given}
    if "card" in params:
        _expiry(method["card"], params["card"])
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
    if method_id.startswith(TOKEN):
        card = card_named(method_id.removeprefix(TOKEN))
        if card is None:
            raise missing("payment_method", method_id, param)
        return _add(unit, "card", _card(card), card.name, {})
    name = method_id.removeprefix("pm_")
    if name in accounts():
        return _add(unit, "sepa_debit", _sepa(accounts()[name]), name, {})
    return unit.get("payment_method", method_id, param)


def make(unit: Unit, data: Json) -> Json:
    """A new, unattached method from `type`, the hash of that type and `billing_details`."""
    kind = data["type"]
    check_type(kind)
    details = data.get(kind) or {}
    if kind == "card":
        card = _chosen_card(details)
        shown = _card(card)
        _expiry(shown, details)
        return _add(unit, kind, shown, card.name, data)
    if kind == "sepa_debit":
        account = account_numbered(details.get("iban", ""))
        if account is None:
            message = "The IBAN you provided is invalid."
            raise invalid(message, param="sepa_debit[iban]", code="invalid_bank_account_iban")
        billing = data.get("billing_details") or {}
        for name in ("name", "email"):
            if not billing.get(name):
                full = f"billing_details[{name}]"
                message = f"Missing required param: {full}."
                raise invalid(message, param=full, code="parameter_missing")
        return _add(unit, kind, _sepa(account), account.name, data)
    if kind == "boleto":
        if not details.get("tax_id"):
            message = "Missing required param: boleto[tax_id]."
            raise invalid(message, param="boleto[tax_id]", code="parameter_missing")
        digits = "".join(one for one in details["tax_id"] if one.isdigit())
        if len(digits) not in (11, 14):
            raise invalid("Invalid CPF or CNPJ.", param="boleto[tax_id]", code="tax_id_invalid")
        return _add(unit, kind, {"tax_id": details["tax_id"]}, kind, data)
    return _add(unit, kind, {"buyer_id": None}, kind, data)


def keep(unit: Unit, method: Json, customer_id: str) -> Json:
    """Attaches to a customer; a card that is always refused is declined here already."""
    if method["customer"] == customer_id:
        return method
    if method["customer"] is not None:
        message = "The payment method you provided has already been attached to a customer."
        raise invalid(message, code="payment_method_unexpected_state")
    check_usable(method)
    if not TYPES[method["type"]][2]:
        message = f"PaymentMethods of type {method['type']} can't be saved to customers."
        raise invalid(message, code="payment_method_unexpected_state")
    card = instrument(method)
    if isinstance(card, Card) and card.refused and card.authenticate == "never":
        raise declines.answer(unit, declines.of_card(card.decline))
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


def _chosen_card(details: Json) -> Card:
    token = details.get("token", "")
    found = card_named(token.removeprefix("tok_")) if token.startswith("tok_") else None
    if token and found is None:
        raise missing("token", token, "card[token]")
    if found is None and "number" in details:
        found = card_numbered(details["number"])
        if found is None:
            raise card_error("Your card number is incorrect.", "incorrect_number", param="number")
    if found is None:
        message = "Missing required param: card[number]."
        raise invalid(message, param="card[number]", code="parameter_missing")
    return found


def _expiry(card: Json, given: Json) -> None:
    month = int({**card, **given}["exp_month"])
    year = int({**card, **given}["exp_year"])
    if not 1 <= month <= 12:
        message = "Your card's expiration month is invalid."
        raise card_error(message, "invalid_expiry_month", param="exp_month")
    year += 2000 if year < 100 else 0
    if not 1970 <= year <= 2100:
        message = "Your card's expiration year is invalid."
        raise card_error(message, "invalid_expiry_year", param="exp_year")
    card["exp_month"], card["exp_year"] = month, year


def _card(card: Card) -> Json:
    failed = card.address_check in ("fail", "unavailable") and card.address_check
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": failed or ("fail" if card.address_check == "line1" else None),
            "address_postal_code_check": failed
            or ("fail" if card.address_check == "zip" else None),
            "cvc_check": card.cvc_check,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": EXPIRY[0],
        "exp_year": EXPIRY[1],
        "fingerprint": scramble(f"fingerprint:{card.number}", 16),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": card.brand != "amex"},
        "wallet": None,
    }


def _sepa(account: BankAccount) -> Json:
    return {
        "bank_code": account.iban[4:12],
        "branch_code": "",
        "country": account.country,
        "fingerprint": scramble(f"fingerprint:{account.iban}", 16),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": account.last4,
    }


def _billing_details(given: Json) -> Json:
    check_email(given.get("email"), "billing_details[email]")
    return {
        "address": address(given.get("address") or {}),
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": given.get("tax_id"),
    }


def _add(unit: Unit, kind: str, details: Json, name: str, data: Json) -> Json:
    return unit.put(
        {
            "id": unit.id("pm"),
            "object": "payment_method",
            "allow_redisplay": data.get("allow_redisplay", "unspecified"),
            "billing_details": _billing_details(data.get("billing_details") or {}),
            "created": unit.account_now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": merged({}, data.get("metadata")),
            "type": kind,
            kind: details,
            "_instrument": name,
            "_set_up": False,
            "_mandate": None,
        }
    )
