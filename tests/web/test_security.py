"""What stands in front of every view: headers, hosts, where forms come from, what is logged."""

import json
from io import BytesIO

import pytest
from flask import Flask
from structlog.testing import capture_logs

from portal import logs
from portal.i18n.pseudo import disguise
from portal.settings import Settings
from portal.web.security import CSP
from tests.browser import Browser
from tests.factories import make_customer, make_session
from tests.web.signing_in import EMAIL, HOST, ask, carry, last_mail

HTTP = f"http://{HOST}:8000"
HTTPS = "https://pay.example.com"
SAMPLES = {
    "page": "/nuvol/login",
    "front": "/",
    "redirect": "/nuvol/",
    "missing page": "/nuvol/nothing/here",
    "missing merchant": "/nobody/login",
    "spent link": "/i/none",
    "stylesheet": "/brand/nuvol-1.css",
    "missing file": "/static/1/none.css",
    "robots": "/robots.txt",
    "health": "/healthz",
    "readiness": "/readyz",
    "wrong method": "/hooks/stripe/ep_1",
    "not allowed": "/nuvol/logout/everywhere",
}


@pytest.fixture
def secure(make_app) -> Flask:
    return make_app(public_url=HTTPS)


def crash() -> str:
    raise ZeroDivisionError("secret-in-the-message")


@pytest.fixture
def crashing(make_app) -> Flask:
    app = make_app()
    app.testing = False
    app.add_url_rule("/crash", "crash", crash)
    app.add_url_rule("/v1/crash", "crash_of_program", crash)
    return app


@pytest.mark.provider
@pytest.mark.parametrize("path", SAMPLES.values(), ids=SAMPLES)
def test_every_answer_is_hardened(app, path):
    headers = app.test_client().get(path, base_url=HTTP).headers

    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"]
    assert "Strict-Transport-Security" not in headers


def test_a_pdf_is_no_page_and_may_not_be_framed(signed_in, browser):
    path = f"/nuvol/invoices/{signed_in.invoice()}/pdf"

    with browser.client.get(path, base_url=HTTP) as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert policy == "default-src 'none'; frame-ancestors 'none'; sandbox"


def test_an_answer_to_a_crash_is_hardened_too(crashing):
    answer = crashing.test_client().get("/crash", base_url=HTTP)

    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"] == CSP
    assert "secret-in-the-message" not in answer.text


def test_browsers_are_told_to_stay_on_tls(secure):
    headers = secure.test_client().get("/nuvol/login", base_url=HTTPS).headers

    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_pages_are_kept_by_nobody(app):
    headers = app.test_client().get("/nuvol/login", base_url=HTTP).headers

    assert headers["Cache-Control"] == "no-store"
    assert {"Cookie", "Accept-Language"} <= set(headers["Vary"].replace(" ", "").split(","))


@pytest.mark.parametrize("path", ["/static/1/css/portal.css", "/brand/nuvol-1.css", "/healthz"])
def test_b12_files_know_no_visitor(app, path):
    headers = app.test_client().get(path, base_url=HTTP).headers

    assert "Set-Cookie" not in headers
    assert "Cookie" not in headers.get("Vary", "")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", f"{HOST}.evil.example", ""])
def test_b10_another_host_name_is_refused(app, host):
    answer = app.test_client().get("/nuvol/login", base_url=HTTP, headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_b10_forwarded_names_change_no_address(house, browser):
    make_customer(house.db, house.merchant, email=EMAIL)
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}

    browser.open("/nuvol/login", headers=forged)
    browser.press("Send me a link", email=EMAIL)
    link, _ = last_mail(house, browser)

    assert f"{house.settings.public_url}{link}" in house.postbox.mails[-1].text
    assert "evil.example" not in house.postbox.mails[-1].text


def test_b14_a_spoofed_address_gives_no_more_tries(house, browser):
    for attempt in range(20):
        ask(browser, f"guess{attempt}@forn.example")
    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"
    browser.get("customer.entry.login", new="")

    browser.press("Send me a link", email="guess21@forn.example", status=429)


def test_behind_a_trusted_proxy_each_network_has_its_own_tries(make_app):
    browser = Browser(make_app(trusted_proxies=1), merchant="nuvol")
    for attempt in range(20):
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"10.0.0.1, 198.51.100.{attempt}"
        ask(browser, f"guess{attempt}@forn.example")
    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.7"
    browser.get("customer.entry.login", new="")
    browser.press("Send me a link", email="guess21@forn.example", status=429)

    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"

    assert ask(browser, "guess22@forn.example").h1 == "Check your mail"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{HOST}:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(browser, headers):
    page = browser.get("customer.entry.login")
    form, _ = page.form_of("Send me a link")

    answer = browser.client.post(
        "/nuvol/login", data=page.fields_of(form), base_url=HTTP, headers=headers
    )

    assert answer.status_code == 403


def test_a_form_without_its_token_is_refused(app):
    answer = app.test_client().post("/nuvol/login", data={"email": EMAIL}, base_url=HTTP)

    assert answer.status_code == 400
    assert "repeat the step" in answer.text


@pytest.mark.parametrize("referer", [{}, {"Referer": f"{HTTPS}/nuvol/login"}])
def test_forms_are_taken_over_tls_with_and_without_a_referer(secure, referer):
    client = secure.test_client()
    page = Browser(secure, scheme="https", merchant="nuvol")
    page.client = client
    form, _ = page.get("customer.entry.login").form_of("Send me a link")

    answer = client.post(
        "/nuvol/login",
        data={**page.page.fields_of(form), "email": EMAIL},
        base_url=HTTPS,
        headers={"Origin": HTTPS, "Sec-Fetch-Site": "same-origin", **referer},
    )

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("spelled", "origin"),
    [
        ("https://Pay.Example.com:443", "https://pay.example.com"),
        ("https://pay.müller.example", "https://pay.xn--mller-kva.example"),
    ],
)
def test_forms_are_taken_however_the_public_address_is_spelled(make_app, spelled, origin):
    app = make_app(public_url=Settings(public_url=spelled).public_url)
    browser = Browser(app, scheme="https", merchant="nuvol")
    page = browser.get("customer.entry.login")
    form, _ = page.form_of("Send me a link")

    answer = browser.client.post(
        "/nuvol/login",
        data={**page.fields_of(form), "email": EMAIL},
        base_url=origin,
        headers={"Origin": origin},
    )

    assert answer.status_code == 303


def test_cookies_are_bound_to_the_host_over_tls(secure):
    browser = Browser(secure, scheme="https", merchant="nuvol")
    page = browser.get("customer.entry.login")
    form, _ = page.form_of("Send me a link")

    answer = browser.client.post(
        "/nuvol/login",
        data={**page.fields_of(form), "email": EMAIL},
        base_url=HTTPS,
    )

    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    ours = [cookie for cookie in cookies if "Max-Age=0" not in cookie]
    assert {cookie.split("=")[0] for cookie in ours} == {"__Host-page", "__Host-ask"}
    for cookie in ours:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_more_than_a_megabyte_is_refused(browser):
    browser.get("customer.entry.login")

    page = browser.press("Send me a link", email="x" * 1_100_000, status=413)

    assert page.h1 == "That was too much to send"


def test_a_page_error_has_a_number_that_is_in_the_log(crashing):
    with capture_logs() as lines:
        answer = crashing.test_client().get("/crash", base_url=HTTP)

    assert "Something went wrong on our side" in answer.text
    assert any(line["event"] == "request.crashed" for line in lines)


def test_programs_get_errors_as_json(crashing):
    answer = crashing.test_client().get("/v1/crash", base_url=HTTP)

    error = answer.get_json()["error"]
    assert answer.status_code == 500
    assert error["type"] == "internal_server_error"
    assert len(error["reference"]) == 9


def test_errors_speak_the_visitors_language(app):
    page = app.test_client().get(
        "/nuvol/nothing", base_url=HTTP, headers={"Accept-Language": "en-XA"}
    )

    assert page.status_code == 404
    assert disguise("This page does not exist") in page.text


def test_the_page_says_how_many_statements_it_took(house, make_app):
    app = make_app(statements_header=True)
    browser = Browser(app, merchant="nuvol")
    carry(browser, make_session(house.at, make_customer(house.db, house.merchant)))

    page = browser.get("customer.entry.sign_out_choice")

    assert page.headers["X-Statements"] == "1"


def test_b05_no_token_reaches_the_log(capsys, house, browser):
    make_customer(house.db, house.merchant, email=EMAIL)
    ask(browser)
    link, _ = last_mail(house, browser)
    browser.open(link)
    browser.press("Sign in and continue")
    browser.open(link.replace("/l/", "/L/"), status=404)
    key = browser.client.get_cookie("portal", domain=HOST).value

    logged = capsys.readouterr()

    assert '"path": "/l/<token>"' in logged.err
    for secret in (link.rsplit("/", 1)[-1], key, EMAIL):
        assert secret not in logged.err + logged.out


def test_a_field_nobody_allowed_is_not_logged(capsys):
    logs.set_up(as_json=True)

    logs.structlog.get_logger().info("login", email=EMAIL, merchant="nuvol")

    line = json.loads(capsys.readouterr().err)
    assert line["merchant"] == "nuvol"
    assert "email" not in line


def test_the_portal_is_ready_when_its_database_has_this_versions_schema(app, house, monkeypatch):
    answer = app.test_client().get("/readyz", base_url=HTTP)

    # The tests' schema comes from the models, so it has no version.
    assert answer.status_code == 503
    assert "flask portal db upgrade" in answer.get_json()["why"]


def test_the_front_page_leads_to_the_one_merchant(browser):
    assert browser.open("/").url == "/nuvol/login"


REPORT = {
    "type": "csp-violation",
    "url": f"{HTTP}/i/a-token",
    "body": {
        "effectiveDirective": "script-src-elem",
        "blockedURL": "https://evil.example/x.js?secret",
        "documentURL": f"{HTTP}/i/a-token",
    },
}


def test_what_the_policy_stopped_is_in_the_log_without_addresses(capsys, app):
    answer = app.test_client().post("/reports/csp", json=[REPORT], base_url=HTTP)

    logged = capsys.readouterr().err
    assert answer.status_code == 204
    assert "script-src-elem" in logged
    assert "https://evil.example" in logged
    assert "secret" not in logged
    assert "a-token" not in logged


@pytest.mark.provider
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"nonsense", b"[1, null, {}]", b'[{"body": 3}]', b"x" * 20_000, b"[" * 16_000,
     b'["\\ud800"]', b"[" + b"9" * 10_000 + b"]", b"\xff\xfe"],
    ids=range(10),
)  # fmt: skip
def test_a_report_that_makes_no_sense_harms_nothing(app, body):
    answer = app.test_client().post("/reports/csp", data=body, base_url=HTTP)

    assert answer.status_code in {204, 413, 422}


def test_a_report_that_does_not_say_its_length_is_not_read_to_the_end(app):
    body = BytesIO(b"[" + b"1," * 300_000 + b"1]")
    chunked = {
        "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": body, "wsgi.input_terminated": True,
    }  # fmt: skip

    answer = app.test_client().post("/reports/csp", base_url=HTTP, environ_overrides=chunked)

    assert answer.status_code == 413
    assert body.tell() < 32 * 1024


@pytest.mark.parametrize("path", ["/hooks/stripe/%00", "/hooks/holded/%0B", "/reports/%00"])
def test_control_characters_in_the_address_of_a_program_are_refused(app, path):
    assert app.test_client().post(path, data=b"{}", base_url=HTTP).status_code == 400


@pytest.mark.parametrize("path", ["/nuvol/invoices?q=%00a", "/nuvol/%01", "/nuvol/?locale=%00"])
def test_control_characters_in_an_address_are_refused_on_a_page(browser, path):
    page = browser.open(path, status=400)

    assert "Quote to support" in page.text
    assert "%00" not in page.html
