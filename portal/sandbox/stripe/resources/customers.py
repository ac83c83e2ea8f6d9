"""Customers, with their balance; tax ids and payment methods have modules of their own."""

import re

from portal.sandbox.stripe import clocks
from portal.sandbox.stripe.errors import Json, invalid, missing, unsupported
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/customers"
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
PLAIN = ("description", "email", "name", "phone")
UNMODELLED = frozenset({"cash_balance", "tax", "validate"})
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def address(given: object) -> Json | None:
    """An address with every part, or None when it is unset."""
    return {part: given.get(part) or None for part in ADDRESS} if isinstance(given, dict) else None


def check_email(email: str | None, param: str = "email") -> None:
    """Refuses what is not an e-mail address."""
    if email and (len(email) > 512 or not EMAIL.fullmatch(email)):
        raise invalid(f"Invalid email address: {email[:100]}", param=param, code="email_invalid")


def usable(unit: Unit, customer: str) -> Json:
    """The customer for a new object of theirs; refuses missing and deleted ones, naming the
    parameter `customer`.
    """
    return unit.get("customer", customer, "customer")


def use_currency(unit: Unit, customer: Json, currency: str) -> None:
    """Fixes the customer's currency at the first bill."""
    if customer["currency"] is None:
        customer["currency"] = currency
        unit.save(customer, "customer.updated")


@route("POST", URL)
def create(unit: Unit, params: Json) -> Json:
    """Creates one, with its tax ids, its first payment method and its opening balance."""
    _refuse_unmodelled(params)
    if "test_clock" in params:
        unit.get(clocks.KIND, params["test_clock"], "test_clock")
        clocks.check_customers(unit, params["test_clock"])
    customer_id = unit.id("cus")
    customer: Json = {
        "id": customer_id,
        "object": "customer",
        "address": None,
        "balance": params.get("balance", 0),
        "created": unit.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": params.get("invoice_prefix", scramble(customer_id, 8).upper()),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": params.get("next_invoice_sequence", 1),
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": params.get("test_clock"),
    }
    _apply(unit, customer, params)
    unit.put(customer)
    if "source" in params:
        wanted = {"source": params["source"], "_silent": True}
        unit.call("POST /v1/customers/{customer}/sources", wanted, customer=customer_id)
        customer["default_source"] = unit.get("customer", customer_id)["default_source"]
    if "payment_method" in params:
        method = unit.call(
            "POST /v1/payment_methods/{payment_method}/attach",
            {"customer": customer_id},
            payment_method=params["payment_method"],
        )
        settings = customer["invoice_settings"]
        if settings["default_payment_method"] == params["payment_method"]:
            settings["default_payment_method"] = method["id"]
    _check_default(unit, customer)
    unit.add(customer, "customer.created")
    for tax_id in params.get("tax_id_data", []):
        unit.call("POST /v1/customers/{customer}/tax_ids", tax_id, customer=customer_id)
    return customer


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `email` (exact, case-sensitive), `created` and `test_clock`, without
    which customers on test clocks are left out.
    """
    where = {"email": params.get("email"), "created": params.get("created")}
    return unit.page("customer", params, URL, where | {"test_clock": clocks.listed(unit, params)})


@route("GET", URL + "/{customer}")
def retrieve(unit: Unit, params: Json, customer: str) -> Json:
    """One customer; a deleted one says so."""
    _ = params
    return unit.get("customer", customer)


@route("POST", URL + "/{customer}")
def update(unit: Unit, params: Json, customer: str) -> Json:
    """Changes fields; "" unsets."""
    _refuse_unmodelled(params)
    found = unit.alive("customer", customer)
    if "source" in params:
        wanted = {"source": params["source"], "_replaces": True}
        unit.call("POST /v1/customers/{customer}/sources", wanted, customer=customer)
        found = unit.alive("customer", customer)
    if "default_source" in params:
        found["default_source"] = _own_source(unit, found, params["default_source"])
    _apply(unit, found, params)
    for name in ("balance", "invoice_prefix", "next_invoice_sequence"):
        found[name] = params.get(name, found[name])
    _check_default(unit, found)
    return unit.save(found, "customer.updated")


@route("DELETE", URL + "/{customer}")
def delete(unit: Unit, params: Json, customer: str) -> Json:
    """Deletes for good; listeners of `customer.deleted` end what depended on it."""
    _ = params
    return unit.remove(unit.alive("customer", customer), "customer.deleted")


@route("GET", URL + "/{customer}/balance_transactions")
def list_balance_transactions(unit: Unit, params: Json, customer: str) -> Json:
    """Changes of the customer's balance, newest first."""
    unit.get("customer", customer, "customer")
    where = {"customer": customer, "created": params.get("created")}
    return unit.page(
        "customer_balance_transaction", params, f"{URL}/{customer}/balance_transactions", where
    )


@route("POST", URL + "/{customer}/balance_transactions")
def create_balance_transaction(unit: Unit, params: Json, customer: str) -> Json:
    """Changes the balance by an amount; negative is credit."""
    extra = {name: one for name, one in params.items() if name not in ("amount", "currency")}
    return change_balance(
        unit, customer, params["amount"], params["currency"], "adjustment", **extra
    )


@route("GET", URL + "/{customer}/balance_transactions/{transaction}")
def retrieve_balance_transaction(unit: Unit, params: Json, customer: str, transaction: str) -> Json:
    """One change of the balance."""
    _ = params
    unit.get("customer", customer, "customer")
    return unit.get("customer_balance_transaction", transaction)


@route("POST", URL + "/{customer}/balance_transactions/{transaction}")
def update_balance_transaction(unit: Unit, params: Json, customer: str, transaction: str) -> Json:
    """Changes description and metadata of a change of the balance."""
    found = retrieve_balance_transaction(unit, {}, customer, transaction)
    if found["customer"] != customer:
        raise missing("customer_balance_transaction", transaction)
    if "description" in params:
        found["description"] = params["description"] or None
    found["metadata"] = merged(found["metadata"], params.get("metadata"))
    return unit.save(found)


@route("DELETE", URL + "/{customer}/discount")
def delete_discount(unit: Unit, params: Json, customer: str) -> Json:
    """Refused: in this version no request gives a customer a discount of their own."""
    _ = params
    found = unit.alive("customer", customer)
    raise invalid(
        f"No active discount for customer: {found['id']}", code="resource_missing", status=404
    )


def change_balance(
    unit: Unit, customer_id: str, amount: int, currency: str, kind: str, **extra: object
) -> Json:
    """Adds `amount` (negative = credit) to the balance, with the transaction that explains it;
    `extra` may hold description, metadata, invoice and credit_note.
    """
    customer = usable(unit, customer_id)
    if customer["currency"] not in (None, currency):
        raise invalid(
            f"The customer's currency is {customer['currency']}, not {currency}.", param="currency"
        )
    customer["balance"] += amount
    customer["currency"] = currency
    transaction = {
        "id": unit.id("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "checkout_session": None,
        "created": unit.now,
        "credit_note": extra.get("credit_note"),
        "currency": currency,
        "customer": customer_id,
        "customer_account": None,
        "description": extra.get("description"),
        "ending_balance": customer["balance"],
        "invoice": extra.get("invoice"),
        "livemode": False,
        "metadata": merged({}, extra.get("metadata")),
        "type": kind,
    }
    unit.put(transaction)
    unit.save(customer, "customer.updated")
    return transaction


def _refuse_unmodelled(params: Json) -> None:
    for name in UNMODELLED & params.keys():
        raise unsupported(name, name)


def _apply(unit: Unit, customer: Json, params: Json) -> None:
    check_email(params.get("email"))
    for name in PLAIN:
        if name in params:
            customer[name] = params[name] or None
    for name in ("business_name", "individual_name"):
        if name in params:
            customer[name] = params[name] or None
    if "address" in params:
        customer["address"] = address(params["address"])
    if "shipping" in params:
        customer["shipping"] = _shipping(params["shipping"])
    if "tax_exempt" in params:
        customer["tax_exempt"] = params["tax_exempt"] or "none"
    if "preferred_locales" in params:
        customer["preferred_locales"] = params["preferred_locales"]
    if "metadata" in params:
        customer["metadata"] = merged(customer["metadata"], params["metadata"])
    settings = customer["invoice_settings"]
    for name, value in params.get("invoice_settings", {}).items():
        settings[name] = value or None
    if settings["rendering_options"]:
        settings["rendering_options"] = {
            "amount_tax_display": None,
            "template": None,
            **settings["rendering_options"],
        }
    _ = unit


def _own_source(unit: Unit, customer: Json, source: str) -> str | None:
    if source == "":
        return None
    card = unit.get("card", source, "default_source")
    if card["customer"] != customer["id"]:
        raise missing("source", source, "default_source")
    return source


def _shipping(given: object) -> Json | None:
    if not isinstance(given, dict):
        return None
    return {
        "address": address(given["address"]),
        "name": given["name"],
        "phone": given.get("phone") or None,
    }


def _check_default(unit: Unit, customer: Json) -> None:
    method_id = customer["invoice_settings"]["default_payment_method"]
    if method_id is None:
        return
    method = unit.get("payment_method", method_id, "invoice_settings[default_payment_method]")
    if method["customer"] != customer["id"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {method_id}. The payment "
            "method must be attached "
            "to the customer.",
            param="invoice_settings[default_payment_method]",
            code="resource_missing",
        )
