"""What Holded knows when the demo begins: every state a customer's invoices can be in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from portal.sandbox import holded
from portal.sandbox.demo.data.at_holded import HoldedSide
from portal.sandbox.demo.data.history import History
from portal.sandbox.demo.seeding import MERCHANTS

TODAY = datetime(2026, 11, 21, tzinfo=UTC)
Listed = Callable[..., list[dict[str, Any]]]


def begin() -> tuple[httpx.Client, dict[str, HoldedSide]]:
    history = History(TODAY)
    app = holded.create_app(real_time=history.time)
    client = httpx.Client(transport=httpx.WSGITransport(app), base_url="http://holded.test")
    sides = {each.slug: HoldedSide(each, history, client) for each in MERCHANTS}
    for side in sides.values():
        side.plan()
    history.live()
    return client, sides


@pytest.fixture(scope="module")
def begun() -> Iterator[tuple[httpx.Client, dict[str, HoldedSide]]]:
    client, sides = begin()
    yield client, sides
    client.close()


@pytest.fixture
def listed(begun: tuple[httpx.Client, dict[str, HoldedSide]]) -> Listed:
    """Return a reader of whole lists: ``listed("nuvol", "invoices", person="forn")``."""
    client, sides = begun

    def listed(slug: str, path: str, person: str = "") -> list[dict[str, Any]]:
        side = sides[slug]
        query = {"limit": "200"} | ({"contact_id": side.contacts[person]} if person else {})
        headers = {"Authorization": f"Bearer {side.merchant.holded_token}"}
        found: list[dict[str, Any]] = []
        more = True
        while more:
            page = client.get(f"/api/v2/{path}", params=query, headers=headers).json()
            found += page["items"]
            query["cursor"], more = page["cursor"], page["has_more"]
        return found

    return listed


def test_there_are_three_merchants_in_three_currencies() -> None:
    assert [(each.currency, each.colour) for each in MERCHANTS] == [
        ("eur", "#1e3a8a"),
        ("usd", "#facc15"),
        ("brl", "#b91c1c"),
    ]
    assert sum(len(each.people) for each in MERCHANTS) >= 12


def test_one_customer_has_every_state_of_an_invoice(listed: Listed) -> None:
    invoices = listed("nuvol", "invoices", "forn")
    open_ones = [each for each in invoices if each["status"] == "pending" and not each["draft"]]
    overdue = [each for each in open_ones if each["due_date"] < "2026-11-21"]

    assert len(open_ones) >= 3
    assert len(overdue) >= 1
    assert [each["payments_pending"] for each in invoices if each["status"] == "partial"] == [
        "1012.50"
    ]
    assert [each["document_number"] for each in invoices if each["draft"]] == [None]
    assert len(listed("nuvol", "credit-notes", "forn")) == 1


def test_a_cancelled_invoice_is_among_them(listed: Listed) -> None:
    statuses = [each["status"] for each in listed("nuvol", "invoices", "gelats")]

    assert statuses == ["cancelled", "completed"]


def test_one_customer_has_300_invoices_and_one_has_none(listed: Listed) -> None:
    assert len(listed("nuvol", "invoices", "distribucions")) == 300
    assert listed("nuvol", "invoices", "nou") == []


def test_two_customers_share_an_e_mail(listed: Listed) -> None:
    contacts = listed("nuvol", "contacts")

    shared = [each["name"] for each in contacts if each["email"] == "marina@example.com"]

    assert shared == ["Marina Costa", "Costa Arquitectura SLP"]


@pytest.mark.parametrize("slug", ["nuvol", "sunbeam", "rubra"])
def test_each_merchant_has_a_gateway_and_a_payment_method_for_stripe(
    listed: Listed, slug: str
) -> None:
    (gateway,) = [e for e in listed(slug, "treasury/accounts") if e["type"] == "gateway"]
    (method,) = listed(slug, "payment-methods")

    assert gateway["name"] == method["name"] == "Stripe"
    assert method["bankingAccountId"] == gateway["id"]


def test_every_merchant_has_an_address_to_write_to() -> None:
    assert [each.support_email for each in MERCHANTS] == [
        "hola@nuvol.example",
        "help@sunbeam.example",
        "ola@rubra.example",
    ]


@pytest.mark.parametrize(
    ("person", "line"),
    [
        ("taller", "Página de presentación"),
        ("llibreria", "Tienda de libros en línea"),
        ("distribucions", "Publicación semanal, lote 1"),
    ],
)
def test_lines_are_in_the_merchants_language_whatever_the_customers(
    begun: tuple[httpx.Client, dict[str, HoldedSide]], listed: Listed, person: str, line: str
) -> None:
    client, sides = begun
    first = min(listed("nuvol", "invoices", person), key=lambda each: str(each["date"]))

    headers = {"Authorization": f"Bearer {sides['nuvol'].merchant.holded_token}"}
    whole = client.get(f"/api/v2/invoices/{first['id']}", headers=headers).json()

    assert [each["name"] for each in whole["lines"]] == [line]


def test_no_mail_of_the_demo_could_reach_anybody(listed: Listed) -> None:
    addresses = [
        each["email"] for slug in ("nuvol", "sunbeam", "rubra") for each in listed(slug, "contacts")
    ]

    assert all(each.endswith((".example", "@example.com")) for each in addresses)


def test_the_same_day_begins_the_same_way(begun: tuple[httpx.Client, Any]) -> None:
    again, _ = begin()
    address = "/_sandbox/ledger.json"

    assert again.get(address).json() == begun[0].get(address).json()
    again.close()


def test_documents_that_charge_themselves_carry_the_tag_of_the_merchants_rule(
    listed: Listed,
) -> None:
    (merchant,) = [each for each in MERCHANTS if each.slug == "nuvol"]
    documents = [
        each
        for path in ("invoices", "proformas", "recurring-invoices")
        for each in listed("nuvol", path, "jardins")
    ]

    assert "collect_tag=cobrar" in merchant.rules
    assert [each["tags"] for each in documents] == [["cobrar"]] * 3
    assert [each["draft"] for each in documents[:2]] == [False, False]
    assert documents[2]["date"] > "2026-11-21"
