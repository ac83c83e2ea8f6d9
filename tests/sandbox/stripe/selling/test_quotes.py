"""Quotes: drafts, numbers, sums, papers, and what accepting one makes."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop

DAY = 86400
REFUSED = stripe.InvalidRequestError


def one_off(shop: Shop, amount: int = 2000, name: str = "Set-up", **more: Any) -> str:
    """A price paid once."""
    wanted = {"currency": "eur", "unit_amount": amount, "product_data": {"name": name}}
    return str(shop.api.prices.create(wanted | more).id)


def monthly(shop: Shop, amount: int = 1000, name: str = "Club", **more: Any) -> str:
    """A price paid every month."""
    return one_off(shop, amount, name, recurring={"interval": "month"}, **more)


def by_usage(shop: Shop, name: str = "Calls") -> str:
    """A price billed by usage, every month."""
    meter = shop.api.billing.meters.create(
        {
            "display_name": name,
            "event_name": name.lower(),
            "default_aggregation": {"formula": "sum"},
        }
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    return one_off(shop, 1, name, recurring=recurring)


def vat(shop: Shop, percentage: float = 21, *, inclusive: bool = False) -> str:
    """A tax rate."""
    wanted = {"display_name": "IVA", "percentage": percentage, "inclusive": inclusive}
    return str(shop.api.tax_rates.create(wanted).id)


def draft(shop: Shop, customer: Any, *prices: str, **more: Any) -> Any:
    """A draft for one of each price."""
    lines = [{"price": price} for price in prices]
    return shop.api.quotes.create({"customer": customer.id, "line_items": lines} | more)


def accepted(shop: Shop, quote: Any) -> Any:
    """The quote, finalized and accepted."""
    shop.api.quotes.finalize_quote(quote.id)
    return shop.api.quotes.accept(quote.id)


def first_invoice(shop: Shop, quote: Any) -> Any:
    """The invoice that an accepted quote made, directly or through its subscription."""
    if quote.invoice:
        return shop.api.invoices.retrieve(quote.invoice)
    subscription = shop.api.subscriptions.retrieve(quote.subscription)
    return shop.api.invoices.retrieve(subscription.latest_invoice)


def test_a_draft_says_what_it_comes_to(shop: Shop, customer: Any) -> None:
    quote = draft(shop, customer, one_off(shop, 2000), monthly(shop, 1000))

    assert (quote.status, quote.currency, quote.number) == ("draft", "eur", None)
    assert (quote.amount_subtotal, quote.amount_total) == (3000, 3000)
    assert quote.computed.upfront.amount_total == 3000
    assert (quote.computed.recurring.amount_total, quote.computed.recurring.interval) == (
        1000,
        "month",
    )
    assert quote.expires_at - quote.created == 30 * DAY
    assert shop.events()[-1] == "quote.created"


def test_lines_are_listed_and_shown_when_asked_for(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop, 2000), one_off(shop, 500, "Visit"))

    listed = shop.api.quotes.line_items.list(made.id, {"limit": 1})
    asked = shop.api.quotes.retrieve(
        made.id, {"expand": ["line_items", "computed.upfront.line_items"]}
    )

    assert [one.description for one in listed.auto_paging_iter()] == ["Set-up", "Visit"]
    assert "line_items" not in made.to_dict()
    assert [one.amount_total for one in asked.line_items.data] == [2000, 500]
    assert [one.amount_total for one in asked.computed.upfront.line_items.data] == [2000, 500]


def test_finalizing_numbers_it_by_customer(shop: Shop, customer: Any) -> None:
    price = one_off(shop)
    prefix = shop.api.customers.retrieve(customer.id).invoice_prefix

    first, second = (
        shop.api.quotes.finalize_quote(draft(shop, customer, price).id) for _ in range(2)
    )

    assert (first.number, second.number) == (f"QT-{prefix}-0001-1", f"QT-{prefix}-0002-1")
    assert first.status == "open"
    assert first.status_transitions.finalized_at
    assert shop.events()[-1] == "quote.finalized"


def test_a_revision_carries_on_the_number(shop: Shop, customer: Any) -> None:
    coupon = shop.api.coupons.create({"percent_off": 10})
    made = draft(shop, customer, one_off(shop), discounts=[{"coupon": coupon.id}], header="Hi")
    opened = shop.api.quotes.finalize_quote(made.id)

    revised = shop.api.quotes.create({"from_quote": {"quote": made.id, "is_revision": True}})
    numbered = shop.api.quotes.finalize_quote(revised.id)

    assert (revised.status, revised.header, revised.amount_total) == ("draft", "Hi", 1800)
    assert revised.from_quote.is_revision
    assert numbered.number == opened.number[:-1] + "2"


def test_a_copy_of_a_quote_takes_nothing_else(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop))

    with pytest.raises(REFUSED, match="from_quote") as caught:
        shop.api.quotes.create({"from_quote": {"quote": made.id}, "header": "Hi"})

    assert caught.value.param == "header"


@pytest.mark.parametrize("revises", [True, False])
def test_a_canceled_quote_is_not_copied(shop: Shop, customer: Any, revises: bool) -> None:
    made = draft(shop, customer, one_off(shop))
    shop.api.quotes.cancel(made.id)

    with pytest.raises(REFUSED, match="cannot be"):
        shop.api.quotes.create({"from_quote": {"quote": made.id, "is_revision": revises}})


def test_one_off_lines_become_a_draft_invoice_that_waits(shop: Shop, customer: Any) -> None:
    made = draft(
        shop,
        customer,
        one_off(shop),
        collection_method="send_invoice",
        invoice_settings={"days_until_due": 14, "footer": "Thank you"},
    )

    quote = accepted(shop, made)

    invoice = first_invoice(shop, quote)
    assert (quote.status, quote.subscription) == ("accepted", None)
    assert (invoice.status, invoice.auto_advance, invoice.footer) == ("draft", False, "Thank you")
    assert (invoice.billing_reason, invoice.parent.quote_details.quote) == (
        "quote_accept",
        quote.id,
    )
    assert invoice.collection_method == "send_invoice"
    assert shop.events()[-3:] == ["invoiceitem.created", "invoice.created", "quote.accepted"]


def test_recurring_lines_become_an_active_subscription_with_a_draft(
    shop: Shop, customer: Any
) -> None:
    shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    made = draft(
        shop,
        customer,
        one_off(shop),
        monthly(shop),
        subscription_data={"description": "Members", "metadata": {"plan": "a"}},
    )

    quote = accepted(shop, made)

    subscription = shop.api.subscriptions.retrieve(quote.subscription)
    invoice = first_invoice(shop, quote)
    assert (subscription.status, subscription.description) == ("active", "Members")
    assert subscription.metadata["plan"] == "a"
    assert (invoice.status, invoice.auto_advance, invoice.total) == ("draft", True, 3000)
    assert quote.invoice is None


def test_the_draft_of_an_accepted_subscription_is_charged_in_an_hour(
    shop: Shop, customer: Any
) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    default = {"invoice_settings": {"default_payment_method": method.id}}
    shop.api.customers.update(customer.id, default)
    quote = accepted(shop, draft(shop, customer, monthly(shop)))

    shop.sandbox.advance(3601)

    assert first_invoice(shop, quote).status == "paid"


def test_a_quote_on_a_test_clock_lives_in_its_time(shop: Shop) -> None:
    now = shop.sandbox.clock.now()
    clock = shop.api.test_helpers.test_clocks.create({"frozen_time": now})
    customer = shop.api.customers.create({"test_clock": clock.id})
    made = draft(shop, customer, one_off(shop))

    shop.api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": now + 31 * DAY})
    shop.sandbox.advance(60)

    found = shop.api.quotes.retrieve(made.id)
    assert (made.test_clock, found.status) == (clock.id, "canceled")
    assert [one.id for one in shop.api.quotes.list({"test_clock": clock.id}).data] == [made.id]
    assert shop.api.quotes.list().data == []


def test_a_day_in_the_future_makes_a_schedule(shop: Shop, customer: Any) -> None:
    start = shop.sandbox.clock.now() + 10 * DAY
    made = draft(
        shop,
        customer,
        monthly(shop),
        subscription_data={"effective_date": start, "metadata": {"plan": "a"}},
    )

    quote = accepted(shop, made)

    schedule = shop.api.subscription_schedules.retrieve(quote.subscription_schedule)
    assert (schedule.status, schedule.phases[0].start_date) == ("not_started", start)
    assert schedule.phases[0].metadata["plan"] == "a"
    assert quote.subscription is None
    shop.sandbox.advance(10 * DAY + 1)
    begun = shop.api.subscription_schedules.retrieve(quote.subscription_schedule)
    subscription = shop.api.subscriptions.retrieve(begun.subscription)
    assert shop.api.invoices.retrieve(subscription.latest_invoice).total == quote.amount_total


def test_a_day_that_has_passed_is_ignored(shop: Shop, customer: Any) -> None:
    soon = shop.sandbox.clock.now() + DAY
    made = draft(shop, customer, monthly(shop), subscription_data={"effective_date": soon})
    shop.api.quotes.finalize_quote(made.id)
    shop.sandbox.advance(2 * DAY)

    quote = shop.api.quotes.accept(made.id)

    assert quote.subscription
    assert quote.subscription_schedule is None


def test_a_trial_is_free_at_first(shop: Shop, customer: Any) -> None:
    made = draft(
        shop, customer, one_off(shop), monthly(shop), subscription_data={"trial_period_days": 7}
    )

    quote = accepted(shop, made)

    assert (made.amount_total, made.computed.upfront.amount_total) == (3000, 2000)
    assert shop.api.subscriptions.retrieve(quote.subscription).status == "trialing"
    assert first_invoice(shop, quote).total == 2000


ODD = [(999, 3), (1, 7), (3333, 1), (12345, 9)]


@pytest.mark.parametrize("amounts", [ODD, ODD[1:3]])
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(
    "coupon",
    [
        {"percent_off": 33.33},
        {"amount_off": 501, "currency": "eur"},
        {"percent_off": 12.5, "duration": "forever"},
    ],
)
@pytest.mark.parametrize("recurs", [True, False])
def test_sums_equal_the_invoice_to_the_cent(
    shop: Shop,
    customer: Any,
    amounts: list[tuple[int, int]],
    inclusive: bool,
    coupon: dict[str, Any],
    recurs: bool,
) -> None:
    rates = [vat(shop, inclusive=inclusive), vat(shop, 5.2)]
    kinds = [monthly if recurs and place % 2 == 0 else one_off for place in range(len(amounts))]
    made_coupon = shop.api.coupons.create(coupon)
    lines: list[dict[str, Any]] = [
        {"price": kind(shop, amount, f"Thing {amount}"), "quantity": quantity}
        for kind, (amount, quantity) in zip(kinds, amounts, strict=True)
    ]
    lines[-1]["tax_rates"] = [vat(shop, 10)]
    lines[0]["discounts"] = [{"coupon": shop.api.coupons.create({"percent_off": 7}).id}]
    made = shop.api.quotes.create(
        {
            "customer": customer.id,
            "line_items": lines,
            "default_tax_rates": rates,
            "discounts": [{"coupon": made_coupon.id}],
        }
    )

    invoice = first_invoice(shop, accepted(shop, made))

    taxes = sum(one.amount for one in invoice.total_taxes)
    off = sum(one.amount for one in invoice.total_discount_amounts)
    assert made.amount_total == invoice.total
    assert made.total_details.to_dict() == {
        "amount_discount": off,
        "amount_shipping": 0,
        "amount_tax": taxes,
    }
    assert made.computed.upfront.amount_total == invoice.total


def test_only_discounts_for_ever_count_for_each_period(shop: Shop, customer: Any) -> None:
    once = shop.api.coupons.create({"percent_off": 50, "duration": "once"})
    always = shop.api.coupons.create({"percent_off": 10, "duration": "forever"})
    made = draft(
        shop,
        customer,
        monthly(shop),
        discounts=[{"coupon": once.id}, {"coupon": always.id}],
    )

    paths = ["computed.recurring.total_details.breakdown", "total_details.breakdown", "discounts"]
    asked = shop.api.quotes.retrieve(made.id, {"expand": paths})

    assert (made.amount_total, made.computed.recurring.amount_total) == (450, 900)
    found = asked.computed.recurring.total_details.breakdown.discounts
    assert [(one.amount, one.discount.source.coupon) for one in found] == [(100, always.id)]
    assert [one.amount for one in asked.total_details.breakdown.discounts] == [500, 50]


def test_a_coupon_counts_as_redeemed_when_the_quote_is_accepted(shop: Shop, customer: Any) -> None:
    coupon = shop.api.coupons.create({"percent_off": 10, "max_redemptions": 1})
    made = draft(shop, customer, one_off(shop), discounts=[{"coupon": coupon.id}])
    before = shop.api.coupons.retrieve(coupon.id).times_redeemed

    accepted(shop, made)

    assert (before, shop.api.coupons.retrieve(coupon.id).times_redeemed) == (0, 1)


def test_lines_are_replaced_as_a_whole(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop), one_off(shop, 500))
    kept = shop.api.quotes.line_items.list(made.id).data[1]

    changed = shop.api.quotes.update(
        made.id,
        {"line_items": [{"id": kept.id, "quantity": 3}, {"price": one_off(shop, 100)}]},
    )

    lines = shop.api.quotes.line_items.list(made.id).data
    assert changed.amount_total == 1600
    assert {one.id for one in lines} >= {kept.id}
    assert len(lines) == 2


def test_a_quote_may_begin_without_customer_and_lines(shop: Shop, customer: Any) -> None:
    made = shop.api.quotes.create({})
    with pytest.raises(REFUSED, match="customer"):
        shop.api.quotes.finalize_quote(made.id)
    shop.api.quotes.update(made.id, {"customer": customer.id})
    with pytest.raises(REFUSED, match="line item"):
        shop.api.quotes.finalize_quote(made.id)

    shop.api.quotes.update(made.id, {"line_items": [{"price": one_off(shop)}]})

    assert shop.api.quotes.finalize_quote(made.id).amount_total == 2000


def test_the_customer_stays(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop))
    other = shop.api.customers.create({})

    with pytest.raises(REFUSED, match="cannot be changed"):
        shop.api.quotes.update(made.id, {"customer": other.id})


def test_an_open_quote_changes_only_its_end(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop))
    shop.api.quotes.finalize_quote(made.id)
    later = shop.sandbox.clock.now() + 90 * DAY

    changed = shop.api.quotes.update(made.id, {"expires_at": later})

    assert changed.expires_at == later
    with pytest.raises(REFUSED, match="expiration"):
        shop.api.quotes.update(made.id, {"header": "New"})


@pytest.mark.parametrize("finalizes", [True, False])
def test_time_cancels_it(shop: Shop, customer: Any, finalizes: bool) -> None:
    made = draft(shop, customer, one_off(shop))
    calls = {True: shop.api.quotes.finalize_quote, False: shop.api.quotes.retrieve}
    calls[finalizes](made.id)

    shop.sandbox.advance(30 * DAY + 1)

    found = shop.api.quotes.retrieve(made.id)
    assert (found.status, found.status_transitions.canceled_at) == ("canceled", made.expires_at)
    assert shop.events()[-1] == "quote.canceled"


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ([], "accept"),
        (["cancel"], "finalize_quote"),
        (["cancel"], "cancel"),
        (["finalize_quote"], "finalize_quote"),
        (["finalize_quote", "cancel"], "accept"),
        (["finalize_quote", "accept"], "cancel"),
        (["finalize_quote", "accept"], "accept"),
    ],
)
def test_each_status_allows_only_its_verbs(
    shop: Shop, customer: Any, before: list[str], verb: str
) -> None:
    made = draft(shop, customer, one_off(shop))
    for done in before:
        getattr(shop.api.quotes, done)(made.id)

    with pytest.raises(REFUSED, match="has a status of"):
        getattr(shop.api.quotes, verb)(made.id)


def test_the_paper_of_a_finalized_quote(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop), header="Dear Ana", footer="Valid for a month")
    with pytest.raises(REFUSED, match="finalized"):
        shop.api.quotes.pdf(made.id)
    number = shop.api.quotes.finalize_quote(made.id).number

    paper = shop.api.quotes.pdf(made.id).io.read()

    assert paper.startswith(b"%PDF-")
    for words in (number, "Dear Ana", "Valid for a month", "Set-up"):
        assert words.encode() in paper


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"expires_at": 1}, "expires_at", None),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]", "resource_missing"),
        ({"line_items": [{"quantity": 2}]}, "line_items[0][price]", "parameter_missing"),
        ({"discounts": [{"coupon": "x"}]}, "discounts", None),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]", "sandbox_unsupported"),
        ({"application_fee_amount": 5}, "application_fee_amount", "sandbox_unsupported"),
        ({"test_clock": "clock_1"}, "test_clock", "resource_missing"),
        ({"colour": "red"}, "colour", "parameter_unknown"),
        (
            {"subscription_data": {"effective_date": "current_period_end"}},
            "subscription_data[effective_date]",
            "sandbox_unsupported",
        ),
    ],
)
def test_wrong_parameters_are_named(
    shop: Shop, wrong: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.quotes.create(wrong)

    assert (caught.value.param, caught.value.code) == (param, code)


def test_sent_invoices_need_a_due_date(shop: Shop, customer: Any) -> None:
    made = draft(shop, customer, one_off(shop), collection_method="send_invoice")

    with pytest.raises(REFUSED) as caught:
        shop.api.quotes.finalize_quote(made.id)

    assert caught.value.param == "invoice_settings[days_until_due]"


def test_one_currency_a_quote(shop: Shop, customer: Any) -> None:
    dollars = one_off(shop, currency="usd")

    with pytest.raises(REFUSED, match="only supports"):
        draft(shop, customer, one_off(shop), dollars)


def test_inline_prices_are_quoted(shop: Shop, customer: Any) -> None:
    product = shop.api.products.create({"name": "Club"})
    data = {"currency": "eur", "product": product.id, "unit_amount": 700}
    recurring = {**data, "recurring": {"interval": "month"}}
    made = shop.api.quotes.create(
        {
            "customer": customer.id,
            "line_items": [{"price_data": data}, {"price_data": recurring, "quantity": 2}],
        }
    )

    quote = accepted(shop, made)

    assert (made.amount_total, first_invoice(shop, quote).total) == (2100, 2100)


def test_quotes_are_listed_by_status(shop: Shop, customer: Any) -> None:
    made = [draft(shop, customer, one_off(shop)) for _ in range(3)]
    shop.api.quotes.cancel(made[1].id)

    drafts = shop.api.quotes.list({"status": "draft", "customer": customer.id}).data

    assert [one.id for one in drafts] == [made[2].id, made[0].id]
