"""Subscribers whose invoices are sent, late, refused or held back, and those with schedules."""

from typing import Any

from tests.sandbox.stripe.billing.calendar_rules import bills, days, moment
from tests.sandbox.stripe.billing.cast import LAST, Life, Member, card, coupon, fixed, usd

BROKEN = "pm_card_chargeCustomerFail"
SETTINGS = (
    ("2026-07-15", {"final_action": "unpaid"}),
    ("2026-11-15", {"final_action": "past_due"}),
)


def pay_newest(life: Life) -> None:
    life.stripe.invoices.pay(life.newest().id, {"paid_out_of_band": True})


def pay_all(life: Life) -> None:
    for invoice in reversed(life.billing.invoices(life.subscription)):
        if invoice.status in ("open", "draft"):
            life.stripe.invoices.pay(invoice.id)


def authenticate(life: Life) -> None:
    intent = life.billing.intent(life.newest().id)
    life.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.com"}
    )


def on_the_fifth(first: str) -> tuple[tuple[str, Any], ...]:
    return tuple((f"{one[:8]}05T12:00", pay_newest) for one in days(first, "month")[:-1])


def hold(behavior: str) -> Any:
    wanted = {"behavior": behavior, "resumes_at": moment("2026-07-10")}
    return (("2026-04-20", lambda life: life.update(pause_collection=wanted)),)


def held(status: str) -> list[tuple[str, int, str]]:
    return [
        ("2026-04-01", 1000, "paid"),
        *bills("2026-05-01", "month", 1000, until="2026-07-01", status=status),
        *bills("2026-08-01", "month", 1000),
    ]


def resume(life: Life) -> None:
    life.stripe.subscriptions.resume(
        life.subscription, {"payment_behavior": "resume_on_payment_success"}
    )


def bank(iban: str) -> Any:
    return lambda life: life.update(default_payment_method=life.billing.debit(life.customer, iban))


def deferred(life: Life) -> None:
    """From 20.00 to 10.00 when the period ends, by a schedule that then lets go."""
    twenty, ten = life.prices[0], life.billing.price(1000)
    schedules = life.stripe.subscription_schedules
    made = schedules.create({"from_subscription": life.subscription})
    phase = made.phases[0]
    schedules.update(
        made.id,
        {
            "end_behavior": "release",
            "phases": [
                {
                    "start_date": phase.start_date,
                    "end_date": phase.end_date,
                    "items": [{"price": twenty}],
                },
                {"items": [{"price": ten}], "duration": {"interval": "month"}},
            ],
        },
    )


def scheduled(*phases: dict[str, Any], **params: Any) -> Any:
    """A start by a schedule of the subscriber's own price."""

    def start(life: Life) -> None:
        wanted = [{"items": [{"price": life.prices[0]}], **phase} for phase in phases]
        life.stripe.subscription_schedules.create(
            {"customer": life.customer, "phases": wanted, **params}
        )

    return start


def half_then_full(life: Life) -> None:
    half = coupon(percent_off=50, duration="forever")(life.billing)
    month = {"interval": "month", "interval_count": 3}
    scheduled({"duration": month, **half}, {"duration": month}, start_date="now")(life)


FIRST = [("2026-04-01", 1000, "paid")]
CARDS = [
    Member("refused until it ends", "2026-04-01", [*FIRST, ("2026-05-01", 1000, "open")],
           steps=(("2026-04-20", card(BROKEN)),), path=("active", "past_due", "canceled"),
           tries=("2026-05-01", "2026-05-04", "2026-05-09", "2026-05-16"), until="2026-06-01"),
    Member("refused, then a new card", "2026-04-01", bills("2026-04-01", "month", 1000),
           steps=(("2026-04-20", card(BROKEN)), ("2026-05-02", card("pm_card_visa"))),
           path=("active", "past_due", "active"), tries=("2026-05-01",), mode="flexible"),
    Member("asked for the holder", "2026-04-01", bills("2026-04-01", "month", 1000),
           steps=(("2026-04-20", card("pm_card_authenticationRequired")),
                  ("2026-05-02", authenticate), ("2026-05-10", card("pm_card_visa"))),
           path=("active", "past_due", "active"), tries=("2026-05-01",)),
    Member("refused until unpaid", "2026-07-01",
           [("2026-07-01", 1000, "paid"), ("2026-08-01", 1000, "open"),
            *bills("2026-09-01", "month", 1000, status="draft")],
           steps=(("2026-07-20", card(BROKEN)),), path=("active", "past_due", "unpaid"),
           tries=("2026-08-01", "2026-08-04", "2026-08-09", "2026-08-16")),
    Member("unpaid, then all paid", "2026-07-01", bills("2026-07-01", "month", 1000),
           steps=(("2026-07-20", card(BROKEN)), ("2026-09-10", card("pm_card_visa")),
                  ("2026-09-10T12:00", pay_all)),
           path=("active", "past_due", "unpaid", "active"), mode="flexible",
           tries=("2026-08-01", "2026-08-04", "2026-08-09", "2026-08-16")),
    Member("refused and left past due", "2026-11-01",
           [("2026-11-01", 1000, "paid"), *bills("2026-12-01", "month", 1000, status="open")],
           steps=(("2026-11-20", card(BROKEN)),), path=("active", "past_due"),
           tries=tuple(f"{one[:8]}{day}" for one in days("2026-12-01", "month")
                       for day in ("01", "04", "09", "16"))[:-3]),
    Member("never begins", "2026-06-10", [("2026-06-10", 1000, "void")], card=BROKEN,
           path=("incomplete", "incomplete_expired"), tries=("2026-06-10",), until="2026-07-10"),
    Member("begins when paid", "2026-06-10", bills("2026-06-10", "month", 1000),
           params=fixed(payment_behavior="default_incomplete"), path=("incomplete", "active"),
           steps=(("2026-06-10T05:00", authenticate),)),
    Member("a bank's debit", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2027-05-31"), (LAST, 1000, "open")],
           (usd(1000, currency="eur"),), card=None, path=("active",), mode="flexible",
           params=fixed(collection_method="charge_automatically"),
           customer={"iban": "ES0700120345030000067890"}),
    Member("a bank's debit that comes back", "2026-04-01", [*FIRST, ("2026-05-01", 1000, "open")],
           (usd(1000, currency="eur"),), card=None, mode="flexible",
           customer={"iban": "ES0700120345030000067890"},
           steps=(("2026-04-20", bank("ES9121000418450200051332")),),
           path=("active", "past_due", "canceled"), until="2026-06-01",
           tries=("2026-05-04", "2026-05-10", "2026-05-18", "2026-05-28")),
]  # fmt: skip

SENT = [
    Member("sent and never paid", "2026-04-01", bills("2026-04-01", "month", 1000, status="open"),
           card=None, path=("active", "past_due"),
           params=fixed(collection_method="send_invoice", days_until_due=10)),
    Member("sent and paid on the 5th", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2027-05-31"), (LAST, 1000, "open")],
           card=None, params=fixed(collection_method="send_invoice", days_until_due=10),
           steps=on_the_fifth("2026-04-01"), mode="flexible"),
    Member("sent and paid late once", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2027-05-31"), (LAST, 1000, "open")],
           card=None, params=fixed(collection_method="send_invoice", days_until_due=10),
           steps=(("2026-04-20", pay_newest), *on_the_fifth("2026-05-01")),
           path=("active", "past_due", "active")),
]  # fmt: skip


def without_card(wish: str) -> Any:
    end = {"end_behavior": {"missing_payment_method": wish}}
    return fixed(trial_period_days=7, trial_settings=end)


TRIALS = [
    Member("no card, so canceled", "2026-04-01", [("2026-04-01", 0, "paid")], card=None,
           params=without_card("cancel"), path=("trialing", "canceled"), until="2026-04-08"),
    Member("no card, so paused", "2026-04-01", [("2026-04-01", 0, "paid")], card=None,
           params=without_card("pause"), path=("trialing", "paused"), until="2026-04-08"),
    Member("no card, so refused", "2026-04-01",
           [("2026-04-01", 0, "paid"), ("2026-04-08", 1000, "open")], card=None,
           params=without_card("create_invoice"), until="2026-05-08",
           path=("trialing", "active", "past_due", "canceled"),
           tries=("2026-04-08", "2026-04-11", "2026-04-16", "2026-04-23")),
]  # fmt: skip

HELD = [
    Member("collection paused, voided", "2026-04-01", held("void"), steps=hold("void")),
    Member("collection paused, drafts", "2026-04-01", held("draft"), steps=hold("keep_as_draft")),
    Member("collection paused, given up", "2026-04-01", held("uncollectible"), mode="flexible",
           steps=hold("mark_uncollectible")),
    # Half of May is credited on pausing, and taken off what resuming costs.
    Member("paused for two months", "2026-04-01",
           [*bills("2026-04-01", "month", 1000, until="2026-05-01"), ("2026-07-16", 500, "paid"),
            *bills("2026-08-16", "month", 1000)], mode="flexible",
           steps=(("2026-05-16T12:00",
                   lambda life: life.stripe.subscriptions.pause(life.subscription)),
                  ("2026-07-16T12:00", resume)),
           path=("active", "paused", "active"), gaps=(("2026-05-16T12:00", "2026-07-16T12:00"),)),
]  # fmt: skip

PLANNED = [
    Member("down by a schedule", "2026-04-01",
           [("2026-04-01", 2000, "paid"), *bills("2026-05-01", "month", 1000)], (usd(2000),),
           steps=(("2026-04-20", deferred),), mode="flexible"),
    Member("three months by a schedule", "2026-05-15",
           bills("2026-06-01", "month", 1000, until="2026-08-01"),
           starts=scheduled({"duration": {"interval": "month", "interval_count": 3}},
                            start_date=moment("2026-06-01"), end_behavior="cancel"),
           path=("active", "canceled"), until="2026-09-01", gaps=(("2026-05-15", "2026-06-01"),)),
    Member("half for three months by a schedule", "2026-06-01",
           [*bills("2026-06-01", "month", 500, until="2026-08-01"),
            *bills("2026-09-01", "month", 1000)], starts=half_then_full),
]  # fmt: skip

TROUBLED = [*CARDS, *SENT, *TRIALS, *HELD, *PLANNED]
