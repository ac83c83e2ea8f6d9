"""The console's pages, for whoever tries a sandbox: objects, events, requests, faults, the clock.

They need no script and no sign-in: a sandbox listens on its own machine and holds test data only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from flask import url_for as address
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from portal.sandbox.console.inside import Inside

STATIC = Path(__file__).with_name("static")
LIMIT = 50
HOUR = 3600
MOVES = {"an hour": HOUR, "a day": 24 * HOUR, "a week": 7 * 24 * HOUR, "31 days": 31 * 24 * HOUR}
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"
NOTICES = {
    "moved": "The clock moved.",
    "failed": "The clock moved, and some of what fell due failed: see the sandbox’s log.",
    "planted": "The fault waits for its request.",
    "cleared": "No fault waits any more.",
    "sent": "It is sent again.",
    "unsent": "There is nobody to send it to.",
    "reset": "Everything but the accounts was forgotten.",
}


def create(inside: Callable[[], Inside], neighbours: Mapping[str, str]) -> Blueprint:
    """Return the pages over ``inside()``; ``neighbours`` are names and addresses to link to."""
    pages = Blueprint(
        "console",
        __name__,
        url_prefix="/_sandbox/console",
        template_folder="templates",
        static_folder=STATIC,
    )

    @pages.context_processor
    def common() -> dict[str, Any]:
        return {
            "provider": inside().provider,
            "now": inside().now(),
            "neighbours": neighbours,
            "notice": NOTICES.get(request.args.get("notice", ""), ""),
        }

    @pages.before_request
    def refuse_strangers() -> None:
        """No page of another site may press a button here."""
        asked = request.headers.get("Sec-Fetch-Site", "same-origin")
        if request.method == "POST" and asked not in ("same-origin", "none"):
            abort(403)

    @pages.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @pages.get("/")
    def overview() -> ResponseReturnValue:
        return render_template(
            "console/overview.html",
            accounts=inside().accounts(),
            kinds=inside().kinds(),
            calls=inside().calls(before=None, limit=5),
            moves=MOVES,
        )

    @pages.get("/objects/<kind>")
    def objects(kind: str) -> ResponseReturnValue:
        text = request.args.get("text", "").strip()
        found = inside().things(kind, text=text, before=_before(), limit=LIMIT + 1)
        return render_template(
            "console/objects.html", kind=kind, text=text, things=found[:LIMIT], more=_more(found)
        )

    @pages.get("/objects/<kind>/<id_>")
    def show(kind: str, id_: str) -> ResponseReturnValue:
        body = inside().body(kind, id_)
        if body is None:
            abort(404)
        return render_template("console/body.html", title=id_, kind=kind, body=_linked(body))

    @pages.get("/find")
    def find() -> ResponseReturnValue:
        id_ = request.args.get("id", "").strip()
        kind = inside().kind_of(id_)
        if kind is None:
            return render_template("console/missing.html", id=id_), 404
        return redirect(address(".show", kind=kind, id_=id_))

    @pages.get("/events")
    def events() -> ResponseReturnValue:
        found = inside().happenings(before=_before(), limit=LIMIT + 1)
        return render_template("console/events.html", events=found[:LIMIT], more=_more(found))

    @pages.post("/events/<place>")
    def resend(place: str) -> ResponseReturnValue:
        return _back(".events", "sent" if inside().resend(place) else "unsent")

    @pages.get("/requests")
    def requests() -> ResponseReturnValue:
        found = inside().calls(before=_before(), limit=LIMIT + 1)
        return render_template("console/requests.html", calls=found[:LIMIT], more=_more(found))

    @pages.get("/requests/<place>")
    def show_request(place: str) -> ResponseReturnValue:
        body = inside().call(place)
        if body is None:
            abort(404)
        return render_template("console/body.html", title="Request", kind="", body=_linked(body))

    @pages.get("/faults")
    def faults() -> ResponseReturnValue:
        return render_template("console/faults.html", **_faults(), asked={}, wrong="")

    @pages.post("/faults")
    def plant() -> ResponseReturnValue:
        asked = {name: value for name, value in request.form.items() if value.strip()}
        try:
            inside().plant(_fault(asked))
        except ValueError as wrong:
            page = render_template("console/faults.html", **_faults(), asked=asked, wrong=wrong)
            return page, 400
        return _back(".faults", "planted")

    @pages.post("/faults/clear")
    def clear() -> ResponseReturnValue:
        inside().clear_faults()
        return _back(".faults", "cleared")

    @pages.post("/clock")
    def move() -> ResponseReturnValue:
        by = request.form.get("by", "")
        if by not in MOVES:
            abort(400)
        return _back(".overview", "failed" if inside().advance(MOVES[by]) else "moved")

    @pages.post("/reset")
    def reset() -> ResponseReturnValue:
        inside().reset()
        return _back(".overview", "reset")

    def _faults() -> dict[str, Any]:
        return {"kinds": inside().fault_kinds, "waiting": inside().faults()}

    def _linked(body: Any) -> Markup:
        """Write JSON with a link on each id."""
        text = json.dumps(body, indent=2, ensure_ascii=False)
        parts, end = [], 0
        for match in inside().ids.finditer(text):
            link = escape(address("console.find", id=match[0]))
            parts += [escape(text[end : match.start()])]
            parts += [Markup('<a href="{}">{}</a>').format(link, match[0])]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])

    return pages


def welcome() -> Response:
    """Send who opens the sandbox's bare address to its console."""
    return current_app.make_response(redirect(address("console.overview")))


def _before() -> str | None:
    return request.args.get("before") or None


def _more(found: Sequence[Any]) -> str | None:
    """Return the place behind which a further page starts, or None."""
    return found[LIMIT - 1].place if len(found) > LIMIT else None


def _back(endpoint: str, notice: str) -> ResponseReturnValue:
    return redirect(address(endpoint, notice=notice), 303)


def _fault(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the fault a form asks for; raises ValueError for a number that is none."""
    numbers: dict[str, Callable[[str], float]] = {
        "times": int, "after": int, "status": int, "seconds": float
    }  # fmt: skip
    try:
        return {name: numbers.get(name, str)(value) for name, value in asked.items()}
    except ValueError:
        raise ValueError("times, after and status are whole numbers, seconds a number") from None
