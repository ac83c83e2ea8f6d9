"""Whatever comes that is no proper request: an error in Stripe's envelope, and nothing changes."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.sandbox.stripe import create_app
from portal.sandbox.stripe.refusals import refuse
from portal.sandbox.stripe.schema import schema
from tests.sandbox.wire import Heard, ask, hear, request, served, state

KEY = b"Authorization: Bearer sk_test_garbage"
FORM = b"Content-Type: application/x-www-form-urlencoded"
JSON = b"Content-Type: application/json"
CUSTOMERS = b"/v1/customers"
CHUNKED = b"Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def app() -> Flask:
    """A sandbox with one account that has nothing yet."""
    app = create_app(base_url="http://stripe.test")
    app.extensions["stripe_sandbox"].add_account(
        {"id": "acct_garbage", "secret_key": "sk_test_garbage"}
    )
    return app


@pytest.fixture(scope="module")
def port(app: Flask) -> Iterator[int]:
    with served(app, refuse) as port:
        yield port


def now(app: Flask) -> str:
    return state(app.extensions["stripe_sandbox"].store.connection)


def error(heard: Heard) -> dict[str, Any]:
    """The error hash of an answer that is Stripe's envelope and nothing else."""
    assert heard.headers["content-type"] == "application/json"
    body = json.loads(heard.body)
    assert list(body) == ["error"]
    assert body["error"]["message"]
    assert b"Traceback" not in heard.body
    found: dict[str, Any] = body["error"]
    return found


def post(*headers: bytes, body: bytes = b"name=a", path: bytes = CUSTOMERS, **kinds: bool) -> bytes:
    """A POST with a key and a form."""
    return request(b"POST", path, KEY, FORM, *headers, body=body, **kinds)


def get(path: bytes, *headers: bytes) -> bytes:
    return request(b"GET", path, KEY, *headers)


BYTES = {
    "no HTTP": (b"\x00\xff\xfe garbage\r\n\r\n", 400),
    "half a line": (b"GET /v1/cust", 400),
    "HTTP/0.9": (b"GET /v1/customers\r\n\r\n", 400),
    "another version": (b"GET /v1/customers HTTP/9.9\r\n\r\n", 505),
    "a small method": (request(b"get", CUSTOMERS, KEY), 400),
    "an address with a space": (b"GET /v1/a b HTTP/1.1\r\n\r\n", 400),
    "a tunnel": (request(b"CONNECT", b"sandbox.test:1", KEY), 400),
    "no address": (request(b"GET", b"v1/customers", KEY), 400),
    "a header without a colon": (get(CUSTOMERS, b"nonsense"), 400),
    "a null byte in a header": (get(CUSTOMERS, b"Stripe-Account: a\x00b"), 400),
    "headers that end early": (b"GET /v1/customers HTTP/1.1\r\nHost: a\r\n", 400),
    "a huge header": (get(CUSTOMERS, b"X-A: " + b"a" * 200_000), 431),
    "too many headers": (get(CUSTOMERS, *[b"X-%d: aaaaaaaa" % one for one in range(9000)]), 431),
    "a huge address": (get(b"/v1/customers/" + b"a" * 90_000), 414),
    "a negative length": (post(b"Content-Length: -5", counted=False), 400),
    "a length in words": (post(b"Content-Length: six", counted=False), 400),
    "a length in other digits": (post("Content-Length: ٦".encode(), counted=False), 400),
    "two lengths": (post(b"Content-Length: 5", b"Content-Length: 6", counted=False), 400),
    "a huge length": (post(b"Content-Length: 99999999999999999999", counted=False), 413),
    "a huge body": (post(body=b"a" * 3_000_000), 413),
    "a body cut off": (post(b"Content-Length: 100", counted=False), 400),
    "a body longer than said": (post(b"Content-Length: 3", counted=False), 400),
    "length and chunks": (post(CHUNKED), 400),
    "an unknown coding": (post(b"Transfer-Encoding: gzip", counted=False), 501),
    "no chunk": (post(CHUNKED, body=b"ZZ\r\nname=a\r\n0\r\n\r\n", counted=False), 400),
    "a negative chunk": (post(CHUNKED, body=b"-6\r\nname=a\r\n0\r\n\r\n", counted=False), 400),
    "chunks cut off": (post(CHUNKED, body=b"ff\r\nname=a", counted=False), 400),
    "a chunk too long": (post(CHUNKED, body=b"3\r\nname=a\r\n0\r\n\r\n", counted=False), 400),
    "chunks without end": (
        post(CHUNKED, body=(b"40000\r\n" + b"a" * 0x40000 + b"\r\n") * 12, counted=False),
        413,
    ),
    "an empty key": (get(CUSTOMERS, b"Authorization:"), 401),
    "odd bytes in a key": (request(b"GET", CUSTOMERS, b"Authorization: Bearer \xff\xfe"), 401),
    "a broken Basic key": (request(b"GET", CUSTOMERS, b"Authorization: Basic //79"), 401),
    "odd bytes in Basic": (request(b"GET", CUSTOMERS, b"Authorization: Basic \xff"), 401),
    "two keys": (get(CUSTOMERS, KEY), 401),
    "a long key": (request(b"GET", CUSTOMERS, b"Authorization: Bearer " + b"a" * 60_000), 401),
    "another scheme": (request(b"GET", CUSTOMERS, b"Authorization: Digest a"), 401),
    "an unknown account": (get(CUSTOMERS, b"Stripe-Account: acct_'\xff"), 403),
    "no account": (get(CUSTOMERS, b"Stripe-Account: "), 403),
    "an odd version": (get(CUSTOMERS, b"Stripe-Version: \xff"), 400),
    "a long version": (get(CUSTOMERS, b"Stripe-Version: " + b"2" * 6000), 400),
    "a long idempotency key": (post(b"Idempotency-Key: " + b"k" * 5000), 400),
    "odd bytes in an idempotency key": (post(b"Idempotency-Key: \xff\xfe", body=b"nmae=a"), 400),
    "the root of the API": (get(b"/v1"), 404),
    "the root of the API, with a slash": (get(b"/v1/"), 404),
    "dots": (get(b"/v1/../v1/customers"), 404),
    "double slashes": (get(b"//v1//customers"), 404),
    "a double slash inside": (get(b"/v1//customers"), 404),
    "another API": (get(b"/v2/core/events"), 404),
    "nowhere": (get(b"/favicon.ico"), 404),
    "a star": (request(b"OPTIONS", b"*", KEY), 404),
    "a route's own braces": (request(b"POST", b"/v1/customers/{customer}/{x}", KEY), 404),
    "odd bytes in an id": (get(b"/v1/customers/%ff%fe"), 404),
    "raw bytes in an id": (get(b"/v1/customers/\xff\xfe"), 400),
    "a null byte in an id": (get(b"/v1/customers/%00"), 404),
    "quotes in an id": (get(b"/v1/customers/'%22;--"), 404),
    "half a character in an id": (get(b"/v1/customers/%ed%a0%80"), 404),
    "a slash in an id": (get(b"/v1/customers/a%2Fb"), 404),
    "a long id": (get(b"/v1/customers/" + b"a" * 60_000), 404),
    "OPTIONS": (request(b"OPTIONS", CUSTOMERS, KEY), 404),
    "PATCH": (request(b"PATCH", CUSTOMERS, KEY, FORM, body=b"name=a"), 404),
    "PUT": (request(b"PUT", CUSTOMERS, KEY, FORM, body=b"name=a"), 404),
    "TRACE": (request(b"TRACE", CUSTOMERS, KEY), 404),
    "a method of one's own": (request(b"BREW", CUSTOMERS, KEY), 404),
    "a DELETE of everything": (request(b"DELETE", CUSTOMERS, KEY), 404),
    "JSON": (request(b"POST", CUSTOMERS, KEY, JSON, body=b'{"name": "a"}'), 400),
    "a multipart body": (
        request(
            b"POST", CUSTOMERS, KEY, b"Content-Type: multipart/form-data; boundary=x",
            body=b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\r\n--x--\r\n',
        ),
        400,
    ),
    "an odd content type": (
        request(b"POST", CUSTOMERS, KEY, b"Content-Type: \xff;;;=", body=b"name=a"),
        400,
    ),
    "a packed body": (post(b"Content-Encoding: gzip"), 400),
}  # fmt: skip
FORMS = {
    "no percent-encoding": b"name=%zz",
    "percent at the end": b"name=a%",
    "bytes that are no UTF-8": b"name=\xff",
    "escapes that are no UTF-8": b"name=%ff",
    "half a character": b"name=%ed%a0%80",
    "a null byte": b"name=a%00b",
    "a null byte in a name": b"na%00me=b",
    "a null byte in metadata": b"metadata[a%00]=b",
    "no UTF-8 in metadata": b"metadata[%ff]=b",
    "a list for metadata": b"metadata[]=b&metadata[]=c",
    "a hash, then a string": b"address[city]=a&address=b",
    "a string, then a hash": b"address=b&address[city]=a",
    "a list, then a hash": b"preferred_locales[]=en&preferred_locales[a]=b",
    "a list twice": b"preferred_locales[]=en&preferred_locales[0]=ca",
    "a list for a string": b"name[]=a",
    "a list for a hash": b"address[]=a",
    "a hash for a string": b"name[a]=a",
    "an index without end": b"preferred_locales[" + b"9" * 5000 + b"]=en",
    "an index in other digits": "preferred_locales[٣]=en".encode(),
    "a name without end": b"a" * 100_000 + b"=1",
    "no name": b"=a",
    "brackets alone": b"[]=1",
    "brackets the wrong way": b"a]b[=1",
    "nesting": b"metadata" + b"[a]" * 100_000 + b"=1",
    "pairs": b"name=a&" * 100_000,
    "a number too long": b"balance=" + b"9" * 4000,
    "a number that is none": b"balance=NaN",
    "a number without end": b"balance=Infinity",
    "a number with an exponent": b"balance=1e3",
    "a number in other digits": "balance=٣".encode(),
    "metadata without end": b"&".join(b"metadata[%d]=a" % one for one in range(60)),
    "a value without end": b"description=" + b"a" * 6000,
    "an unknown name": b"nmae=a",
    "a name of the sandbox's own": b"_settings=a",
    "expand without a list": b"expand=default_source",
    "expand with names": b"expand[a]=default_source",
    "expand of nothing": b"expand[]=",
    "expand of dots": b"expand[]=.&expand[]=..",
    "expand of null bytes": b"expand[]=%00",
    "expand too deep": b"expand[]=a.b.c.d.e.f",
    "expand of private fields": b"expand[]=_parent",
}


@pytest.mark.loopback
@pytest.mark.parametrize(("sent", "status"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_request(app: Flask, port: int, sent: bytes, status: int) -> None:
    before = now(app)

    heard = ask(port, sent, hangs_up=True)

    assert heard.status == status
    assert error(heard)["type"] == "invalid_request_error"
    assert now(app) == before


@pytest.mark.loopback
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms_that_mean_nothing(app: Flask, port: int, form: bytes) -> None:
    before = now(app)

    heard = ask(port, post(body=form))

    assert heard.status == 400
    assert error(heard)["type"] == "invalid_request_error"
    assert now(app) == before


@pytest.mark.loopback
@pytest.mark.parametrize(
    "query",
    [form for form in FORMS.values() if len(form) < 10_000],
    ids=[name for name, form in FORMS.items() if len(form) < 10_000],
)
def test_queries_that_mean_nothing(app: Flask, port: int, query: bytes) -> None:
    heard = ask(port, get(CUSTOMERS + b"?" + query.replace(b" ", b"+")))

    assert heard.status == 400
    assert error(heard)["type"] == "invalid_request_error"


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(b"GET", b"/c/pay/%00'"), 404),
        (request(b"GET", b"/i/acct_garbage/%ff"), 404),
        (request(b"POST", b"/c/pay/x", JSON, body=b'{"a":'), 404),
        (request(b"PUT", b"/c/pay/x"), 405),
        (request(b"GET", b"/c//pay/x"), 404),
        (request(b"POST", b"/p/session/x", FORM, body=b"%ff=%zz&a[]=1"), 404),
        (
            request(b"POST", b"/c/pay/x", b"Content-Length: 9", body=b"a", counted=False),
            400,
        ),
        (request(b"POST", b"/p/session/x", FORM, body=b"a" * 3_000_000), 413),
    ],
)  # fmt: skip
def test_hosted_pages_answer_with_a_plain_page(
    app: Flask, port: int, sent: bytes, status: int
) -> None:
    before = now(app)

    heard = ask(port, sent, hangs_up=True)

    assert heard.status == status
    assert heard.headers["content-type"].startswith("text/")
    assert heard.body
    assert b"Traceback" not in heard.body
    assert now(app) == before


CONTROLS = {
    "half an object": ("POST", "faults", b'{"kind":'),
    "a depth bomb": ("POST", "faults", b"[" * 100_000),
    "depth below the parser's": (
        "POST",
        "accounts",
        b'{"settings":' + b"[" * 200 + b"]" * 200 + b"}",
    ),
    "a list": ("POST", "faults", b"[1]"),
    "nothing": ("POST", "faults", b""),
    "no UTF-8": ("POST", "accounts", b'{"name": "\xff"}'),
    "another coding": ("POST", "accounts", '{"name": "a"}'.encode("utf-16")),
    "half a character": ("POST", "accounts", b'{"name": "\\ud800"}'),
    "a null byte": ("POST", "accounts", b'{"name": "\\u0000"}'),
    "NaN": ("POST", "clock", b'{"advance": NaN}'),
    "Infinity": ("POST", "clock", b'{"advance": Infinity}'),
    "a number too large": ("POST", "clock", b'{"advance": 1e400}'),
    "an integer too large": ("POST", "clock", b'{"now": ' + b"9" * 400 + b"}"),
    "a list for a time": ("POST", "clock", b'{"now": [1]}'),
    "a truth for a time": ("POST", "clock", b'{"advance": true}'),
    "a word for a count": ("POST", "faults", b'{"kind": "status", "times": "x"}'),
    "a list for a count": ("POST", "faults", b'{"kind": "status", "times": [1]}'),
    "an object for a path": ("POST", "faults", b'{"kind": "status", "path": {"a": 1}}'),
    "a number for a method": ("POST", "faults", b'{"kind": "status", "method": 7}'),
    "a list for a kind": ("POST", "faults", b'{"kind": ["status"]}'),
    "a status that is none": ("POST", "faults", b'{"kind": "status", "status": 99}'),
    "a wait without end": ("POST", "faults", b'{"kind": "delay", "seconds": 100000}'),
    "a list for an id": ("POST", "accounts", b'{"id": [1]}'),
    "a number for settings": ("POST", "accounts", b'{"settings": 3}'),
    "an object for a name": ("POST", "accounts", b'{"name": {"a": 1}}'),
    "a key that is taken": ("POST", "accounts", b'{"id": "b", "secret_key": "sk_test_garbage"}'),
    "a list for new settings": ("POST", "accounts/acct_garbage", b'{"settings": [1]}'),
    "an account nobody has": ("POST", "accounts/acct_none", b'{"settings": {}}'),
    "a number for keep_accounts": ("POST", "reset", b'{"keep_accounts": 1}'),
    "a place without end": ("GET", "requests.json?since=99999999999999999999999", b""),
    "a limit that is none": ("GET", "requests.json?limit=0", b""),
    "an address nobody has": ("GET", "nothing", b""),
    "another method": ("PUT", "faults", b"{}"),
}  # fmt: skip


@pytest.mark.loopback
@pytest.mark.parametrize(("method", "path", "body"), CONTROLS.values(), ids=CONTROLS)
def test_controls_say_in_json_what_is_wrong(
    app: Flask, port: int, method: str, path: str, body: bytes
) -> None:
    before = now(app)

    heard = ask(port, request(method.encode(), b"/_sandbox/" + path.encode(), JSON, body=body))

    assert heard.status in (400, 404, 405)
    assert error(heard)
    assert now(app) == before


@pytest.mark.loopback
def test_one_connection_answers_again_after_a_refusal(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(post(body=b"nmae=a") + get(CUSTOMERS))
        stream = connection.makefile("rb")

        statuses = [hear(stream).status, hear(stream).status]

    assert statuses == [400, 200]


@pytest.mark.loopback
def test_head_shows_what_get_would_without_the_body(port: int) -> None:
    shown = ask(port, get(CUSTOMERS))
    headed = ask(port, request(b"HEAD", CUSTOMERS, KEY))

    assert (headed.status, headed.body) == (200, b"")
    assert headed.headers["content-length"] == shown.headers["content-length"]


@pytest.mark.loopback
def test_a_client_that_waits_is_told_to_go_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(post(b"Expect: 100-continue", b"Content-Length: 6", counted=False)[:-6])
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"nmae=a")

        assert hear(connection.makefile("rb")).status == 400


@pytest.mark.loopback
def test_a_folded_header_is_one_header(port: int) -> None:
    assert ask(port, get(CUSTOMERS, b"A: b\r\n c")).status == 200


# Generated attacks, in-process.


@pytest.fixture(scope="module")
def call(app: Flask) -> Iterator[Callable[..., httpx.Response]]:
    headers = {"Authorization": "Bearer sk_test_garbage"}
    with httpx.Client(
        transport=httpx.WSGITransport(app), base_url="http://stripe.test", headers=headers
    ) as client:
        yield client.request


ATOMS = st.one_of(
    st.sampled_from(["", "0", "-1", "1", "true", "cus_1", "price_1", "eur", "now", "a@b.c"]),
    st.integers(min_value=-(10**20), max_value=10**20).map(str),
    st.text(max_size=12),
)  # fmt: skip
NAMES = st.text(alphabet="ab[]._-0é\x00%&= ", max_size=14)
LEVELS = st.lists(st.sampled_from(["", "0", "1", "a", "price", "metadata"]), max_size=4)


def form_of(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(route=st.sampled_from(sorted(schema()["routes"])), body=st.binary(max_size=60))
def test_no_bytes_make_any_route_fail(
    app: Flask, call: Callable[..., httpx.Response], route: str, body: bytes
) -> None:
    method, path = route.split(" ")
    headers = {"Content-Type": FORM.decode().removeprefix("Content-Type: ")}
    before = now(app)

    answer = call(method, path.replace("{", "").replace("}", ""), content=body, headers=headers)

    assert answer.status_code < 500
    assert answer.status_code == 200 or (answer.json()["error"]["message"] and now(app) == before)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_values_make_any_route_fail(
    app: Flask, call: Callable[..., httpx.Response], data: st.DataObject
) -> None:
    route = data.draw(st.sampled_from(sorted(schema()["routes"])))
    method, path = route.split(" ")
    fields = list((schema()["routes"][route] or {}).get("object", {})) or ["expand"]
    known = st.builds(
        lambda name, levels: name + "".join(f"[{one}]" for one in levels),
        st.sampled_from(fields),
        LEVELS,
    )
    pairs = data.draw(st.lists(st.tuples(known | NAMES, ATOMS), max_size=6))
    headers = {"Content-Type": FORM.decode().removeprefix("Content-Type: ")}
    before = now(app)

    answer = call(
        method, path.replace("{", "").replace("}", ""), content=form_of(pairs), headers=headers
    )

    assert answer.status_code < 500
    assert answer.status_code == 200 or (answer.json()["error"]["message"] and now(app) == before)
