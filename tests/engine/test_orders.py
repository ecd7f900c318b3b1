"""An order keeps what was asked beside what holds now, and its life is the table's."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.errors import IllegalTransition
from engine.lifecycle import TABLE, Step
from engine.orders import Order, change, fill, move, new_order, put_back
from engine.requests import OrderChange
from engine.values import FINAL, Holder, OrderType, Role, Side, Status
from tests.builders import ACCOUNT, dec, figures, order


def fresh(**fields: Any) -> Order:
    return new_order("ord_1", ACCOUNT, order(**fields), 5)


def test_a_new_order_starts_with_what_was_asked() -> None:
    asked = order(side=Side.SELL, limit_price=9, stop_price=8, stop_loss=10, position_id="pos_1")
    one = new_order("ord_1", ACCOUNT, asked, 5, Role.CLOSE, Holder.ENGINE, "ord_0")
    assert (one.symbol, one.side, one.order_type) == ("AAPL", Side.SELL, OrderType.STOP_LIMIT)
    assert figures(one.limit_price, one.stop_price, one.stop_loss) == (9, 8, 10)
    assert (one.role, one.holder, one.parent_order_id) == (Role.CLOSE, Holder.ENGINE, "ord_0")
    assert figures(one.status, one.remaining, one.position_id) == (Status.PENDING, 10, "pos_1")
    assert one.average_fill_price is None
    assert not one.is_final
    assert not one.is_exit


def test_fills_add_up_to_an_average_price_and_an_end() -> None:
    one = fresh()
    fill(one, dec(4), dec(100), 6)
    assert figures(one.status, one.remaining) == (Status.PARTIALLY_FILLED, 6)
    fill(one, dec(6), dec("102.5"), 7)
    assert figures(one.status, one.remaining, one.updated_at) == (Status.FILLED, 0, 7)
    assert one.average_fill_price == dec("101.5")


def test_an_overfill_is_a_fact_and_says_by_how_much() -> None:
    one = fresh()
    fill(one, dec(12), dec(100), 6)
    assert figures(one.status, one.filled, one.remaining) == (Status.FILLED, 12, 0)


def test_a_late_fill_counts_and_leaves_the_order_ended() -> None:
    one = fresh()
    move(one, Step.CANCELLED, 6)
    fill(one, dec(4), dec(100), 7)
    assert figures(one.status, one.filled) == (Status.CANCELLED, 4)
    fill(one, dec(6), dec(100), 8)
    assert one.status is Status.FILLED


def test_a_change_takes_over_only_what_it_names() -> None:
    one = fresh(limit_price=100, stop_loss=90)
    change(one, OrderChange(limit_price=dec(101), take_profit=dec(120)), 6)
    assert figures(one.limit_price, one.stop_loss, one.take_profit, one.quantity) == (
        101,
        90,
        120,
        10,
    )
    assert one.request.limit_price == 100


def test_a_change_down_to_what_is_filled_fills_the_order() -> None:
    one = fresh()
    fill(one, dec(4), dec(100), 6)
    change(one, OrderChange(quantity=dec(4)), 7)
    assert one.status is Status.FILLED


def test_what_is_prospective_follows_the_change_that_was_asked_for() -> None:
    one = fresh()
    one.sought = dec(7)
    fill(one, dec(4), dec(100), 6)
    assert figures(one.remaining, one.prospect) == (6, 3)
    change(one, OrderChange(quantity=dec(9)), 7)
    assert figures(one.quantity, one.sought) == (9, 7)
    change(one, OrderChange(quantity=dec(7)), 8)
    assert figures(one.quantity, one.sought, one.prospect) == (7, None, 3)
    fill(one, dec(5), dec(100), 9)
    assert one.prospect == 0


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        ({"stop_price": 1}, OrderType.STOP, OrderType.MARKET),
        ({"stop_price": 1, "limit_price": 2}, OrderType.STOP_LIMIT, OrderType.LIMIT),
        ({"trailing_distance": 1}, OrderType.TRAILING_STOP, OrderType.MARKET),
    ],
)
def test_a_triggered_order_works_as_what_it_became(
    fields: dict[str, int], before: OrderType, after: OrderType
) -> None:
    one = fresh(**fields)
    assert one.working_type is before
    one.triggered = True
    assert one.working_type is after


@pytest.mark.parametrize("filled", [0, 4])
def test_a_cancel_turned_down_puts_the_order_back_where_it_was(filled: int) -> None:
    one = fresh()
    move(one, Step.ACCEPTED, 6)
    if filled:
        fill(one, dec(filled), dec(100), 7)
    before = one.status
    move(one, Step.CANCEL_REQUESTED, 8)
    put_back(one, 9)
    assert one.status is before


def test_a_step_that_can_not_happen_changes_nothing() -> None:
    one = fresh()
    move(one, Step.REJECTED, 6)
    with pytest.raises(IllegalTransition):
        move(one, Step.CANCELLED, 7)
    assert (one.status, one.updated_at) == (Status.REJECTED, 6)


@given(st.lists(st.integers(1, 12), max_size=8))
def test_filled_exceeds_quantity_only_by_the_last_fill(sizes: list[int]) -> None:
    one = fresh()
    for size in sizes:
        if one.is_final:
            break
        fill(one, dec(size), dec(100), 6)
    over = one.filled - one.quantity
    assert one.remaining == max(-over, Decimal(0))
    assert (one.status is Status.FILLED) is (over >= 0)
    assert over < max(sizes, default=1)


class OrderLife(RuleBasedStateMachine):
    """Every event in any order, against a reference that only counts shares and reads the table."""

    def __init__(self) -> None:
        super().__init__()
        self.order = fresh()
        self.status = Status.PENDING
        self.filled = 0

    @rule(step=st.sampled_from([s for s in Step if "FILLED" not in s.name]))
    def happens(self, step: Step) -> None:
        following = TABLE[self.status].get(step)
        if following is None:
            with pytest.raises(IllegalTransition):
                move(self.order, step, 6)
        else:
            move(self.order, step, 6)
            self.status = following

    @rule(size=st.integers(1, 11))
    def fills(self, size: int) -> None:
        self.filled += size
        fill(self.order, dec(size), dec(100), 6)
        step = Step.FILLED if self.filled >= 10 else Step.PARTLY_FILLED
        self.status = TABLE[self.status][step]

    @invariant()
    def agrees_with_the_reference(self) -> None:
        assert self.order.status is self.status
        assert self.order.filled == self.filled
        assert self.order.is_final is (self.status in FINAL)


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = settings(max_examples=60, stateful_step_count=25)
