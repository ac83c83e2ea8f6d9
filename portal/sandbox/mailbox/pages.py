"""The mailbox's pages: the list, one mail, and two buttons that move the simulated world."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import httpx
from flask import Flask, Response, abort, jsonify, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.sandbox.console.pages import STATIC
from portal.sandbox.mailbox.letters import Letter, Letters, linked
from portal.sandbox.mailbox.world import World

DAY = 86_400
# A mail's own HTML: no script, no request, no form; its links leave the frame when pressed.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'"
NOTICES = {
    "day": "The clock of both sandboxes moved a day.",
    "lost": "Stripe’s next answer to a change will get lost.",
    "failed": "A sandbox did not answer. Is it running?",
}


def create_app(data: str | Path = ":memory:", *, world: World | None = None) -> Flask:
    """Return the mailbox's pages; ``app.extensions["letters"]`` keeps the mails."""
    app = Flask(__name__, static_folder=STATIC)
    app.extensions["letters"] = letters = Letters(data)
    places = world or World()
    app.add_template_filter(lambda text: Markup(linked(text)), "linked")  # noqa: S704 - escaped

    @app.get("/")
    def index() -> ResponseReturnValue:
        notice = NOTICES.get(request.args.get("notice", ""))
        newest_first = letters.every()[::-1]
        days = places.days()
        return render_template(
            "index.html", letters=newest_first, notice=notice, days=days, consoles=places.consoles()
        )

    @app.get("/messages/<int:id_>")
    def show(id_: int) -> ResponseReturnValue:
        names = [part.get_filename() for part in letters.attachments(id_)]
        return render_template("letter.html", letter=wanted(letters, id_), attachments=names)

    @app.get("/messages/<int:id_>/attachments/<int:number>")
    def attachment(id_: int, number: int) -> ResponseReturnValue:
        """One attachment as it came, the first under number 1."""
        parts = letters.attachments(id_)
        if not 1 <= number <= len(parts):
            abort(404)
        part = parts[number - 1]
        content = part.get_payload(decode=True)
        return send_file(
            BytesIO(content if isinstance(content, bytes) else b""),
            mimetype=part.get_content_type(),
            as_attachment=True,
            download_name=part.get_filename() or "attachment",
        )

    @app.get("/messages/<int:id_>/html")
    def show_html(id_: int) -> ResponseReturnValue:
        page = '<base target="_top">' + wanted(letters, id_).html
        return Response(page, headers={"Content-Security-Policy": FRAME_POLICY})

    @app.get("/messages.json")
    def listing() -> ResponseReturnValue:
        """Every mail, the newest last: id, to, from, subject, text, html, links, received."""
        return jsonify([each.shown() for each in letters.every()])

    @app.post("/day")
    def move_clock() -> ResponseReturnValue:
        return pressed(
            "day",
            (f"{places.stripe}/_sandbox/clock", {"advance": DAY}),
            (f"{places.holded}/_sandbox/clock", {"advance": DAY}),
        )

    @app.post("/lose-answer")
    def lose_answer() -> ResponseReturnValue:
        fault = {"kind": "lose_answer", "times": 1, "method": "POST"}
        return pressed("lost", (f"{places.stripe}/_sandbox/faults", fault))

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def wanted(letters: Letters, id_: int) -> Letter:
    letter = letters.find(id_)
    if letter is None:
        abort(404)
    return letter


def pressed(notice: str, *calls: tuple[str, dict[str, object]]) -> ResponseReturnValue:
    """Post to the sandboxes, then show the list with what came of it."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    try:
        for url, body in calls:
            httpx.post(url, json=body, timeout=60).raise_for_status()
    except httpx.HTTPError:
        notice = "failed"
    return redirect(f"/?notice={notice}", 303)
