"""Packs for the accountant: what one takes, how far it is, and its file."""

from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import i18n
from portal.domain.errors import NotFound
from portal.domain.statements import Period, before, quarter_of
from portal.i18n import formats
from portal.i18n import gettext as _
from portal.services import packs, statements
from portal.store import packs as rows
from portal.store.packs import PackState
from portal.web import downloads
from portal.web.customer import current_visit
from portal.web.customer.statements import asked, choices, typed
from portal.web.policies import Who, open_to

pages = Blueprint("packs", __name__)

MEGABYTE = 1_000_000


@pages.get("/packs")
@open_to(Who.CUSTOMER)
def choose() -> ResponseReturnValue:
    """Say what the pack of a period takes, at first the last quarter, and show those made."""
    visit = current_visit()
    last_quarter = quarter_of(before(quarter_of(visit.today)))
    period, error = asked(visit.today, request.values, otherwise=last_quarter)
    page = render_template(
        "customer/packs/choose.html",
        choices=choices(visit.today, period),
        asked=typed(period),
        value=f"{period.first.isoformat()}_{period.last.isoformat()}",
        named="" if error else statements.period_of(period),
        preview=None if error else packs.preview(visit, period),
        error=error,
        made=rows.list_of(visit.db, visit.merchant.id, visit.customer.id),
        period_of=lambda row: statements.period_of(Period(row.first, row.last)),
        size_of=size_of,
    )
    return page, 422 if error else 200


@pages.post("/packs")
@open_to(Who.CUSTOMER)
def ask() -> ResponseReturnValue:
    """Have a pack made, and show how far it is."""
    visit = current_visit()
    period, error = asked(visit.today, request.form)
    if error or not request.form.get("period"):
        return choose()
    return redirect(url_for(".show", id=packs.ask(visit, period)), 303)


@pages.get("/packs/<id>")
@open_to(Who.CUSTOMER)
def show(id: str) -> ResponseReturnValue:
    """Show how far a pack is, by itself every few seconds, or where its file is."""
    visit = current_visit()
    pack = rows.get(visit.db, visit.merchant.id, visit.customer.id, id)
    return render_template(
        "customer/packs/show.html",
        pack=pack,
        size=size_of(pack.size),
        is_ready=pack.state == PackState.READY,
        is_waiting=pack.waits_until is not None and pack.waits_until > visit.now,
        named=statements.period_of(Period(pack.first, pack.last)),
        until=pack.ready_at + packs.KEPT if pack.ready_at else None,
    )


@pages.get("/packs/<id>/zip")
@open_to(Who.CUSTOMER)
def file(id: str) -> ResponseReturnValue:
    """Send the file of a pack, piece by piece from the disk."""
    visit = current_visit()
    pack = rows.get(visit.db, visit.merchant.id, visit.customer.id, id)
    path = packs.path_of(visit.at, pack.id)
    if pack.state != PackState.READY or not path.exists():
        raise NotFound(f"file of pack {id}")
    name = f"documents-{pack.first.isoformat()}-{pack.last.isoformat()}"
    return downloads.send_kept(path, name, downloads.ZIP)


def size_of(size: int) -> str:
    """Say how large a file is: `3.2 MB`."""
    locale = i18n.current()
    if size < MEGABYTE:
        return _("%(number)s kB", number=formats.number(max(size // 1_000, 1), locale))
    rounded = round(Decimal(size) / MEGABYTE, 1)
    return _("%(number)s MB", number=formats.number(rounded, locale))
