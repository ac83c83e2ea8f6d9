"""PDFs: real, equal each time, of drafts and cancelled documents too."""

from collections.abc import Callable

import httpx
import pytest

from portal.sandbox.holded import fonts, pdf
from portal.sandbox.holded.accounts import Account
from portal.sandbox.holded.kinds import CREDIT_NOTE, INVOICE, KINDS, PROFORMA, Kind

Write = Callable[..., str]


@pytest.mark.parametrize("path", [kind.path for kind in KINDS.values()])
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


@pytest.mark.parametrize(
    ("kind", "draft", "country", "verifactu", "expected"),
    [
        (INVOICE, False, "ES", True, True),
        (CREDIT_NOTE, False, "ES", True, True),
        (INVOICE, True, "ES", True, False),
        (INVOICE, False, "ES", False, False),
        (INVOICE, False, "PT", True, False),
        (PROFORMA, False, "ES", True, False),
    ],
)
def test_which_documents_carry_a_qr(
    kind: Kind, draft: bool, country: str, verifactu: bool, expected: bool
) -> None:
    issuer = Account("a", "pat", "A", country=country)

    assert pdf.is_verified(kind, {"draft": draft, "_verifactu": verifactu}, issuer) is expected


def test_the_qr_leads_nowhere_and_says_what_the_agency_checks() -> None:
    document = {"date": "2026-11-01", "document_number": "F260001", "total": "121.00"}

    assert pdf.qr_text(document, Account("a", "pat", "A", tax_id="B1")) == (
        "https://verifactu.invalid/ValidarQR?nif=B1&numserie=F260001&fecha=01-11-2026&importe=121.00"
    )


def test_a_foreign_document_is_printed_in_its_own_currency() -> None:
    document = {"currency": "usd", "currency_change": "1.25"}

    assert str(pdf.in_currency(document, "80.00")) == "100.00"


def test_each_sign_is_in_a_font_that_has_it() -> None:
    found = fonts.runs("Ñandú 日本 €", bold=False)

    assert "".join(run for _, run in found) == "Ñandú 日本 €"
    assert [font for font, _ in found] == ["Helvetica", fonts.ASIAN, "Helvetica"]


def test_what_does_not_fit_is_cut() -> None:
    short = pdf.cut("Descripción " * 20, 200, 9)

    assert short.endswith("…")
    assert fonts.width(short, 9, bold=False) <= 200
    assert pdf.cut("Hora", 200, 9) == "Hora"
