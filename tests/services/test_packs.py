"""Packs: every original once, resumed after a kill, waiting for Holded's quota, gone in time."""

import io
import tracemalloc
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceState
from portal.domain.statements import Period, quarter_of
from portal.mirror import statements as drawn
from portal.services import documents, packs
from portal.store import packs as rows
from portal.store.packs import PackRow, PackState
from tests.factories import make_invoice
from tests.papers import text_of
from tests.payer import Payer, move_in

QUARTER = quarter_of(date(2026, 11, 1))
STATEMENT = "statement-2026-10-01-2026-12-31"


def opened(payer: Payer, pack: str) -> ZipFile:
    return ZipFile(io.BytesIO(packs.path_of(payer.house.at, pack).read_bytes()))


def row(payer: Payer, pack: str) -> PackRow:
    with payer.house.db.session() as reader:
        return reader.get_one(PackRow, pack)


def fetched(payer: Payer) -> int:
    return len([one for one in payer.house.requests("holded") if one["path"].endswith("/pdf")])


def made(payer: Payer, period: Period = QUARTER) -> str:
    pack = packs.ask(payer.visit(), period)
    payer.house.settle_down()
    return pack


def test_a_pack_holds_every_original_the_list_and_the_statement(payer: Payer) -> None:
    holded, at_stripe = payer.invoice(), payer.stripe_invoice()
    visit = payer.visit()

    with opened(payer, made(payer)) as archive:
        names = archive.namelist()
        pdfs = {archive.read(name) for name in names if name.startswith("documents/")}
        csv, paper = archive.read(f"{STATEMENT}.csv"), archive.read(f"{STATEMENT}.pdf")

    assert len(names) == 4
    assert pdfs == {documents.get(visit, id)[1].read_bytes() for id in (holded, at_stripe)}
    assert csv.decode("utf-8-sig").count("invoice") == 2
    assert "Closing balance\n€242.00" in text_of(paper)


def test_the_documents_of_a_pack_add_up_to_its_statement(payer: Payer) -> None:
    payer.invoice("10.00")
    payer.stripe_invoice(777)
    visit = payer.visit()

    listed = drawn.list_documents(visit, QUARTER)

    (account,) = drawn.read(visit, QUARTER).accounts
    assert sum(one.total for one in listed) == account.invoiced.amount == 1_987


def test_each_pdf_is_fetched_once_and_kept(payer: Payer) -> None:
    payer.invoice()
    made(payer)

    made(payer)

    assert fetched(payer) == 1


def test_it_is_mailed_when_it_is_ready(payer: Payer) -> None:
    payer.invoice()
    pack = made(payer)

    mail = payer.house.postbox.mails[-1]

    assert mail.subject == "The file with your documents is ready"
    assert "December 31, 2026" in mail.text
    assert f"/nuvol/packs/{pack}" in mail.text


def test_a_customer_has_one_at_a_time(payer: Payer) -> None:
    payer.invoice()
    visit = payer.visit()

    assert packs.ask(visit, QUARTER) == packs.ask(visit, Period(date(2026, 1, 1), date(2026, 1, 2)))


def test_one_that_was_killed_goes_on_where_it_was(payer: Payer) -> None:
    payer.invoice(), payer.invoice(), payer.invoice()
    payer.house.holded_wire.on_the_way[_path_of_second(payer)] = _die
    pack = packs.ask(payer.visit(), QUARTER)
    with pytest.raises(KeyboardInterrupt):
        payer.house.settle_down()
    assert row(payer, pack).state == PackState.MAKING

    payer.house.pass_time(120)
    payer.house.settle_down()

    assert row(payer, pack).state == PackState.READY
    assert fetched(payer) == 4


def _path_of_second(payer: Payer) -> str:
    second = drawn.list_documents(payer.visit(), QUARTER)[1]
    return f"GET /api/v2/invoices/{second.id}/pdf"


def _die() -> None:
    raise KeyboardInterrupt


def test_a_file_left_half_written_goes(payer: Payer) -> None:
    payer.invoice()
    pack = packs.ask(payer.visit(), QUARTER)
    path = packs.path_of(payer.house.at, pack)
    path.parent.mkdir(parents=True)
    path.with_name(f"{pack}.zip.1234.new").write_bytes(b"PK")

    payer.house.settle_down()

    assert list(path.parent.iterdir()) == [path]


def test_a_quota_makes_it_wait_and_then_it_goes_on_by_itself(payer: Payer) -> None:
    payer.invoice(), payer.invoice()
    payer.house.decide(holded_calls_a_month=1)
    pack = packs.ask(payer.visit(), QUARTER)
    payer.house.settle_down()
    waiting = row(payer, pack)

    payer.house.decide(holded_calls_a_month=100_000)
    payer.house.pass_time((waiting.waits_until - payer.house.now()).total_seconds() + 60)
    payer.house.settle_down()

    assert waiting.state == PackState.MAKING
    assert fetched(payer) == 2
    assert row(payer, pack).state == PackState.READY


def test_it_says_beforehand_what_it_costs(payer: Payer) -> None:
    first = payer.invoice()
    payer.invoice()
    payer.stripe_invoice()
    visit = payer.visit()
    documents.get(visit, first)

    found = packs.preview(visit, QUARTER)

    assert (found.total, found.calls) == (3, 1)


def test_a_document_without_a_pdf_is_named(payer: Payer) -> None:
    payer.invoice()
    lost = payer.invoice()
    payer.fault("holded", "html", f"/invoices/{lost}/pdf")

    with opened(payer, pack := made(payer)) as archive:
        missing = archive.read("missing.txt").decode()

    number = payer.house.holded.get(f"/invoices/{lost}").json()["document_number"]
    assert missing == f"{number}\r\n"
    assert row(payer, pack).missing == [lost]


def test_with_an_issuer_down_it_waits_and_tries_again(payer: Payer) -> None:
    payer.invoice()
    pack = packs.ask(payer.visit(), QUARTER)
    payer.house.holded_wire.is_cut = True
    payer.house.settle_down()
    assert row(payer, pack).state == PackState.MAKING
    payer.house.holded_wire.is_cut = False

    payer.house.pass_time(3_600)
    payer.house.settle_down()

    assert row(payer, pack).state == PackState.READY


def test_it_goes_after_seven_days(payer: Payer) -> None:
    payer.invoice()
    pack = made(payer)
    path = packs.path_of(payer.house.at, pack)

    payer.house.pass_time(packs.KEPT.total_seconds() - 60)
    payer.house.settle_down()
    assert path.exists()
    payer.house.pass_time(120)
    payer.house.settle_down()

    assert not path.exists()
    visit = payer.visit()
    assert rows.list_of(visit.db, visit.merchant.id, visit.customer.id) == []


def test_the_same_documents_make_the_same_names() -> None:
    numbers = ["F/1", "F-1", "f-1", "", "../../etc", "CON", "\u202eexe", "x" * 300]

    names = list(packs.names_of(_invoices(numbers)))

    assert len({name.casefold() for name in names}) == len(numbers)
    assert all(name.startswith("documents/2026-10-05_") for name in names)
    assert not any(".." in name or name.count("/") > 1 or len(name) > 120 for name in names)


def _invoices(numbers: Sequence[str]) -> list[Invoice]:
    return [
        Invoice(
            origin=Origin.HOLDED,
            id=f"id{at}",
            customer="c",
            number=number,
            kind=InvoiceKind.INVOICE,
            state=InvoiceState.OPEN,
            currency="eur",
            total=1,
            due=1,
            issued_on=date(2026, 10, 5),
        )
        for at, number in enumerate(numbers)
    ]


def test_a_pack_of_500_documents_takes_no_more_memory_than_one_of_few(payer: Payer) -> None:
    visit = payer.visit()
    _keep(payer, visit.customer.id, visit, 500)
    pack = packs.ask(visit, QUARTER)

    tracemalloc.start()
    packs.make(payer.house.at, pack)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    size = packs.path_of(payer.house.at, pack).stat().st_size
    assert row(payer, pack).total == 500
    assert size > 50_000_000
    assert peak < 15_000_000


def _keep(payer: Payer, customer: int, visit: Any, count: int) -> None:
    """Have so many documents whose PDFs, of 100 kB each, are here already."""
    for _ in range(count):
        make_invoice(payer.house.db, payer.house.merchant, customer, description="Fonts")
    for one in drawn.list_documents(visit, QUARTER):
        path: Path = documents._place(visit, one)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-" + bytes(100_000))


def test_b15_somebody_elses_pack_is_not_found(payer: Payer) -> None:
    pack = made(payer)
    other = move_in(payer.house, "bob@example.com", "Bob").visit()

    assert rows.list_of(other.db, other.merchant.id, other.customer.id) == []
    with pytest.raises(NotFound):
        rows.get(other.db, other.merchant.id, other.customer.id, pack)
