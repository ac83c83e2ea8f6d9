"""Changing price and quantity: the exact sums first, then the change at those sums."""

from datetime import timedelta

import pytest

from portal.domain.cancellations import Leaving
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, NotFound, Refused
from portal.mirror import invoices, payment_methods
from portal.services import cancellations, changes, payments, plans, quotes, subscriptions
from portal.services.changes import Changed, Shown
from portal.services.plans import Wish
from portal.services.quotes import Quote
from portal.store import actions
from tests.house import House
from tests.shop import DECLINING, GOOD, NEEDS_BANK, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def begun(shop: Shop, *methods: str, days: int = 10, **fields):
    """Return a visit and a subscription to Basic that runs since some days."""
    customer = shop.customer(*(methods or (GOOD,)))
    subscription = shop.subscribe(customer, **fields)
    shop.visit(customer)
    shop.house.control("stripe", "clock", advance=days * 86_400)
    shop.house.pass_time(days * 86_400)
    return shop.visit(customer), subscription


def use_next(shop: Shop, visit, method: str) -> None:
    """Make another method the customer's default."""
    customer = visit.customer.stripe_customer
    saved = shop.stripe.payment_methods.attach(method, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": saved}})
    shop.house.settle_down()


def press(visit, subscription: str, wish: Wish, shown: Quote, nonce: str = "one") -> Changed:
    page = Shown(shown.change.proration_date, shown.sums, nonce, "Charge it.")
    return changes.confirm(visit, subscription, wish, page)


def test_a_quote_tells_what_is_due_now_with_tax_and_what_comes_then(shop: Shop) -> None:
    visit, subscription = begun(shop)

    shown = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 1))

    assert shown.is_now
    assert shown.due_now.amount == shown.first.total == 1613
    assert (shown.first.before_tax.amount, shown.first.tax) == (1333, 280)
    assert shown.next_sum.amount == 3509
    assert shown.next_at == shop.held(visit, subscription).period_end
    assert (shown.before.name, shown.after.name) == ("Basic", "Pro")


def test_a_change_charges_what_was_shown_and_writes_a_receipt(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)

    changed = press(visit, subscription, wish, shown)

    assert not changed.waits
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["pro"]
    assert [charge["amount"] for charge in shop.house.ledger("stripe")][-1] == 1613
    receipt = actions.get(shop.house.db, visit.merchant.id, visit.customer.id, changed.receipt)
    assert receipt.verb == "plan_changed"
    assert (receipt.details["plan_before"], receipt.details["plan"]) == ("Basic", "Pro")
    assert receipt.details["charged"] == 1613


def test_pressing_the_button_twice_is_one_change(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)

    first = press(visit, subscription, wish, shown)
    second = press(visit, subscription, wish, shown)

    assert first == second
    charges = [charge["amount"] for charge in shop.house.ledger("stripe")]
    assert charges.count(1613) == 1


def test_other_sums_than_the_shown_ones_are_not_charged(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)
    shop.stripe.coupons.create({"id": "HALF", "percent_off": 50, "duration": "once"})
    shop.stripe.subscriptions.update(subscription, {"discounts": [{"coupon": "HALF"}]})

    with pytest.raises(Refused) as refusal:
        press(visit, subscription, wish, shown)

    assert refusal.value.decision.reason is Reason.AMOUNT_CHANGED
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]


def test_a_change_that_is_billed_with_the_next_invoice_charges_nothing_now(shop: Shop) -> None:
    shop.configure(proration_behavior="create_prorations")
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 1)

    shown = quotes.quote(visit, subscription, wish)
    before = len(shop.house.ledger("stripe"))
    press(visit, subscription, wish, shown)

    assert not shown.is_now
    assert shown.due_now.amount == 0
    assert shown.next_sum.amount == 5122
    assert len(shop.house.ledger("stripe")) == before


def test_a_smaller_plan_leaves_a_credit_and_charges_nothing(shop: Shop) -> None:
    visit, subscription = begun(shop, days=1, items=[{"price": shop.prices["pro"]}])

    shown = quotes.quote(visit, subscription, Wish(shop.prices["basic"], 1))

    assert shown.due_now.amount == 0
    assert shown.credit is not None
    assert shown.credit.amount == -shown.first.total > 0


def test_a_longer_period_begins_with_the_change(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro_year"], 1)

    shown = quotes.quote(visit, subscription, wish)
    press(visit, subscription, wish, shown)

    assert shown.is_now
    assert shown.due_now.amount == 34364
    ends = shop.held(visit, subscription).period_end
    assert ends - shown.change.proration_date > timedelta(days=364)


def test_stripes_clock_says_what_is_charged_at_once(shop: Shop) -> None:
    visit, subscription = begun(shop)
    shop.house.control("stripe", "clock", advance=3 * 86_400)

    shown = quotes.quote(visit, subscription, Wish(shop.prices["pro_year"], 1))
    changed = press(visit, subscription, Wish(shop.prices["pro_year"], 1), shown)

    assert shown.is_now
    assert [charge["amount"] for charge in shop.house.ledger("stripe")][-1] == shown.due_now.amount
    assert not changed.waits


def test_a_change_in_trial_ends_it_and_says_so_in_the_sums(shop: Shop) -> None:
    visit, subscription = begun(shop, trial_period_days=30)
    wish = Wish(shop.prices["pro"], 1)

    shown = quotes.quote(visit, subscription, wish)
    press(visit, subscription, wish, shown)

    assert shown.change.ends_trial
    assert shown.due_now.amount == 3509
    assert shop.told(subscription).status == "active"


@pytest.mark.parametrize("method", [DECLINING, NEEDS_BANK])
def test_what_the_bank_refuses_keeps_the_old_plan_and_an_invoice_to_pay(
    shop: Shop, method: str
) -> None:
    visit, subscription = begun(shop)
    use_next(shop, visit, method)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)

    changed = press(visit, subscription, wish, shown)

    assert changed.waits
    page = subscriptions.get_shown(visit, subscription)
    assert [line.name for line in page.lines] == ["Basic"]
    assert page.has_pending_update
    assert page.open_invoice is not None
    assert invoices.get(visit, page.open_invoice.id).invoice.due == 1613
    receipt = actions.get(shop.house.db, visit.merchant.id, visit.customer.id, changed.receipt)
    assert receipt.verb == "change_waits"


def waiting(shop: Shop):
    """Return a visit and a subscription whose change waits for its payment."""
    visit, subscription = begun(shop)
    use_next(shop, visit, DECLINING)
    wish = Wish(shop.prices["pro"], 1)
    assert press(visit, subscription, wish, quotes.quote(visit, subscription, wish)).waits
    return visit, subscription


def test_a_change_that_is_paid_later_is_made_with_a_receipt_of_its_own(shop: Shop) -> None:
    visit, subscription = waiting(shop)
    use_next(shop, visit, GOOD)
    invoice = subscriptions.get_shown(visit, subscription).open_invoice
    default = payment_methods.wallet(visit).default

    payments.pay(visit, invoice.id, payments.Wish(invoice.due_money, default))
    shop.house.settle_down()

    newest = actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id, limit=9)
    made = [action for action in newest if action.verb == "plan_changed"]
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["pro"]
    assert [action.details["charged"] for action in made] == [1613]
    assert not subscriptions.get_shown(visit, subscription).has_pending_update


def test_a_change_that_is_not_paid_in_time_is_told_to_be_over(shop: Shop) -> None:
    visit, subscription = waiting(shop)

    shop.house.control("stripe", "clock", advance=24 * 3_600)
    shop.house.pass_time(24 * 3_600)
    shop.house.settle_down()

    newest = actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id, limit=9)
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]
    assert [action.verb for action in newest].count("change_lapsed") == 1
    assert "plan_changed" not in [action.verb for action in newest]


def test_a_bank_debit_changes_the_plan_at_once(shop: Shop) -> None:
    visit, subscription = begun(shop)
    settings = {"invoice_settings": {"default_payment_method": sepa(shop, visit)}}
    shop.stripe.customers.update(visit.customer.stripe_customer, settings)
    shop.house.settle_down()
    wish = Wish(shop.prices["pro"], 1)

    shown = quotes.quote(visit, subscription, wish)
    changed = press(visit, subscription, wish, shown)

    assert not shown.change.keeps_old_until_paid
    assert not changed.waits
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["pro"]


def sepa(shop: Shop, visit) -> str:
    setup = shop.stripe.setup_intents.create(
        {
            "customer": visit.customer.stripe_customer,
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": "ES0700120345030000067890"},
                "billing_details": {"name": "Forn", "email": "ana@fornaurora.example"},
            },
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
        }
    )
    return str(setup.payment_method)


def test_the_menu_marks_the_current_price_and_gives_each_refusal_its_reason(shop: Shop) -> None:
    shop.stripe.prices.update(shop.prices["pro_year"], {"active": False})
    visit, subscription = begun(shop)

    menu = plans.menu(visit, subscription)

    found = {
        (choice.line.name, choice.price.interval): (
            choice.is_current,
            choice.answer.decision.reason,
        )
        for choice in menu.choices
    }
    assert found == {
        ("Basic", "month"): (True, Reason.SAME_PRICE),
        ("Pro", "month"): (False, None),
        ("Pro", "year"): (False, Reason.PRICE_ARCHIVED),
    }


def test_a_price_that_is_not_on_the_list_cannot_be_had(shop: Shop) -> None:
    secret = shop._price("Pro", 100, "month")
    visit, subscription = begun(shop)

    with pytest.raises(Refused) as refusal:
        quotes.quote(visit, subscription, Wish(secret, 1))

    assert refusal.value.decision.reason is Reason.PRICE_NOT_OFFERED


def test_a_change_the_configuration_defers_begins_with_the_next_period(shop: Shop) -> None:
    shop.configure(schedule_conditions=frozenset({"decreasing_item_amount"}))
    visit, subscription = begun(shop, items=[{"price": shop.prices["pro"], "quantity": 3}])

    fewer = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 2))
    more = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 4))

    assert fewer.change.starts_at == shop.held(visit, subscription).period_end
    assert (fewer.is_now, more.is_now, more.change.starts_at) == (False, True, None)


def test_nobody_changes_somebody_elses_subscription(shop: Shop) -> None:
    _, subscription = begun(shop)
    stranger = shop.visit(shop.customer(GOOD, email="b@other.example"))

    with pytest.raises(NotFound):
        quotes.quote(stranger, subscription, Wish(shop.prices["pro"], 1))


def leave_unsent(shop: Shop, visit, subscription: str) -> Quote:
    """Write a change down as a process does that dies before it sends it."""
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)
    shop.house.stripe_wire.is_cut = True
    with pytest.raises(GatewayUnavailable):
        press(visit, subscription, wish, shown)
    shop.house.stripe_wire.is_cut = False
    return shown


def test_a_change_that_never_reached_stripe_is_over(shop: Shop) -> None:
    visit, subscription = begun(shop)

    leave_unsent(shop, visit, subscription)
    shop.house.pass_time(120)
    shop.house.settle_down()

    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]


@pytest.mark.parametrize(("minutes", "price"), [(5, "pro"), (90, "basic")])
def test_a_change_written_before_a_crash_is_made_only_while_its_sums_hold(
    shop: Shop, minutes: int, price: str
) -> None:
    visit, subscription = begun(shop)
    shown = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 1))
    changes._begin(visit, subscription, "left-by-a-crash", shown, "")
    shop.house.control("stripe", "clock", advance=minutes * 60)
    shop.house.pass_time(minutes * 60)

    payments.sweep(shop.house.db, now=shop.house.now())
    shop.house.settle_down()

    assert shop.told(subscription)["items"].data[0].price.id == shop.prices[price]


def test_a_change_that_was_lost_is_not_made_for_somebody_who_has_left(shop: Shop) -> None:
    visit, subscription = begun(shop)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)
    path = f"/v1/subscriptions/{subscription}"
    shop.house.control("stripe", "faults", kind="reset", path=path, method="POST")
    with pytest.raises(GatewayUnavailable):
        press(visit, subscription, wish, shown)
    before = len(shop.house.ledger("stripe"))

    cancellations.cancel(visit, subscription, Leaving())
    shop.house.pass_time(180)
    shop.house.settle_down()

    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]
    assert len(shop.house.ledger("stripe")) == before
    assert subscriptions.get_shown(visit, subscription).unanswered == frozenset()


def test_a_change_that_came_to_nothing_after_all_is_told(shop: Shop) -> None:
    visit, subscription = begun(shop)
    shown = quotes.quote(visit, subscription, Wish(shop.prices["pro"], 1))
    fault = {"kind": "status", "status": 500, "path": f"/v1/subscriptions/{subscription}"}
    shop.house.stripe_app.test_client().post("/_sandbox/faults", json=fault)
    with pytest.raises(GatewayUnavailable):
        press(visit, subscription, Wish(shop.prices["pro"], 1), shown)
    checking = subscriptions.get_shown(visit, subscription)

    shop.house.control("stripe", "clock", advance=90 * 60)
    shop.house.pass_time(90 * 60)
    shop.house.settle_down()
    over = subscriptions.get_shown(shop.visit(visit.customer.stripe_customer), subscription)

    assert checking.unanswered == {"change"}
    assert (over.unanswered, over.was_not_done) == (frozenset(), True)
    assert [line.name for line in over.lines] == ["Basic"]
