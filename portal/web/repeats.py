"""Pages that come out the same again: rendered once for the same visit, address, rows and minute.

People go back and forth between a few pages, and rendering costs more than all the reading before
it. What a page is made of is read afresh each time, so nothing shown is older than the rows it is
made of; only the work of writing them out as HTML is spared.
"""

from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask, current_app, g, render_template, request, session
from flask_wtf.csrf import generate_csrf

from portal import i18n
from portal.context import Visit
from portal.web.kept import Kept

PAGES, TOKENS = 128, 4_096
LONGEST = 128 * 1024
# Stands in the page that is kept for what belongs to one answer alone.
NAME = "csrf_token"
TOKEN = "\ufdd0csrf\ufdd1"  # noqa: S105 - a place for one


def init_app(app: Flask) -> None:
    """Let forms leave a place for their token while a page is rendered to be kept."""
    app.extensions["kept_pages"] = Kept[str](PAGES)
    app.extensions["kept_tokens"] = Kept[str](TOKENS)
    app.jinja_env.globals["csrf_token"] = _token


def render(visit: Visit, template: str, seen: Hashable, make: Callable[[], dict[str, Any]]) -> str:
    """Render a template, or take the page it made of the same rows (`seen`) a moment ago.

    `make` returns what the template is given. It may depend on the visit, the address and `seen`,
    and on the time as far as the minute.
    """
    if "_flashes" in session:
        return render_template(template, **make())
    kept: Kept[str] = current_app.extensions["kept_pages"]
    minute = int(visit.now.timestamp()) // 60
    whose = (visit.session, visit.merchant, visit.customer, visit.scope, visit.email, _noted())
    key = (template, whose, i18n.current().tag, request.full_path, minute, seen)
    page = kept.get(key)
    if page is None:
        g.keeps_page = True
        try:
            page = render_template(template, **make())
        finally:
            g.keeps_page = False
        if len(page) <= LONGEST:
            kept.put(key, page)
    return page.replace(TOKEN, _of_session()) if TOKEN in page else page


def _noted() -> tuple[tuple[str, str], ...]:
    """Return what the visitor's own cookie notes besides the token of their forms."""
    return tuple((name, str(value)) for name, value in session.items() if name != NAME)


def _token() -> str:
    return TOKEN if g.get("keeps_page") else _of_session()


def _of_session() -> str:
    """Return the token of the visitor's forms, signed once: it is good as long as their cookie."""
    kept: Kept[str] = current_app.extensions["kept_tokens"]
    known = kept.get(session.get(NAME))
    if known is None:
        known = str(generate_csrf())
        kept.put(session[NAME], known)
    return known
