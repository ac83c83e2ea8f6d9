"""Checkout: what the payer chooses and fills in, and what the merchant is told of it."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.selling.test_quotes import DAY, one_off, vat
from tests.sandbox.stripe.test_checkout import BACK, CARD, FILLED, session

REFUSED = stripe.InvalidRequestError
UNMODELLED = "sandbox_unsupported"
LONG = "x" * 1201


def sell(shop: Shop, *prices: str, **more: Any) -> Any:
    """A session in payment mode that sells one of each price."""
    lines = [{"price": price, "quantity": 1} for price in prices]
    return shop.api.checkout.sessions.create({"mode": "payment", "line_items": lines} | BACK | more)


def done(shop: Shop, made: Any, *expand: str) -> Any:
    """The session as it is now."""
    return shop.api.checkout.sessions.retrieve(made.id, {"expand": list(expand)})


def press(shop: Shop, made: Any, **form: str) -> Any:
    """The payer's press of the button."""
    return shop.browser.post(path_of(made.url), data=FILLED | form)


def line_of(shop: Shop, made: Any) -> str:
    """The id of the first line."""
    return str(shop.api.checkout.sessions.line_items.list(made.id).data[0].id)


@pytest.mark.parametrize("coupon", [{"percent_off": 33.33}, {"amount_off": 501, "currency": "eur"}])
@pytest.mark.parametrize("inclusive", [True, False])
def test_discounts_and_taxes_equal_the_invoice_to_the_cent(
    shop: Shop, coupon: dict[str, Any], inclusive: bool
) -> None:
    lines = [
        {"price": one_off(shop, 999), "quantity": 3, "tax_rates": [vat(shop, 10)]},
        {
            "price": one_off(shop, 1),
            "quantity": 7,
            "tax_rates": [vat(shop, inclusive=inclusive), vat(shop, 5.2)],
        },
        {"price": one_off(shop, 3333), "quantity": 1},
    ]
    made = sell(
        shop,
        line_items=lines,
        discounts=[{"coupon": shop.api.coupons.create(coupon).id}],
        invoice_creation={"enabled": True},
    )

    press(shop, made)

    found = done(shop, made, "invoice", "total_details.breakdown", "payment_intent")
    assert made.amount_total == found.invoice.total == found.payment_intent.amount
    assert found.invoice.status == "paid"
    off = sum(one.amount for one in found.invoice.total_discount_amounts)
    assert made.total_details.amount_discount == off
    taxes = sum(one.amount for one in found.invoice.total_taxes)
    assert made.total_details.amount_tax == taxes
    assert sum(one.amount for one in found.total_details.breakdown.taxes) == taxes


def test_a_purchase_with_an_invoice_names_it(shop: Shop) -> None:
    data = {"description": "Order 7", "metadata": {"order": "7"}, "footer": "Thanks"}
    made = sell(shop, one_off(shop), invoice_creation={"enabled": True, "invoice_data": data})

    press(shop, made)

    invoice = done(shop, made, "invoice").invoice
    assert (invoice.description, invoice.footer) == ("Order 7", "Thanks")
    assert invoice.metadata["order"] == "7"
    (payment,) = shop.api.invoice_payments.list({"invoice": invoice.id}).data
    assert payment.payment.payment_intent == done(shop, made).payment_intent
    assert len(shop.api.payment_intents.list().data) == 1


def test_a_balance_is_no_part_of_a_purchase(shop: Shop, customer: Any) -> None:
    shop.api.customers.balance_transactions.create(customer.id, {"amount": -500, "currency": "eur"})
    made = sell(shop, one_off(shop), customer=customer.id, invoice_creation={"enabled": True})

    shop.browser.post(path_of(made.url), data=CARD | {"name": "Ana"})

    assert done(shop, made, "invoice").invoice.amount_paid == 2000
    assert shop.api.customers.retrieve(customer.id).balance == -500


def test_a_quantity_is_changed_within_its_bounds(shop: Shop) -> None:
    line = {
        "price": one_off(shop),
        "quantity": 2,
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
    }
    made = sell(shop, line_items=[line])
    name = f"quantity_{line_of(shop, made)}"

    refused = press(shop, made, **{name: "6"})
    press(shop, made, **{name: "3"})

    assert "from 1 to 5" in refused.text
    found = done(shop, made, "line_items")
    assert (found.amount_total, found.line_items.data[0].quantity) == (6000, 3)


def test_the_total_is_checked_before_it_is_paid(shop: Shop) -> None:
    line = {"price": one_off(shop), "quantity": 1, "adjustable_quantity": {"enabled": True}}
    made = sell(shop, line_items=[line])
    name = f"quantity_{line_of(shop, made)}"

    asked = press(shop, made, total="2000", **{name: "2"})

    assert "The total has changed" in asked.text
    assert "€40.00" in asked.text
    assert shop.charges() == []


def test_a_changed_quantity_after_a_decline_is_what_is_paid(shop: Shop) -> None:
    line = {"price": one_off(shop), "quantity": 1, "adjustable_quantity": {"enabled": True}}
    made = sell(shop, line_items=[line])
    name = f"quantity_{line_of(shop, made)}"
    press(shop, made, number="4000000000000002")

    press(shop, made, **{name: "2"})

    assert [one["amount"] for one in shop.charges()] == [2000, 4000]


@pytest.fixture
def open_price(shop: Shop) -> str:
    """A price whose amount the payer chooses."""
    wanted = {
        "currency": "eur",
        "custom_unit_amount": {"enabled": True, "minimum": 500, "maximum": 5000, "preset": 1000},
        "product_data": {"name": "Gift"},
    }
    return str(shop.api.prices.create(wanted).id)


@pytest.mark.parametrize(
    ("typed", "paid", "words"),
    [
        ("12.34", [1234], ""),
        ("12,34", [1234], ""),
        ("4.99", [], "€5.00 or more"),
        ("50.01", [], "€50.00 or less"),
        ("1.234", [], "or more"),
        ("much", [], "enter an amount"),
        ("NaN", [], "or more"),
    ],
)
def test_the_payer_chooses_the_amount(
    shop: Shop, open_price: str, typed: str, paid: list[int], words: str
) -> None:
    made = sell(shop, open_price)

    answer = press(shop, made, amount=typed)

    assert made.amount_total == 1000
    assert words in answer.text
    assert [one["amount"] for one in shop.charges()] == paid


def test_an_amount_to_choose_stands_alone(shop: Shop, open_price: str) -> None:
    with pytest.raises(REFUSED, match="only line item"):
        sell(shop, open_price, one_off(shop))


@pytest.fixture
def code(shop: Shop) -> Any:
    """A promotion code for half the price, HALF."""
    coupon = shop.api.coupons.create({"percent_off": 50})
    promotion = {"type": "coupon", "coupon": coupon.id}
    return shop.api.promotion_codes.create({"promotion": promotion, "code": "HALF"})


def test_a_typed_code_takes_off_and_counts_once_paid(shop: Shop, code: Any) -> None:
    made = sell(shop, one_off(shop), allow_promotion_codes=True)
    shop.browser.post(path_of(made.url), data={"promotion_code": "half", "update": "yes"})
    shown = shop.browser.get(path_of(made.url)).text
    before = shop.api.promotion_codes.retrieve(code.id).times_redeemed

    press(shop, made, promotion_code="half")

    found = done(shop, made)
    assert "<td>Discount</td><td>-€10.00</td>" in shown
    assert (found.amount_total, found.discounts[0].promotion_code) == (1000, code.id)
    assert (before, shop.api.promotion_codes.retrieve(code.id).times_redeemed) == (0, 1)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"active": False}, "expired"),
        ({"expires_at": 1}, "expired"),
        ({"restrictions": {"first_time_transaction": True}}, "first purchase"),
        (
            {"restrictions": {"minimum_amount": 2001, "minimum_amount_currency": "eur"}},
            "€20.01 or more",
        ),
        ({"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "usd"}}, "EUR"),
    ],
)
def test_a_code_that_does_not_fit_says_why(shop: Shop, rules: dict[str, Any], words: str) -> None:
    coupon = shop.api.coupons.create({"percent_off": 50})
    promotion = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "NO"}
    shop.api.promotion_codes.create(promotion | rules)
    made = sell(shop, one_off(shop), allow_promotion_codes=True)

    answer = press(shop, made, promotion_code="no")

    assert answer.status_code == 400
    assert words in answer.text
    assert shop.charges() == []


def test_an_unknown_code_is_said(shop: Shop) -> None:
    made = sell(shop, one_off(shop), allow_promotion_codes=True)

    assert "does not exist" in press(shop, made, promotion_code="none").text


def test_a_free_order_asks_for_no_card_and_makes_a_customer(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 100})
    made = sell(shop, one_off(shop), discounts=[{"coupon": coupon.id}])
    page = shop.browser.get(path_of(made.url)).text

    shop.browser.post(path_of(made.url), data={"email": "ana@example.com"})

    found = done(shop, made)
    assert 'name="number"' not in page
    assert (found.status, found.payment_status) == ("complete", "no_payment_required")
    assert (found.payment_intent, bool(found.customer)) == (None, True)


@pytest.fixture
def by_post(shop: Shop) -> Any:
    """A shipping rate of 4.50."""
    amount = {"amount": 450, "currency": "eur"}
    return shop.api.shipping_rates.create({"display_name": "Post", "fixed_amount": amount})


def test_goods_are_sent_where_the_payer_says(shop: Shop, by_post: Any) -> None:
    fast = {"display_name": "Courier", "fixed_amount": {"amount": 990, "currency": "eur"}}
    made = sell(
        shop,
        one_off(shop),
        shipping_address_collection={"allowed_countries": ["ES", "PT"]},
        shipping_options=[{"shipping_rate": by_post.id}, {"shipping_rate_data": fast}],
        customer_creation="always",
    )
    courier = made.shipping_options[1].shipping_rate
    place = {"shipping_name": "Bea", "shipping_line1": "C/ Nova 1", "shipping_country": "es"}

    far = press(shop, made, **place | {"shipping_country": "FR"})
    press(shop, made, shipping_rate=courier, **place)

    found = done(shop, made, "payment_intent", "customer")
    assert "cannot be sent" in far.text
    assert (made.amount_total, found.amount_total) == (2450, 2990)
    assert found.total_details.amount_shipping == 990
    assert found.collected_information.shipping_details.name == "Bea"
    assert found.payment_intent.shipping.address.country == "ES"
    assert found.customer.shipping.address.line1 == "C/ Nova 1"


FIELDS = [
    {"key": "size", "label": {"type": "custom", "custom": "Size"}, "type": "dropdown",
     "dropdown": {"options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]}},
    {"key": "engraving", "label": {"type": "custom", "custom": "Engraving"}, "type": "text",
     "optional": True, "text": {"maximum_length": 5}},
    {"key": "badge", "label": {"type": "custom", "custom": "Badge"}, "type": "numeric"},
]  # fmt: skip


def test_custom_fields_come_back_with_their_answers(shop: Shop) -> None:
    made = sell(shop, one_off(shop), custom_fields=FIELDS)

    missing = press(shop, made, field_badge="7")
    long = press(shop, made, field_size="s", field_badge="7", field_engraving="too long")
    odd = press(shop, made, field_size="s", field_badge="x")
    press(shop, made, field_size="l", field_badge="07")

    for page, words in ((missing, "fill in: Size"), (long, "Engraving"), (odd, "check: Badge")):
        assert words in page.text
    size, engraving, badge = done(shop, made).custom_fields
    assert (size.dropdown.value, engraving.text.value, badge.numeric.value) == ("l", None, "07")


def test_names_phone_and_tax_id_are_collected_and_kept(shop: Shop) -> None:
    made = sell(
        shop,
        one_off(shop),
        customer_creation="always",
        name_collection={"business": {"enabled": True}},
        phone_number_collection={"enabled": True},
        tax_id_collection={"enabled": True, "required": "if_supported"},
    )
    form = {"business_name": "Ana SL", "phone": "+34600000000"}

    refused = press(shop, made, **form)
    press(shop, made, tax_id_type="es_cif", tax_id_value="A12345678", **form)

    details = done(shop, made).customer_details
    assert "tax id" in refused.text
    assert (details.business_name, details.phone) == ("Ana SL", "+34600000000")
    assert details.tax_ids[0].value == "A12345678"
    kept = shop.api.customers.tax_ids.list(done(shop, made).customer).data
    assert [one.value for one in kept] == ["A12345678"]


def test_a_known_customers_tax_id_needs_leave_to_rename(shop: Shop, customer: Any) -> None:
    with pytest.raises(REFUSED) as caught:
        sell(shop, one_off(shop), customer=customer.id, tax_id_collection={"enabled": True})

    assert caught.value.param == "customer_update[name]"


def test_consent_to_news_is_asked_in_the_united_states(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="US", default_currency="usd")
    made = sell(
        shop,
        one_off(shop, currency="usd"),
        consent_collection={"promotions": "auto", "terms_of_service": "required"},
    )

    press(shop, made, terms="yes", promotions="yes")

    consent = done(shop, made).consent
    assert (consent.promotions, consent.terms_of_service) == ("opt_in", "accepted")
    assert shop.transport.wrong == []


def test_an_abandoned_session_is_recovered_by_its_address(shop: Shop) -> None:
    recovery = {"recovery": {"enabled": True, "allow_promotion_codes": True}}
    made = sell(shop, one_off(shop), after_expiration=recovery, metadata={"cart": "1"})
    shop.sandbox.advance(DAY + 1)
    url = done(shop, made).after_expiration.recovery.url

    to_copy = shop.browser.get(path_of(url))
    shop.browser.post(path_of(to_copy.location), data=FILLED)

    copied = shop.api.checkout.sessions.list().data[0]
    assert (copied.recovered_from, copied.payment_status) == (made.id, "paid")
    assert (copied.metadata["cart"], copied.allow_promotion_codes) == ("1", True)
    shop.sandbox.advance(31 * DAY)
    assert shop.browser.get(path_of(url)).status_code == 410


def test_the_intent_takes_the_transfer_group(shop: Shop) -> None:
    made = sell(shop, one_off(shop), payment_intent_data={"transfer_group": "order_7"})

    press(shop, made)

    found = done(shop, made, "payment_intent")
    assert found.payment_intent.transfer_group == "order_7"


def test_another_currency_of_a_price_is_sold(shop: Shop) -> None:
    price = one_off(shop, currency_options={"usd": {"unit_amount": 2345}})

    made = sell(shop, price, currency="usd")

    assert (made.currency, made.amount_total) == ("usd", 2345)
    with pytest.raises(REFUSED, match="only supports"):
        sell(shop, price, currency="gbp")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("book", "Book €20.00"), ("donate", "Donate €20.00"), ("auto", "Pay €20.00")],
)
def test_the_button_says_what_it_does(shop: Shop, wanted: str, words: str) -> None:
    page = shop.browser.get(path_of(sell(shop, one_off(shop), submit_type=wanted).url))

    assert f">{words}</button>" in page.text


def test_words_of_the_merchant_are_shown(shop: Shop) -> None:
    words = {"submit": {"message": "Sent on Monday"}, "after_submit": {"message": "See you"}}

    page = shop.browser.get(path_of(sell(shop, one_off(shop), custom_text=words).url)).text

    assert "Sent on Monday" in page
    assert "See you" in page


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"ui_mode": "elements"}, "ui_mode", UNMODELLED),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]", UNMODELLED),
        ({"adaptive_pricing": {"enabled": True}}, "adaptive_pricing[enabled]", UNMODELLED),
        ({"managed_payments": {"enabled": True}}, "managed_payments[enabled]", UNMODELLED),
        ({"branding_settings": {"display_name": "x"}}, "branding_settings", UNMODELLED),
        ({"return_url": "https://shop.example"}, "return_url", None),
        ({"payment_method_types": ["card"]}, "payment_method_types",
         "payment_method_types_no_longer_supported"),
        ({"subscription_data": {"description": "x"}}, "subscription_data", None),
        ({"discounts": [{"coupon": "none"}]}, "discounts[0][coupon]", "resource_missing"),
        ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "discounts", None),
        ({"custom_fields": [*FIELDS, FIELDS[0]]}, "custom_fields", None),
        ({"custom_fields": [FIELDS[0], FIELDS[0]]}, "custom_fields[0][key]", None),
        ({"custom_text": {"submit": {"message": LONG}}}, "custom_text[submit][message]", None),
        ({"client_reference_id": "x" * 201}, "client_reference_id", None),
        ({"locale": "ca"}, "locale", None),
        ({"payment_intent_data": {"on_behalf_of": "acct_1"}}, "payment_intent_data[on_behalf_of]",
         UNMODELLED),
    ],
)  # fmt: skip
def test_what_a_session_does_not_take_is_named(
    shop: Shop, more: dict[str, Any], param: str | None, code: str | None
) -> None:
    with pytest.raises(REFUSED) as caught:
        session(shop, **more)

    assert (caught.value.param, caught.value.code) == (param, code)
