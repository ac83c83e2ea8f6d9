"""Refunds become drafts of credit notes: once, divided by taxes, and never approved by us."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from portal.domain.invoices import InvoiceKind
from portal.domain.refunds import beyond, shared
from portal.mirror import invoices
from portal.services import missed, tasks
from portal.store.counterparts import CounterpartRow, CounterpartState
from tests.house import House
from tests.payer import Payer, move_in
from tests.shared import lend
from tests.shop import GOOD, Shop

pytestmark = pytest.mark.provider

TOLD = "A credit note of"


@pytest.fixture
def payer(house: House) -> Iterator[Payer]:
    """A customer in both systems, with an application for the mails of the worker."""
    with lend(house).app_context():
        yield move_in(house)


def wait_and_work(house: House, times: int = 4) -> None:
    """Let the back-off pass and the worker try again, some times."""
    for _ in range(times):
        house.pass_time(60)
        house.settle_down()


def notes(house: House) -> list[dict[str, Any]]:
    """Return the credit notes that stand in Holded."""
    return list(house.holded.get("/credit-notes", params={"limit": 200}).json()["items"])


def drafts(house: House) -> list[tuple[str, bool]]:
    return [(one["total"], one["draft"]) for one in notes(house)]


def rows(house: House) -> list[tuple[str, str]]:
    with house.db.session() as reader:
        found = reader.query(CounterpartRow).order_by(CounterpartRow.id)
        return [(row.state, row.problem) for row in found]


def mails(house: House) -> list[str]:
    return [mail.subject for mail in house.postbox.mails if mail.subject.startswith(TOLD)]


def intent(payer: Payer) -> str:
    listed = payer.house.stripe.v1.payment_intents.list({"customer": payer.stripe_customer})
    return str(listed.data[0].id)


def paid(payer: Payer, **more: Any) -> str:
    """Have the customer pay a Holded invoice of 121.00 through the portal."""
    invoice = payer.invoice(**more)
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    return invoice


def refund(payer: Payer, amount: int | None = None) -> str:
    """Have the merchant give money back at Stripe."""
    body: dict[str, Any] = {"payment_intent": intent(payer)}
    made = payer.house.stripe.v1.refunds.create(body | ({"amount": amount} if amount else {}))
    return str(made.id)


def fault(house: House, kind: str, path: str, **more: Any) -> None:
    answer = house.holded_app.test_client().post(
        "/_sandbox/faults", json={"kind": kind, "path": path, **more}
    )
    assert answer.status_code < 300, answer.text


# What is drafted


def test_f12_a_refund_of_what_the_portal_booked_is_a_draft_that_names_it(payer: Payer) -> None:
    invoice = paid(payer)
    number = payer.house.holded.get(f"/invoices/{invoice}").json()["document_number"]

    made = refund(payer)
    payer.house.settle_down()

    (note,) = notes(payer.house)
    assert (note["total"], note["tax"], note["draft"]) == ("121.00", "21.00", True)
    assert note["contact_id"] == payer.holded_contact
    assert note["tags"] == [f"stripe:{made}"]
    assert all(word in note["description"] for word in (made, number, intent(payer)))
    assert number in note["lines"][0]["name"]
    assert mails(payer.house) == ["A credit note of €121.00 waits for you in Holded"]


def test_f12_it_is_never_approved_by_us(payer: Payer) -> None:
    paid(payer)
    refund(payer)
    payer.house.settle_down()
    wait_and_work(payer.house)

    asked = [one["path"] for one in payer.house.requests("holded")]
    assert drafts(payer.house) == [("121.00", True)]
    assert [path for path in asked if "credit-notes" in path and "approve" in path] == []


def test_f12_parts_of_a_sale_are_divided_by_its_taxes(payer: Payer) -> None:
    items = [
        {"name": "Work", "units": 1, "price": 60, "taxes": ["s_iva_21"]},
        {"name": "Books", "units": 1, "price": 40, "taxes": ["s_iva_10"]},
        {"name": "Stamps", "units": 1, "price": "4.4", "taxes": ["s_iva_0"]},
    ]
    paid(payer, items=items)

    refund(payer, 6_050)
    payer.house.settle_down()
    refund(payer, 6_050)
    payer.house.settle_down()

    made = notes(payer.house)
    lines = [[(one["taxes"], one["price"]) for one in note["lines"]] for note in made]
    assert drafts(payer.house) == [("60.50", True)] * 2
    assert lines[0] == [(["s_iva_21"], "30.00"), (["s_iva_10"], "20.00"), (["s_iva_0"], "2.20")]


def test_f12_a_refund_of_a_subscriptions_invoice_corrects_its_counterpart(payer: Payer) -> None:
    payer.house.decide(invoice_stripe_sales="paid", invoice_stripe_since=date(2020, 1, 1))
    shop = Shop(payer.house)
    subscription = shop.subscribe(shop.customer(GOOD, email="b@example.com"))
    payer.house.settle_down()
    (sold,) = payer.house.holded.get("/invoices").json()["items"]
    bill = payer.house.at.payments.fetch_bill(shop.told(subscription).latest_invoice)

    payer.house.stripe.v1.refunds.create({"payment_intent": bill.intents[0], "amount": 500})
    payer.house.settle_down()

    (note,) = notes(payer.house)
    assert (note["total"], note["contact_id"]) == ("5.00", sold["contact_id"])
    assert sold["document_number"] in note["description"]


def test_f12_what_was_never_booked_is_not_credited(payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice, payer.card("pm_card_authenticationRequired"))
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice, "40.00")
    payer.house.settle_down()

    refund(payer, 3_000)
    payer.house.settle_down()
    before = drafts(payer.house)
    refund(payer, 2_000)
    payer.house.settle_down()

    assert before == []
    assert drafts(payer.house) == [("10.00", True)]


def test_f12_a_refund_of_a_sale_that_holded_does_not_have_is_none_of_ours(payer: Payer) -> None:
    invoice = payer.stripe_invoice()
    card = payer.card()
    payer.house.stripe.v1.invoices.pay(invoice, {"payment_method": card})
    payer.house.settle_down()

    refund(payer)
    payer.house.settle_down()

    assert notes(payer.house) == []
    assert rows(payer.house) == []


def test_f12_a_merchant_who_does_not_want_it_has_no_drafts(payer: Payer) -> None:
    payer.house.decide(credit_refunds=False)
    paid(payer)

    refund(payer)
    payer.house.settle_down()

    assert notes(payer.house) == []


def test_f12_an_old_refund_that_is_told_of_now_is_left_alone(payer: Payer) -> None:
    paid(payer)
    made = refund(payer)
    payer.house.stripe_app.extensions["stripe_sandbox"].deliver(lambda *_: 200)
    payer.house.pass_time(timedelta(days=8).total_seconds())

    payer.house.stripe.v1.refunds.update(made, {"metadata": {"why": "asked"}})
    payer.house.settle_down()

    assert notes(payer.house) == []


# What becomes of it


def test_f12_the_customer_sees_it_beside_its_invoice_once_it_is_approved(payer: Payer) -> None:
    invoice = paid(payer)
    refund(payer)
    payer.house.settle_down()
    before = invoices.list_credit_notes(payer.visit(), invoice)

    payer.house.holded.post(f"/credit-notes/{notes(payer.house)[0]['id']}/approve")
    payer.house.settle_down()

    (note,) = invoices.list_credit_notes(payer.visit(), invoice)
    assert before == []
    assert (note.kind, note.total, note.corrects) == (InvoiceKind.CREDIT_NOTE, -12_100, invoice)


def test_f12_a_draft_that_the_merchant_deleted_stays_away(payer: Payer) -> None:
    paid(payer)
    made = refund(payer)
    payer.house.settle_down()

    payer.house.holded.delete(f"/credit-notes/{notes(payer.house)[0]['id']}")
    payer.house.stripe.v1.refunds.update(made, {"metadata": {"why": "asked"}})
    payer.house.settle_down()

    assert notes(payer.house) == []


def _failing(payer: Payer) -> str:
    """Have a refund succeed that fails an hour later, and return its intent."""
    invoice = payer.invoice()
    pressed = payer.pay(invoice)
    payer.at_checkout(payer.leave_url(pressed), "4000000000005126")
    payer.house.settle_down()
    paid_by = str(payer.house.stripe.v1.payment_intents.list({"limit": 1}).data[0].id)
    payer.house.stripe.v1.refunds.create({"payment_intent": paid_by})
    payer.house.settle_down()
    return paid_by


def _fail(payer: Payer) -> None:
    payer.house.control("stripe", "clock", advance=7200)
    payer.house.pass_time(7200)
    payer.house.settle_down()


def test_f12_a_refund_that_failed_takes_its_draft_back(payer: Payer) -> None:
    _failing(payer)
    before = drafts(payer.house)

    _fail(payer)

    assert before == [("121.00", True)]
    assert notes(payer.house) == []
    assert rows(payer.house) == [(CounterpartState.DROPPED, "")]


def test_f12_one_that_was_approved_meanwhile_is_for_the_merchant(payer: Payer) -> None:
    _failing(payer)
    payer.house.holded.post(f"/credit-notes/{notes(payer.house)[0]['id']}/approve")
    payer.house.settle_down()

    _fail(payer)

    assert rows(payer.house) == [(CounterpartState.DONE, "refund_came_back")]
    assert [task.kind for task in tasks.list_tasks(payer.house.db, now=payer.house.now())] == [
        "counterpart"
    ]


# What is lost on the way


@pytest.mark.parametrize("kind", ["lose_answer", "half_body", "status"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v2/credit-notes"),
        ("POST", "/api/v2/credit-notes"),
        ("GET", "/api/v2/taxes"),
        ("GET", "/api/v2/invoices"),
    ],
)
def test_f12_whatever_answer_is_lost_one_draft_stands(
    payer: Payer, kind: str, method: str, path: str
) -> None:
    paid(payer)
    fault(payer.house, kind, path, method=method)

    refund(payer)
    payer.house.settle_down()
    wait_and_work(payer.house)

    assert drafts(payer.house) == [("121.00", True)]
    assert rows(payer.house) == [(CounterpartState.DONE, "")]
    assert len(mails(payer.house)) == 1


class Killed(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("step", ["list_taxes", "fetch_sold", "list_tagged", "create_draft"])
def test_b28_a_worker_killed_at_any_call_leaves_one_draft(
    payer: Payer, monkeypatch: pytest.MonkeyPatch, step: str, place: str
) -> None:
    paid(payer)
    door = payer.house.at.invoicing
    call = getattr(door, step)

    def die(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        if place == "after":
            call(*args, **named)
        raise Killed

    monkeypatch.setattr(door, step, die)
    refund(payer)
    with pytest.raises(Killed):
        payer.house.settle_down()
    wait_and_work(payer.house)

    assert drafts(payer.house) == [("121.00", True)]
    assert len(mails(payer.house)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_b32_events_of_refunds_in_any_order_with_repeats_make_each_once(
    payer: Payer, seed: int
) -> None:
    paid(payer)
    for amount in (1_000, 2_000):
        refund(payer, amount)
    taken: list[tuple[str, bytes, dict[str, str]]] = []

    def keep(url: str, body: bytes, headers: dict[str, str]) -> int:
        taken.append((url.rsplit("/", 1)[-1], body, headers))
        return 200

    payer.house.stripe_app.extensions["stripe_sandbox"].deliver(keep)
    events = taken * 2
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, not a secret

    for event in events:
        payer.house.receive(*event)
        payer.house.worker().work_once()
    wait_and_work(payer.house)

    assert sorted(drafts(payer.house)) == [("10.00", True), ("20.00", True)]


def test_f12_a_refund_that_no_webhook_told_is_found(payer: Payer) -> None:
    paid(payer)
    refund(payer)
    payer.house.stripe_app.extensions["stripe_sandbox"].deliver(lambda *_: 200)

    missed.sweep(payer.house.db, now=payer.house.now())
    payer.house.settle_down()

    assert drafts(payer.house) == [("121.00", True)]


# Sums


@pytest.mark.parametrize(
    ("amount", "left", "wanted"),
    [
        (100, [100], [100]),
        (50, [100, 100], [25, 25]),
        (1, [100, 100, 100], [1, 0, 0]),
        (100, [100, 200], [33, 67]),
        (500, [100, 200], [100, 200]),
        (0, [100], [0]),
        (10, [], []),
        (10, [0, 0], [0, 0]),
    ],
)
def test_f12_a_sum_is_divided_to_the_cent(amount: int, left: list[int], wanted: list[int]) -> None:
    assert shared(amount, left) == wanted


@pytest.mark.parametrize(
    ("excess", "before", "amount", "wanted"),
    [(0, 0, 500, 500), (400, 0, 300, 0), (400, 300, 300, 200), (400, 500, 300, 300)],
)
def test_f12_what_was_too_much_goes_back_first(
    excess: int, before: int, amount: int, wanted: int
) -> None:
    assert beyond(excess, before, amount) == wanted
