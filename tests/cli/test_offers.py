"""`flask portal offer`: what is offered to those who are about to leave."""

from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask

from portal.domain.cancellations import Leaving
from portal.services import cancellations, offers
from portal.store import offers as rows
from tests.factories import make_customer
from tests.house import House
from tests.offering import coupon_of
from tests.shop import GOOD, Shop


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["portal", "offer", *arguments])


def coupon(house: House, id: str, **fields) -> None:
    house.stripe.v1.coupons.create({"id": id, "percent_off": 20, "duration": "once", **fields})


def test_an_offer_is_added_listed_and_removed(house: House, app: Flask) -> None:
    coupon(house, "STAY20")

    added = run(app, "add", "nuvol", "--coupon", "STAY20")
    listed = run(app, "list", "nuvol")
    removed = run(app, "remove", "nuvol", "--coupon", "STAY20")
    empty = run(app, "list", "nuvol")

    assert added.exit_code == listed.exit_code == removed.exit_code == 0
    assert "now offers STAY20" in added.output
    assert listed.output.strip().split("\t")[1:] == ["STAY20"]
    assert "offers nothing" in empty.output


@pytest.mark.parametrize(
    ("id", "words"), [("FOREVER", "lasts forever"), ("NEVER", "knows no coupon")]
)
def test_b48_what_is_no_offer_is_refused_in_one_line(
    house: House, app: Flask, id: str, words: str
) -> None:
    coupon(house, "FOREVER", duration="forever")

    result = run(app, "add", "nuvol", "--coupon", id)

    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output


def test_stripe_being_down_is_said(house: House, app: Flask) -> None:
    house.stripe_wire.is_cut = True

    result = run(app, "add", "nuvol", "--coupon", "STAY20")

    assert result.exit_code == 1
    assert "Stripe does not answer. Nothing was changed." in result.output


def test_removing_what_is_not_offered_and_a_merchant_nobody_knows_are_told(
    house: House, app: Flask
) -> None:
    missing = run(app, "remove", "nuvol", "--coupon", "NEVER")
    unknown = run(app, "list", "nobody")

    assert "does not offer" in missing.output
    assert "no merchant" in unknown.output


def add_visits(house: House, offer: int, *, is_control: bool, stayed: int, of: int) -> None:
    """Write what so many customers did whom an offer fitted; of those shown it, who stay accept."""
    now = datetime.now(UTC)
    for number in range(of):
        does_stay = number < stayed
        accepts = does_stay and not is_control
        payer = make_customer(house.db, house.merchant)
        with house.db.write() as unit:
            rows.record(
                unit,
                house.merchant.id,
                payer,
                f"sub_{is_control}_{number}",
                offer,
                "accepted" if accepts else "kept" if does_stay else "cancelled",
                is_control=is_control,
                reason="",
                accepted=accepts,
                now=now,
            )


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (100, "lift: +20.0 points (95 % interval: +7.3 to +31.9)"),
        (99, "too few to say"),
    ],
)
def test_the_report_says_what_an_offer_does_or_that_it_cannot(
    house: House, app: Flask, of: int, words: str
) -> None:
    coupon(house, "STAY20")
    offer = offers.add(house.at, coupon_of("STAY20"))
    add_visits(house, offer, is_control=False, stayed=80, of=of)
    add_visits(house, offer, is_control=True, stayed=60, of=100)

    result = run(app, "report", "nuvol")

    assert f"accepted by 80 of {of}" in result.output
    assert "stayed without it: 60 of 100 (60.0%)" in result.output
    assert words in result.output


@pytest.mark.database
def test_the_report_counts_reasons_and_says_that_no_offer_was_shown(
    house: House, app: Flask
) -> None:
    shop = Shop(house)
    shop.configure()
    customer = shop.customer(GOOD)
    subscription = shop.subscribe(customer)
    cancellations.cancel(shop.visit(customer), subscription, Leaving("unused"))

    result = run(app, "report", "nuvol", "--days", "9999")

    assert "Left in 9999 days: 1\n  1\tunused\n" in result.output
    assert "No offer was shown" in result.output


def test_conditions_are_kept_and_listed(house: House, app: Flask) -> None:
    coupon(house, "STAY20")

    run(
        app, "add", "nuvol", "--coupon", "STAY20", "--reason", "unused", "--country", "es",
        "--days-from", "30", "--price-to", "5000", "--currency", "EUR",
    )  # fmt: skip
    listed = run(app, "list", "nuvol")

    told = "[reason unused, country ES, subscribed 30 to … days, paying 0 to 5000 eur]"
    assert told in listed.output


@pytest.mark.provider
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say one of"),
        (["--coupon", "A", "--trial-days", "7"], "Say one of"),
        (["--coupon", "A", "--reason", "boredom"], "is none of"),
        (["--coupon", "A", "--price-to", "5"], "go with --currency"),
        (["--trial-days", "366"], "1 to 365 days"),
        (["--price", "price_none"], "knows no price"),
    ],
)
def test_what_is_no_offer_is_said_and_not_kept(
    house: House, app: Flask, arguments: list[str], words: str
) -> None:
    result = run(app, "add", "nuvol", *arguments)

    assert result.exit_code
    assert words in result.output
    assert offers.list_all(house.db, house.merchant) == []
