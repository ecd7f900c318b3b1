"""A position keeps its cost whole: nothing is lost to rounding, however it is built and closed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.positions import Position, add, opening, reduce, split, worth
from engine.values import PositionSide
from tests.builders import ACCOUNT, Number, dec, figures


def grow(position: Position, quantity: Decimal, price: Decimal) -> None:
    add(position, quantity, worth(position, quantity, price))


def shrink(position: Position, quantity: Decimal, price: Decimal) -> Decimal:
    return reduce(position, quantity, worth(position, quantity, price))


def held(quantity: Number, price: Number = 100, multiplier: Number = 1) -> Position:
    position = Position("pos_1", ACCOUNT, "AAPL", 1, 1, multiplier=dec(multiplier))
    grow(position, dec(quantity), dec(price))
    return position


def test_the_average_price_is_the_weighted_mean_of_what_built_it() -> None:
    position = held(10, 100)
    grow(position, dec(30), dec(104))
    assert figures(position.average_price, position.cost, position.side) == (
        103,
        4120,
        PositionSide.LONG,
    )


def test_a_short_position_has_a_negative_cost_and_a_positive_average() -> None:
    position = held(-10, 100, multiplier=50)
    assert figures(position.cost, position.average_price) == (-50_000, 100)
    assert position.side is PositionSide.SHORT


@pytest.mark.parametrize(
    ("quantity", "closes", "price", "profit"),
    [(10, -4, 110, 40), (10, -10, 95, -50), (-10, 4, 90, 40), (-10, 10, 101, -10)],
)
def test_closing_a_part_earns_its_share(
    quantity: int, closes: int, price: int, profit: int
) -> None:
    position = held(quantity)
    assert shrink(position, dec(closes), dec(price)) == profit
    assert figures(position.quantity, position.realized) == (quantity + closes, profit)
    if position.quantity:
        assert position.average_price == 100


def test_the_multiplier_counts_in_profit() -> None:
    assert shrink(held(2, 4000, multiplier=50), dec(-1), dec("4000.25")) == dec("12.5")


@pytest.mark.parametrize(
    ("quantity", "change", "opens"),
    [(10, 5, 5), (10, -5, 0), (10, -10, 0), (10, -15, 5), (-10, 15, 5), (-10, -5, 5), (0, -3, 3)],
)
def test_what_goes_beyond_the_position_opens(quantity: int, change: int, opens: int) -> None:
    assert opening(held(quantity), dec(change)) == opens


def test_a_split_keeps_the_cost() -> None:
    position = held(10, 100)
    split(position, dec(4))
    assert figures(position.quantity, position.cost, position.average_price) == (40, 1000, 25)


prices = st.decimals("0.000001", "999999", places=6)
sizes = st.decimals("0.00000001", "999999", places=8)


@given(sizes, prices, st.lists(st.tuples(st.integers(1, 99), prices), max_size=6))
def test_cost_taken_out_and_cost_left_are_the_cost_put_in(
    size: Decimal, price: Decimal, closes: list[tuple[int, Decimal]]
) -> None:
    position = held(size, price)
    put_in, taken_out = position.cost, Decimal(0)
    for percent, at in closes:
        part = (position.quantity * percent / 100).quantize(Decimal("1E-8"))
        if part:
            taken_out += worth(position, part, at) - shrink(position, -part, at)
    assert position.cost + taken_out == put_in
    rest = worth(position, position.quantity, price)
    last = shrink(position, -position.quantity, price)
    assert position.cost == 0
    assert rest - last + taken_out == put_in


def test_huge_positions_close_without_losing_a_digit() -> None:
    position = held("999999999999999.999999999999", "999999999999999.999999999999")
    cost = position.cost
    profit = shrink(position, dec("-0.000000000001"), dec("0.000000000001"))
    assert position.quantity == dec("999999999999999.999999999998")
    assert cost > 10**29
    assert profit < 0
