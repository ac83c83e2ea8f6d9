"""A kind of payment method is one row of the catalogue; what is missing beside it is named here.

What Stripe's API takes is read from the types of the installed stripe-python.
"""

import ast
import inspect
import re
from functools import cache
from types import ModuleType

import pytest
from stripe.params import _invoice_create_params as of_invoices
from stripe.params.checkout import _session_create_params as of_checkout

from portal.domain.method_types import (
    BY_TYPE,
    CATALOGUE,
    LEFT_OUT,
    Condition,
    PaymentMethodType,
)
from portal.web import assets, method_types
from scripts import payment_methods

OPTIONS = "SessionCreateParamsPaymentMethodOptions"
rows = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.type)


@cache
def fields(module: ModuleType, name: str) -> dict[str, str]:
    """Return the fields of a class of the SDK with their types as written."""
    tree = ast.parse(inspect.getsource(module))
    (found,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    return {
        node.target.id: ast.unparse(node.annotation).replace("\\", "")
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def words(annotation: str) -> set[str]:
    """Return the values a type allows."""
    return set(re.findall(r"'(\w*)'", annotation))


def ways_to_keep(type: str) -> set[str]:
    """Return the values Checkout takes for `setup_future_usage` of a kind."""
    of_kind = fields(of_checkout, OPTIONS).get(type, "")
    name = re.search(rf"{OPTIONS}\w+", of_kind)
    options = fields(of_checkout, name[0]) if name else {}
    return words(options.get("setup_future_usage", ""))


@rows
def test_a_kind_has_a_name(row: PaymentMethodType) -> None:
    assert method_types.name(row.type), f"{row.type} has no name in portal/web/method_types.py"


@rows
def test_a_kind_has_a_mark(row: PaymentMethodType) -> None:
    drawn = assets.names_in_sprite("m")

    assert row.type in drawn, f"{row.type} has no symbol m-{row.type} in static/icons/sprite.svg"


@pytest.mark.parametrize("condition", list(Condition))
def test_a_condition_is_said(condition: Condition) -> None:
    assert str(method_types.CONDITIONS[condition]).endswith(".")


def test_nothing_is_named_that_is_no_kind() -> None:
    assert set(method_types.NAMES) == set(BY_TYPE)


def test_every_kind_of_checkout_is_in_the_catalogue_or_left_out_for_a_reason() -> None:
    taken = words(fields(of_checkout, "SessionCreateParams")["allowed_payment_method_types"]) - {
        "Literal"
    }

    assert taken == set(BY_TYPE) | set(LEFT_OUT)
    assert not set(BY_TYPE) & set(LEFT_OUT)


@rows
def test_y3_only_what_checkout_keeps_by_paying_is_asked_to_be_kept(row: PaymentMethodType) -> None:
    assert not row.saves_by_paying or "off_session" in ways_to_keep(row.type)


@rows
def test_a_kind_for_invoices_is_one_that_stripes_invoices_take(row: PaymentMethodType) -> None:
    settings = fields(of_invoices, "InvoiceCreateParamsPaymentSettings")

    assert not row.on_invoices or row.type in words(settings["payment_method_types"])


def test_the_page_of_payment_methods_is_made_from_the_catalogue() -> None:
    assert payment_methods.PAGE.read_text() == payment_methods.page(), (
        "run python -m scripts.payment_methods"
    )
