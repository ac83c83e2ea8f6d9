"""The merchant's offers to those who leave."""

import pytest

from portal.domain.errors import InvalidInput, NotFound
from portal.services import offers
from tests.house import House
from tests.offering import coupon_of


def coupon(house: House, id: str, **fields) -> None:
    house.stripe.v1.coupons.create({"id": id, "percent_off": 20, "duration": "once", **fields})


def listed(house: House) -> list[str]:
    return [offer.terms.coupon for offer in offers.list_all(house.db, house.merchant)]


def test_offers_stand_in_the_order_they_were_added(house: House) -> None:
    for id in ("A", "B"):
        coupon(house, id)
        offers.add(house.at, coupon_of(id))

    assert listed(house) == ["A", "B"]


def test_an_offer_added_twice_stands_once_and_in_its_place(house: House) -> None:
    for id in ("A", "B"):
        coupon(house, id)
        offers.add(house.at, coupon_of(id))

    offers.add(house.at, coupon_of("A"))

    assert listed(house) == ["A", "B"]


def test_a_removed_offer_can_be_added_again_at_the_end(house: House) -> None:
    for id in ("A", "B"):
        coupon(house, id)
        offers.add(house.at, coupon_of(id))

    offers.remove(house.at, offers.list_all(house.db, house.merchant)[0].id)
    offers.add(house.at, coupon_of("A"))

    assert listed(house) == ["B", "A"]


def test_b48_a_coupon_that_lasts_forever_is_no_offer(house: House) -> None:
    coupon(house, "FOREVER", duration="forever")

    with pytest.raises(InvalidInput) as refusal:
        offers.add(house.at, coupon_of("FOREVER"))

    assert (refusal.value.field, refusal.value.problem) == ("coupon", "forever")
    assert listed(house) == []


def test_a_coupon_that_is_missing_or_spent_is_no_offer(house: House) -> None:
    coupon(house, "SPENT", redeem_by=int(house.now().timestamp()) + 60)
    house.control("stripe", "clock", advance=120)

    with pytest.raises(InvalidInput) as spent:
        offers.add(house.at, coupon_of("SPENT"))
    with pytest.raises(InvalidInput) as missing:
        offers.add(house.at, coupon_of("NEVER"))

    assert (spent.value.problem, missing.value.problem) == ("invalid", "missing")


def test_removing_what_is_not_offered_says_so(house: House) -> None:
    with pytest.raises(NotFound):
        offers.remove(house.at, 999)
