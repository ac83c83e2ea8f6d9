"""Bank debits: test accounts by token and by number, mandates, microdeposits, days of the clock."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from portal.sandbox.stripe import instruments
from tests.sandbox.stripe.conftest import RETURN, Shop, path_of
from tests.sandbox.stripe.payments.conftest import (
    DAY,
    MANDATE,
    PERSON,
    control,
    kinds,
    pay,
    read,
)

REFUSED = stripe.InvalidRequestError
SHOPS = {
    "us_bank_account": ("US", "usd"),
    "acss_debit": ("CA", "cad"),
    "au_becs_debit": ("AU", "aud"),
    "nz_bank_account": ("NZ", "nzd"),
    "bacs_debit": ("GB", "gbp"),
    "sepa_debit": ("ES", "eur"),
}
ACCOUNTS = instruments.accounts().values()
TOKENS = [
    (one.token, one.kind)
    for one in ACCOUNTS
    if one.token and one.kind in SHOPS and one.token.rpartition("_")[2] in ("success", "es")
]


def shop_of(open_shop: Callable[..., Shop], kind: str) -> Shop:
    """An account of the country where a type is at home."""
    country, currency = SHOPS[kind]
    return open_shop(country=country, default_currency=currency)


def american_account(number: str = "000123456789") -> dict[str, Any]:
    """The data of an American bank account."""
    parts = {"account_number": number, "routing_number": "110000000"}
    account = parts | {"account_holder_type": "individual"}
    return {"type": "us_bank_account", "us_bank_account": account, "billing_details": PERSON}


def unverified(shop: Shop, number: str = "000123456789") -> Any:
    """A debit that waits for microdeposits."""
    wanted = {"amount": 2000, "currency": "usd", "confirm": True, "return_url": RETURN} | MANDATE
    data = {"payment_method_data": american_account(number)}
    return shop.api.payment_intents.create(wanted | data)


@pytest.mark.parametrize(("token", "kind"), TOKENS)
def test_a_test_account_ends_as_published(
    open_shop: Callable[..., Shop], token: str, kind: str
) -> None:
    shop = shop_of(open_shop, kind)
    outcome = next(one.outcome for one in ACCOUNTS if one.token == token)

    intent = pay(shop, f"pm_{token}", SHOPS[kind][1])
    shop.sandbox.advance(6 * DAY)

    ended = read(shop, intent)
    assert intent.status == "processing"
    assert (ended.status == "requires_payment_method") == bool(outcome.failure)
    assert shop.transport.wrong == []


@pytest.mark.parametrize("kind", sorted(set(SHOPS) - {"sepa_debit"}))
def test_every_outcome_of_a_bank_is_as_published(open_shop: Callable[..., Shop], kind: str) -> None:
    shop = shop_of(open_shop, kind)
    known = [one for one in ACCOUNTS if one.kind == kind and one.token and not one.outcome.unsent]
    made = [pay(shop, f"pm_{one.token}", SHOPS[kind][1]) for one in known]

    shop.sandbox.advance(6 * DAY)

    said = {
        one.token: (found.last_payment_error and found.last_payment_error.decline_code)
        or found.status
        for one, found in zip(known, (read(shop, intent) for intent in made), strict=True)
    }
    usual = {True: "processing", False: "succeeded"}
    assert said == {one.token: one.outcome.failure or usual[one.outcome.forever] for one in known}
    assert shop.transport.wrong == []


def test_both_spellings_of_a_sepa_token_are_one_account(shop: Shop, customer: Any) -> None:
    spelt = [
        shop.api.payment_methods.attach(token, {"customer": customer.id})
        for token in ("pm_success_de", "pm_sepaDebit_success_de")
    ]

    assert len({one.sepa_debit.fingerprint for one in spelt}) == 1
    assert {one.sepa_debit.last4 for one in spelt} == {"3000"}


@pytest.mark.parametrize(
    ("iban", "code"),
    [
        ("DE91370400440000055555", "sepa_debit_bank_not_supported"),
        ("DE18370400440000066666", "sepa_debit_debits_not_supported"),
    ],
)
def test_some_ibans_are_published_as_refused(shop: Shop, iban: str, code: str) -> None:
    data = {"type": "sepa_debit", "sepa_debit": {"iban": iban}, "billing_details": PERSON}

    with pytest.raises(REFUSED) as caught:
        shop.api.payment_methods.create(data)

    assert caught.value.code == code


def test_no_other_account_is_taken(american: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        american.api.payment_methods.create(american_account("987654321"))

    assert caught.value.code == "account_number_invalid"


def test_a_failed_debit_can_end_its_mandate(open_shop: Callable[..., Shop]) -> None:
    shop = shop_of(open_shop, "bacs_debit")
    customer = shop.api.customers.create({"name": "Ana"})
    intent = pay(
        shop,
        "pm_bacsDebit_debitNotAuthorized",
        "gbp",
        customer=customer.id,
        setup_future_usage="off_session",
    )
    charge = shop.api.charges.retrieve(intent.latest_charge)
    mandate = charge.payment_method_details.bacs_debit.mandate

    shop.sandbox.advance(6 * DAY)

    ended = shop.api.mandates.retrieve(mandate)
    details = ended.payment_method_details.bacs_debit
    assert (ended.status, details.network_status) == ("inactive", "revoked")
    assert "mandate.updated" in shop.events()
    with pytest.raises(REFUSED):
        pay(shop, intent.payment_method, "gbp", customer=customer.id, off_session=True)


def test_a_bank_may_refuse_a_mandate(open_shop: Callable[..., Shop]) -> None:
    shop = shop_of(open_shop, "bacs_debit")
    customer = shop.api.customers.create({"name": "Ana"})
    wanted = {"customer": customer.id, "payment_method": "pm_bacsDebit_mandateRefused"}
    intent = shop.api.setup_intents.create(
        wanted | {"confirm": True, "return_url": RETURN} | MANDATE
    )

    assert intent.status == "succeeded"
    assert shop.api.mandates.retrieve(intent.mandate).status == "inactive"


def test_a_revoked_mandate_stops_later_debits(shop: Shop, customer: Any) -> None:
    wanted = {"customer": customer.id, "payment_method": "pm_success_es", "confirm": True}
    saved = shop.api.setup_intents.create(wanted | {"return_url": RETURN} | MANDATE)

    control(shop, "mandates", mandate=saved.mandate)

    asked = {"amount": 1500, "currency": "eur", "customer": customer.id, "off_session": True}
    with pytest.raises(REFUSED) as caught:
        shop.api.payment_intents.create(
            asked | {"payment_method": saved.payment_method, "confirm": True}
        )
    assert caught.value.code == "payment_intent_mandate_invalid"


@pytest.mark.parametrize("proof", [{"amounts": [32, 45]}, {"descriptor_code": "SM11AA"}])
def test_microdeposits_begin_the_debit(american: Shop, proof: dict[str, Any]) -> None:
    intent = unverified(american)

    begun = american.api.payment_intents.verify_microdeposits(intent.id, proof)

    assert intent.next_action.type == "verify_with_microdeposits"
    assert (intent.status, begun.status) == ("requires_action", "processing")


@pytest.mark.parametrize(
    ("proof", "code", "status"),
    [
        ({"amounts": [1, 2]}, "verification_amounts_mismatch", "requires_action"),
        (
            {"descriptor_code": "SM00ZZ"},
            "verification_descriptor_code_mismatch",
            "requires_action",
        ),
        ({"amounts": [10, 11]}, "verification_attempts_exceeded", "requires_payment_method"),
        ({"descriptor_code": "SM44DD"}, "verification_timeout", "requires_payment_method"),
        ({"amounts": [32]}, "verification_amounts_invalid", "requires_action"),
    ],
)
def test_wrong_microdeposits_are_told_apart(
    american: Shop, proof: dict[str, Any], code: str, status: str
) -> None:
    intent = unverified(american)

    with pytest.raises(REFUSED) as caught:
        american.api.payment_intents.verify_microdeposits(intent.id, proof)

    assert caught.value.code == f"payment_method_microdeposit_{code}"
    assert read(american, intent).status == status


def test_deposits_that_cannot_be_sent_end_the_attempt(american: Shop) -> None:
    intent = unverified(american, "000666666661")

    american.sandbox.advance(3 * DAY)

    error = read(american, intent).last_payment_error
    assert error.code == "payment_method_microdeposit_failed"


def test_an_account_is_verified_on_the_hosted_page(american: Shop) -> None:
    intent = unverified(american)
    url = path_of(intent.next_action.verify_with_microdeposits.hosted_verification_url)

    wrong = american.browser.post(url, data={"first": "1", "second": "2"})
    right = american.browser.post(url, data={"first": "32", "second": "45"})

    assert (wrong.status_code, right.status_code) == (400, 303)
    assert "do not match" in wrong.text
    assert "under way" in american.browser.get(url).text
    assert read(american, intent).status == "processing"


def test_a_verified_account_is_saved_and_charged_later(american: Shop) -> None:
    customer = american.api.customers.create({"name": "Ana"})
    wanted = {"customer": customer.id, "payment_method_data": american_account(), "confirm": True}
    setup = american.api.setup_intents.create(wanted | {"return_url": RETURN} | MANDATE)

    done = american.api.setup_intents.verify_microdeposits(setup.id, {"amounts": [32, 45]})
    later = pay(american, done.payment_method, customer=customer.id, off_session=True)

    assert (setup.status, done.status, later.status) == (
        "requires_action",
        "succeeded",
        "processing",
    )
    assert american.api.mandates.retrieve(done.mandate).status == "active"


def test_an_account_that_is_not_verified_cannot_be_attached(american: Shop) -> None:
    customer = american.api.customers.create({"name": "Ana"})
    method = american.api.payment_methods.create(american_account())

    with pytest.raises(REFUSED) as caught:
        american.api.payment_methods.attach(method.id, {"customer": customer.id})

    assert caught.value.code == "bank_account_unverified"


def test_a_debit_that_never_ends_can_be_cancelled(american: Shop) -> None:
    endless, usual = (
        pay(american, "pm_usBankAccount_processing"),
        pay(american, "pm_usBankAccount_success"),
    )
    american.sandbox.advance(DAY)

    ended = american.api.payment_intents.cancel(endless.id)

    assert ended.status == "canceled"
    with pytest.raises(REFUSED) as caught:
        american.api.payment_intents.cancel(usual.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_a_disputed_debit_is_lost_at_once(shop: Shop) -> None:
    intent = pay(shop, "pm_disputed_es", "eur")

    shop.sandbox.advance(4 * DAY)

    dispute = shop.api.disputes.list({"payment_intent": intent.id}).data[0]
    assert read(shop, intent).status == "succeeded"
    assert (dispute.status, dispute.is_charge_refundable) == ("lost", False)
    assert kinds(shop, "charge.dispute") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


def test_a_prefix_of_the_merchant_begins_the_mandate(shop: Shop) -> None:
    options = {"sepa_debit": {"mandate_options": {"reference_prefix": "BLAU-"}}}

    intent = pay(shop, "pm_success_es", "eur", payment_method_options=options)

    charge = shop.api.charges.retrieve(intent.latest_charge)
    mandate = shop.api.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
    assert mandate.payment_method_details.sepa_debit.reference.startswith("BLAU-")
