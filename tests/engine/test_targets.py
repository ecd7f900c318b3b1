"""From a position and a target to an order: sides, prices, rounding, what stays and what goes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.lifecycle import Step
from engine.orders import Order, fill, move, new_order
from engine.requests import OrderRequest
from engine.targets import Ask, Target, ask, asks_for, check_target, plan, request
from engine.values import OrderType, Side, Status, signed
from tests.builders import dec, order

CENT = Decimal("0.01")
BUY, SELL = Side.BUY, Side.SELL
MARKET, LIMIT = OrderType.MARKET, OrderType.LIMIT


def target(quantity: int | str, **prices: str) -> Target:
    return Target("AAPL", dec(quantity), **{name: Decimal(text) for name, text in prices.items()})


def working(asked: OrderRequest, order_id: str = "ord_0000000001") -> Order:
    made = new_order(order_id, "A", asked, 1)
    move(made, Step.ACCEPTED, 1)
    return made


@pytest.mark.parametrize(
    ("held", "wanted", "side", "quantity"),
    [
        (50, 100, BUY, 50),
        (100, 50, SELL, 50),
        (100, 0, SELL, 100),
        (-30, 0, BUY, 30),
        (50, -50, SELL, 100),
        (-50, 50, BUY, 100),
        ("10.5", 100, BUY, "89.5"),
    ],
)
def test_the_difference_is_ordered(
    held: int | str, wanted: int, side: Side, quantity: int | str
) -> None:
    assert ask(dec(held), target(wanted), CENT) == Ask(side, dec(quantity), MARKET, None)


def test_nothing_is_ordered_where_the_target_is_held() -> None:
    assert ask(dec(7), target(7), CENT) is None


@pytest.mark.parametrize(
    ("prices", "bought_at", "sold_at"),
    [
        ({}, None, None),
        ({"limit_price": "150.50"}, "150.50", "150.50"),
        ({"expected_price": "150", "tolerance_pct": "0.5"}, "150.75", "149.25"),
        ({"expected_price": "150", "tolerance_pct": "0"}, "150", "150"),
        ({"expected_price": "33.33", "tolerance_pct": "0.5"}, "33.49", "33.17"),
        (
            {"limit_price": "1", "expected_price": "150", "tolerance_pct": "0.5"},
            "1",
            "1",
        ),
    ],
)
def test_the_price_is_that_of_the_table(
    prices: dict[str, str], bought_at: str | None, sold_at: str | None
) -> None:
    bought, sold = ask(dec(0), target(1, **prices), CENT), ask(dec(0), target(-1, **prices), CENT)
    assert bought is not None
    assert sold is not None
    for made, price in ((bought, bought_at), (sold, sold_at)):
        assert made.limit_price == (None if price is None else Decimal(price))
        assert made.order_type is (MARKET if price is None else LIMIT)


@given(
    st.decimals("0.01", "99999", places=4),
    st.decimals("0", "99", places=3),
    st.sampled_from(["0.01", "0.05", "0.25", "1"]),
)
def test_rounding_never_leaves_the_tolerance_and_never_wastes_a_tick(
    expected: Decimal, tolerance: Decimal, tick: str
) -> None:
    step = Decimal(tick)
    wanted = Target("AAPL", dec(1), None, expected, tolerance)
    highest = expected * (1 + tolerance / 100)
    lowest = expected * (1 - tolerance / 100)
    try:
        bought = ask(dec(0), wanted, step)
    except InvalidRequest:
        assert highest < step
    else:
        assert bought is not None
        assert bought.limit_price is not None
        assert highest - step < bought.limit_price <= highest
        assert bought.limit_price % step == 0
    sold = ask(dec(2), wanted, step)
    assert sold is not None
    assert sold.limit_price is not None
    assert lowest <= sold.limit_price < lowest + step
    assert sold.limit_price % step == 0


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (target("1.5"), "quantity"),
        (target("NaN"), "quantity"),
        (target("1e15"), "quantity"),
        (target(1, limit_price="0"), "limit_price"),
        (target(1, limit_price="-1"), "limit_price"),
        (target(1, limit_price="NaN"), "limit_price"),
        (target(1, expected_price="Infinity", tolerance_pct="1"), "expected_price"),
        (target(1, expected_price="1", tolerance_pct="-1"), "tolerance_pct"),
        (target(1, expected_price="1", tolerance_pct="100"), "tolerance_pct"),
        (target(1, expected_price="1", tolerance_pct="1e-13"), "tolerance_pct"),
        (target(1, expected_price="1"), "tolerance_pct"),
        (target(1, tolerance_pct="1"), "expected_price"),
    ],
)
def test_a_target_that_can_mean_nothing_is_refused_by_field(wanted: Target, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_target(wanted, "orders[3].")
    assert caught.value.details["field"] == f"orders[3].{field}"


@pytest.mark.parametrize("wanted", [target("100.0"), target(-5), target(0)])
def test_a_whole_number_is_one_however_it_is_written(wanted: Target) -> None:
    check_target(wanted)


def test_an_order_that_asks_for_exactly_this_stays_and_every_other_goes() -> None:
    same, again, other = working(order(quantity=10)), working(order(quantity=10)), order(quantity=3)
    made = plan(dec(0), [working(other), same, again], target(10), CENT)
    assert made.kept is same
    assert [one.quantity for one in made.superseded] == [3, 10]


def test_what_is_left_of_an_order_counts_not_what_it_was() -> None:
    partly = working(order(quantity=10))
    fill(partly, dec(4), dec(100), 2)
    assert plan(dec(4), [partly], target(10), CENT).kept is partly
    assert plan(dec(0), [partly], target(10), CENT).kept is None


def test_an_order_that_may_change_or_vanish_does_not_stay() -> None:
    wanted = Ask(BUY, dec(10), LIMIT, dec(5))
    fresh = working(order(limit_price=5))
    assert asks_for(fresh, wanted)
    for status in (Status.PENDING_CANCEL, Status.UNKNOWN):
        leaving = working(order(limit_price=5))
        leaving.status = status
        assert not asks_for(leaving, wanted)
    fresh.sought = dec(12)
    assert not asks_for(fresh, wanted)
    assert not asks_for(working(order(limit_price=6)), wanted)
    assert not asks_for(working(order(limit_price=5, take_profit=9)), wanted)


def test_every_working_order_goes_where_the_target_is_held() -> None:
    one = working(order(quantity=10))
    assert plan(dec(5), [one], target(5), CENT) == (None, None, [one])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order that an earlier batch may have left, in part filled or not."""
    price = draw(st.sampled_from([None, "99", "100"]))
    asked = order(
        side=draw(st.sampled_from(Side)),
        quantity=draw(st.integers(1, 40)),
        limit_price=price,
    )
    made = working(asked, f"ord_{draw(st.integers(1, 999)):010d}")
    filled = draw(st.integers(0, int(made.quantity)))
    if filled:
        fill(made, dec(filled), dec(100), 2)
    return made


@given(st.integers(-50, 50), st.lists(orders(), max_size=5), st.integers(-50, 50), st.booleans())
def test_whatever_is_held_and_works_the_orders_bring_the_position_to_the_target(
    held: int, earlier: list[Order], quantity: int, priced: bool
) -> None:
    wanted = target(quantity, **({"limit_price": "100"} if priced else {}))
    made = plan(dec(held), earlier, wanted, CENT)
    left = [one for one in earlier if not one.is_final and one not in made.superseded]
    assert left == ([] if made.kept is None else [made.kept])
    position = dec(held)
    if made.kept is not None:
        position += signed(made.kept.side, made.kept.remaining)
    elif made.ask is not None:
        placed = request("AAPL", made.ask, "batch")
        position += signed(placed.side, placed.quantity)
    assert position == quantity
