"""What went back of a charge, and what of its excess still has to."""

import pytest

from portal.domain.refunds import Refund, RefundState, given_back, still_owed


def _refund(amount: int, state: RefundState) -> Refund:
    return Refund(
        id="re_1", charge="ch_1", intent="pi_1", amount=amount, currency="eur", state=state
    )


def test_what_failed_or_was_cancelled_gave_nothing_back() -> None:
    refunds = [_refund(1 << place, state) for place, state in enumerate(RefundState)]

    assert given_back(refunds) == 0b00111


@pytest.mark.parametrize(
    ("excesses", "given", "owed"),
    [
        ([], 500, []),
        ([4000], 0, [4000]),
        ([4000], 1500, [2500]),
        ([4000], 4000, [0]),
        ([4000], 9000, [0]),
        ([4000, 2000], 5000, [0, 1000]),
        ([4000, 2000], 3000, [1000, 2000]),
    ],
)
def test_what_went_back_covers_the_excess_in_order(
    excesses: list[int], given: int, owed: list[int]
) -> None:
    assert still_owed(excesses, given) == owed
