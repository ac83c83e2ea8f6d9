"""Every call to Holded is counted, and what is left of the month goes to payments first."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from portal.domain.budget import Effect, Wait, cost_of, month_start
from portal.domain.errors import BudgetSpent
from portal.domain.invoices import InvoiceState
from portal.domain.payments import PaymentState
from portal.mirror import invoices
from portal.services import budget, documents
from portal.store import budget as rows
from tests.house import House
from tests.payer import Payer

ENDLESS = 1_000_000_000


def calls(house: House) -> int:
    """Return the calls of the portal that Holded wrote down itself."""
    return len([one for one in house.requests("holded") if "portal-tests" in one["user_agent"]])


def webhooks(house: House) -> list[dict[str, object]]:
    """Return what Holded told."""
    shown = house.holded_app.test_client().get("/_sandbox/webhooks").get_json()
    return list(shown["deliveries"])


def of(house: House, effect: Effect) -> int:
    return budget.read(house.at).calls.get(effect, 0)


def subscribe(house: House, plan: str, **more: object) -> None:
    """Have the merchant take a plan of Holded's."""
    account = {"id": "acc_house", "name": "Nuvol", "token": "pat_house", "plan": plan, **more}
    house.control("holded", "accounts", **account)


def next_month(house: House) -> datetime:
    return month_start(month_start(house.now()) + timedelta(days=32))


def keep_all_for_money(house: House) -> None:
    """Let nothing be left this month but what is kept for payments, on its last day as well."""
    spent = {Effect.SYNC: ENDLESS - 20}
    with house.db.write() as unit:
        rows.count(unit, house.merchant.id, "acc_house", spent, now=house.now())
    house.decide(holded_calls_a_month=ENDLESS)


# Counting


def test_every_call_is_counted_and_none_twice(payer: Payer) -> None:
    payer.pay(payer.invoice(), payer.card())
    payer.house.settle_down()
    payer.house.sync()

    assert sum(budget.read(payer.house.at).calls.values()) == calls(payer.house)


def test_a_payment_costs_what_the_table_says(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    before = {effect: of(payer.house, effect) for effect in Effect}

    payer.pay(invoice, card)
    payer.house.worker().work_once()

    spent = {effect: of(payer.house, effect) - before[effect] for effect in Effect}
    payer.house.settle_down()
    assert spent[Effect.PAYMENT] == cost_of(Effect.PAYMENT)
    assert of(payer.house, Effect.BOOKING) == cost_of(Effect.BOOKING)


def test_a_webhook_costs_what_the_table_says(payer: Payer) -> None:
    invoice, before = payer.invoice(), of(payer.house, Effect.HOOK)
    events = len(webhooks(payer.house))

    payer.pay_in_holded(invoice)
    payer.house.settle_down()

    new = len(webhooks(payer.house)) - events
    assert new > 0
    assert of(payer.house, Effect.HOOK) - before == cost_of(Effect.HOOK, new)


def test_a_pdf_costs_one_call_and_is_kept(payer: Payer) -> None:
    invoice = payer.invoice()

    for _ in range(2):
        documents.get(payer.visit(), invoice)

    assert of(payer.house, Effect.PDF) == cost_of(Effect.PDF)


def test_a_sync_costs_a_call_for_each_page(payer: Payer) -> None:
    payer.invoice()

    payer.house.sync()

    assert of(payer.house, Effect.SYNC) == 3 * cost_of(Effect.SYNC)


def test_a_call_whose_answer_was_lost_is_counted(payer: Payer) -> None:
    payer.pay(payer.invoice(), payer.card())
    payer.fault("holded", "lose_answer", "/payments", method="POST")

    payer.house.settle_down()

    assert sum(budget.read(payer.house.at).calls.values()) == calls(payer.house)


def test_a_call_that_never_left_is_not_counted(payer: Payer) -> None:
    payer.pay(payer.invoice(), payer.card())
    before = sum(budget.read(payer.house.at).calls.values())
    payer.house.holded_wire.is_cut = True

    payer.house.settle_down()

    assert sum(budget.read(payer.house.at).calls.values()) == before


def test_months_are_counted_apart(payer: Payer) -> None:
    payer.invoice()

    payer.house.ahead += next_month(payer.house) - payer.house.now()

    assert budget.read(payer.house.at).calls == {}


def test_a_payment_is_booked_though_nothing_can_be_counted(payer: Payer) -> None:
    pressed = payer.pay(payer.invoice(), payer.card())
    with payer.house.db.write() as unit:
        unit.execute(text("ALTER TABLE budget_calls RENAME TO elsewhere"))

    payer.house.settle_down()

    assert payer.state(pressed) is PaymentState.BOOKED
    with payer.house.db.write() as unit:
        unit.execute(text("ALTER TABLE elsewhere RENAME TO budget_calls"))
    payer.invoice()
    assert sum(budget.read(payer.house.at).calls.values()) == calls(payer.house)


# What is learnt


def test_what_holded_tells_of_the_month_is_learnt_from_its_answers(payer: Payer) -> None:
    payer.invoice()

    found = budget.read(payer.house.at)

    every = len(payer.house.requests("holded"))
    assert (found.allowance, found.used) == (2_000_000, every)


def test_what_other_keys_of_the_account_called_is_learnt_by_asking(payer: Payer) -> None:
    subscribe(payer.house, "standard")
    for _ in range(20):
        payer.house.holded.get("/taxes")

    budget.refresh(payer.house.at)

    found = budget.read(payer.house.at)
    assert found.allowance == 7500
    assert found.used >= calls(payer.house) + 20


def test_a_token_that_may_not_ask_learns_nothing(payer: Payer) -> None:
    permitted = ["sales:invoices.read", "crm:contacts.read"]
    before = budget.read(payer.house.at).allowance
    subscribe(payer.house, "basic", scopes=permitted)

    budget.refresh(payer.house.at)

    assert budget.read(payer.house.at).allowance == before


# Who waits


def test_with_little_left_a_payment_is_taken_and_booked(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    keep_all_for_money(payer.house)

    pressed = payer.pay(invoice, card)
    payer.house.settle_down()

    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]


def test_with_little_left_a_pdf_waits_and_comes_next_month(payer: Payer) -> None:
    invoice = payer.invoice()
    keep_all_for_money(payer.house)
    before = calls(payer.house)

    with pytest.raises(BudgetSpent) as waits:
        documents.get(payer.visit(), invoice)

    assert payer.house.now() < waits.value.until <= next_month(payer.house)
    assert calls(payer.house) == before
    payer.house.ahead += next_month(payer.house) - payer.house.now()
    assert documents.get(payer.visit(), invoice)[1].exists()


def test_with_little_left_a_webhook_waits_and_is_not_lost(payer: Payer) -> None:
    invoice = payer.invoice()
    keep_all_for_money(payer.house)

    payer.pay_in_holded(invoice)
    payer.house.settle_down()
    meanwhile = invoices.get(payer.visit(), invoice).invoice.state
    payer.house.ahead += next_month(payer.house) - payer.house.now()
    payer.house.settle_down()

    assert meanwhile is InvoiceState.OPEN
    assert invoices.get(payer.visit(), invoice).invoice.state is InvoiceState.PAID


def test_who_asks_beforehand_is_told_why_and_when(payer: Payer) -> None:
    payer.invoice()
    keep_all_for_money(payer.house)

    one = budget.may_spend(payer.house.at, Effect.PDF)
    many = budget.may_spend(payer.house.at, Effect.PDF, 500)

    assert (one.why, many.why) == (Wait.RESERVED, Wait.MONTH)
    assert many.until == next_month(payer.house)


@pytest.mark.parametrize("window", ["minute", "month"])
def test_while_holded_refuses_for_its_quota_nothing_is_sent(payer: Payer, window: str) -> None:
    pressed = payer.pay(payer.invoice(), payer.card())
    payer.fault("holded", "rate_limit", "/payments", method="POST", window=window)
    payer.house.settle_down()
    before = calls(payer.house)

    for _ in range(5):
        payer.house.pass_time(9)
        payer.house.settle_down()
    meanwhile = calls(payer.house)
    payer.house.pass_time(3600)
    payer.house.settle_down()

    assert meanwhile == before
    assert payer.state(pressed) is PaymentState.BOOKED
    assert payer.bookings() == ["121.00"]


def test_the_last_calls_of_a_minute_go_to_no_pdf(payer: Payer) -> None:
    invoice, card = payer.invoice(), payer.card()
    subscribe(payer.house, "basic")
    while int(payer.house.holded.get("/taxes").headers["X-RateLimit-Remaining"]) > 7:
        pass

    pressed = payer.pay(invoice, card)

    with pytest.raises(BudgetSpent, match="minute"):
        documents.get(payer.visit(), invoice)
    payer.house.settle_down()
    assert payer.state(pressed) is PaymentState.BOOKED
