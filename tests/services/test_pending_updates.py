"""Changes that wait for their payment: shown with their end, and dropped."""

import pytest

from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable, Refused
from portal.mirror import invoices, payment_methods
from portal.services import changes, payments, pending_updates, quotes, subscriptions
from portal.services.changes import Shown
from portal.services.plans import Wish
from portal.store import actions
from tests.house import House
from tests.shop import DECLINING, GOOD, NEEDS_BANK, Shop


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure()
    return shop


def use_next(shop: Shop, visit, method: str) -> None:
    """Make another method the customer's default."""
    customer = visit.customer.stripe_customer
    saved = shop.stripe.payment_methods.attach(method, {"customer": customer}).id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": saved}})
    shop.house.settle_down()


def waiting(shop: Shop, method: str = DECLINING, nonce: str = "one"):
    """Return a visit and a subscription to Basic whose change to Pro waits for its payment."""
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    shop.visit(customer)
    shop.house.control("stripe", "clock", advance=10 * 86_400)
    shop.house.pass_time(10 * 86_400)
    visit = shop.visit(customer)
    use_next(shop, visit, method)
    wish = Wish(shop.prices["pro"], 1)
    shown = quotes.quote(visit, subscription, wish)
    page = Shown(shown.change.proration_date, shown.sums, nonce)
    assert changes.confirm(visit, subscription, wish, page).waits
    return visit, subscription


def newest(shop: Shop, visit):
    return actions.list_page(shop.house.db, visit.merchant.id, visit.customer.id)


def test_what_waits_is_shown_with_its_end(shop: Shop) -> None:
    visit, subscription = waiting(shop)

    shown = subscriptions.get_shown(visit, subscription)

    assert [(line.name, line.quantity) for line in shown.waiting] == [("Pro", 1)]
    hours = (shown.subscription.pending_update_expires_at - shop.house.now()).total_seconds() / 3600
    assert 22.9 < hours <= 23


@pytest.mark.parametrize("method", [DECLINING, NEEDS_BANK])
def test_a_dropped_change_leaves_the_plan_and_owes_nothing(shop: Shop, method: str) -> None:
    visit, subscription = waiting(shop, method)
    invoice = subscriptions.get_shown(visit, subscription).open_invoice

    number = pending_updates.drop(visit, subscription)
    again = pending_updates.drop(visit, subscription)
    shown = subscriptions.get_shown(visit, subscription)
    shop.house.settle_down()

    verbs = [action.verb for action in newest(shop, visit)]
    assert number == again
    assert verbs[0] == "change_dropped"
    assert "change_lapsed" not in verbs
    assert (shown.has_pending_update, shown.waiting, shown.open_invoice) == (False, (), None)
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["basic"]
    assert shop.stripe.invoices.retrieve(invoice.id).status == "void"
    assert not invoices.get(visit, invoice.id).invoice.is_open


def test_a_change_that_was_paid_meanwhile_is_not_dropped(shop: Shop) -> None:
    visit, subscription = waiting(shop)
    use_next(shop, visit, GOOD)
    invoice = subscriptions.get_shown(visit, subscription).open_invoice
    default = payment_methods.wallet(visit).default
    payments.pay(visit, invoice.id, payments.Wish(invoice.due_money, default))

    with pytest.raises(Refused) as refusal:
        pending_updates.drop(visit, subscription)

    assert refusal.value.decision.reason is Reason.NO_CHANGE_PLANNED
    assert shop.told(subscription)["items"].data[0].price.id == shop.prices["pro"]


def test_a_drop_whose_answer_is_lost_is_finished_by_the_worker(shop: Shop) -> None:
    visit, subscription = waiting(shop)
    path = "/v1/invoices/{invoice}/void"
    shop.house.control("stripe", "faults", kind="reset", path=path, method="POST")
    with pytest.raises(GatewayUnavailable):
        pending_updates.drop(visit, subscription)

    shop.house.pass_time(180)
    shop.house.settle_down()

    assert newest(shop, visit)[0].verb == "change_dropped"
    assert shop.told(subscription).pending_update is None
