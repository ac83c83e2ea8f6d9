"""Which kinds of payment methods serve whom, by the documented conditions of each."""

import pytest

from portal.domain.decisions import Reason
from portal.domain.method_types import (
    BY_TYPE,
    CATALOGUE,
    PaymentMethodType,
    Terms,
    kept_by_paying,
    may_pay_with,
    to_pay_with,
    to_save,
    unusable,
)
from portal.domain.money import Money

SPAIN = Terms("ES")
# facts of docs.stripe.com/customer-management: the twelve kinds, a currency and a country of each.
OF_THE_PORTAL = [
    ("us_bank_account", "usd", "US"),
    ("amazon_pay", "usd", "US"),
    ("au_becs_debit", "aud", "AU"),
    ("boleto", "brl", "BR"),
    ("card", "eur", "ES"),
    ("cashapp", "usd", "US"),
    ("link", "eur", "ES"),
    ("nz_bank_account", "nzd", "NZ"),
    ("paypal", "eur", "ES"),
    ("acss_debit", "cad", "CA"),
    ("sepa_debit", "eur", "ES"),
    ("bacs_debit", "gbp", "GB"),
]


def types(kinds: tuple[PaymentMethodType, ...]) -> set[str]:
    return {kind.type for kind in kinds}


@pytest.mark.parametrize(("type", "currency", "country"), OF_THE_PORTAL)
def test_a_kind_of_stripes_portal_serves_whom_its_table_says(
    type: str, currency: str, country: str
) -> None:
    assert BY_TYPE[type].in_portal
    assert BY_TYPE[type].fits(currency, country)


def test_the_portals_table_has_twelve_kinds() -> None:
    assert {row.type for row in CATALOGUE if row.in_portal} == {row[0] for row in OF_THE_PORTAL}


@pytest.mark.parametrize(
    ("type", "currency", "country"),
    [
        ("sepa_debit", "usd", "ES"),
        ("us_bank_account", "usd", "ES"),
        ("boleto", "brl", "PT"),
        ("bacs_debit", "eur", "GB"),
        ("paypal", "usd", "US"),
        ("bizum", "gbp", "ES"),
        ("revolut_pay", "gbp", "ES"),
        ("revolut_pay", "eur", "GB"),
        ("billie", "eur", "CH"),
        ("alipay", "usd", "ES"),
        ("satispay", "eur", "GB"),
    ],
)
def test_a_kind_is_not_offered_where_it_does_not_serve(
    type: str, currency: str, country: str
) -> None:
    assert not BY_TYPE[type].fits(currency, country)


def test_a_spanish_merchant_can_be_paid_in_euros_by_what_serves_spain() -> None:
    assert types(to_pay_with(Money(121_00, "eur"), SPAIN)) == {
        "alipay", "alma", "amazon_pay", "bancontact", "billie", "bizum", "card", "eps", "ideal",
        "klarna", "link", "mb_way", "mobilepay", "multibanco", "p24", "pay_by_bank", "paypal",
        "revolut_pay", "satispay", "sepa_debit", "wechat_pay",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "country", "type", "is_offered"),
    [
        (Money(50, "eur"), "ES", "bizum", True),
        (Money(49, "eur"), "ES", "bizum", False),
        (Money(5_000_00, "eur"), "ES", "bizum", True),
        (Money(5_000_01, "eur"), "ES", "bizum", False),
        (Money(49_99, "eur"), "ES", "alma", False),
        (Money(5_00, "brl"), "BR", "boleto", True),
        (Money(4_99, "brl"), "BR", "boleto", False),
        (Money(10_000_00, "mxn"), "MX", "oxxo", True),
        (Money(10_000_01, "mxn"), "MX", "oxxo", False),
        (Money(119, "jpy"), "JP", "konbini", False),
        (Money(10_000_01, "gbp"), "GB", "pay_by_bank", False),
        (Money(10_000_01, "eur"), "ES", "pay_by_bank", True),
        (Money(1, "eur"), "ES", "card", True),
    ],
)
def test_a_sum_beyond_the_documented_bounds_is_not_offered(
    amount: Money, country: str, type: str, is_offered: bool
) -> None:
    assert (type in types(to_pay_with(amount, Terms(country)))) is is_offered


def test_what_the_merchant_decided_for_is_all_that_is_offered() -> None:
    terms = Terms("ES", chosen=("card", "bizum", "boleto"))

    assert types(to_pay_with(Money(100, "eur"), terms)) == {"card", "bizum"}
    assert types(to_save("eur", terms)) == {"card"}


def test_what_the_account_does_not_take_is_not_offered() -> None:
    terms = Terms("ES", chosen=("card", "bizum"), turned_off=frozenset({"bizum"}))

    assert types(to_pay_with(Money(100, "eur"), terms)) == {"card"}


def test_an_account_that_was_never_read_leaves_nothing_out() -> None:
    never, nothing_off = Terms("ES"), Terms("ES", turned_off=frozenset())

    assert (never.is_known, nothing_off.is_known) == (False, True)
    assert to_pay_with(Money(100, "eur"), never) == to_pay_with(Money(100, "eur"), nothing_off)


def test_only_what_stripe_can_charge_again_is_saved_without_paying() -> None:
    assert types(to_save("eur", SPAIN)) == {
        "amazon_pay", "card", "link", "paypal", "revolut_pay", "sepa_debit",
    }  # fmt: skip
    assert types(to_save("brl", Terms("BR"))) == {"card", "link"}


def test_y3_a_kind_that_pays_once_is_never_asked_to_be_kept() -> None:
    offered = [row.type for row in to_pay_with(Money(100_00, "eur"), SPAIN)]

    assert kept_by_paying(offered) == ("card", "link", "sepa_debit", "amazon_pay", "revolut_pay")


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.type)
def test_a_row_does_not_contradict_itself(row: PaymentMethodType) -> None:
    keeps = row.in_setup or row.saves_by_paying

    assert row.is_reusable == keeps
    assert row.is_reusable or not (row.has_mandate or row.in_portal)
    assert row.bounds is None or row.bounds.currency in row.currencies
    assert row.source.startswith("https://docs.stripe.com/")


@pytest.mark.parametrize(
    ("type", "amount", "chosen", "reason"),
    [
        ("sepa_debit", Money(100, "eur"), (), None),
        ("sepa_debit", Money(100, "eur"), ("card", "sepa_debit"), None),
        ("sepa_debit", Money(100, "eur"), ("card",), Reason.METHOD_NOT_TAKEN),
        ("sepa_debit", Money(100, "usd"), (), Reason.METHOD_NOT_FOR_CURRENCY),
        ("giropay", Money(100, "eur"), (), Reason.METHOD_NOT_FOR_CURRENCY),
        ("bizum", Money(9_000_00, "eur"), (), Reason.METHOD_NOT_FOR_AMOUNT),
    ],
)
def test_a_saved_method_pays_what_its_kind_takes(
    type: str, amount: Money, chosen: tuple[str, ...], reason: Reason | None
) -> None:
    assert may_pay_with(BY_TYPE.get(type), amount, "ES", chosen).reason is reason


def test_a_decision_is_checked_against_the_table_and_the_country() -> None:
    assert unusable(["card", "boleto", "bitcoin"], "ES") == {"boleto": True, "bitcoin": False}
