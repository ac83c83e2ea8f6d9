"""The commands of bench/bench.toml: what they make is there, and a browser can use it."""

import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import keys
from portal.app import create_app
from portal.cli.bench_seed import WEBHOOK_SECRET
from portal.mirror.customers import EmailRow
from portal.mirror.invoices import InvoiceRow
from portal.mirror.payment_methods import PaymentMethodRow
from portal.mirror.subscriptions import SubscriptionRow
from portal.settings import Settings
from portal.store.customers import CustomerRow
from portal.web import installation

# A comparison chooses the port.
AT = "http://127.0.0.1:18300"


@pytest.fixture
def app(empty_database_url: str, tmp_path: Path) -> Flask:
    """A portal on an empty database, seeded with 40 customers."""
    settings = Settings(database_url=empty_database_url, portal_data=tmp_path)
    keys.make(settings)
    app = create_app(settings)
    done = app.test_cli_runner().invoke(args=["portal", "bench-seed", "--customers", "40"])
    assert done.exit_code == 0, done.output
    yield app
    installation.of(app).db.dispose()


def _counts(app: Flask, model: type) -> dict[str, int]:
    db = installation.of(app).db
    found = db.rows(
        select(CustomerRow.stripe_customer, func.count())
        .join(model, model.customer_id == CustomerRow.id)
        .group_by(CustomerRow.stripe_customer)
    )
    return {row[0].removeprefix("cus_bench").lstrip("0"): row[1] for row in found}


def test_customers_own_as_many_invoices_as_the_comparison_asks_for(app):
    counts = _counts(app, InvoiceRow)

    assert (counts["1"], counts["2"], counts["3"]) == (10, 5_000, 40)
    assert {counts[str(number)] for number in range(4, 41)} == {1, 2, 3, 4, 5}


def test_each_customer_has_a_subscription_an_address_and_one_or_two_methods(app):
    everyone = {str(number) for number in range(1, 41)}

    assert _counts(app, SubscriptionRow) == dict.fromkeys(everyone, 1)
    assert _counts(app, EmailRow) == dict.fromkeys(everyone, 1)
    assert set(_counts(app, PaymentMethodRow).values()) == {1, 2}
    assert _counts(app, PaymentMethodRow).keys() == everyone


def test_a_copied_customer_has_nothing_of_its_pattern(app):
    db = installation.of(app).db

    found = db.rows(
        select(InvoiceRow.provider_id, InvoiceRow.snapshot)
        .join(CustomerRow, CustomerRow.id == InvoiceRow.customer_id)
        .where(CustomerRow.stripe_customer == "cus_bench00000034")
    )

    assert {row.provider_id[:17] for row in found} == {"in_bench00000034_"}
    assert {json.loads(row.snapshot)["customer"] for row in found} == {"cus_bench00000034"}


def test_a_seeded_database_is_not_seeded_again(app):
    done = app.test_cli_runner().invoke(args=["portal", "bench-seed", "--customers", "40"])

    assert done.exit_code == 1
    assert "seed an empty database" in done.output


def test_the_cookie_opens_the_customers_pages(app):
    done = app.test_cli_runner().invoke(args=["portal", "bench-cookie", "--customer", "3"])
    cookie = done.stdout.strip()

    page = app.test_client(use_cookies=False).get(
        "/bench/invoices", base_url=AT, headers={"Cookie": cookie}
    )

    assert page.status_code == 200
    assert "BNC-00000003" in page.text


def test_a_customer_who_was_not_seeded_has_no_cookie(app):
    done = app.test_cli_runner().invoke(args=["portal", "bench-cookie", "--customer", "41"])

    assert done.exit_code == 1
    assert "no customer 41" in done.output


def test_the_webhook_takes_what_the_known_secret_signed(app):
    body = json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "customer.updated",
            "created": int(time.time()),
            "livemode": False,
            "api_version": "2026-10-28.endive",
            "data": {"object": {"object": "customer", "id": "cus_bench00000001"}},
        }
    ).encode()
    stamp = str(int(time.time()))
    signed = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256)

    answer = app.test_client(use_cookies=False).post(
        "/hooks/stripe/bench",
        base_url=AT,
        data=body,
        headers={"Stripe-Signature": f"t={stamp},v1={signed.hexdigest()}"},
    )

    assert answer.status_code == 200
