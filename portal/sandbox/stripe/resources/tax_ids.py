"""Tax ids of customers; verified by their look, as Stripe's test values ask."""

import re

from portal.sandbox.stripe.errors import Json, invalid
from portal.sandbox.stripe.registry import includes, listens, route
from portal.sandbox.stripe.unit import Unit, envelope

URL = "/v1/customers/{customer}/tax_ids"
# The shape of each type that the product writes; others are taken as given.
SHAPES = {
    "eu_vat": re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}"),
    "es_cif": re.compile(r"[0-9A-Z]\d{7}[0-9A-Z]"),
    "gb_vat": re.compile(r"GB(\d{9}|\d{12}|GD\d{3}|HA\d{3})"),
    "ch_vat": re.compile(r"CHE-?\d{3}\.?\d{3}\.?\d{3} ?(MWST|TVA|IVA)"),
    "us_ein": re.compile(r"\d{2}-?\d{7}"),
    "br_cnpj": re.compile(r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}"),
    "br_cpf": re.compile(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}"),
}
OUTCOMES = {"000000000": "verified", "111111111": "unverified", "222222222": "pending"}
CHECKED = frozenset({"eu_vat", "gb_vat", "au_abn"})


@route("POST", URL)
def create(unit: Unit, params: Json, customer: str) -> Json:
    """Adds one; at most five a customer."""
    unit.get("customer", customer, "customer")
    tax_id = new(unit, params)
    tax_id["customer"] = tax_id["owner"]["customer"] = customer
    if len(unit.select("tax_id", customer=customer)) >= 5:
        raise invalid("You cannot have more than 5 tax IDs on a customer.", param="value")
    return unit.add(tax_id, "customer.tax_id.created")


def new(unit: Unit, params: Json) -> Json:
    """Return a tax id of nobody yet, not stored; raises the 400 for a value of the wrong shape."""
    kind, value = params["type"], params["value"].strip()
    shape = SHAPES.get(kind)
    if not value or (shape and not shape.fullmatch(value)):
        raise invalid(f"Invalid value for {kind}.", param="value", code="tax_id_invalid")
    return {
        "id": unit.id("txi"),
        "object": "tax_id",
        "country": "ES" if kind == "es_cif" else (value if kind == "eu_vat" else kind)[:2].upper(),
        "created": unit.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "owner": {
            "account": None,
            "application": None,
            "customer": None,
            "customer_account": None,
            "type": "customer",
        },
        "type": kind,
        "value": value,
        "verification": _verification(kind, value),
    }


@route("GET", URL)
def list_all(unit: Unit, params: Json, customer: str) -> Json:
    """The customer's tax ids, newest first."""
    unit.get("customer", customer, "customer")
    return unit.page("tax_id", params, URL.format(customer=customer), {"customer": customer})


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, customer: str, id: str) -> Json:
    """One tax id of the customer."""
    _ = params
    return _of(unit, customer, id)


@route("DELETE", URL + "/{id}")
def delete(unit: Unit, params: Json, customer: str, id: str) -> Json:
    """Removes it from the customer."""
    _ = params
    return unit.remove(_of(unit, customer, id), "customer.tax_id.deleted")


@includes("customer", "tax_ids")
def of_customer(unit: Unit, customer: Json) -> Json:
    """The list that a customer shows when asked."""
    found = unit.select("tax_id", customer=customer["id"])
    return envelope(found, URL.format(customer=customer["id"]))


@listens("customer.deleted")
def forget(unit: Unit, customer: Json) -> None:
    """A deleted customer keeps no tax id."""
    for one in unit.select("tax_id", customer=customer["id"]):
        unit.remove(one)


def _of(unit: Unit, customer: str, tax_id: str) -> Json:
    unit.get("customer", customer, "customer")
    found = unit.get("tax_id", tax_id)
    if found.get("deleted") or found["customer"] != customer:
        raise invalid(
            f"No such tax_id: '{tax_id}'", param="id", code="resource_missing", status=404
        )
    return found


def _verification(kind: str, value: str) -> Json:
    status = "unavailable"
    if kind in CHECKED:
        digits = re.sub(r"\D", "", value)
        status = next((one for key, one in OUTCOMES.items() if key in digits), "verified")
    return {
        "status": status,
        "verified_address": None,
        "verified_name": None,
    }
