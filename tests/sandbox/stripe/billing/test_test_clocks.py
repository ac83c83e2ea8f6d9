"""Test clocks: a customer's time of its own, moved step by step, apart from the account's clock."""

from typing import Any

import pytest
import stripe

from portal.sandbox.stripe.registry import DUE, due
from tests.sandbox.stripe.billing.conftest import DAY, START

MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
BIRTH = START - 90 * DAY  # 2026-01-01


def clocks(billing: Any) -> Any:
    return billing.stripe.test_helpers.test_clocks


def clock_at(billing: Any, moment: int = BIRTH, **params: Any) -> Any:
    return clocks(billing).create({"frozen_time": moment, **params})


def advance(billing: Any, clock: str, moment: int) -> Any:
    """Advance as a client does: start it, then look until it is ready."""
    started = clocks(billing).advance(clock, {"frozen_time": moment})
    assert (started.status, started.status_details.advancing.target_frozen_time) == (
        "advancing",
        moment,
    )
    return clocks(billing).retrieve(clock)


def history(billing: Any, subscription: str, start: int) -> list[Any]:
    """What a subscription was billed, with all moments counted from its start."""
    return [
        (
            one.billing_reason,
            one.created - start,
            one.period_start - start,
            one.period_end - start,
            one.lines.data[0].period.end - start,
            one.status_transitions.finalized_at - start,
            one.status_transitions.paid_at - start,
            one.total,
            one.amount_paid,
        )
        for one in billing.invoices(subscription)
    ]


def told(billing: Any, customer: str) -> list[str]:
    """The types of all events about a customer, in order."""
    return [
        one["type"] for one in billing.events() if one["data"]["object"].get("customer") == customer
    ]


def test_a_year_on_a_test_clock_is_a_year_on_the_account_clock(billing: Any) -> None:
    price = billing.price(1000)
    clock = clock_at(billing, START)
    there, here = billing.customer(test_clock=clock.id), billing.customer()
    started = billing.subscribe(there.id, price)
    other = billing.subscribe(here.id, price)

    moment = START
    for days in MONTHS[3:] + MONTHS[:3]:
        moment += days * DAY
        assert advance(billing, clock.id, moment).frozen_time == moment
    advance(billing, clock.id, moment + 3600)
    untouched = billing.invoices(other.id)
    billing.advance(days=365, seconds=3600)

    assert len(untouched) == 1
    found = history(billing, started.id, START)
    assert len(found) == 13
    assert found == history(billing, other.id, START)
    assert told(billing, there.id) == told(billing, here.id)
    assert all(
        one["test_clock"] == clock.id
        for kind in ("subscription", "invoice")
        for one in billing.sandbox.store.select(billing.account, kind, {"customer": there.id})
    )


def test_a_subscription_begins_when_its_clock_stands(billing: Any) -> None:
    clock = clock_at(billing, name="Annual renewal")
    customer = billing.customer(test_clock=clock.id)
    made = billing.subscribe(customer.id, billing.price(1000))
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    item = billing.stripe.invoice_items.create(
        {"customer": customer.id, "amount": 100, "currency": "usd"}
    )

    assert {made.test_clock, invoice.test_clock, item.test_clock, customer.test_clock} == {clock.id}
    assert {made.created, made.start_date, made["items"].data[0].current_period_start} == {BIRTH}
    assert {invoice.created, invoice.status_transitions.paid_at, item.date} == {BIRTH}


def test_payments_and_events_bear_the_time_of_the_account(billing: Any) -> None:
    customer = billing.customer(test_clock=clock_at(billing).id)
    made = billing.subscribe(customer.id, billing.price(1000))

    intent = billing.intent(made.latest_invoice)
    charge = billing.stripe.charges.retrieve(intent.latest_charge)

    assert {intent.created, charge.created} == {START}
    assert {one["created"] for one in billing.events()} == {START}


def test_the_clock_tells_of_itself(billing: Any) -> None:
    clock = clock_at(billing)
    advance(billing, clock.id, BIRTH + 3600)
    clocks(billing).delete(clock.id)

    kind = "test_helpers.test_clock"
    found = billing.events(*(f"{kind}.{word}" for word in WORDS))
    assert [one["type"] for one in found] == [f"{kind}.{word}" for word in WORDS]
    assert [one["data"]["object"]["frozen_time"] - BIRTH for one in found] == [0, 0, 3600, 3600]
    assert [one["request"]["id"] is None for one in found] == [False, False, True, False]


WORDS = ("created", "advancing", "ready", "deleted")


def test_what_the_clock_does_was_asked_for_by_no_request(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    billing.subscribe(customer.id, billing.price(1000))
    before = len(billing.events())

    advance(billing, clock.id, BIRTH + 31 * DAY)

    later = [one for one in billing.events()[before:] if not one["type"].endswith("advancing")]
    assert "invoice.created" in [one["type"] for one in later]
    assert {one["request"]["id"] for one in later} == {None}


def test_the_account_clock_does_not_move_what_is_on_a_test_clock(billing: Any) -> None:
    clock = clock_at(billing)
    made = billing.subscribe(billing.customer(test_clock=clock.id).id, billing.price(1000))

    billing.advance(days=400)

    assert len(billing.invoices(made.id)) == 1
    assert clocks(billing).retrieve(clock.id).frozen_time == BIRTH


def test_a_schedule_starts_and_changes_by_the_clock(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    schedule = billing.stripe.subscription_schedules.create(
        {
            "customer": customer.id,
            "start_date": BIRTH + 10 * DAY,
            "phases": [
                {"items": [{"price": billing.price(1000)}], "duration": LATER},
                {"items": [{"price": billing.price(2000)}], "duration": LATER},
            ],
        }
    )

    advance(billing, clock.id, BIRTH + 10 * DAY)
    begun = billing.stripe.subscription_schedules.retrieve(schedule.id)
    advance(billing, clock.id, BIRTH + 45 * DAY)

    totals = [one.total for one in billing.invoices(begun.subscription)]
    assert (begun.status, begun.test_clock, begun.created) == ("active", clock.id, BIRTH)
    assert totals == [2000, 1000]


LATER = {"interval": "month", "interval_count": 1}


def test_a_trial_ends_by_the_clock(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    made = billing.subscribe(customer.id, billing.price(5000), trial_period_days=7)

    advance(billing, clock.id, BIRTH + 5 * DAY)
    warned = billing.events("customer.subscription.trial_will_end")
    advance(billing, clock.id, BIRTH + 8 * DAY)

    assert (made.status, made.trial_end) == ("trialing", BIRTH + 7 * DAY)
    assert len(warned) == 1
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"


def test_a_bank_debit_is_settled_by_the_account_clock(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(None, test_clock=clock.id)
    setup = billing.stripe.setup_intents.create(
        {
            "customer": customer.id,
            "confirm": True,
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": "ES0700120345030000067890"},
                "billing_details": {"name": "Ana", "email": "ana@example.com"},
            },
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
            "return_url": "https://example.com",
        }
    )
    made = billing.subscribe(
        customer.id,
        billing.price(1000, currency="eur"),
        default_payment_method=setup.payment_method,
    )

    advance(billing, clock.id, BIRTH + 20 * DAY)
    still = billing.stripe.invoices.retrieve(made.latest_invoice).status
    billing.advance(days=4)

    paid = billing.stripe.invoices.retrieve(made.latest_invoice)
    assert (still, paid.status) == ("open", "paid")
    assert paid.status_transitions.paid_at == BIRTH + 20 * DAY


def test_previews_look_ahead_from_the_clock(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    made = billing.subscribe(customer.id, billing.price(3100))
    advance(billing, clock.id, BIRTH + 10 * DAY)

    preview = billing.stripe.invoices.create_preview(
        {
            "subscription": made.id,
            "subscription_details": {"cancel_now": True, "proration_behavior": "always_invoice"},
        }
    )

    assert preview.total == -2100
    assert preview.test_clock == clock.id


def test_a_hosted_page_pays_at_the_clocks_time(billing: Any) -> None:
    customer = billing.customer(None, test_clock=clock_at(billing).id)
    made = billing.subscribe(
        customer.id, billing.price(1000), payment_behavior="default_incomplete"
    )
    invoice = billing.stripe.invoices.retrieve(made.latest_invoice)
    card = {"number": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "Ana"}

    billing.app.test_client().post(
        invoice.hosted_invoice_url.removeprefix("http://127.0.0.1:8001"),
        data={"type": "card", **card},
    )

    paid = billing.stripe.invoices.retrieve(invoice.id)
    assert (paid.status, paid.status_transitions.paid_at) == ("paid", BIRTH)
    assert billing.stripe.subscriptions.retrieve(made.id).status == "active"


def test_lists_leave_out_what_is_on_clocks_unless_asked(billing: Any) -> None:
    clock, other = clock_at(billing), clock_at(billing)
    there, here = billing.customer(test_clock=clock.id), billing.customer()
    price = billing.price(1000)
    made, plain = billing.subscribe(there.id, price), billing.subscribe(here.id, price)
    api = billing.stripe

    def ids(found: Any) -> list[str]:
        return [one.id for one in found.data]

    assert ids(api.customers.list()) == [here.id]
    assert ids(api.customers.list({"test_clock": clock.id})) == [there.id]
    assert ids(api.customers.list({"test_clock": other.id})) == []
    assert ids(api.subscriptions.list()) == [plain.id]
    assert ids(api.subscriptions.list({"test_clock": clock.id})) == [made.id]
    assert ids(api.subscriptions.list({"customer": there.id})) == [made.id]
    assert ids(clocks(billing).list()) == [other.id, clock.id]


def test_schedules_on_clocks_are_listed_by_their_customer(billing: Any) -> None:
    customer = billing.customer(test_clock=clock_at(billing).id)
    made = billing.subscribe(customer.id, billing.price(1000))
    api = billing.stripe.subscription_schedules
    schedule = api.create({"from_subscription": made.id})

    assert api.list().data == []
    assert [one.id for one in api.list({"customer": customer.id}).data] == [schedule.id]


def test_deleting_a_clock_deletes_its_customers_and_ends_their_subscriptions(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    made = billing.subscribe(customer.id, billing.price(1000))

    gone = clocks(billing).delete(clock.id)

    ended = billing.stripe.subscriptions.retrieve(made.id)
    assert gone.to_dict() == {"id": clock.id, "object": gone.object, "deleted": True}
    assert billing.stripe.customers.retrieve(customer.id).deleted
    assert (ended.status, ended.ended_at) == ("canceled", BIRTH)
    assert {"customer.deleted", "customer.subscription.deleted"} < set(billing.kinds())
    assert billing.kinds()[-1] == "test_helpers.test_clock.deleted"
    assert clocks(billing).list().data == []


def test_a_clock_deletes_itself_after_thirty_real_days(billing: Any) -> None:
    clock = clock_at(billing)
    real = billing.sandbox.clock.real_time
    billing.sandbox.clock.real_time = lambda: real() + 30 * DAY + 1

    assert clock.deletes_after == clock.created + 30 * DAY
    assert clocks(billing).list().data == []


def test_expanding_shows_the_clock(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)

    shown = billing.stripe.customers.retrieve(customer.id, {"expand": ["test_clock"]})

    assert shown.test_clock.frozen_time == BIRTH


def refusal(call: Any) -> Any:
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("moment", [BIRTH, BIRTH - 1])
def test_a_clock_moves_forward_only(billing: Any, moment: int) -> None:
    clock = clock_at(billing)

    error = refusal(lambda: clocks(billing).advance(clock.id, {"frozen_time": moment}))

    assert (error.http_status, error.param) == (400, "frozen_time")


@pytest.mark.parametrize(
    ("intervals", "days"),
    [(["month"], 31 + 28), (["year"], 730), (["month", "week"], 14), (["day"], 2), ([], 730)],
)
def test_two_of_the_shortest_intervals_are_the_most(
    billing: Any, intervals: list[str], days: int
) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    for interval in intervals:
        billing.subscribe(customer.id, billing.price(1000, interval))
    furthest = BIRTH + days * DAY

    error = refusal(lambda: clocks(billing).advance(clock.id, {"frozen_time": furthest + 1}))

    assert error.param == "frozen_time"
    assert advance(billing, clock.id, furthest).status == "ready"


def test_a_waiting_schedule_counts_as_a_subscription(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    billing.stripe.subscription_schedules.create(
        {
            "customer": customer.id,
            "start_date": BIRTH + DAY,
            "phases": [{"items": [{"price": billing.price(1000, "week")}]}],
        }
    )

    late = {"frozen_time": BIRTH + 15 * DAY}
    assert refusal(lambda: clocks(billing).advance(clock.id, late)).param == "frozen_time"


def test_a_clock_has_three_customers_at_most(billing: Any) -> None:
    clock = clock_at(billing)
    for _ in range(3):
        billing.customer(None, test_clock=clock.id)

    assert refusal(lambda: billing.customer(None, test_clock=clock.id)).param == "test_clock"


def test_a_customer_on_a_clock_has_three_subscriptions_at_most(billing: Any) -> None:
    customer = billing.customer(test_clock=clock_at(billing).id)
    price = billing.price(1000)
    made = [billing.subscribe(customer.id, price).id for _ in range(3)]

    error = refusal(lambda: billing.subscribe(customer.id, price))
    billing.stripe.subscriptions.cancel(made[0])

    assert error.param == "customer"
    assert billing.subscribe(customer.id, price).status == "active"


@pytest.mark.parametrize("moment", [-1, 10**17])
def test_times_that_no_calendar_has_are_refused(billing: Any, moment: int) -> None:
    assert refusal(lambda: clock_at(billing, moment)).param == "frozen_time"


def test_unknown_clocks_are_missing(billing: Any) -> None:
    found = [
        refusal(lambda: billing.customer(test_clock="clock_none")),
        refusal(lambda: billing.stripe.subscriptions.list({"test_clock": "clock_none"})),
        refusal(lambda: clocks(billing).advance("clock_none", {"frozen_time": START})),
    ]

    assert [(one.code, one.param) for one in found] == [
        ("resource_missing", "test_clock"),
        ("resource_missing", "test_clock"),
        ("resource_missing", "id"),
    ]


def test_while_it_advances_a_clock_lets_nothing_be_changed(billing: Any) -> None:
    account = billing.sandbox.account(billing.account)
    account["_settings"]["test_clock_seconds"] = 5
    billing.sandbox.save_account(account)
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    clocks(billing).advance(clock.id, {"frozen_time": BIRTH + DAY})

    error = refusal(lambda: billing.subscribe(customer.id, billing.price(1000)))
    read = billing.stripe.customers.retrieve(customer.id)
    busy = clocks(billing).retrieve(clock.id)
    real = billing.sandbox.clock.real_time
    billing.sandbox.clock.real_time = lambda: real() + 5

    assert isinstance(error, stripe.RateLimitError)
    assert error.user_message == (
        f"Test clock advancement underway - cannot perform modifications: {clock.id}"
    )
    assert (read.id, busy.status, busy.frozen_time) == (customer.id, "advancing", BIRTH)
    assert clocks(billing).retrieve(clock.id).status == "ready"
    assert billing.subscribe(customer.id, billing.price(1000)).created == BIRTH + DAY


def test_a_clock_whose_work_fails_says_so_and_stays_where_it_failed(billing: Any) -> None:
    clock = clock_at(billing)
    customer = billing.customer(test_clock=clock.id)
    made = billing.subscribe(customer.id, billing.price(1000))
    billing.sandbox.store.schedule(billing.account, clock.id, BIRTH + 40 * DAY, "broken", made.id)

    @due("broken")
    def broken(unit: Any, ref: str) -> None:
        raise RuntimeError(ref)

    try:
        failed = advance(billing, clock.id, BIRTH + 50 * DAY)
    finally:
        del DUE["broken"]

    due_now = billing.app.test_client().get("/_sandbox/clock/due").get_json()["due"]
    assert (due_now[0]["name"], due_now[0]["clock"]) == ("broken", clock.id)
    assert "RuntimeError" in due_now[0]["failure"]
    assert (failed.status, failed.frozen_time) == ("internal_failure", BIRTH + 40 * DAY)
    assert billing.kinds()[-1] == "test_helpers.test_clock.internal_failure"
    assert len(billing.invoices(made.id)) == 2
    assert refusal(lambda: clocks(billing).advance(clock.id, {"frozen_time": START}))


def test_a_customer_can_be_put_on_a_new_clock(billing: Any) -> None:
    customer = billing.customer()
    made = billing.subscribe(customer.id, billing.price(1000))

    clock = clock_at(billing, START, customer=customer.id)
    advance(billing, clock.id, START + 31 * DAY)

    moved = billing.stripe.subscriptions.retrieve(made.id)
    assert (moved.test_clock, len(billing.invoices(made.id))) == (clock.id, 2)
    again = refusal(lambda: clock_at(billing, START, customer=customer.id))
    assert again.param == "customer"


def test_a_billed_customer_is_not_put_on_a_clock_of_another_time(billing: Any) -> None:
    customer = billing.customer()
    billing.subscribe(customer.id, billing.price(1000))

    for moment in (BIRTH, START + 40 * DAY):
        error = refusal(lambda at=moment: clock_at(billing, at, customer=customer.id))
        assert error.code == "sandbox_unsupported"


def test_a_clock_deleted_while_it_advances_leaves_nothing_behind(billing: Any) -> None:
    account = billing.sandbox.account(billing.account)
    account["_settings"]["test_clock_seconds"] = 40 * DAY
    billing.sandbox.save_account(account)
    clock = clock_at(billing)
    clocks(billing).advance(clock.id, {"frozen_time": BIRTH + DAY})

    real = billing.sandbox.clock.real_time
    billing.sandbox.clock.real_time = lambda: real() + 50 * DAY

    assert billing.sandbox.catch_up() == []
    assert clocks(billing).list().data == []


def test_clocks_and_what_is_on_them_have_the_sdks_shape(shop: Any) -> None:
    api = shop.api
    clock = api.test_helpers.test_clocks.create({"frozen_time": BIRTH, "name": "A"})
    customer = api.customers.create({"test_clock": clock.id, "expand": ["test_clock"]})
    advanced = api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": BIRTH + DAY})
    found = api.test_helpers.test_clocks.list().data
    gone = api.test_helpers.test_clocks.delete(clock.id)

    assert customer.test_clock.name == "A"
    assert (advanced.frozen_time, found[0].frozen_time) == (BIRTH, BIRTH + DAY)
    assert gone.deleted
    assert shop.transport.wrong == []
