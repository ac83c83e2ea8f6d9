"""The mailbox: what is caught, how it is listed and shown, and what its buttons do."""

import smtplib
import socket
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

from portal.sandbox.mailbox import create_app
from portal.sandbox.mailbox.letters import Letters, linked
from portal.sandbox.mailbox.smtp import listen
from portal.sandbox.mailbox.world import World


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = headers.get("subject", "Tu enlace ñ 🎈")
    message["From"] = "portal@example.com"
    message["To"] = "ana@example.com"
    message.set_content("Entra: http://127.0.0.1:8000/l/abc. El código es 123456.")
    page = '<p><a href="http://127.0.0.1:8000/l/abc">Entra</a> <a href="mailto:x@y">x</a></p>'
    message.add_alternative(page, subtype="html")
    return message


def clock(request: httpx.Request) -> httpx.Response:
    """The clocks of two sandboxes, a day apart; a third one is away."""
    now = {"stripe.test": 1_795_824_000, "holded.test": 1_795_824_000 + 86_400}
    if request.url.host not in now:
        raise httpx.ConnectError("away")
    return httpx.Response(200, json={"now": now[request.url.host], "offset": 0})


@pytest.fixture
def app() -> Flask:
    world = World("http://stripe.test", "http://holded.test", httpx.MockTransport(clock))
    app = create_app(world=world)
    app.extensions["letters"].catch("portal@example.com", ["ana@example.com"], bytes(mail()))
    return app


def test_a_caught_mail_is_listed_with_its_links(app: Flask) -> None:
    (listed,) = app.test_client().get("/messages.json").get_json()

    assert listed.pop("received").endswith("Z")
    assert "<a href" in listed.pop("html")
    assert listed == {
        "id": 1,
        "to": "ana@example.com",
        "from": "portal@example.com",
        "subject": "Tu enlace ñ 🎈",
        "text": "Entra: http://127.0.0.1:8000/l/abc. El código es 123456.\n",
        "links": ["http://127.0.0.1:8000/l/abc"],
    }


def test_the_json_list_has_the_newest_last_and_the_page_first(app: Flask) -> None:
    letters: Letters = app.extensions["letters"]
    letters.catch("a@example.com", ["b@example.com"], bytes(mail(subject="Second")))
    client = app.test_client()

    listed = client.get("/messages.json").get_json()
    page = client.get("/").get_data(as_text=True)

    assert [each["id"] for each in listed] == [1, 2]
    assert page.index("Second") < page.index("Tu enlace")


def test_every_page_says_that_it_is_a_simulation(app: Flask) -> None:
    client = app.test_client()

    assert "Simulation" in client.get("/").get_data(as_text=True)
    assert "Simulation" in client.get("/messages/1").get_data(as_text=True)


def test_the_links_of_a_mail_can_be_pressed(app: Flask) -> None:
    page = app.test_client().get("/messages/1").get_data(as_text=True)

    assert '<li><a href="http://127.0.0.1:8000/l/abc">' in page
    assert 'Entra: <a href="http://127.0.0.1:8000/l/abc">' in page


def test_a_mails_html_runs_no_script_and_asks_nobody(app: Flask) -> None:
    answer = app.test_client().get("/messages/1/html")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_markup_in_a_subject_or_text_is_shown_and_not_obeyed(app: Flask) -> None:
    letters: Letters = app.extensions["letters"]
    source = b"Subject: <script>x</script>\r\n\r\n<script>y</script> http://a.example/<b>"
    letters.catch("", ["b@example.com"], source)

    page = app.test_client().get("/messages/2").get_data(as_text=True)

    assert "<script>" not in page
    assert "&lt;script&gt;y" in page


def test_an_address_in_a_text_ends_before_its_full_stop() -> None:
    shown = linked('See http://a.example/?x=1&y=2. "Or" not')

    assert shown == (
        'See <a href="http://a.example/?x=1&amp;y=2">http://a.example/?x=1&amp;y=2</a>. '
        "&quot;Or&quot; not"
    )


def test_a_mail_that_is_no_mail_is_kept_all_the_same(app: Flask) -> None:
    letters: Letters = app.extensions["letters"]
    letters.catch("", [], b"\xff\xfe\x00")
    letters.catch("", [], b"Content-Type: text/plain; charset=klingon\r\n\r\nhab SoSlI")

    assert app.test_client().get("/").status_code == 200
    assert len(app.test_client().get("/messages.json").get_json()) == 3


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    Letters(tmp_path).catch("", ["ana@example.com"], bytes(mail()))

    assert [each.to for each in Letters(tmp_path).every()] == ["ana@example.com"]


def test_the_page_says_what_day_it_is_for_each_provider(app: Flask) -> None:
    page = app.test_client().get("/").get_data(as_text=True)

    assert "Stripe: Saturday, 28 November 2026" in page
    assert "Holded: Sunday, 29 November 2026" in page


def test_the_page_opens_although_a_sandbox_is_away() -> None:
    world = World("http://away.test", "http://holded.test", httpx.MockTransport(clock))

    page = create_app(world=world).test_client().get("/").get_data(as_text=True)

    assert "Stripe: no answer" in page
    assert "Holded: Sunday, 29 November 2026" in page


def test_an_unknown_mail_is_not_found(app: Flask) -> None:
    assert app.test_client().get("/messages/99").status_code == 404


def test_another_site_cannot_press_the_buttons(app: Flask) -> None:
    answer = app.test_client().post("/day", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.loopback
def test_a_mail_sent_by_smtp_is_caught() -> None:
    letters, port = Letters(), free_port()
    door = listen(letters, "127.0.0.1", port)

    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail())
    door.stop()

    assert [(each.to, each.subject) for each in letters.every()] == [
        ("ana@example.com", "Tu enlace ñ 🎈")
    ]


@pytest.fixture
def asked() -> Any:
    """A world of two sandboxes that only note what they are asked."""
    noted: list[tuple[str, Any]] = []
    app = Flask("world")

    @app.post("/<path:path>")
    def note(path: str) -> Any:
        noted.append((path, request.get_json()))
        return jsonify({})

    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, noted
    server.shutdown()
    server.server_close()


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("button", "expected"),
    [
        (
            "/day",
            [
                ("stripe/_sandbox/clock", {"advance": 86_400}),
                ("holded/_sandbox/clock", {"advance": 86_400}),
            ],
        ),
        (
            "/lose-answer",
            [("stripe/_sandbox/faults", {"kind": "lose_answer", "times": 1, "method": "POST"})],
        ),
    ],
)
def test_a_button_moves_the_sandboxes(asked: Any, button: str, expected: Any) -> None:
    port, noted = asked
    base = f"http://127.0.0.1:{port}"
    client = create_app(world=World(f"{base}/stripe", f"{base}/holded")).test_client()

    answer = client.post(button, follow_redirects=True)

    assert noted == expected
    assert 'role="status"' in answer.get_data(as_text=True)


@pytest.mark.loopback
def test_a_button_says_so_when_a_sandbox_is_away() -> None:
    away = f"http://127.0.0.1:{free_port()}"
    client = create_app(world=World(away, away)).test_client()

    page = client.post("/day", follow_redirects=True).get_data(as_text=True)

    assert "did not answer" in page


def test_what_came_with_a_mail_can_be_opened(app: Flask) -> None:
    message = mail()
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    app.extensions["letters"].catch("portal@example.com", ["ana@example.com"], bytes(message))
    client = app.test_client()

    page = client.get("/messages/2").text
    answer = client.get("/messages/2/attachments/1")

    assert 'href="/messages/2/attachments/1">a.pdf</a>' in page
    assert answer.data == b"%PDF-1.4"
    assert answer.content_type == "application/pdf"
    assert client.get("/messages/2/attachments/2").status_code == 404
    assert "Attachments" not in client.get("/messages/1").text
