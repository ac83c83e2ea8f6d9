"""Whatever comes that is no proper request: one of Holded's problems, and nothing changes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.sandbox.holded import create_app
from portal.sandbox.holded.app import refuse_bytes
from tests.sandbox.wire import ask, request, served, state

KEY = b"Authorization: Bearer pat_sandbox"
JSON = b"Content-Type: application/json"
CONTACTS = b"/api/v2/contacts"
INVOICES = b"/api/v2/invoices"


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app()


@pytest.fixture(scope="module")
def port(app: Flask) -> Iterator[int]:
    with served(app, refuse_bytes) as port:
        yield port


def now(app: Flask) -> str:
    return state(app.extensions["holded_sandbox"].connection)


def post(body: bytes, path: bytes = CONTACTS, *headers: bytes, **kinds: bool) -> bytes:
    return request(b"POST", path, KEY, JSON, *headers, body=body, **kinds)


def get(path: bytes) -> bytes:
    return request(b"GET", path, KEY)


def priced(price: bytes) -> bytes:
    return post(b'{"contact_id": "a", "items": [{"name": "a", "price": ' + price + b"}]}", INVOICES)


BYTES = {
    "no HTTP": (b"\x00\xff\xfe garbage\r\n\r\n", 400),
    "a negative length": (post(b"{}", CONTACTS, b"Content-Length: -5", counted=False), 400),
    "a huge length": (post(b"{}", CONTACTS, b"Content-Length: 999999999999", counted=False), 413),
    "a huge body": (post(b'{"name": "' + b"a" * 2_200_000 + b'"}'), 413),
    "a body cut off": (post(b'{"name": "a"}', CONTACTS, b"Content-Length: 99", counted=False), 400),
    "no chunk": (post(b"ZZ\r\n", CONTACTS, b"Transfer-Encoding: chunked", counted=False), 400),
    "a depth bomb of lists": (post(b"[" * 100_000), 400),
    "a depth bomb of objects": (post(b'{"name":' * 100_000), 400),
    "depth below the parser's": (
        post(b'{"name": "a", "custom_fields": [{"a": ' + b"[" * 200 + b"]" * 200 + b"}]}"),
        400,
    ),
    "half a character": (post(b'{"name": "\\ud800"}'), 400),
    "half a character in a name": (post(b'{"name": "a", "\\ud800": 1}'), 400),
    "half a character deep inside": (
        post(b'{"name": "a", "custom_fields": [{"a": "\\udfff"}]}'),
        400,
    ),
    "half a character in an address": (
        post(b'{"name": "a", "bill_address": {"city": "\\ud800"}}'),
        400,
    ),
    "no UTF-8": (post(b'{"name": "\xff"}'), 400),
    "another coding": (post('{"name": "a"}'.encode("utf-16")), 400),
    "NaN": (post(b'{"name": "a", "is_person": NaN}'), 400),
    "Infinity": (priced(b"Infinity"), 400),
    "a price without end": (priced(b"1e999999999"), 400),
    "a price too small to be written": (priced(b"1e-999999999"), 400),
    "a price of a thousand digits": (priced(b"9" * 1000), 400),
    "an integer too long": (post(b'{"name": "a", "is_person": ' + b"9" * 5000 + b"}"), 400),
    "half an object": (post(b'{"name": '), 400),
    "two objects": (post(b'{"name": "a"}{"name": "b"}'), 400),
    "a list": (post(b"[1]"), 400),
    "null": (post(b"null"), 400),
    "nothing": (post(b""), 400),
    "a form": (request(b"POST", CONTACTS, KEY, body=b"name=a"), 400),
    "a name that is a number": (post(b'{"name": 1}'), 400),
    "the last of two names counts": (post(b'{"name": "a", "name": 1}'), 400),
    "an unknown field": (post(b'{"name": "a", "nmae": "b"}'), 400),
    "odd bytes in an id": (get(CONTACTS + b"/%00%ff'"), 404),
    "half a character in an id": (get(CONTACTS + b"/%ed%a0%80"), 404),
    "a long id": (get(CONTACTS + b"/" + b"a" * 60_000), 404),
    "a huge address": (get(CONTACTS + b"/" + b"a" * 90_000), 414),
    "an odd limit": (get(CONTACTS + b"?limit=%ff"), 400),
    "a limit in other digits": (get(CONTACTS + b"?limit=%D9%A3"), 400),
    "an odd cursor": (get(CONTACTS + b"?cursor=%00"), 400),
    "a long date": (get(b"/api/v2/payments?start_date=" + b"9" * 5000), 400),
    "double slashes": (get(b"//api/v2//contacts"), 404),
    "dots": (get(b"/api/v2/../v2/contacts"), 404),
    "no place": (get(b"/nothing"), 404),
    "a star": (request(b"OPTIONS", b"*", KEY), 404),
    "PATCH": (request(b"PATCH", CONTACTS, KEY), 405),
    "TRACE": (request(b"TRACE", CONTACTS, KEY), 405),
    "no key": (request(b"GET", CONTACTS), 401),
    "a null byte for a key": (request(b"GET", CONTACTS, b"Authorization: Bearer a\x00"), 400),
    "odd bytes for a key": (request(b"GET", CONTACTS, b"Authorization: Bearer \xff\xfe"), 403),
}  # fmt: skip
CONTROLS = {
    "half an object": post(b'{"kind":', b"/_sandbox/faults"),
    "a depth bomb": post(b"[" * 100_000, b"/_sandbox/faults"),
    "a wait in the past": post(b'{"kind": "delay", "seconds": -5}', b"/_sandbox/faults"),
    "a wait without end": post(b'{"kind": "delay", "seconds": 1e999999999}', b"/_sandbox/faults"),
    "an object for a path": post(b'{"kind": "delay", "path": {}}', b"/_sandbox/faults"),
    "a time without end": post(b'{"now": 99999999999999}', b"/_sandbox/clock"),
    "taxes that are none": post(
        b'{"id": "a", "name": "b", "token": "c", "taxes": 3}', b"/_sandbox/accounts"
    ),
    "a country that is none": post(
        b'{"id": "a", "name": "b", "token": "c", "country": [1]}', b"/_sandbox/accounts"
    ),
    "a token that is taken": post(
        b'{"id": "a", "name": "b", "token": "pat_sandbox"}', b"/_sandbox/accounts"
    ),
    "a delivery without end": post(b'{"seq": ' + b"9" * 25 + b"}", b"/_sandbox/webhooks/replay"),
    "an endpoint without end": request(b"DELETE", b"/_sandbox/webhooks/" + b"9" * 25),
    "a place without end": get(b"/_sandbox/requests.json?since=" + b"9" * 25),
    "an address nobody has": get(b"/_sandbox/nothing"),
    "another method": request(b"PUT", b"/_sandbox/faults"),
}


@pytest.mark.loopback
@pytest.mark.parametrize(("sent", "status"), BYTES.values(), ids=BYTES)
def test_garbage_is_refused_as_a_problem(app: Flask, port: int, sent: bytes, status: int) -> None:
    before = now(app)

    heard = ask(port, sent, hangs_up=True)

    assert heard.status == status
    assert heard.headers["content-type"] == "application/problem+json"
    assert json.loads(heard.body)["status"] == status
    assert now(app) == before


@pytest.mark.loopback
@pytest.mark.parametrize("sent", CONTROLS.values(), ids=CONTROLS)
def test_controls_refuse_garbage_too(app: Flask, port: int, sent: bytes) -> None:
    before = now(app)

    heard = ask(port, sent)

    assert heard.status in (400, 404, 405)
    assert json.loads(heard.body)["detail"]
    assert now(app) == before


@pytest.fixture(scope="module")
def call(app: Flask) -> Iterator[Callable[..., httpx.Response]]:
    headers = {"Authorization": "Bearer pat_sandbox"}
    with httpx.Client(
        transport=httpx.WSGITransport(app), base_url="http://holded.test", headers=headers
    ) as client:
        yield client.request


ROUTES = sorted(
    (method, re.sub(r"<.*?>", "5ab391071d6d820034294783", rule.rule))
    for rule in create_app().url_map.iter_rules()
    if rule.rule.startswith("/api/")
    for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}
)  # fmt: skip
NAMES = st.sampled_from(
    ["name", "contact_id", "date", "items", "amount", "ids", "emails", "taxes", "price", "units"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(route=st.sampled_from(ROUTES), body=st.dictionaries(NAMES, VALUES, max_size=5))
def test_no_values_make_any_route_fail(
    app: Flask, call: Callable[..., httpx.Response], route: tuple[str, str], body: dict[str, Any]
) -> None:
    before = now(app)

    answer = call(*route, content=json.dumps(body).encode())

    assert answer.status_code in (200, 201, 204) or (
        answer.status_code not in (500, 502, 503)
        and answer.headers["content-type"] in ("application/problem+json", "application/json")
        and now(app) == before
    )
