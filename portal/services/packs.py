"""Packs for the accountant: every original PDF of a period, its CSV and its statement, in one ZIP.

A job fetches a few PDFs at a time and keeps each, so that other jobs get their turn, and one that
is killed goes on where it was. Holded's quota may make it wait; it then goes on by itself.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfileobj
from urllib.parse import urljoin
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from portal.context import Customer, MerchantContext, Visit
from portal.db import Unit
from portal.domain.access import EVERYTHING
from portal.domain.budget import Effect, Spending, cost_of
from portal.domain.customers import Origin
from portal.domain.errors import BudgetSpent, GatewayRefused, GatewayUnavailable, NotFound
from portal.domain.invoices import Invoice
from portal.domain.statements import Period
from portal.mirror import customers
from portal.mirror import statements as drawn
from portal.services import budget, documents, mail, papers, statements
from portal.store import merchants, outbox, packs
from portal.store.packs import PackRow, PackState

FOLDER = "packs"
KEPT = timedelta(days=7)
# How many PDFs are fetched before other jobs get their turn.
AT_ONCE = 10
LONGEST_NAME = 80
PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Preview:
    """What making a pack takes: documents, calls for PDFs of Holded, and whether all may go now."""

    total: int
    calls: int
    spending: Spending


def preview(visit: Visit, period: Period) -> Preview:
    """Say beforehand what the pack of a period costs of Holded's calls."""
    found = drawn.list_documents(visit, period)
    missing = sum(1 for one in _not_kept(visit, found) if one.origin is Origin.HOLDED)
    return Preview(
        total=len(found),
        calls=cost_of(Effect.PDF, missing),
        spending=budget.may_spend(visit.at, Effect.PDF, missing),
    )


def ask(visit: Visit, period: Period) -> str:
    """Have a pack made, and return its id: that of the one under way where there is one."""
    total = len(drawn.list_documents(visit, period))
    with visit.db.write() as unit:
        merchants.lock(unit, visit.merchant.id)
        under_way = packs.making(unit, visit.merchant.id, visit.customer.id)
        if under_way:
            # Should its job have been given up, this begins it again.
            _go_on(unit, visit.at, under_way, visit.now)
            return under_way
        row = packs.add(
            unit,
            visit.merchant,
            visit.customer.id,
            period.first,
            period.last,
            locale=visit.locale,
            total=total,
            asked_at=visit.now,
        )
        _go_on(unit, visit.at, row.id, visit.now)
        return row.id


def make(at: MerchantContext, pack: str) -> None:
    """Fetch the next PDFs of a pack, and write its file when all are here (job).

    Raises GatewayUnavailable to be tried again, where an issuer does not answer.
    """
    with at.db.write() as unit:
        row = packs.find(unit, at.merchant.id, pack)
        if row is None or row.state != PackState.MAKING:
            return
    visit = _visit(at, row)
    found = drawn.list_documents(visit, Period(row.first, row.last))
    waits_until, missing = _fetch_some(visit, found, set(row.missing))
    left = [one for one in _not_kept(visit, found) if one.id not in missing]
    with at.db.write() as unit:
        row = packs.find(unit, at.merchant.id, pack)
        if row is None:
            return
        row.total, row.done, row.missing = len(found), len(found) - len(left), sorted(missing)
        row.waits_until = waits_until
        if left:
            _go_on(unit, at, pack, waits_until or at.now)
    if not left:
        _finish(visit, pack, found, missing)


def _fetch_some(
    visit: Visit, found: list[Invoice], missing: set[str]
) -> tuple[datetime | None, set[str]]:
    """Keep the next few PDFs; return until when Holded makes the rest wait, and who has none.

    One issuer that does not answer does not keep the other's documents from coming.
    """
    wanted = [one for one in _not_kept(visit, found) if one.id not in missing]
    silent: GatewayUnavailable | None = None
    waits_until, tried = None, 0
    for one in wanted:
        if tried == AT_ONCE:
            break
        if waits_until is not None and one.origin is Origin.HOLDED:
            continue
        try:
            documents.get(visit, one.id)
            tried += 1
        except BudgetSpent as spent:
            waits_until = spent.until
        except (GatewayRefused, NotFound):
            missing = missing | {one.id}
        except GatewayUnavailable as error:
            silent = error
            break
    if silent is not None and not tried:
        raise silent
    is_waiting = waits_until is not None and not tried
    return (waits_until if is_waiting else None), missing


def _finish(visit: Visit, pack: str, found: list[Invoice], missing: set[str]) -> None:
    """Write the file of a pack whose documents are here, and have its customer told."""
    at = visit.at
    with at.db.session() as reader:
        row = reader.get_one(PackRow, pack)
    path = path_of(at, pack)
    with mail.speaking(at, row.locale):
        _write(visit, path, Period(row.first, row.last), found, missing)
    with at.db.write() as unit:
        made = packs.find(unit, at.merchant.id, pack)
        if made is None:
            path.unlink(missing_ok=True)
            return
        made.state, made.ready_at, made.size = PackState.READY, at.now, path.stat().st_size
        outbox.add(unit, "mail_pack", pack, merchant_id=at.merchant.id, now=at.now, pack=pack)
        outbox.add(
            unit,
            "remove_pack",
            pack,
            merchant_id=at.merchant.id,
            now=at.now,
            run_at=at.now + KEPT,
            pack=pack,
        )


def remove(at: MerchantContext, pack: str) -> None:
    """Delete a pack and its file, when its days are over (job)."""
    path_of(at, pack).unlink(missing_ok=True)
    with at.db.write() as unit:
        row = packs.find(unit, at.merchant.id, pack)
        if row is not None:
            unit.delete(row)


def mail_ready(at: MerchantContext, pack: str) -> None:
    """Tell the customer that a pack can be fetched, and until when (job)."""
    with at.db.session() as reader:
        row = reader.get(PackRow, pack)
    card = customers.find_card(at.db, at.merchant, row.customer_id) if row is not None else None
    if row is None or row.ready_at is None or card is None or not card.address:
        return
    mail.send(
        at,
        "pack",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"pack-{pack}",
        customer_name=card.name,
        first=row.first,
        last=row.last,
        documents=row.total - len(row.missing),
        missing=len(row.missing),
        until=row.ready_at + KEPT,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/packs/{pack}"),
    )


def path_of(at: MerchantContext, pack: str) -> Path:
    """Return where the file of a pack is; its id is ours, so nothing of it leads elsewhere."""
    return at.settings.portal_data / FOLDER / str(at.merchant.id) / f"{pack}.zip"


def _write(
    visit: Visit, path: Path, period: Period, found: list[Invoice], missing: set[str]
) -> None:
    """Write a ZIP that is there whole or not at all; PDFs pass through in pieces."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left_over in path.parent.glob(f"{path.name}.*.new"):
        left_over.unlink(missing_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    statement, name = drawn.read(visit, period), statements.name_of(period)
    try:
        with os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with ZipFile(file, "w") as archive:
                there = [one for one in found if one.id not in missing]
                for entry, one in zip(names_of(there), there, strict=True):
                    _, pdf = documents.get(visit, one.id)
                    with pdf.open("rb") as source, archive.open(_entry(entry), "w") as target:
                        copyfileobj(source, target, PIECE)
                _add(archive, f"{name}.csv", statements.csv_of(statement))
                paper = papers.statement(visit.at, statement, visit.customer_name)
                _add(archive, f"{name}.pdf", [paper])
                if missing:
                    absent = (one.number or one.id for one in found if one.id in missing)
                    _add(archive, "missing.txt", (f"{line}\r\n".encode() for line in absent))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _add(archive: ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    entry = _entry(name)
    entry.compress_type = ZIP_DEFLATED
    with archive.open(entry, "w") as target:
        for piece in pieces:
            target.write(piece)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)  # of the year 1980: the same documents make the same file
    entry.compress_type, entry.external_attr = ZIP_STORED, 0o600 << 16
    return entry


def names_of(found: Iterable[Invoice]) -> Iterator[str]:
    """Return what each PDF is called within a pack: its day and number, safe on any system, once.

    The day in front keeps names that systems reserve (`CON`) and folders (`..`) from arising.
    """
    taken: set[str] = set()
    for one in found:
        plain = re.sub(r"[^\w.-]+", "-", one.number or one.id).strip("-.")[:LONGEST_NAME]
        day = one.issued_on.isoformat() if one.issued_on else "undated"
        stem = name = f"{day}_{plain or 'document'}"
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem}-{count}"
        taken.add(name.casefold())
        yield f"documents/{name}.pdf"


def _not_kept(visit: Visit, found: Iterable[Invoice]) -> list[Invoice]:
    return [one for one in found if not documents.is_kept(visit, one)]


def _go_on(unit: Unit, at: MerchantContext, pack: str, when: datetime) -> None:
    outbox.add(
        unit,
        "make_pack",
        pack,
        merchant_id=at.merchant.id,
        now=at.now,
        run_at=when,
        pack=pack,
    )


def _visit(at: MerchantContext, row: PackRow) -> Visit:
    """Return the visit its customer would make."""
    card = customers.find_card(at.db, at.merchant, row.customer_id)
    if card is None:
        raise NotFound(f"customer {row.customer_id}")
    customer = Customer(card.id, card.stripe_customer, card.holded_contact, card.name, card.address)
    return Visit(at, customer, EVERYTHING, row.locale, at.now)
