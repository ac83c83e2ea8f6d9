"""What a customer's own reference may be, and where it comes to stand."""

import pytest

from portal.domain.purchase_orders import is_writable, wanted, with_field

OTHERS = (("VAT", "X"), ("Cost centre", "7"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("PO-4711/2026", True),
        ("Обяз. № 12 (ñ) 漢字", True),
        ("", True),
        ("x" * 30, True),
        ("x" * 31, False),
        ("two\nlines", False),
        ("tab\there", False),
        ("zero\u200bwidth", False),
        ("turned\u202earound", False),
        ("no\u00a0break", False),
    ],
)
def test_a_reference_is_one_short_line_that_can_be_printed(reference: str, expected: bool) -> None:
    assert is_writable(reference) is expected


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    [
        ((), "4711", (("PO number", "4711"),)),
        (OTHERS, "4711", (*OTHERS, ("PO number", "4711"))),
        ((("PO number", "1"), *OTHERS), "2", (("PO number", "2"), *OTHERS)),
        ((("PO number", "1"), *OTHERS), "", OTHERS),
        (OTHERS, "", OTHERS),
    ],
)
def test_the_merchants_own_fields_stay_where_they_are(
    fields: tuple[tuple[str, str], ...], value: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert with_field(fields, "PO number", value) == expected


def test_what_is_for_the_next_invoice_alone_comes_first() -> None:
    assert (wanted("A", "B"), wanted("A", ""), wanted("", "")) == ("B", "A", "")
