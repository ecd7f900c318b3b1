"""Everything a tape tells of is found by any of its names, sealed in a snapshot or not."""

import pytest

from engine.state import State
from engine.values import Role
from tests.builders import ACCOUNT, World


def traded() -> World:
    """A world with finished orders, working ones, a group, and trades."""
    world = World()
    world.fill(world.buy(client_order_id="first"))
    world.buy(limit_price=90, client_order_id="second")
    world.sell(limit_price=120, oco_group_id="g1")
    world.sell(stop_price=80, oco_group_id="g1")
    world.engine.cancel(ACCOUNT, world.buy(limit_price=50, oco_group_id="g2").id)
    return world


@pytest.fixture(params=["folded", "sealed"])
def state(request: pytest.FixtureRequest) -> State:
    folded = traded().state
    return folded if request.param == "folded" else State.from_bytes(folded.to_bytes())


def test_orders_are_found_by_id_client_id_and_group(state: State) -> None:
    first = state.by_client_id(ACCOUNT, "first")
    assert first is not None
    assert state.order(first.id) is first
    assert state.by_client_id(ACCOUNT, "third") is None
    assert state.by_client_id("DU2", "first") is None
    assert state.order("ord_9999999999") is None
    assert len(state.group(ACCOUNT, "g1")) == 2
    assert len(state.group(ACCOUNT, "g2")) == 1
    assert state.group("DU2", "g1") == []


def test_a_finished_order_is_found_behind_the_seal(state: State) -> None:
    trade = next(iter(State.from_bytes(state.to_bytes()).trades.values()))
    found = state.order(trade.order_id)
    assert found is not None
    assert found.filled == 10


def test_an_execution_finds_its_trade(state: State) -> None:
    (trade,) = state.trades.values()
    assert state.execution(ACCOUNT, trade.execution_id) == trade.id
    assert state.execution("DU2", trade.execution_id) is None


def test_working_orders_are_told_by_account_and_symbol_oldest_first(state: State) -> None:
    everything = [one.id for one in state.working()]
    assert everything == sorted(everything)
    assert len(everything) == 3
    assert state.working(ACCOUNT, "AAPL") == state.working(ACCOUNT) == state.working(symbol="AAPL")
    assert state.working("DU2") == state.working(ACCOUNT, "MSFT") == []


def test_opening_the_seal_keeps_working_orders_the_same_objects() -> None:
    state = State.from_bytes(traded().state.to_bytes())
    before = state.working()
    assert len(state.orders) == 5
    assert all(one is other for one, other in zip(before, state.working(), strict=True))


def test_a_ledger_goes_on_behind_the_seal() -> None:
    world = traded()
    rested = State.from_bytes(world.state.to_bytes())
    again = World(tape=world.tape, state=rested, market=world.market)
    again.fill(again.buy(5, stop_loss=90))
    assert [one.role for one in again.legs()] == [Role.STOP_LOSS]
    assert list(again.state.orders) == sorted(again.state.orders)
    assert len(again.state.trades) == 2


def test_a_group_that_began_after_the_snapshot_holds_each_order_once() -> None:
    world = World()
    world.fill(world.buy())
    rested = State.from_bytes(world.state.to_bytes())
    world.sell(limit_price=120, oco_group_id="g1")
    world.sell(stop_price=80, oco_group_id="g1")
    for record in world.tape.records(rested.seq):
        rested.apply(record)
    expected = [one.id for one in world.state.group(ACCOUNT, "g1")]
    assert [one.id for one in rested.group(ACCOUNT, "g1")] == expected
