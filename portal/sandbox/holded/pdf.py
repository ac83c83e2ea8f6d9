"""The PDF of a document: a real one, the same bytes each time for the same document."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Response
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from portal.sandbox.holded import fonts, taxes, totals
from portal.sandbox.holded.accounts import Account, account
from portal.sandbox.holded.amounts import rounded
from portal.sandbox.holded.contacts import found as contact_found
from portal.sandbox.holded.documents import Document, Kind
from portal.sandbox.holded.problems import Problem

WORDS: dict[str, dict[str, str]] = {
    "es": {
        "date": "Fecha", "due": "Vencimiento", "draft": "BORRADOR", "cancelled": "ANULADA",
        "concept": "Concepto", "units": "Uds.", "price": "Precio", "amount": "Importe",
        "subtotal": "Base imponible", "discount": "Descuento", "total": "Total",
        "note": "Documento de simulación sin validez fiscal", "qr": "QR de simulación",
    },
    "ca": {
        "date": "Data", "due": "Venciment", "draft": "ESBORRANY", "cancelled": "ANUL·LADA",
        "concept": "Concepte", "units": "Uts.", "price": "Preu", "amount": "Import",
        "subtotal": "Base imposable", "discount": "Descompte", "total": "Total",
        "note": "Document de simulació sense validesa fiscal", "qr": "QR de simulació",
    },
    "pt": {
        "date": "Data", "due": "Vencimento", "draft": "RASCUNHO", "cancelled": "CANCELADA",
        "concept": "Descrição", "units": "Qtd.", "price": "Preço", "amount": "Valor",
        "subtotal": "Subtotal", "discount": "Desconto", "total": "Total",
        "note": "Documento de simulação, sem valor fiscal", "qr": "QR de simulação",
    },
    "en": {
        "date": "Date", "due": "Due", "draft": "DRAFT", "cancelled": "CANCELLED",
        "concept": "Description", "units": "Units", "price": "Price", "amount": "Amount",
        "subtotal": "Subtotal", "discount": "Discount", "total": "Total",
        "note": "Simulated document without any fiscal value", "qr": "Simulated QR",
    },
}  # fmt: skip
mm = 72 / 25.4  # points
WIDTH, HEIGHT = float(A4[0]), float(A4[1])
LEFT, RIGHT, TOP, BOTTOM = 20 * mm, WIDTH - 20 * mm, HEIGHT - 20 * mm, 35 * mm
COLUMNS = (RIGHT - 70 * mm, RIGHT - 32 * mm, RIGHT)
ROW = 6.5 * mm


def response(kind: Kind, document: Document) -> Response:
    """Return the PDF as the provider sends it."""
    return Response(drawn(kind, document, account()), mimetype="application/pdf")


def drawn(kind: Kind, document: Document, issuer: Account) -> bytes:
    """Return the bytes of a document's PDF."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    language = document["language"] if document["language"] in WORDS else "en"
    words = WORDS[language]
    canvas.setTitle(f"{kind.title[language]} {document['document_number'] or ''}".strip())
    canvas.setAuthor(issuer.name)
    if is_verified(kind, document, issuer):
        qr(canvas, words, document, issuer)
    y = head(canvas, kind.title[language], words, document, issuer)
    y = lines(canvas, words, document, y)
    sums(canvas, words, document, y)
    foot(canvas, words)
    canvas.save()
    return buffer.getvalue()


def head(
    canvas: Canvas, title: str, words: dict[str, str], document: Document, issuer: Account
) -> float:
    canvas.setFillColor(HexColor(issuer.colour))
    canvas.rect(0, HEIGHT - 8 * mm, WIDTH, 8 * mm, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#111111"))
    write(canvas, LEFT, TOP - 4 * mm, cut(issuer.name, 62 * mm, 16), 16, bold=True)
    for n, text in enumerate((issuer.legal_name, issuer.tax_id, *issuer.address.split("\n"))):
        write(canvas, LEFT, TOP - (10 + 4.5 * n) * mm, cut(text, 65 * mm, 9), 9)
    number = document["document_number"]
    state = words["cancelled"] if document["_cancelled"] else words["draft"]
    write(canvas, RIGHT, TOP - 32 * mm, title, 13, right=True, bold=True)
    shown = number if number and not document["_cancelled"] else f"{number or ''} {state}".strip()
    write(canvas, RIGHT, TOP - 38 * mm, shown, 11, right=True)
    dates = ((words["date"], document["date"]), (words["due"], document["due_date"]))
    for n, (label, day) in enumerate(each for each in dates if each[1]):
        write(canvas, RIGHT, TOP - (44 + 5 * n) * mm, f"{label}: {spanish_day(day)}", 9, right=True)
    for n, text in enumerate(customer(document)):
        write(canvas, LEFT, TOP - (38 + 4.5 * n) * mm, cut(text, 100 * mm, 9), 9, bold=n == 0)
    return TOP - 66 * mm


def customer(document: Document) -> list[str]:
    """Return the lines that name the customer."""
    lines = [document["contact_name"]]
    if document["contact_id"] is None:
        return lines
    try:
        contact = contact_found(document["contact_id"])
    except Problem:
        return lines
    address: dict[str, Any] = contact["bill_address"] or {}
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    lines += [contact["code"], address.get("address"), town, address.get("country")]
    return [each for each in lines if each]


def lines(canvas: Canvas, words: dict[str, str], document: Document, y: float) -> float:
    """Draw the table of lines, on as many pages as it takes; return where it ends."""
    table_head(canvas, words, y)
    for line in document["lines"]:
        y -= ROW
        if y < BOTTOM:
            foot(canvas, words)
            canvas.showPage()
            y = TOP
            table_head(canvas, words, y)
            y -= ROW
        write(canvas, LEFT, y, cut(described(line), COLUMNS[0] - LEFT - 15 * mm, 9), 9)
        cells = (
            line["units"],
            spanish_amount(in_currency(document, line["price"])),
            spanish_amount(in_currency(document, totals.net(line))),
        )
        for x, text in zip(COLUMNS, cells, strict=True):
            write(canvas, x, y, text, 9, right=True)
    return y - 4 * mm


def described(line: dict[str, Any]) -> str:
    return f"{line['name']} - {line['description']}" if line["description"] else line["name"]


def in_currency(document: Document, amount: Decimal | str) -> Decimal:
    """Return an amount in the document's currency: what is kept is the account's."""
    return rounded(Decimal(amount) * Decimal(document["currency_change"]), document["currency"])


def table_head(canvas: Canvas, words: dict[str, str], y: float) -> None:
    write(canvas, LEFT, y, words["concept"], 8, bold=True)
    for x, name in zip(COLUMNS, ("units", "price", "amount"), strict=True):
        write(canvas, x, y, words[name], 8, right=True, bold=True)
    canvas.line(LEFT, y - 2 * mm, RIGHT, y - 2 * mm)


def sums(canvas: Canvas, words: dict[str, str], document: Document, y: float) -> None:
    """Draw the totals, one line for each tax with its base, on a page that has room for them."""
    rows = [(words["subtotal"], in_currency(document, document["subtotal"]))]
    if Decimal(document["discount"]):
        rows.append((words["discount"], -in_currency(document, document["discount"])))
    by_tax = totals.by_tax(document["lines"], Decimal(document["_discount"]), taxes.rates())
    names = taxes.names()
    for key, (base, tax) in sorted(by_tax.items()):
        of = spanish_amount(in_currency(document, base))
        rows.append((f"{names[key]} ({of})", in_currency(document, tax)))
    if y - ROW * (len(rows) + 1.2) < BOTTOM - 15 * mm:
        foot(canvas, words)
        canvas.showPage()
        y = TOP
    canvas.line(COLUMNS[0] - 30 * mm, y, RIGHT, y)
    for label, value in rows:
        y -= ROW
        write(canvas, COLUMNS[1], y, label, 9, right=True)
        write(canvas, RIGHT, y, spanish_amount(value), 9, right=True)
    y -= ROW * 1.2
    total = spanish_amount(in_currency(document, document["total"]))
    write(canvas, COLUMNS[1], y, words["total"], 11, right=True, bold=True)
    shown = f"{total} {document['currency'].upper()}"
    write(canvas, RIGHT, y, shown, 11, right=True, bold=True)


def foot(canvas: Canvas, words: dict[str, str]) -> None:
    """Number the page, and say that all this is simulated."""
    write(canvas, WIDTH / 2, 12 * mm, words["note"], 7, centre=True)
    write(canvas, RIGHT, 12 * mm, str(canvas.getPageNumber()), 7, right=True)


def is_verified(kind: Kind, document: Document, issuer: Account) -> bool:
    """Return whether the tax agency is told of a document: approved, Spanish, in no series that is
    left out.
    """
    approved = kind.fiscal and not document["draft"]
    return bool(approved and issuer.country == "ES" and document.get("_verifactu", True))


def qr(canvas: Canvas, words: dict[str, str], document: Document, issuer: Account) -> None:
    """Draw the QR such a document carries, on top and centred."""
    code = QrCodeWidget(qr_text(document, issuer), barLevel="M")
    x1, y1, x2, y2 = code.getBounds()
    side = 30 * mm
    square = Drawing(side, side, transform=[side / (x2 - x1), 0, 0, side / (y2 - y1), 0, 0])
    square.add(code)
    renderPDF.draw(square, canvas, (WIDTH - side) / 2, TOP - 28 * mm)
    write(canvas, WIDTH / 2, TOP - 31 * mm, words["qr"], 7, centre=True)


def qr_text(document: Document, issuer: Account) -> str:
    """Return an address shaped as the tax agency's, at a name that leads nowhere."""
    year, month, day = document["date"].split("-")
    query = {
        "nif": issuer.tax_id,
        "numserie": document["document_number"],
        "fecha": f"{day}-{month}-{year}",
        "importe": document["total"],
    }
    return "https://verifactu.invalid/ValidarQR?" + urlencode(query)


def write(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    right: bool = False,
    centre: bool = False,
    bold: bool = False,
) -> None:
    """Write one line, from ``x`` on, around it or up to it."""
    text = text[:200]
    if right or centre:
        x -= fonts.width(text, size, bold=bold) / (2 if centre else 1)
    fonts.draw(canvas, x, y, text, size, bold=bold)


def cut(text: str, room: float, size: float) -> str:
    """Return a text that fits into ``room``."""
    if fonts.width(text[:200], size, bold=False) <= room:
        return text[:200]
    text = text[:200]
    while text and fonts.width(text + "…", size, bold=False) > room:
        text = text[:-1]
    return text + "…"


def spanish_amount(value: Decimal | str) -> str:
    whole = f"{Decimal(value):,.2f}"
    return whole.translate(str.maketrans(",.", ".,"))


def spanish_day(day: str) -> str:
    return "/".join(reversed(day.split("-")))
