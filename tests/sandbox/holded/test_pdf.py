"""PDFs: real, equal each time, of drafts and cancelled documents too."""

from collections.abc import Callable

import httpx
import pytest

Write = Callable[..., str]


@pytest.mark.parametrize("path", ["invoices", "credit-notes", "proformas", "estimates"])
def test_a_document_has_a_pdf_that_never_changes(
    holded: httpx.Client, write: Write, path: str
) -> None:
    address = f"/api/v2/{path}/{write(path)}/pdf"

    first, second = holded.get(address), holded.get(address)

    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content.rstrip().endswith(b"%%EOF")
    assert first.content == second.content


def test_a_long_invoice_takes_more_pages(holded: httpx.Client, write: Write) -> None:
    lines = [{"name": f"Línea {n}", "price": 1} for n in range(60)]

    pdf = holded.get(f"/api/v2/invoices/{write(items=lines)}/pdf").content

    assert pdf.count(b"/Type /Page\n") >= 2


def test_names_in_any_script_do_not_break_a_pdf(holded: httpx.Client, write: Write) -> None:
    lines = [{"name": "設計 — Дизайн 🎨", "price": 1}]

    answer = holded.get(f"/api/v2/invoices/{write(items=lines, language='xx')}/pdf")

    assert answer.status_code == 200


def test_there_is_no_pdf_of_an_unknown_invoice(holded: httpx.Client) -> None:
    assert holded.get("/api/v2/invoices/000000000000000000000000/pdf").status_code == 404
