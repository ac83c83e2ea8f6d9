"""Tax codes: those of `tax_code_table.py`, listed and retrieved."""

from portal.sandbox.stripe.errors import Json, missing
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.short_lists import page
from portal.sandbox.stripe.tax_code_table import CODES, shown
from portal.sandbox.stripe.unit import Unit

URL = "/v1/tax_codes"
PREFIX = "txcd_"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """The known codes, by id."""
    _ = unit
    return page([shown(code, "id") for code in CODES], params, URL)


@route("GET", URL + "/{id}")
def retrieve(unit: Unit, params: Json, id: str) -> Json:
    """One code; a code that Stripe may have but this table does not is refused."""
    _ = unit, params
    return shown(check(id, "id"), "id")


def check(code: str, param: str) -> str:
    """Return the code if it may be one of Stripe's; raises the 404 otherwise."""
    if not code.startswith(PREFIX):
        raise missing("tax_code", code, param)
    return code
