"""Whom a declaration is of, and what it is surely about."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.domain.catalogue import Price
from portal.domain.declarations import (
    Declaration,
    DeclarationState,
    Lane,
    concerns,
    is_named,
    is_of,
    meant,
)
from portal.domain.subscriptions import Subscription, SubscriptionItem, SubscriptionStatus

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
END = datetime(2026, 12, 20, 9, tzinfo=UTC)
ITEM = SubscriptionItem("si_1", Price("price_1", "prod_1", "eur", 900, "month"), 1, NOW, END)
ONE = Subscription("sub_Aa1", "cus_1", SubscriptionStatus.ACTIVE, "eur", (ITEM,))
TWO = replace(ONE, id="sub_Bb2")
ENDING = Declaration(
    1, "t", Lane.DE, "Ana", "ana@x.example", "Pro", False, "", None, NOW, DeclarationState.RECEIVED
)


@pytest.mark.parametrize(
    ("lane", "country", "is_business", "is_shown"),
    [
        (Lane.DE, "DE", False, True),
        (Lane.DE, "", False, True),
        (Lane.DE, "AT", False, False),
        (Lane.DE, "DE", True, False),
        (Lane.FR, "FR", False, True),
        (Lane.FR, "BE", False, False),
        (Lane.EU, "ES", False, True),
        (Lane.EU, "US", False, False),
        (Lane.EU, "ES", True, False),
        (Lane.EUDE, "DE", False, True),
        (Lane.EUDE, "ES", False, False),
    ],
)
def test_l3_a_lane_is_for_consumers_of_its_country(
    lane: Lane, country: str, is_business: bool, is_shown: bool
) -> None:
    assert concerns(lane, country, is_business=is_business) is is_shown


@pytest.mark.parametrize(
    ("typed", "known", "is_same"),
    [
        ("Ana Puig", "ana  PUIG", True),
        ("Ana Puig", "Puig, Ana", True),
        ("Forn Aurora", "Forn Aurora S.L.", True),
        ("Ana Puig", "Ana Roca", False),
        ("", "Ana", False),
        ("Ana", "", False),
        ("…", "Ana", False),
        ("Forn Aurora S.L.U.", "forn aurora", True),
        ("S.L.", "Forn Aurora S.L.", False),
        ("GmbH & Co KG", "Brot GmbH & Co KG", False),
        ("de la", "Ana de la Cruz", False),
        ("Ana", "Ana Puig", False),
        ("Ana Eva Joan Marc Pere", "Ana", False),
        ("Ana Eva Joan Marc Pere Puig Roca Soler", "Ana Puig", False),
    ],
)
def test_a_name_is_one_persons_however_it_is_written(typed: str, known: str, is_same: bool) -> None:
    assert is_named(typed, known) is is_same


@pytest.mark.parametrize(
    ("name", "contract", "is_theirs"),
    [
        ("Ana", "Pro", True),
        ("Somebody", "Pro", False),
        ("Somebody", "Kundennummer: CUS_1.", True),
        ("Somebody", "sub_Aa1", True),
        ("Somebody", "sub_Aa12", False),
        ("Somebody", "", False),
    ],
)
def test_a_declaration_is_somebodys_by_name_or_by_an_id(
    name: str, contract: str, is_theirs: bool
) -> None:
    declaration = replace(ENDING, name=name, contract=contract)

    assert is_of(declaration, "Ana", ("cus_1", "", "sub_Aa1")) is is_theirs


@pytest.mark.parametrize(
    ("declaration", "running", "found"),
    [
        (ENDING, [ONE], ONE),
        (ENDING, [], None),
        (ENDING, [ONE, TWO], None),
        (replace(ENDING, contract="it is sub_bb2"), [ONE, TWO], TWO),
        (ENDING, [replace(ONE, cancel_at_period_end=True)], None),
        (ENDING, [replace(ONE, cancel_at_period_end=True), TWO], TWO),
        (replace(ENDING, is_for_cause=True), [ONE], None),
        (replace(ENDING, lane=Lane.EU), [ONE], None),
        (replace(ENDING, ends_on=date(2026, 12, 1)), [ONE], ONE),
        (replace(ENDING, ends_on=date(2026, 12, 20)), [ONE], ONE),
        (replace(ENDING, ends_on=date(2026, 12, 21)), [ONE], None),
    ],
)
def test_only_what_is_sure_is_found(
    declaration: Declaration, running: list[Subscription], found: Subscription | None
) -> None:
    assert meant(declaration, running) is found
