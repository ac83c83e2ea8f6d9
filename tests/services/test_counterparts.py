"""Stripe's invoices become Holded's: once, to the cent, whatever is lost on the way."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.domain.customers import Origin
from portal.domain.invoices import InvoiceStatus
from portal.mirror import invoices
from portal.mirror.invoices import Filter, Listed
from portal.sandbox.holded import accounts
from portal.services import missed, tasks
from portal.store.counterparts import CounterpartRow, CounterpartState
from tests.house import House
from tests.payer import Payer, move_in
from tests.shared import lend
from tests.shop import GOOD, Shop

pytestmark = pytest.mark.provider

SINCE = date(2020, 1, 1)
MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture
def shop(house: House) -> Iterator[Shop]:
    """A merchant that has paid Stripe invoices made into Holded's, and what it sells."""
    house.decide(invoice_stripe_sales="paid", invoice_stripe_since=SINCE)
    with lend(house).app_context():
        yield Shop(house)


def wait_and_work(house: House, times: int = 4) -> None:
    """Let the back-off pass and the worker try again, some times."""
    for _ in range(times):
        house.pass_time(60)
        house.settle_down()


def documents(house: House, path: str = "invoices") -> list[dict[str, Any]]:
    """Return what stands in Holded."""
    return list(house.holded.get(f"/{path}", params={"limit": 200}).json()["items"])


def contacts(house: House) -> list[dict[str, Any]]:
    return list(house.holded.get("/contacts", params={"limit": 200}).json()["items"])


def rows(house: House) -> list[CounterpartRow]:
    with house.db.session() as reader:
        return list(reader.query(CounterpartRow).order_by(CounterpartRow.id))


def problems(house: House) -> list[str]:
    return [row.problem for row in rows(house)]


def sums(house: House) -> list[tuple[str, str, bool]]:
    """Return total, what is left to pay and whether it is a draft, of each Holded invoice."""
    return [(one["total"], one["payments_pending"], one["draft"]) for one in documents(house)]


def told(shop: Shop, subscription: str) -> Any:
    return shop.stripe.invoices.list({"subscription": subscription}).data


def sell(shop: Shop, customer: str, amount: int = 10_000, **fields: Any) -> str:
    """Have Stripe bill a sum, collect it from the card on file, and return the invoice's id."""
    invoice = shop.stripe.invoices.create(
        {"customer": customer, "auto_advance": False, **fields.pop("invoice", {})}
    )
    shop.stripe.invoice_items.create(
        {
            "customer": customer,
            "invoice": invoice.id,
            "amount": amount,
            "currency": "eur",
            "description": "Fonts",
            "tax_rates": [shop.vat],
            **fields,
        }
    )
    shop.stripe.invoices.finalize_invoice(invoice.id)
    return str(invoice.id)


def sell_paid(shop: Shop, customer: str, amount: int = 10_000, **fields: Any) -> str:
    invoice = sell(shop, customer, amount, **fields)
    shop.stripe.invoices.pay(invoice)
    return invoice


def fault(house: House, which: str, kind: str, path: str, **more: Any) -> None:
    app = house.stripe_app if which == "stripe" else house.holded_app
    answer = app.test_client().post("/_sandbox/faults", json={"kind": kind, "path": path, **more})
    assert answer.status_code < 300, answer.text


# The whole way


def test_f10_a_subscriptions_invoice_is_made_approved_and_paid_in_holded(shop: Shop) -> None:
    customer = shop.customer(GOOD, address={"line1": "Carrer 1", "country": "ES"})
    subscription = shop.subscribe(customer)

    shop.house.settle_down()

    (document,) = documents(shop.house)
    (contact,) = contacts(shop.house)
    (invoice,) = told(shop, subscription)
    assert (document["total"], document["tax"], document["payments_pending"]) == (
        "10.89", "1.89", "0.00",
    )  # fmt: skip
    assert document["tags"] == [f"stripe:{invoice.id}"]
    assert document["lines"][0]["taxes"] == ["s_iva_21"]
    assert document["contact_id"] == contact["id"]
    assert (contact["name"], contact["email"]) == ("Forn Aurora", "ana@fornaurora.example")
    assert [part["bank_id"] for part in document["payments_detail"]] == [
        shop.house.merchant.holded_treasury
    ]
    assert [row.state for row in rows(shop.house)] == [CounterpartState.DONE]


def test_f10_each_renewal_is_an_invoice_of_the_same_contact(shop: Shop) -> None:
    subscription = shop.subscribe(shop.customer(GOOD))
    shop.house.settle_down()

    for _ in range(3):
        shop.house.control("stripe", "clock", advance=31 * 86_400)
        shop.house.pass_time(31 * 86_400)
        shop.house.settle_down()
        wait_and_work(shop.house, 2)

    made = documents(shop.house)
    ids = {f"stripe:{one.id}" for one in told(shop, subscription)}
    assert len(made) == len(ids) == 4
    assert {one["tags"][0] for one in made} == ids
    assert {(one["total"], one["payments_pending"]) for one in made} == {("10.89", "0.00")}
    assert len(contacts(shop.house)) == 1
    assert len({one["document_number"] for one in made}) == 4


def test_f10_off_unless_the_merchant_decides_it(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="")

    shop.subscribe(shop.customer(GOOD))
    shop.house.settle_down()

    assert documents(shop.house) == []
    assert rows(shop.house) == []


def test_f10_what_was_sold_before_the_first_day_is_left_alone(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_since=date(2999, 1, 1))

    shop.subscribe(shop.customer(GOOD))
    shop.house.settle_down()

    assert documents(shop.house) == []


def test_f10_a_trial_that_costs_nothing_is_no_invoice(shop: Shop) -> None:
    shop.subscribe(shop.customer(GOOD), trial_period_days=14)

    shop.house.settle_down()

    assert documents(shop.house) == []
    assert rows(shop.house) == []


def test_f10_the_day_is_the_merchants_and_the_money_names_its_intent(shop: Shop) -> None:
    invoice = sell_paid(shop, shop.customer(GOOD))
    shop.house.settle_down()

    bill = shop.house.at.payments.fetch_bill(invoice)
    (document,) = documents(shop.house)
    (booked,) = shop.house.ledger("holded")
    assert bill.finalized_at is not None
    assert bill.paid_at is not None
    assert document["date"] == shop.house.merchant.day_of(bill.finalized_at).isoformat()
    assert booked["date"] == shop.house.merchant.day_of(bill.paid_at).isoformat()
    assert booked["description"] == f"Stripe {bill.intents[0]}"


def test_f10_rates_discounts_and_changes_come_to_stripes_cent(shop: Shop) -> None:
    coupon = shop.stripe.coupons.create({"percent_off": 12.5, "duration": "forever"}).id
    once = shop.stripe.coupons.create({"amount_off": 333, "currency": "eur", "duration": "once"}).id
    reduced = shop.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 10, "inclusive": True}
    ).id
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer, discounts=[{"coupon": coupon}, {"coupon": once}])
    shop.stripe.invoice_items.create(
        {
            "customer": customer, "currency": "eur", "description": "Books", "quantity": 3,
            "unit_amount_decimal": "333", "tax_rates": [reduced],
        }
    )  # fmt: skip
    shop.house.settle_down()
    for days, price in ((10, "pro"), (5, "basic"), (31, "pro"), (20, "pro")):
        shop.house.control("stripe", "clock", advance=days * 86_400)
        shop.house.pass_time(days * 86_400)
        item = shop.told(subscription)["items"].data[0].id
        shop.stripe.subscriptions.update(
            subscription,
            {
                "items": [{"id": item, "price": shop.prices[price]}],
                "proration_behavior": "create_prorations",
            },
        )
        wait_and_work(shop.house, 2)

    sold = {f"stripe:{one.id}": one.total for one in told(shop, subscription) if one.total > 0}
    made = {one["tags"][0]: round(float(one["total"]) * 100) for one in documents(shop.house)}
    assert len(sold) >= 2
    assert made == sold
    assert {one["payments_pending"] for one in documents(shop.house)} == {"0.00"}


# Shown once


def _listed(house: House, customer: str) -> list[Listed]:
    visit = house.visit(stripe_customer=customer)
    return invoices.list_page(visit, Filter.ALL)[0]


def test_f10_the_customer_sees_the_sale_once_as_holdeds_invoice(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    sell_paid(shop, customer)
    shop.house.settle_down()

    (listed,) = _listed(shop.house, customer)
    assert (listed.invoice.origin, listed.status) == (Origin.HOLDED, InvoiceStatus.PAID)


def test_f10_a_draft_that_is_stuck_does_not_hide_stripes_invoice(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    fault(shop.house, "holded", "status", "/approve", status=503, times=1000)

    sell_paid(shop, customer)
    shop.house.settle_down()

    (listed,) = _listed(shop.house, customer)
    assert [draft for *_, draft in sums(shop.house)] == [True]
    assert (listed.invoice.origin, listed.status) == (Origin.STRIPE, InvoiceStatus.PAID)


def test_f10_the_pair_is_known_before_holded_tells_of_it(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    sell_paid(shop, customer)
    worker = shop.house.worker()

    shop.house.stripe_app.extensions["stripe_sandbox"].deliver(shop.house._receive_stripe)
    worker.work_once()

    (listed,) = _listed(shop.house, customer)
    assert (listed.invoice.origin, listed.status) == (Origin.HOLDED, InvoiceStatus.PAID)


# From when on


def test_f10_an_invoice_is_made_when_it_is_finalized_and_paid_later(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="finalized")
    customer = shop.customer(GOOD)
    sent = {"collection_method": "send_invoice", "days_until_due": 14}
    invoice = sell(shop, customer, invoice=sent)
    shop.house.settle_down()
    before = (sums(shop.house), [row.state for row in rows(shop.house)])

    shop.stripe.invoices.pay(invoice)
    shop.house.settle_down()

    assert before == ([("121.00", "121.00", False)], [CounterpartState.ISSUED])
    assert sums(shop.house) == [("121.00", "0.00", False)]
    assert [row.state for row in rows(shop.house)] == [CounterpartState.DONE]
    assert len(shop.house.ledger("holded")) == 1


def test_f10_one_that_stripe_voids_afterwards_is_for_the_merchant_to_cancel(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="finalized")
    invoice = sell(shop, shop.customer(GOOD))
    shop.house.settle_down()

    shop.stripe.invoices.void_invoice(invoice)
    shop.house.settle_down()

    assert problems(shop.house) == ["voided"]
    assert shop.house.ledger("holded") == []


def test_f10_money_that_came_outside_stripe_is_not_booked_as_stripes(shop: Shop) -> None:
    invoice = sell(shop, shop.customer(GOOD))

    shop.stripe.invoices.pay(invoice, {"paid_out_of_band": True})
    shop.house.settle_down()

    assert sums(shop.house) == [("121.00", "121.00", False)]
    assert shop.house.ledger("holded") == []
    assert problems(shop.house) == ["rest"]


def test_f10_what_a_credit_covered_is_left_for_the_merchant(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    shop.stripe.customers.balance_transactions.create(
        customer, {"amount": -2_100, "currency": "eur"}
    )

    sell_paid(shop, customer)
    shop.house.settle_down()

    (listed,) = _listed(shop.house, customer)
    visit = shop.house.visit(stripe_customer=customer)
    assert sums(shop.house) == [("121.00", "21.00", False)]
    assert problems(shop.house) == ["rest"]
    assert listed.status is InvoiceStatus.PAID
    assert invoices.balances(visit) == []
    assert not invoices.get(visit, listed.invoice.id).may_pay.is_allowed


def test_f10_nobody_is_asked_for_what_is_being_booked(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    fault(shop.house, "holded", "status", "/payments", status=503, times=1000)

    sell_paid(shop, customer)
    shop.house.settle_down()

    (listed,) = _listed(shop.house, customer)
    assert sums(shop.house) == [("121.00", "121.00", False)]
    assert (listed.invoice.origin, listed.status) == (Origin.HOLDED, InvoiceStatus.PAID)
    assert invoices.balances(shop.house.visit(stripe_customer=customer)) == []


def test_f10_what_is_paid_at_stripe_after_it_was_issued_is_open_no_more(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="finalized")
    customer = shop.customer(GOOD)
    invoice = sell(shop, customer)
    shop.house.settle_down()
    visit = shop.house.visit(stripe_customer=customer)
    before = invoices.balances(visit)
    shop.house.holded_wire.is_cut = True

    shop.stripe.invoices.pay(invoice)
    shop.house.settle_down()

    assert [balance.due.amount for balance in before] == [12_100]
    assert invoices.balances(visit) == []


# What is for a person


def test_f10_a_rate_that_holded_lacks_is_a_task_and_no_document(shop: Shop) -> None:
    odd = shop.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 19, "inclusive": False}
    ).id
    sell_paid(shop, shop.customer(GOOD), tax_rates=[odd])

    shop.house.settle_down()

    (task,) = tasks.list_tasks(shop.house.db, now=shop.house.now())
    assert documents(shop.house) == []
    assert (task.kind, task.merchant) == ("counterpart", "nuvol")
    assert "19 %" in task.why
    assert rows(shop.house)[0].source in task.what


def test_f10_another_currency_is_a_task_and_no_document(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    sell_paid(shop, customer, currency="usd", invoice={"currency": "usd"})

    shop.house.settle_down()

    assert documents(shop.house) == []
    assert problems(shop.house) == ["currency"]


def test_f10_what_was_put_right_is_done_again(shop: Shop) -> None:
    odd = shop.stripe.tax_rates.create(
        {"display_name": "VAT", "percentage": 19, "inclusive": False}
    ).id
    sell_paid(shop, shop.customer(GOOD), tax_rates=[odd])
    shop.house.settle_down()
    shop.house.decide(holded_taxes=("19=s_iva_19",))
    _add_tax(shop.house, "s_iva_19", "19")

    count = tasks.try_again(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert count == 1
    assert sums(shop.house) == [("119.00", "0.00", False)]
    assert tasks.list_tasks(shop.house.db, now=shop.house.now()) == []


def _add_tax(house: House, key: str, amount: str) -> None:
    """Have the merchant add a tax in Holded; there is no call for it."""
    state = house.holded_app.extensions["holded_sandbox"]
    state.insert("acc_house", "tax", accounts.tax(state.new_id(), key, key, amount))


# The contact


def test_f10_the_contact_that_the_merchant_named_is_taken(shop: Shop) -> None:
    payer = move_in(shop.house)
    payer.card()

    payer.stripe_invoice(collection_method="charge_automatically")
    invoice = shop.stripe.invoices.list({"customer": payer.stripe_customer}).data[0].id
    method = shop.stripe.payment_methods.list({"customer": payer.stripe_customer}).data[0].id
    shop.stripe.invoices.pay(invoice, {"payment_method": method})
    shop.house.settle_down()

    assert [one["contact_id"] for one in documents(shop.house)] == [payer.holded_contact]
    assert len(contacts(shop.house)) == 1


def test_b42_a_contact_of_the_same_address_is_proposed_and_not_taken(shop: Shop) -> None:
    other = shop.house.holded.post(
        "/contacts", json={"name": "Forn Aurora", "email": "ANA@fornaurora.example"}
    ).json()["id"]
    same = shop.house.holded.post(
        "/contacts", json={"name": "Somebody", "email": "ana@fornaurora.example"}
    ).json()["id"]
    customer = shop.customer(GOOD)
    sell_paid(shop, customer)
    shop.house.settle_down()
    (row,) = rows(shop.house)
    before = documents(shop.house)

    shop.stripe.customers.update(customer, {"metadata": {"holded_contact_id": same}})
    shop.house.settle_down()
    tasks.try_again(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert (row.problem, before) == ("contacts", [])
    assert same in row.detail
    assert [one["contact_id"] for one in documents(shop.house)] == [same]
    assert len(contacts(shop.house)) == len([other, same])


@pytest.mark.parametrize("kind", ["lose_answer", "half_body"])
def test_b42_a_lost_answer_makes_no_second_contact(shop: Shop, kind: str) -> None:
    fault(shop.house, "holded", kind, "/contacts", method="POST")
    customer = shop.customer(GOOD)

    sell_paid(shop, customer)
    sell_paid(shop, customer)
    shop.house.settle_down()
    wait_and_work(shop.house)

    assert len(contacts(shop.house)) == 1
    assert sums(shop.house) == [("121.00", "0.00", False)] * 2


def test_b42_the_contact_and_the_customer_are_one_payer(shop: Shop) -> None:
    customer = shop.customer(GOOD)

    sell_paid(shop, customer)
    shop.house.settle_down()

    visit = shop.house.visit(stripe_customer=customer)
    assert visit.customer.holded_contact == contacts(shop.house)[0]["id"]


# What is lost on the way

CALLS = [
    ("POST", "/api/v2/contacts"),
    ("GET", "/api/v2/contacts"),
    ("GET", "/api/v2/taxes"),
    ("GET", "/api/v2/invoices"),
    ("POST", "/api/v2/invoices"),
    ("POST", "/approve"),
    ("POST", "/payments"),
]


@pytest.mark.parametrize("kind", ["lose_answer", "half_body", "status"])
@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("after", [0, 1])
def test_b55_whatever_answer_is_lost_one_invoice_stands_and_is_paid_once(
    shop: Shop, kind: str, method: str, path: str, after: int
) -> None:
    fault(shop.house, "holded", kind, path, method=method, after=after)

    sell_paid(shop, shop.customer(GOOD))
    shop.house.settle_down()
    wait_and_work(shop.house)

    assert sums(shop.house) == [("121.00", "0.00", False)]
    assert len(shop.house.ledger("holded")) == 1
    assert len(contacts(shop.house)) == 1
    assert [(row.state, row.problem) for row in rows(shop.house)] == [(CounterpartState.DONE, "")]


def test_b55_a_draft_that_arrives_late_is_deleted(shop: Shop) -> None:
    customer = shop.customer(GOOD)
    fault(shop.house, "holded", "lose_answer", "/api/v2/invoices", method="POST")
    sell_paid(shop, customer)
    shop.house.settle_down()
    late = documents(shop.house)[0]
    shop.house.holded.delete(f"/invoices/{late['id']}").raise_for_status()
    (row,) = rows(shop.house)

    def arrive() -> None:
        body = {
            "contact_id": row.contact, "date": late["date"], "tags": late["tags"],
            "items": [{"name": "Fonts", "units": 1, "price": 100, "taxes": ["s_iva_21"]}],
        }  # fmt: skip
        shop.house.holded.post("/invoices", json=body).raise_for_status()

    shop.house.holded_wire.on_the_way["POST /api/v2/invoices"] = arrive
    wait_and_work(shop.house)

    assert sums(shop.house) == [("121.00", "0.00", False)]
    assert [one.state for one in rows(shop.house)] == [CounterpartState.DONE]


def test_b55_a_draft_that_arrives_after_everything_is_done_is_deleted(shop: Shop) -> None:
    fault(shop.house, "holded", "reset", "/api/v2/invoices", method="POST")
    sell_paid(shop, shop.customer(GOOD))
    shop.house.settle_down()
    wait_and_work(shop.house, 2)
    (document,) = documents(shop.house)
    body = {
        "contact_id": document["contact_id"], "date": document["date"], "tags": document["tags"],
        "items": [{"name": "Fonts", "units": 1, "price": 100, "taxes": ["s_iva_21"]}],
    }  # fmt: skip
    shop.house.holded.post("/invoices", json=body).raise_for_status()

    shop.house.pass_time(900)
    shop.house.settle_down()

    assert [one["id"] for one in documents(shop.house)] == [document["id"]]


class Killed(BaseException):
    """The worker dies."""


STEPS = (
    "fetch_bill", "list_taxes", "find_contacts", "create_contact", "list_tagged", "create_draft",
    "approve_invoice", "fetch", "record_payment",
)  # fmt: skip


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_b28_a_worker_killed_at_any_call_leaves_what_another_one_finishes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str, place: str
) -> None:
    at = shop.house.at
    door = at.payments if step == "fetch_bill" else at.invoicing
    call = getattr(door, step)

    def die(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        if place == "after":
            call(*args, **named)
        raise Killed

    monkeypatch.setattr(door, step, die)
    sell_paid(shop, shop.customer(GOOD))
    with pytest.raises(Killed):
        shop.house.settle_down()
    wait_and_work(shop.house)

    assert sums(shop.house) == [("121.00", "0.00", False)]
    assert len(shop.house.ledger("holded")) == 1
    assert len(contacts(shop.house)) == 1
    assert [(row.state, row.problem) for row in rows(shop.house)] == [(CounterpartState.DONE, "")]


def test_f10_while_holded_is_away_it_waits_and_is_listed(shop: Shop) -> None:
    shop.house.holded_wire.is_cut = True
    sell_paid(shop, shop.customer(GOOD))
    shop.house.settle_down()
    for _ in range(6):
        shop.house.pass_time(3600)
        shop.house.settle_down()
    listed = tasks.list_tasks(shop.house.db, now=shop.house.now())

    shop.house.holded_wire.is_cut = False
    shop.house.pass_time(3600)
    shop.house.settle_down()

    assert [task.kind for task in listed] == ["counterpart"]
    assert sums(shop.house) == [("121.00", "0.00", False)]
    assert tasks.list_tasks(shop.house.db, now=shop.house.now()) == []


@pytest.mark.parametrize("seed", range(4))
def test_b32_events_in_any_order_with_repeats_make_one_invoice(shop: Shop, seed: int) -> None:
    customer = shop.customer(GOOD)
    sell_paid(shop, customer)
    shop.subscribe(customer)
    taken: list[tuple[str, bytes, dict[str, str]]] = []

    def keep(url: str, body: bytes, headers: dict[str, str]) -> int:
        taken.append((url.rsplit("/", 1)[-1], body, headers))
        return 200

    shop.house.stripe_app.extensions["stripe_sandbox"].deliver(keep)
    events = taken * 2
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, not a secret

    for event in events:
        shop.house.receive(*event)
        shop.house.worker().work_once()
    wait_and_work(shop.house)

    assert sorted(sums(shop.house)) == [("10.89", "0.00", False), ("121.00", "0.00", False)]
    assert len(contacts(shop.house)) == 1


def test_f10_what_no_webhook_told_is_found(shop: Shop) -> None:
    sell_paid(shop, shop.customer(GOOD))
    shop.house.stripe_app.extensions["stripe_sandbox"].deliver(lambda *_: 200)

    missed.sweep(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert sums(shop.house) == [("121.00", "0.00", False)]


def test_f10_what_was_sold_since_a_day_that_is_named_later_is_made(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="")
    sell_paid(shop, shop.customer(GOOD))
    shop.house.settle_down()
    before = documents(shop.house)

    shop.house.decide(invoice_stripe_sales="paid")
    missed.sweep(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert before == []
    assert sums(shop.house) == [("121.00", "0.00", False)]


def _lists(house: House) -> int:
    asked = [one for one in house.requests("stripe") if one["path"] == "/v1/invoices"]
    return len([one for one in asked if one["method"] == "GET"])


def test_f10_it_is_looked_for_once_an_hour(shop: Shop) -> None:
    counts = []
    for seconds in (0, 0, 60, 3700):
        shop.house.pass_time(seconds)
        missed.sweep(shop.house.db, now=shop.house.now())
        shop.house.settle_down()
        counts.append(_lists(shop.house))

    assert counts == [1, 1, 1, 2]


def test_f14_what_the_merchant_booked_by_hand_is_not_booked_again(shop: Shop) -> None:
    shop.house.decide(invoice_stripe_sales="finalized")
    invoice = sell(shop, shop.customer(GOOD))
    shop.house.settle_down()
    Payer(shop.house, "", "").pay_in_holded(documents(shop.house)[0]["id"])

    shop.stripe.invoices.pay(invoice)
    shop.house.settle_down()

    assert len(shop.house.ledger("holded")) == 1
    assert [(row.state, row.problem) for row in rows(shop.house)] == [(CounterpartState.DONE, "")]


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_f10_a_document_of_another_sum_under_our_tag_is_not_paid(shop: Shop, days: int) -> None:
    payer = move_in(shop.house)
    card = payer.card()
    invoice = sell(shop, payer.stripe_customer)
    day = shop.house.now().astimezone(MADRID).date() + timedelta(days=days)
    document = payer.invoice("90.00", day=day.isoformat(), tags=[f"stripe:{invoice}"])

    shop.stripe.invoices.pay(invoice, {"payment_method": card})
    shop.house.settle_down()

    assert [one["id"] for one in documents(shop.house)] == [document]
    assert problems(shop.house) == ["sums"]
    assert shop.house.ledger("holded") == []


def test_f10_what_somebody_made_by_hand_is_let_go(shop: Shop) -> None:
    sell_paid(shop, shop.customer(GOOD), currency="usd", invoice={"currency": "usd"})
    shop.house.settle_down()
    source = rows(shop.house)[0].source

    count = tasks.let_go(shop.house.db, source, now=shop.house.now())
    tasks.try_again(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert count == 1
    assert tasks.list_tasks(shop.house.db, now=shop.house.now()) == []
    assert documents(shop.house) == []
