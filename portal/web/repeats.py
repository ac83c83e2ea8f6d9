"""Pages that come out the same again: rendered once for the same visit, address, rows and minute.

People go back and forth between a few pages, and rendering costs more than all the reading before
it. What a page is made of is read afresh each time, so nothing shown is older than the rows it is
made of; only the work of writing them out as HTML is spared.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from flask import Flask, current_app, g, render_template, request, session
from flask_wtf.csrf import generate_csrf

from portal import i18n
from portal.context import Visit

MOST = 128
LONGEST = 128 * 1024
# Stands in the page that is kept for what belongs to one answer alone.
TOKEN = "\ufdd0csrf\ufdd1"  # noqa: S105 - a place for one


class Kept:
    """The pages of one process, the least used of them given up first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> str | None:
        """Return a page that was kept."""
        with self._lock:
            found = self._pages.get(key)
            if found is not None:
                self._pages.move_to_end(key)
            return found

    def put(self, key: Hashable, page: str) -> None:
        """Keep a page, unless it is very long."""
        if len(page) > LONGEST:
            return
        with self._lock:
            self._pages[key] = page
            if len(self._pages) > MOST:
                self._pages.popitem(last=False)


def init_app(app: Flask) -> None:
    """Let forms leave a place for their token while a page is rendered to be kept."""
    app.extensions["kept_pages"] = Kept()
    app.jinja_env.globals["csrf_token"] = _token


def render(visit: Visit, template: str, seen: Hashable, make: Callable[[], dict[str, Any]]) -> str:
    """Render a template, or take the page it made of the same rows (`seen`) a moment ago.

    `make` returns what the template is given. It may depend on the visit, the address and `seen`,
    and on the time as far as the minute.
    """
    if "_flashes" in session:
        return render_template(template, **make())
    kept: Kept = current_app.extensions["kept_pages"]
    minute = int(visit.now.timestamp()) // 60
    whose = (visit.session, visit.merchant, visit.customer, visit.scope, visit.email)
    key = (template, whose, i18n.current().tag, request.full_path, minute, seen)
    page = kept.get(key)
    if page is None:
        g.keeps_page = True
        try:
            page = render_template(template, **make())
        finally:
            g.keeps_page = False
        kept.put(key, page)
    return page.replace(TOKEN, generate_csrf()) if TOKEN in page else page


def _token() -> str:
    return TOKEN if g.get("keeps_page") else str(generate_csrf())
