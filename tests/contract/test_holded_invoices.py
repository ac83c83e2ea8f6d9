"""What the portal relies on of Holded's invoices, payments and PDFs.

An approved invoice cannot be taken back, so on a real account only drafts are made.
"""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Keep
from tests.contract.places import REAL

LINE = {"name": "Diseño", "units": 2, "price": 50, "taxes": ["s_iva_21"]}


@pytest.fixture
def draft(holded: httpx.Client, keep: Keep, unique: str) -> str:
    """A draft of 121.00 for a contact of its own."""
    contact = holded.post("/contacts", json={"name": unique}).json()["id"]
    keep(contact, lambda: holded.delete(f"/contacts/{contact}"))
    body = {"contact_id": contact, "date": "2026-11-01", "items": [LINE]}
    answer = holded.post("/invoices", json=body)
    assert answer.status_code == 201
    name = str(answer.json()["id"])
    keep(name, lambda: holded.delete(f"/invoices/{name}"))
    return name


@pytest.fixture
def approved(holded_place: str, holded: httpx.Client, draft: str) -> str:
    """The draft, approved; on the sandbox only."""
    if holded_place == REAL:
        pytest.skip("an approved invoice of a real account cannot be taken back")
    holded.post(f"/invoices/{draft}/approve").raise_for_status()
    return draft


def read(holded: httpx.Client, invoice: str) -> dict[str, Any]:
    """An invoice as it stands."""
    found: dict[str, Any] = holded.get(f"/invoices/{invoice}").json()
    return found


def test_a_draft_has_no_number(holded: httpx.Client, draft: str) -> None:
    """Creating never approves; the number is empty until then (0, 2.4, 2.5)."""
    found = read(holded, draft)

    assert (found["draft"], found["document_number"] or "", found["approved_at"]) == (
        True,
        "",
        None,
    )


def test_what_is_written_as_items_is_read_as_lines(holded: httpx.Client, draft: str) -> None:
    """Write `items`, read `lines`; money is a decimal text (0, 1.6)."""
    found = read(holded, draft)

    assert [one["name"] for one in found["lines"]] == [LINE["name"]]
    assert Decimal(found["total"]) == Decimal("121")
    assert Decimal(found["subtotal"]) + Decimal(found["tax"]) == Decimal(found["total"])


def test_approving_numbers_an_invoice(holded: httpx.Client, approved: str) -> None:
    """`POST …/approve` without a body (0)."""
    found = read(holded, approved)

    assert found["document_number"]
    assert Decimal(found["payments_pending"]) == Decimal("121")


def test_a_payment_lessens_what_is_pending(holded: httpx.Client, approved: str) -> None:
    """The amount is a text; details carry no description, so ours is the record (2.7)."""
    body = {"amount": "100.00", "date": "2026-11-02", "description": "pi_1"}

    paid = holded.post(f"/invoices/{approved}/payments", json=body)

    found = read(holded, approved)
    (detail,) = found["payments_detail"]
    assert paid.status_code == 201
    assert Decimal(found["payments_pending"]) == Decimal("21")
    assert Decimal(detail["amount"]) == Decimal("100")
    assert "description" not in detail


def test_a_payment_sent_twice_is_booked_twice(holded: httpx.Client, approved: str) -> None:
    """No idempotency is documented: the portal's own book prevents doubles (2.7)."""
    body = {"amount": "10.00", "date": "2026-11-02"}
    for _ in range(2):
        holded.post(f"/invoices/{approved}/payments", json=body).raise_for_status()

    assert len(read(holded, approved)["payments_detail"]) == 2


def test_the_paper_is_a_pdf(holded: httpx.Client, approved: str) -> None:
    """200 `application/pdf`, passed on unchanged (2.6)."""
    answer = holded.get(f"/invoices/{approved}/pdf", headers={"Accept": "application/pdf"})

    assert answer.headers["Content-Type"].startswith("application/pdf")
    assert answer.content.startswith(b"%PDF")
