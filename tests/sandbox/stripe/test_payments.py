"""Intents, methods, mandates, refunds and fees, by the published test cards and accounts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import stripe

from portal.sandbox.stripe import instruments
from tests.sandbox.stripe.conftest import RETURN, Shop, path_of
from tests.sandbox.stripe.shapes import differences

DAY = 86400
ONLINE = {"type": "online", "online": {"ip_address": "203.0.113.9", "user_agent": "test"}}
MANDATE = {"mandate_data": {"customer_acceptance": ONLINE}}
REFUSED = stripe.InvalidRequestError


def debit(iban: str) -> dict[str, Any]:
    """The data of a bank account."""
    details = {"name": "Ana", "email": "ana@example.com"}
    return {"type": "sepa_debit", "sepa_debit": {"iban": iban}, "billing_details": details}


def save_debit(shop: Shop, customer: str, iban: str = "ES0700120345030000067890") -> Any:
    """A bank account saved with its mandate."""
    wanted = {"customer": customer, "payment_method_data": debit(iban), "confirm": True}
    return shop.api.setup_intents.create(wanted | {"return_url": RETURN} | MANDATE)


def luhn(number: str) -> bool:
    """Whether the check digit of a card number is right."""
    digits = [int(one) for one in number[::-1]]
    doubled = [sum(divmod(one * 2, 10)) for one in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_test_numbers_have_right_check_digits() -> None:
    wrong = [card.number for card in instruments.cards().values() if not luhn(card.number)]
    debits = [one for one in instruments.accounts().values() if one.kind == "sepa_debit"]
    letters = [one.iban[4:] + one.iban[:4] for one in debits]
    numbers = [int("".join(str(int(sign, 36)) for sign in one)) for one in letters]

    assert wrong == []
    assert [number % 97 for number in numbers] == [1] * len(numbers)


def test_every_token_makes_a_method_of_its_card(shop: Shop) -> None:
    cards = [card for card in instruments.cards().values() if card.is_published]
    asked = {"amount": 1500, "currency": "eur", "expand": ["payment_method"]}

    made = [
        shop.api.payment_intents.create(asked | {"payment_method": f"pm_card_{card.name}"})
        for card in cards
    ]

    assert [(one.payment_method.card.last4, one.payment_method.card.country) for one in made] == [
        (card.last4, card.country) for card in cards
    ]


def test_a_number_published_without_a_token_has_none(shop: Shop) -> None:
    hidden = [card.name for card in instruments.cards().values() if not card.is_published]

    with pytest.raises(REFUSED, match="No such PaymentMethod"):
        shop.pay(f"pm_card_{hidden[0].lstrip('#')}")


def test_an_unknown_token_or_number_is_refused(shop: Shop) -> None:
    with pytest.raises(REFUSED, match="No such PaymentMethod"):
        shop.pay("pm_card_nobody")
    with pytest.raises(stripe.CardError) as caught:
        shop.api.payment_methods.create({"type": "card", "card": {"number": "4111111111111111"}})

    assert caught.value.code == "incorrect_number"


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_a_decline_says_why_and_leaves_the_intent_open(
    shop: Shop, token: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay(token)

    error = caught.value.error
    assert error is not None
    assert (error.code, error.decline_code) == (code, decline_code)
    intent = shop.api.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == decline_code
    assert shop.events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_declined_intent_is_paid_by_another_card(shop: Shop) -> None:
    with pytest.raises(stripe.CardError):
        shop.pay("pm_card_visa_chargeDeclined")
    intent = shop.api.payment_intents.list().data[0]

    wanted = {"payment_method": "pm_card_visa", "return_url": RETURN}
    paid = shop.api.payment_intents.confirm(intent.id, wanted)

    assert (paid.status, paid.amount_received) == ("succeeded", 1500)
    assert [one["status"] for one in shop.charges()] == ["failed", "succeeded"]


def test_saving_a_card_that_is_always_refused_is_declined(shop: Shop, customer: Any) -> None:
    with pytest.raises(stripe.CardError):
        shop.api.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})

    assert shop.api.payment_methods.list({"customer": customer.id}).data == []


def test_the_bank_answers_and_the_payer_returns_with_stripes_words(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired", metadata={"operation": "7"})
    url = path_of(intent.next_action.redirect_to_url.url)

    answer = shop.browser.post(url, data={"complete": "yes"})

    back = urlsplit(answer.location)
    assert f"{back.scheme}://{back.netloc}{back.path}" == "https://shop.example/back"
    assert parse_qs(back.query) == {
        "order": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    assert shop.api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_failed_authentication_takes_nothing(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired")

    answer = shop.browser.post(
        path_of(intent.next_action.redirect_to_url.url), data={"fail": "yes"}
    )

    assert "redirect_status=failed" in answer.location
    found = shop.api.payment_intents.retrieve(intent.id)
    assert found.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.charges() == []


def test_a_bank_page_answered_twice_charges_once(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired")
    url = path_of(intent.next_action.redirect_to_url.url)

    for _ in range(2):
        shop.browser.post(url, data={"complete": "yes"})

    assert len(shop.charges()) == 1


def test_a_card_can_pass_the_bank_and_still_be_declined(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")

    shop.browser.post(path_of(intent.next_action.redirect_to_url.url), data={"complete": "yes"})

    found = shop.api.payment_intents.retrieve(intent.id)
    assert found.last_payment_error.decline_code == "insufficient_funds"


def test_off_session_a_card_that_needs_the_bank_is_declined(shop: Shop, customer: Any) -> None:
    saved = shop.api.payment_methods.attach(
        "pm_card_authenticationRequired", {"customer": customer.id}
    )

    with pytest.raises(stripe.CardError) as caught:
        shop.pay(saved.id, customer=customer.id, off_session=True)

    assert caught.value.code == "authentication_required"


def test_error_on_requires_action_declines_instead_of_asking(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay("pm_card_authenticationRequired", error_on_requires_action=True)

    assert caught.value.code == "authentication_required"


def test_dynamic_methods_need_a_way_back(shop: Shop) -> None:
    with pytest.raises(REFUSED, match="return_url"):
        shop.pay("pm_card_visa", return_url=None)


@pytest.mark.parametrize(
    ("asked", "status"), [("automatic", "succeeded"), ("any", "requires_action")]
)
def test_the_merchant_may_ask_for_authentication(shop: Shop, asked: str, status: str) -> None:
    options = {"card": {"request_three_d_secure": asked}}

    intent = shop.pay("pm_card_threeDSecureOptional", payment_method_options=options)

    assert intent.status == status


def test_without_redirects_the_bank_needs_stripes_script(shop: Shop) -> None:
    wanted = {
        "amount": 1500,
        "currency": "eur",
        "payment_method": "pm_card_authenticationRequired",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }

    intent = shop.api.payment_intents.create(wanted)

    assert intent.next_action.type == "use_stripe_sdk"


def test_a_paid_intent_can_be_neither_confirmed_nor_cancelled(shop: Shop) -> None:
    intent = shop.pay("pm_card_visa")

    for verb in (shop.api.payment_intents.confirm, shop.api.payment_intents.cancel):
        with pytest.raises(REFUSED) as caught:
            verb(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"
        assert caught.value.error is not None
        assert differences(caught.value.json_body["error"]["payment_intent"]) == []


def test_cancelling_ends_an_open_intent(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired")

    ended = shop.api.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    assert shop.events()[-1] == "payment_intent.canceled"


def test_paying_can_save_the_card(shop: Shop, customer: Any) -> None:
    intent = shop.pay("pm_card_visa", customer=customer.id, setup_future_usage="off_session")

    again = shop.pay(intent.payment_method, customer=customer.id, off_session=True)

    assert again.status == "succeeded"
    assert len(shop.api.payment_methods.list({"customer": customer.id}).data) == 1


def test_a_card_not_saved_pays_once(shop: Shop, customer: Any) -> None:
    intent = shop.pay("pm_card_visa", customer=customer.id)

    with pytest.raises(REFUSED, match="may not be used again"):
        shop.pay(intent.payment_method, customer=customer.id)


def test_another_customers_card_is_refused(shop: Shop, customer: Any) -> None:
    other = shop.api.customers.create({"name": "Bea"})
    theirs = shop.api.payment_methods.attach("pm_card_visa", {"customer": other.id})

    with pytest.raises(REFUSED, match="belongs to a Customer other"):
        shop.pay(theirs.id, customer=customer.id)


def test_a_removed_card_leaves_the_default_and_never_returns(shop: Shop, customer: Any) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    default = {"invoice_settings": {"default_payment_method": method.id}}
    shop.api.customers.update(customer.id, default)

    shop.api.payment_methods.detach(method.id)

    found = shop.api.customers.retrieve(customer.id)
    assert found.invoice_settings.default_payment_method is None
    event = shop.api.events.list({"type": "payment_method.detached"}).data[0]
    assert event.data.previous_attributes.customer == customer.id
    with pytest.raises(REFUSED, match="may not be used again"):
        shop.api.payment_methods.attach(method.id, {"customer": customer.id})


def test_the_default_must_be_the_customers_own(shop: Shop, customer: Any) -> None:
    other = shop.api.customers.create({"name": "Bea"})
    theirs = shop.api.payment_methods.attach("pm_card_visa", {"customer": other.id})

    with pytest.raises(REFUSED, match="does not have a payment method"):
        shop.api.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": theirs.id}}
        )


def test_a_debit_takes_days_and_then_succeeds(shop: Shop, customer: Any) -> None:
    method = save_debit(shop, customer.id).payment_method
    intent = shop.pay(method, customer=customer.id, off_session=True)

    shop.sandbox.advance(2 * DAY)
    waiting = shop.api.payment_intents.retrieve(intent.id)
    shop.sandbox.advance(2 * DAY)

    assert (intent.status, waiting.status) == ("processing", "processing")
    assert shop.api.payment_intents.retrieve(intent.id).status == "succeeded"
    assert [one["status"] for one in shop.charges()] == ["succeeded"]


@pytest.mark.parametrize(
    ("iban", "failure"),
    [
        ("ES9121000418450200051332", "generic_could_not_process"),
        ("ES1700120345000002222227", "insufficient_funds"),
    ],
)
def test_a_debit_that_comes_back_opens_the_intent(
    shop: Shop, customer: Any, iban: str, failure: str
) -> None:
    method = save_debit(shop, customer.id, iban).payment_method
    intent = shop.pay(method, customer=customer.id, off_session=True)

    shop.sandbox.advance(4 * DAY)

    found = shop.api.payment_intents.retrieve(intent.id)
    assert found.status == "requires_payment_method"
    assert found.last_payment_error.decline_code == failure
    assert shop.events()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_debit_needs_a_mandate(shop: Shop, customer: Any) -> None:
    wanted = {"payment_method_data": debit("ES0700120345030000067890"), "customer": customer.id}
    wanted |= {"amount": 1500, "currency": "eur", "confirm": True, "return_url": RETURN}

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.create(wanted)
    intent = shop.api.payment_intents.create(wanted | MANDATE)

    assert caught.value.code == "payment_intent_mandate_invalid"
    assert intent.status == "processing"
    charge = shop.api.charges.retrieve(intent.latest_charge)
    mandate = shop.api.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
    assert (mandate.type, mandate.single_use.amount) == ("single_use", 1500)


def test_only_test_accounts_are_taken(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.payment_methods.create(debit("ES6621000418401234567891"))

    assert caught.value.code == "invalid_bank_account_iban"


def boleto(shop: Shop) -> Any:
    """A Boleto voucher over 99.00."""
    where = {
        "line1": "Rua A, 1",
        "city": "Recife",
        "state": "PE",
        "postal_code": "50000-000",
        "country": "BR",
    }
    details = {"name": "Joana", "email": "joana@example.com", "address": where}
    tax_id = {"tax_id": "000.000.000-00"}
    method = {"type": "boleto", "boleto": tax_id, "billing_details": details}
    wanted = {"amount": 9900, "currency": "brl", "payment_method_data": method, "confirm": True}
    return shop.api.payment_intents.create(wanted | {"return_url": RETURN})


def test_a_voucher_ends_before_midnight_in_sao_paulo(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="BR", default_currency="brl")

    voucher = boleto(shop).next_action.boleto_display_details

    end = datetime.fromtimestamp(voucher.expires_at, ZoneInfo("America/Sao_Paulo"))
    now = datetime.fromtimestamp(shop.sandbox.clock.now(), ZoneInfo("America/Sao_Paulo"))
    assert (end.hour, end.minute, (end.date() - now.date()).days) == (23, 59, 3)
    assert shop.transport.wrong == []


def test_a_voucher_not_paid_in_time_fails(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="BR", default_currency="brl")
    intent = boleto(shop)

    shop.sandbox.advance(5 * DAY)
    shop.browser.post(
        path_of(intent.next_action.boleto_display_details.hosted_voucher_url), data={"pay": "yes"}
    )

    assert shop.api.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert shop.charges() == []


def test_the_voucher_is_a_pdf_too(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(country="BR", default_currency="brl")

    answer = shop.browser.get(path_of(boleto(shop).next_action.boleto_display_details.pdf))

    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amount": 10}, "amount_too_small"),
        ({"amount": 100_000_000}, "amount_too_large"),
        (
            {"allowed_payment_method_types": ["boleto"]},
            "payment_intent_no_valid_payment_method_types",
        ),
        ({"payment_method": "pm_none"}, "resource_missing"),
        ({"customer": "cus_none"}, "resource_missing"),
        ({"on_behalf_of": "acct_1"}, "sandbox_unsupported"),
        (
            {"capture_method": "manual", "allowed_payment_method_types": ["sepa_debit"]},
            "payment_intent_no_valid_payment_method_types",
        ),
    ],
)
def test_wrong_payments_are_refused_before_anything_is_made(
    shop: Shop, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.pay("pm_card_visa", **wrong)

    assert caught.value.code == code
    assert shop.api.payment_intents.list().data == []


def test_a_set_up_by_a_bank_that_asks(shop: Shop, customer: Any) -> None:
    wanted = {"customer": customer.id, "payment_method": "pm_card_authenticationRequired"}
    intent = shop.api.setup_intents.create(wanted | {"confirm": True, "return_url": RETURN})

    answer = shop.browser.post(
        path_of(intent.next_action.redirect_to_url.url), data={"complete": "yes"}
    )

    assert f"setup_intent={intent.id}" in answer.location
    assert shop.api.setup_intents.retrieve(intent.id).status == "succeeded"
    assert shop.events()[-2:] == ["payment_method.attached", "setup_intent.succeeded"]


def test_a_refused_set_up_is_a_card_error_with_its_intent(shop: Shop, customer: Any) -> None:
    wanted = {"customer": customer.id, "payment_method": "pm_card_visa_chargeDeclined"}

    with pytest.raises(stripe.CardError) as caught:
        shop.api.setup_intents.create(wanted | {"confirm": True, "return_url": RETURN})

    assert caught.value.error is not None
    assert caught.value.error.setup_intent.status == "requires_payment_method"
    assert shop.events()[-1] == "setup_intent.setup_failed"


def test_fees_are_booked_and_refunds_given_in_parts(shop: Shop) -> None:
    intent = shop.pay("pm_card_visa", expand=["latest_charge.balance_transaction"])
    booked = intent.latest_charge.balance_transaction

    shop.api.refunds.create({"payment_intent": intent.id, "amount": 500})
    shop.api.refunds.create({"payment_intent": intent.id})

    charge = shop.api.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (booked.amount, booked.fee, booked.net) == (1500, 47, 1453)
    assert (charge.refunded, charge.amount_refunded, len(charge.refunds.data)) == (True, 1500, 2)
    with pytest.raises(REFUSED) as caught:
        shop.api.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("token", "first", "last"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
    ],
)
def test_some_refunds_end_later(shop: Shop, token: str, first: str, last: str) -> None:
    intent = shop.pay(token)
    refund = shop.api.refunds.create({"payment_intent": intent.id})

    shop.sandbox.advance(DAY)

    assert (refund.status, shop.api.refunds.retrieve(refund.id).status) == (first, last)


def test_the_ledger_shows_each_charge_with_what_it_paid(shop: Shop, customer: Any) -> None:
    shop.pay("pm_card_visa", customer=customer.id, metadata={"invoice": "F1"})

    found = shop.charges()

    assert len(found) == 1
    assert (found[0]["amount"], found[0]["currency"]) == (1500, "eur")
    assert (found[0]["customer"], found[0]["metadata"]) == (customer.id, {"invoice": "F1"})


def test_the_ledger_names_the_invoice_that_a_charge_paid(shop: Shop, customer: Any) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    product = shop.api.products.create({"name": "Club"})
    recurring = {"currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    price = shop.api.prices.create({"product": product.id} | recurring)
    items = {"items": [{"price": price.id}], "default_payment_method": method.id}

    made = shop.api.subscriptions.create({"customer": customer.id} | items)

    assert [one["invoice"] for one in shop.charges()] == [made.latest_invoice]


def test_a_charge_has_a_receipt_page_and_a_mandate_a_page(shop: Shop, customer: Any) -> None:
    intent = shop.pay("pm_card_visa", expand=["latest_charge"])
    mandate = shop.api.mandates.retrieve(save_debit(shop, customer.id).mandate)

    receipt = shop.browser.get(path_of(intent.latest_charge.receipt_url)).text
    words = shop.browser.get(path_of(mandate.payment_method_details.sepa_debit.url)).text

    assert "€15.00" in receipt
    assert mandate.payment_method_details.sepa_debit.reference in words


def test_the_front_page_leads_to_the_ledgers(shop: Shop) -> None:
    page = shop.browser.get("/", follow_redirects=True).text

    assert "/_sandbox/ledger.json" in page
    assert shop.account["id"] in page


@pytest.mark.parametrize("path", ["", "/confirm", "/capture", "/increment_authorization"])
def test_an_intent_cannot_be_given_lines_so_it_has_none(shop: Shop, path: str) -> None:
    made = shop.api.payment_intents.create({"amount": 1500, "currency": "eur"})
    lines = {"amount_details[discount_amount]": "0"}
    more = {"amount": "2000"} if path == "/increment_authorization" else {}

    answer = shop.call("POST", f"/v1/payment_intents/{made.id}{path}", data=lines | more)

    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("sandbox_unsupported", "amount_details")
    assert shop.api.payment_intents.amount_details_line_items.list(made.id).data == []
