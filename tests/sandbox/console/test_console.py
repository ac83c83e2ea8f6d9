"""The console of each sandbox, as a person without scripts uses it."""

import html
import json
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.sandbox import holded, stripe

CONSOLE = "/_sandbox/console"
OK = 200


@dataclass
class Tried:
    """A sandbox with three customers (contacts), and the names its provider has for things."""

    app: Flask
    kind: str
    path: str
    headers: dict[str, str]

    @property
    def person(self) -> FlaskClient:
        """Somebody with a browser."""
        return self.app.test_client()

    def make(self, name: str) -> str:
        """Create a customer through the API and return its id."""
        body = {"json": {"name": name}} if self.kind == "contact" else {"data": {"name": name}}
        answer = self.person.post(self.path, headers=self.headers, **body)  # type: ignore[arg-type]
        assert answer.status_code < 300, answer.text
        return str(answer.json["id"])

    def page(self, path: str = "/") -> str:
        """The text of a page of the console."""
        answer = self.person.get(CONSOLE + path)
        assert answer.status_code == OK, answer.text
        return html.unescape(answer.text)


@pytest.fixture(params=["stripe", "holded"])
def tried(request: pytest.FixtureRequest) -> Tried:
    """Each sandbox in turn."""
    if request.param == "holded":
        app = holded.create_app(beside={"Mails": "http://mail.test"})
        found = Tried(app, "contact", "/api/v2/contacts", {"Authorization": "Bearer pat_sandbox"})
    else:
        app = stripe.create_app(beside={"Mails": "http://mail.test"})
        app.extensions["stripe_sandbox"].add_account({"secret_key": "sk_test_sandbox"})
        found = Tried(app, "customer", "/v1/customers", {"Authorization": "Bearer sk_test_sandbox"})
    for name in ("Ana", "Berta", "Carla <b>"):
        found.make(name)
    return found


@pytest.mark.parametrize("path", ["/", "/_sandbox/"])
def test_the_bare_address_leads_to_the_console(tried: Tried, path: str) -> None:
    answer = tried.person.get(path)

    assert answer.location == f"{CONSOLE}/"


def test_the_overview_shows_what_there_is(tried: Tried) -> None:
    page = tried.page()

    assert re.search(rf">{tried.kind}</a>\s*<span class=\"about\">3<", page)
    assert tried.headers["Authorization"].partition(" ")[2] in page
    assert f"POST {tried.path}" in page
    assert 'href="http://mail.test"' in page


def test_objects_are_listed_and_searched(tried: Tried) -> None:
    assert all(name in tried.page(f"/objects/{tried.kind}") for name in ("Ana", "Berta", "Carla"))

    found = tried.page(f"/objects/{tried.kind}?text=bert")

    assert "Berta" in found
    assert "Ana" not in found


def test_lists_go_on(tried: Tried) -> None:
    for number in range(50):
        tried.make(f"Number {number}")
    first = tried.page(f"/objects/{tried.kind}")

    older = re.search(rf'href="{CONSOLE}(/objects/[^"]+before=[^"]+)"', first)

    assert older
    rest = tried.page(older[1])
    assert "Ana" in rest
    assert "Number 49" in first
    assert "Number 49" not in rest


def test_an_object_is_shown_with_links_and_without_markup_of_its_own(tried: Tried) -> None:
    id_ = tried.make("<script>alert(1)</script>")

    raw = tried.person.get(f"{CONSOLE}/objects/{tried.kind}/{id_}")

    assert "<script>" not in raw.text
    assert f'href="{CONSOLE}/find?id={id_}"' in raw.text
    assert tried.person.get(f"{CONSOLE}/find?id={id_}").location.endswith(f"/{tried.kind}/{id_}")


def test_an_id_of_nothing_is_said_to_be_none(tried: Tried) -> None:
    answer = tried.person.get(f"{CONSOLE}/find?id=<x>")

    assert answer.status_code == 404
    assert "&lt;x&gt;" in answer.text


def test_requests_are_shown_without_secrets(tried: Tried) -> None:
    page = tried.page("/requests")
    first = re.search(rf'href="{CONSOLE}(/requests/\d+)"', page)

    assert first
    assert tried.headers["Authorization"] not in tried.page(first[1])


def test_a_fault_of_the_form_happens_once(tried: Tried) -> None:
    asked = {
        "kind": "status",
        "status": "503",
        "times": "1",
        "path": "",
        "method": "",
        "seconds": "",
    }

    planted = tried.person.post(f"{CONSOLE}/faults", data=asked)

    assert planted.status_code == 303
    assert "status 503" in tried.page("/faults")
    answers = [tried.person.get(tried.path, headers=tried.headers).status_code for _ in "12"]
    assert answers == [503, OK]


@pytest.mark.parametrize("wrong", [{"kind": "flood"}, {"kind": "status", "times": "many"}])
def test_what_is_no_fault_is_refused_and_kept_in_the_form(
    tried: Tried, wrong: dict[str, str]
) -> None:
    answer = tried.person.post(f"{CONSOLE}/faults", data={**wrong, "path": "/somewhere"})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'value="/somewhere"' in answer.text
    assert "No fault waits" in tried.page("/faults")


def test_faults_are_forgotten(tried: Tried) -> None:
    tried.person.post(f"{CONSOLE}/faults", data={"kind": "html"})

    tried.person.post(f"{CONSOLE}/faults/clear")

    assert "No fault waits" in tried.page("/faults")


def test_the_clock_moves(tried: Tried) -> None:
    before = tried.person.get("/_sandbox/clock").json["now"]

    tried.person.post(f"{CONSOLE}/clock", data={"by": "a week"})

    assert tried.person.get("/_sandbox/clock").json["now"] - before >= 7 * 86_400


def test_starting_over_forgets_everything(tried: Tried) -> None:
    tried.person.post(f"{CONSOLE}/clock", data={"by": "a week"})

    assert tried.person.post(f"{CONSOLE}/reset").status_code == 303

    assert "There is none" in tried.page(f"/objects/{tried.kind}")
    assert tried.person.get(tried.path, headers=tried.headers).status_code == OK
    assert json.dumps(tried.person.get("/_sandbox/clock").json["offset"]) in ("0", "0.0")


@pytest.mark.parametrize("path", ["/reset", "/clock", "/faults", "/faults/clear", "/events/1"])
def test_other_sites_press_no_button(tried: Tried, path: str) -> None:
    answer = tried.person.post(CONSOLE + path, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_pages_run_no_script(tried: Tried) -> None:
    answer = tried.person.get(f"{CONSOLE}/")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_an_event_is_sent_again_to_who_wants_it() -> None:
    app = stripe.create_app()
    sandbox = app.extensions["stripe_sandbox"]
    sandbox.add_account({"secret_key": "sk_test_sandbox"})
    tried = Tried(app, "customer", "/v1/customers", {"Authorization": "Bearer sk_test_sandbox"})
    tried.make("Ana")
    form = re.search(rf'action="({CONSOLE}/events/\d+)"', tried.page("/events"))
    assert form
    assert "notice=unsent" in tried.person.post(form[1]).location
    endpoint = {"url": "http://127.0.0.1:1/", "enabled_events[]": "*"}
    tried.person.post("/v1/webhook_endpoints", data=endpoint, headers=tried.headers)

    assert "notice=sent" in tried.person.post(form[1]).location

    sent: list[bytes] = []
    sandbox.deliver(lambda _url, body, _headers: sent.append(body) or 200)  # type: ignore[func-returns-value]
    assert [json.loads(body)["type"] for body in sent] == ["customer.created"]
    assert "delivered" in tried.page("/events")
