"""Corrections and busts are taken in whatever order they come, and a bust is for good."""

import pytest

from engine import reports
from engine.errors import InvalidRequest
from engine.orders import Order
from tests.builders import World, dec, figures


def corrected(one: Order, quantity: int, price: int, revision: int = 0) -> reports.Corrected:
    return reports.Corrected(one.id, "x1", dec(quantity), dec(price), 1, revision=revision)


def test_an_older_correction_that_comes_late_changes_nothing() -> None:
    world = World()
    one = world.buy()
    for quantity, price, revision in ((5, 103, 3), (5, 101, 1), (5, 102, 2), (5, 103, 3)):
        world.engine.report(corrected(one, quantity, price, revision))
    (trade,) = world.state.trades.values()
    assert figures(trade.price, trade.revision, one.filled) == (103, 3, 5)


def test_where_corrections_are_not_counted_the_last_word_holds() -> None:
    world = World()
    one = world.buy()
    for price in (101, 102, 102):
        world.engine.report(corrected(one, 5, price))
    assert world.facts().count("TradeCorrected") == 1
    assert one.average_fill_price == 102


def test_a_correction_to_nothing_is_a_bust() -> None:
    world = World()
    one = world.buy()
    world.engine.report(corrected(one, 5, 101))
    world.engine.report(corrected(one, 0, 101))
    world.engine.report(corrected(one, 7, 101, 9))
    assert (one.filled, world.account.positions) == (dec(0), {})


def test_a_bust_before_its_fill_voids_it_also_after_a_restart() -> None:
    world = World()
    one = world.buy()
    bust = reports.Busted(one.id, "x1", "mistake")
    for _ in range(2):
        world.engine.report(bust)
    assert world.facts().count("ExecutionVoided") == 1
    again = World(tape=world.tape, state=type(world.state).from_bytes(world.state.to_bytes()))
    again.engine.report(corrected(one, 5, 101))
    again.engine.report(reports.Filled(one.id, "x1", dec(5), dec(100), 1))
    assert again.state.orders[one.id].filled == 0


def test_a_correction_to_less_than_nothing_is_refused() -> None:
    world = World()
    one = world.buy()
    with pytest.raises(InvalidRequest, match="what is left"):
        world.engine.report(corrected(one, -1, 100))


@pytest.mark.parametrize("left", [4, 0])
def test_legs_shrink_with_a_position_that_a_correction_shrinks(left: int) -> None:
    world = World()
    entry = world.bought(10, stop_loss=90, take_profit=110)
    (trade,) = world.state.trades.values()
    news = reports.Corrected(entry.id, trade.execution_id, dec(left), dec(100), 1)
    world.engine.report(news)
    assert [leg.remaining for leg in world.legs()] == [dec(left)] * (2 if left else 0)
    head = world.tape.head
    world.engine.report(news)
    assert world.tape.head == head
