"""Stripe's events as a burst of renewals sends them: real shapes, valid signatures, unique ids.

One of each kind is taken from the Stripe sandbox; the rest are copies with other ids and times. The
objects are those of `flask portal bench-seed`. Each payload proves a newer state: kinds of which
Stripe tells too little (customer.updated lacks the tax ids) are read again, which measures Stripe.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

from portal.sandbox import stripe as sandbox

KINDS = ("invoice.paid", "customer.subscription.updated", "payment_intent.succeeded")
NAMES = ("in_bench{:08}_0000", "sub_bench{:08}", "pi_bench{:08}_0000")
CREATED = 1_111_111_111
BEFORE = 3_600


def _shop() -> dict[str, dict[str, Any]]:
    """Let one customer of three products live in a sandbox; return an event of each kind."""
    app = sandbox.create_app()
    client = app.test_client()
    account = {"id": "acct_bench", "country": "ES", "default_currency": "eur", "name": "Bench"}
    made = client.post("/_sandbox/accounts", json=account).get_json()

    def call(method: str, path: str, **fields: Any) -> dict[str, Any]:
        answer = client.open(
            f"/v1/{path}", method=method, data=fields,
            headers={"Authorization": f"Bearer {made['secret_key']}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    method = call("POST", "payment_methods", type="card", **{"card[token]": "tok_visa"})["id"]
    customer = call("POST", "customers", name="Customer", payment_method=method)["id"]
    default = {"invoice_settings[default_payment_method]": method}
    call("POST", f"customers/{customer}", **default)
    items = {}
    for place in range(3):
        product = call("POST", "products", name=f"Hosting {place}")["id"]
        price = call(
            "POST", "prices", product=product, currency="eur", unit_amount=900 * (place + 1),
            tax_behavior="exclusive", **{"recurring[interval]": "month"},
        )["id"]  # fmt: skip
        items[f"items[{place}][price]"] = price
    subscription = call("POST", "subscriptions", customer=customer, **items)["id"]
    call("POST", f"subscriptions/{subscription}", description="Hosting of three sites")
    found = {}
    for kind in KINDS:
        found[kind] = call("GET", f"events?type={kind}&limit=1")["data"][0]
    return found


def _template(event: dict[str, Any], names: dict[str, str]) -> str:
    """Return an event as text with `#number#` and `#event#` for what differs."""
    event["data"].pop("previous_attributes", None)
    text = json.dumps({**event, "created": CREATED}, separators=(",", ":"))
    for old, new in {**names, event["id"]: "evt_bench#event#", str(CREATED): "#created#"}.items():
        text = text.replace(old, new)
    return text


class Events:
    """An endless supply; `latest` is the time of the last event of each object."""

    def __init__(self, customers: int, secret: str) -> None:
        shop = _shop()
        names = {shop[KINDS[0]]["data"]["object"]["customer"]: "cus_bench#number#"}
        for kind, name in zip(KINDS, NAMES, strict=True):
            names[shop[kind]["data"]["object"]["id"]] = name.replace("{:08}", "#number#")
        self._templates = [_template(shop[kind], names) for kind in KINDS]
        self._customers = customers
        self._secret = secret.encode()
        self._count = 0
        self.latest: dict[str, int] = {}

    @property
    def mean_bytes(self) -> int:
        """Return how long an event is on average."""
        return sum(map(len, self._templates)) // len(self._templates)

    def take(self, count: int, *, is_for_mirror: bool = True) -> Iterator[tuple[bytes, str]]:
        """Yield bodies with their signatures, each kind in turn and one customer after another."""
        stamp = int(time.time())
        for _ in range(count):
            body = self._next(stamp, is_for_mirror=is_for_mirror)
            signed = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            yield body, f"t={stamp},v1={signed}"

    def _next(self, now: int, *, is_for_mirror: bool) -> bytes:
        place, kind = divmod(self._count, len(KINDS))
        number, round_ = place % self._customers + 1, place // self._customers
        self._count += 1
        created = now - BEFORE + round_
        name = NAMES[kind].format(number)
        if is_for_mirror:
            self.latest[name] = created
        text = (
            self._templates[kind]
            .replace("#event#", f"{self._count:09}")
            .replace("#number#", f"{number:08}")
            .replace("#created#", str(created))
        )
        return text.encode()
