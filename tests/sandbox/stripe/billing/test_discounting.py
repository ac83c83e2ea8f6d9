"""Discounts come off lines in order, limited to products, never below zero."""

from fractions import Fraction

from portal.sandbox.stripe.discounting import Reducible, Reduction, reduce_lines


def line(amount: int, product: str = "prod_a", *, discountable: bool = True) -> Reducible:
    return Reducible(product, amount, discountable)


def off(percent: int | None = None, amount: int | None = None, *products: str) -> Reduction:
    share = None if percent is None else Fraction(percent)
    return Reduction("di_1", share, amount, frozenset(products) or None)


def test_five_off_ten_and_twenty_is_1_66_and_3_34() -> None:
    lines = [line(1000), line(2000)]

    reduce_lines(lines, [off(amount=500)])

    assert [each.taken for each in lines] == [[("di_1", 166)], [("di_1", 334)]]


def test_order_matters_when_percent_and_amount_are_stacked() -> None:
    percent_first, amount_first = [line(10000)], [line(10000)]

    reduce_lines(percent_first, [off(20), off(amount=500)])
    reduce_lines(amount_first, [off(amount=500), off(20)])

    assert (percent_first[0].left, amount_first[0].left) == (7500, 7600)


def test_a_discount_for_a_product_leaves_other_lines_alone() -> None:
    lines = [line(1000, "prod_a"), line(1000, "prod_b")]

    reduce_lines(lines, [off(50, None, "prod_b")])

    assert [each.left for each in lines] == [1000, 500]


def test_prorations_and_credits_are_not_discounted() -> None:
    lines = [line(1000, discountable=False), line(-400)]

    reduce_lines(lines, [off(50)])

    assert [each.left for each in lines] == [1000, -400]


def test_an_amount_larger_than_the_lines_takes_all_of_them_and_no_more() -> None:
    lines = [line(300), line(200)]

    reduce_lines(lines, [off(amount=900)])

    assert [each.left for each in lines] == [0, 0]
