"""Refunds are known as Stripe tells them, and end the tasks that asked for them."""

import random

import pytest

from portal.domain.events import ObjectKind
from portal.domain.refunds import Refund, RefundState
from portal.mirror import refunds
from portal.services import tasks
from portal.services.tasks import TaskKind
from tests.house import House
from tests.payer import Payer


def _overpaid(payer: Payer) -> str:
    """Pay an invoice of 121.00 that was part paid meanwhile, and return the intent."""
    invoice, card = payer.invoice(), payer.card("pm_card_authenticationRequired")
    pressed = payer.pay(invoice, card)
    payer.at_bank(payer.leave_url(pressed))
    payer.pay_in_holded(invoice, "40.00")
    payer.house.settle_down()
    return _intent(payer)


def _intent(payer: Payer) -> str:
    listed = payer.house.stripe.v1.payment_intents.list({"customer": payer.stripe_customer})
    return str(listed.data[0].id)


def _told(house: House, intent: str) -> list[Refund]:
    return refunds.list_of_intents(house.db, house.merchant, [intent]).get(intent, [])


def _to_give_back(house: House) -> list[str]:
    found = tasks.list_tasks(house.db, now=house.now())
    return [task.what.split()[0] for task in found if task.kind is TaskKind.REFUND]


def test_a_refund_is_known_with_what_it_gives_back(house: House, payer: Payer) -> None:
    intent = _overpaid(payer)

    made = house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 1500})
    house.settle_down()

    told = refunds.find(house.db, house.merchant, made.id)
    assert told is not None
    assert (told.amount, told.currency, told.state) == (1500, "eur", RefundState.SUCCEEDED)
    assert (told.intent, told.charge) == (intent, made.charge)


def test_what_has_to_go_back_is_a_task_until_it_went_back(house: House, payer: Payer) -> None:
    intent = _overpaid(payer)
    before = _to_give_back(house)

    house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 1500})
    house.settle_down()
    partly = _to_give_back(house)
    house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 2500})
    house.settle_down()

    assert (before, partly, _to_give_back(house)) == (["40.00"], ["25.00"], [])


def test_a_refund_that_failed_leaves_its_task(house: House, payer: Payer) -> None:
    invoice = payer.invoice()
    pressed = payer.pay(invoice)
    payer.pay_in_holded(invoice)
    payer.at_checkout(payer.leave_url(pressed), "4000000000005126")
    house.settle_down()
    intent = _intent_of_guest(house)

    house.stripe.v1.refunds.create({"payment_intent": intent})
    house.settle_down()
    meanwhile = _to_give_back(house)
    house.control("stripe", "clock", advance=7200)
    house.settle_down()

    assert [refund.state for refund in _told(house, intent)] == [RefundState.FAILED]
    assert (meanwhile, _to_give_back(house)) == ([], ["121.00"])


def _intent_of_guest(house: House) -> str:
    return str(house.stripe.v1.payment_intents.list({"limit": 1}).data[0].id)


@pytest.mark.provider
@pytest.mark.parametrize("seed", range(4))
def test_b32_refund_events_in_any_order_end_in_stripes_state(
    house: House, payer: Payer, seed: int
) -> None:
    intent = _overpaid(payer)
    for amount in (1000, 1500):
        made = house.stripe.v1.refunds.create({"payment_intent": intent, "amount": amount})
        house.stripe.v1.refunds.update(made.id, {"metadata": {"why": "asked"}})
    taken: list[tuple[str, bytes, dict[str, str]]] = []

    def keep(url: str, body: bytes, headers: dict[str, str]) -> int:
        taken.append((url.rsplit("/", 1)[-1], body, headers))
        return 200

    house.stripe_app.extensions["stripe_sandbox"].deliver(keep)
    events = taken * 2
    random.Random(seed).shuffle(events)  # noqa: S311 - an order, not a secret

    for event in events:
        house.receive(*event)
        house.worker().work_once()

    assert sorted(refund.amount for refund in _told(house, intent)) == [1000, 1500]


def test_a_charge_told_as_refunded_has_its_refunds_read(house: House, payer: Payer) -> None:
    intent = _overpaid(payer)
    made = house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 1500})
    told: list[bytes] = []

    def keep(url: str, body: bytes, headers: dict[str, str]) -> int:
        if b'"charge.refunded"' in body:
            told.append(body)
            house.receive(url.rsplit("/", 1)[-1], body, headers)
        return 200

    house.stripe_app.extensions["stripe_sandbox"].deliver(keep)
    house.worker().work_once()

    assert len(told) == 1
    assert [refund.id for refund in _told(house, intent)] == [made.id]


def test_a_sync_knows_the_refunds_of_before(house: House, payer: Payer) -> None:
    intent = _overpaid(payer)
    made = house.stripe.v1.refunds.create({"payment_intent": intent, "amount": 1500})
    house.stripe_app.extensions["stripe_sandbox"].deliver(lambda *_: 200)
    before = _told(house, intent)

    house.sync()

    page = house.at.payments.list_page(ObjectKind.REFUND)
    assert before == []
    assert [refund.id for refund in _told(house, intent)] == [made.id]
    assert [snapshot.id for snapshot in page.snapshots if isinstance(snapshot, Refund)] == [made.id]
