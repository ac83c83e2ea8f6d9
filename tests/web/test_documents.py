"""The PDF as a browser gets it: bytes, headers, name, and what is said when there is none."""

import re
from email.message import Message
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.downloads import LONGEST_NAME, disposition
from tests.browser import Browser
from tests.payer import Payer

HOST = "http://127.0.0.1:8000"
SAFE = re.compile(r'attachment; filename="([A-Za-z0-9._-]+\.pdf)"; filename\*=UTF-8\'\'(\S+)')


def download(browser: Browser, invoice: str) -> Any:
    """Return the answer to a download, read to its end."""
    with browser.client.get(f"/nuvol/invoices/{invoice}/pdf", base_url=HOST) as answer:
        assert answer.data is not None
        return answer


def parts(header: str) -> tuple[str, str]:
    found = SAFE.fullmatch(header)
    assert found is not None, header
    return found[1], unquote(found[2])


@pytest.mark.parametrize("origin", ["holded", "stripe"])
def test_a_pdf_comes_byte_for_byte_with_headers_that_keep_it_in_its_place(
    signed_in: Payer, browser: Browser, origin: str
) -> None:
    invoice = signed_in.invoice() if origin == "holded" else signed_in.stripe_invoice()

    answer = download(browser, invoice)

    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert parts(answer.headers["Content-Disposition"])[0].endswith(".pdf")


def test_a_kept_pdf_needs_no_provider(signed_in: Payer, browser: Browser) -> None:
    invoice = signed_in.invoice()
    first = download(browser, invoice)
    signed_in.house.holded_wire.is_cut = True

    second = download(browser, invoice)

    assert second.data == first.data


def test_b25_an_html_page_in_place_of_a_pdf_is_a_calm_502(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    signed_in.fault("holded", "html", "/pdf")

    page = browser.get("customer.invoices.pdf", id=invoice, status=502)

    assert page.h1 == "The PDF cannot be fetched right now"
    assert page.link("Back to the invoice") == f"/nuvol/invoices/{invoice}"
    assert re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", page.text)


def test_with_the_issuer_down_the_pdf_can_be_tried_again(
    signed_in: Payer, browser: Browser
) -> None:
    invoice = signed_in.invoice()
    signed_in.house.holded_wire.is_cut = True

    page = browser.get("customer.invoices.pdf", id=invoice, status=503)
    signed_in.house.holded_wire.is_cut = False

    assert page.link("Try again") == f"/nuvol/invoices/{invoice}/pdf"
    assert download(browser, invoice).status_code == 200


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("NVL-2026-0104.pdf", "NVL-2026-0104.pdf", "NVL-2026-0104.pdf"),
        ("Año/Łódź 7.pdf", "Ano-odz-7.pdf", "Año-Łódź 7.pdf"),
        ("請求書.pdf", "document.pdf", "請求書.pdf"),
        ('a"; filename="b.exe', "a-filename-b.exe.pdf", "a-filename-b.exe.pdf"),
        ("../../etc/passwd", "etc-passwd.pdf", "etc-passwd.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a-Set-Cookie-x-1.pdf", "a-Set-Cookie-x-1.pdf"),
        ("", "document.pdf", "document.pdf"),
        ("....pdf", "document.pdf", "document.pdf"),
    ],
)
def test_b24_a_name_from_a_provider_is_made_safe(name: str, plain: str, whole: str) -> None:
    assert parts(disposition(name)) == (plain, whole)


@given(st.text(max_size=300))
def test_b24_no_name_breaks_the_header(name: str) -> None:
    header = disposition(name)
    message = Message()
    message["Content-Disposition"] = header

    plain, whole = parts(header)

    assert header.isascii()
    assert len(plain) <= LONGEST_NAME
    assert len(whole) <= LONGEST_NAME
    assert not set('/\\"\r\n\0') & set(whole)
    assert message.get_filename()


def test_a_pdf_that_waits_for_the_month_says_so_and_when(
    signed_in: Payer, browser: Browser
) -> None:
    invoice, house = signed_in.invoice(), signed_in.house
    house.decide(holded_calls_a_month=1)

    page = browser.get("customer.invoices.pdf", id=invoice, status=503)

    assert page.h1 == "This PDF has to wait"
    assert "payments go first" in page.text
    assert re.search(r"It can be fetched from \S.* on\. If you need it earlier, ask ", page.text)
    assert page.link("Back to the invoice") == f"/nuvol/invoices/{invoice}"
