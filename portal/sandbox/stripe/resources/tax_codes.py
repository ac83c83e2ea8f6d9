"""Tax codes: the few whose names Stripe's public pages print; others are not modelled."""

from portal.sandbox.stripe.errors import Json, missing, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.unit import Unit

URL = "/v1/tax_codes"
PREFIX = "txcd_"
# docs.stripe.com/tax/tax-codes: code, name, what it is for (in our words).
CODES = {
    "txcd_00000000": ("Nontaxable", "Goods or services that are not taxed anywhere."),
    "txcd_10000000": (
        "General - Electronically Supplied Services",
        "A digital service provided mainly through the internet with minimal human work.",
    ),
    "txcd_10103000": (
        "Software as a service (SaaS) - personal use",
        "Software used over the internet, for personal use.",
    ),
    "txcd_10103001": (
        "Software as a service (SaaS) - business use",
        "Software used over the internet, for business use.",
    ),
    "txcd_20030000": ("General - Services", "Services in general, taxed at the standard rate."),
    "txcd_92010001": ("Shipping", "Sending goods to the customer."),
    "txcd_99999999": (
        "General - Tangible Goods",
        "Any tangible good, taxed at the standard rate.",
    ),
}


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """The known codes, by id."""
    _ = unit
    return page([_shown(code) for code in CODES], params, URL)


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One code; a code that Stripe may have but this table does not is refused."""
    _ = unit, params
    check(id, "id")
    if id not in CODES:
        raise unsupported(f"the tax code {id}", "id")
    return _shown(id)


def check(code: str, param: str) -> str:
    """Return the code if it may be one of Stripe's; raises the 404 otherwise."""
    if not code.startswith(PREFIX):
        raise missing("tax_code", code, param)
    return code


def _shown(code: str) -> Json:
    name, description = CODES[code]
    return {
        "id": code,
        "object": "tax_code",
        "description": description,
        "name": name,
        "requirements": None,
    }
