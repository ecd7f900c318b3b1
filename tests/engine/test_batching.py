"""Batches made to happen: superseding, keeping, waiting, refusing, and always arriving."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.batches import Batch
from engine.batching import begin, withdraw
from engine.errors import AccountNotFound, InvalidRequest, TradingHalted, UnsupportedOperation
from engine.events import Event
from engine.orders import Order
from engine.reports import Cancelled, CancelRejected, Filled
from engine.tape import MemoryTape, Record, TapeFailed
from engine.targets import Outcome, Target
from engine.values import OrderType, PositionMode, Role, Side, Status
from tests.builders import ACCOUNT, EVERYTHING, World, dec


def target(quantity: int, symbol: str = "AAPL", **prices: str) -> Target:
    return Target(symbol, dec(quantity), **{name: Decimal(text) for name, text in prices.items()})


def ask(world: World, *wanted: Target) -> Batch:
    return begin(world.engine, ACCOUNT, "client1", wanted).batch


def orders(world: World, batch: Batch) -> list[Order]:
    return [world.engine.order(ACCOUNT, order_id) for order_id in batch.order_ids()]


def outcomes(batch: Batch) -> list[Outcome]:
    return [batch.answers[one.symbol].outcome for one in batch.targets]


def test_a_batch_orders_the_differences_and_answers_every_target() -> None:
    world = World()
    world.bought(50)
    batch = ask(world, target(100), target(0, "EUR/USD"), target(1, "NONE"))
    assert outcomes(batch) == [Outcome.PLACED, Outcome.NO_CHANGE, Outcome.FAILED]
    (order,) = orders(world, batch)
    assert (order.side, order.order_type) == (Side.BUY, OrderType.MARKET)
    assert order.quantity == 50
    assert order.request.client_order_id == f"batch-{batch.id}-AAPL-1"
    assert batch.answers["AAPL"].held == 50
    assert batch.answers["NONE"].message == "Symbol not found: NONE"
    assert (batch.client, batch.account, batch.is_answered) == ("client1", ACCOUNT, True)


def test_a_position_is_turned_around_in_one_order() -> None:
    world = World()
    world.bought(50)
    (order,) = orders(world, ask(world, target(-50)))
    assert order.side is Side.SELL
    assert order.quantity == 100


def test_a_broker_that_does_not_flip_is_asked_for_nothing() -> None:
    world = World(msgspec.structs.replace(EVERYTHING, flips=False))
    world.bought(50)
    batch = ask(world, target(-50))
    assert outcomes(batch) == [Outcome.FAILED]
    assert "to close it first" in batch.answers["AAPL"].message
    assert outcomes(ask(world, target(0))) == [Outcome.PLACED]


def test_a_new_target_supersedes_the_working_order_of_the_last() -> None:
    world = World()
    (first,) = orders(world, ask(world, target(100, limit_price="90")))
    by_hand = world.buy(limit_price=80)
    (second,) = orders(world, ask(world, target(40)))
    assert first.status is Status.CANCELLED
    assert first.message.startswith("superseded by batch ")
    assert by_hand.status is Status.OPEN, "orders of other making are left alone"
    assert second.quantity == 40


def test_the_same_target_again_keeps_the_order_that_works() -> None:
    world = World()
    first = ask(world, target(100))
    (order,) = orders(world, first)
    world.fill(order, 30)
    again = ask(world, target(100))
    assert outcomes(again) == [Outcome.KEPT]
    assert orders(world, again) == [order]
    assert again.answers["AAPL"].held == 30
    assert world.state.batches.placed(order.id) == first.id
    assert len(world.state.orders) == 1


def test_a_target_that_is_held_already_still_withdraws_what_would_leave_it() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100)))
    batch = ask(world, target(0))
    assert outcomes(batch) == [Outcome.NO_CHANGE]
    assert order.status is Status.CANCELLED


def test_a_refused_order_is_the_answer_and_fails_nothing_else() -> None:
    world = World(cash=1_000)
    batch = ask(world, target(1_000), target(5, "EUR/USD", limit_price="1"))
    refused, placed = orders(world, batch)
    assert outcomes(batch) == [Outcome.PLACED, Outcome.PLACED]
    assert (refused.status, placed.status) == (Status.REJECTED, Status.OPEN)


def test_the_cancel_of_a_superseded_order_is_awaited() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "client1", [target(40)])
    assert order.status is Status.PENDING_CANCEL
    assert not run.advance()
    world.engine.report(Filled(order.id, "late", dec(25), dec(90), 1))
    world.engine.report(Cancelled(order.id))
    assert run.advance()
    (placed,) = orders(world, run.batch)
    assert placed.quantity == 15, "what filled before the cancel counts"
    asked = [one for one in world.facts() if one == "OrderCancelRequested"]
    assert len(asked) == 1


def test_batches_that_wait_for_the_same_position_take_turns() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    runs = [begin(world.engine, ACCOUNT, "c", [target(40)]) for _ in range(5)]
    world.broker.is_silent = False
    world.engine.report(Cancelled(order.id))
    assert [run.advance() for run in reversed(runs)] == [False] * 4 + [True]
    assert all(run.advance() for run in runs)
    kinds = [outcomes(run.batch)[0] for run in runs]
    assert kinds == [Outcome.PLACED] + [Outcome.KEPT] * 4
    assert [one.remaining for one in world.state.working(ACCOUNT)] == [40]


def test_a_broker_that_keeps_the_order_makes_the_target_fail_at_once() -> None:
    world = World()
    ask(world, target(100, limit_price="90"))
    world.broker.keeps_orders = True
    batch = ask(world, target(40))
    assert outcomes(batch) == [Outcome.FAILED]
    assert "did not cancel it" in batch.answers["AAPL"].message


def test_a_cancel_that_is_turned_down_later_makes_the_target_fail() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "client1", [target(40)])
    world.engine.report(CancelRejected(order.id, "no"))
    assert run.advance()
    assert outcomes(run.batch) == [Outcome.FAILED]


def test_what_was_waited_for_too_long_is_reported_and_never_placed_later() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "client1", [target(40)])
    run.give_up("not confirmed in time")
    assert run.batch.answers["AAPL"].message == "not confirmed in time"
    world.engine.report(Cancelled(order.id))
    assert run.advance()
    assert world.state.working(ACCOUNT) == []


def test_withdrawing_a_batch_cancels_what_works_and_gives_up_what_waits() -> None:
    world = World()
    world.market.marks["EUR/USD"] = Decimal(1)
    filled = ask(world, target(10), target(5, "EUR/USD"))
    world.fill(orders(world, filled)[0])
    assert [one.status for one in withdraw(world.engine, filled)] == [
        Status.FILLED,
        Status.CANCELLED,
    ]
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "client1", [target(40)])
    assert withdraw(world.engine, run.batch) == []
    assert outcomes(run.batch) == [Outcome.FAILED]
    assert order.status is Status.PENDING_CANCEL


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ([], "orders"),
        ([target(1), target(2)], "orders[1].symbol"),
        ([target(1), target(2, "S:AAPL")], "orders[1].symbol"),
        ([target(1), target(2, "X", limit_price="0")], "orders[1].limit_price"),
    ],
)
def test_a_batch_that_can_mean_nothing_leaves_no_fact(wanted: list[Target], field: str) -> None:
    world = World()
    head = world.tape.head
    with pytest.raises(InvalidRequest) as caught:
        begin(world.engine, ACCOUNT, "client1", wanted)
    assert caught.value.details["field"] == field
    assert world.tape.head == head


def test_targets_need_a_known_account_whose_positions_net() -> None:
    world = World()
    with pytest.raises(AccountNotFound):
        begin(world.engine, "nobody", "client1", [target(1)])
    world.open("hedging", mode=PositionMode.HEDGING)
    with pytest.raises(UnsupportedOperation):
        begin(world.engine, "hedging", "client1", [target(1)])


class Dying(MemoryTape):
    """A tape whose disk goes away when it is told to."""

    is_dead = False

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        if self.is_dead:
            raise TapeFailed("the disk is gone")
        return super().append(ts, account, causation, event)


def test_a_dead_tape_takes_no_batch() -> None:
    tape = Dying()
    world = World(tape=tape)
    tape.is_dead = True
    with pytest.raises(TradingHalted):
        begin(world.engine, ACCOUNT, "client1", [target(1)])
    assert world.state.batches.all() == []


def test_the_same_history_gives_a_batch_the_same_name() -> None:
    first, second = World(), World()
    assert ask(first, target(1)).id == ask(second, target(1)).id
    name = ask(first, target(2)).id
    assert name != ask(first, target(2)).id
    assert len(name) == 16
    assert set(name) <= set("0123456789abcdef")


moves = st.one_of(
    st.tuples(st.just("target"), st.integers(-30, 30), st.sampled_from([None, "99", "101"])),
    st.tuples(st.just("fill"), st.integers(1, 20), st.none()),
    st.tuples(st.just("by hand"), st.integers(1, 9), st.sampled_from([None, "50"])),
)


@given(st.lists(moves, max_size=12), st.integers(-30, 30), st.sampled_from([None, "100"]))
def test_whatever_happened_before_the_last_batch_is_reached_when_its_orders_fill(
    history: list[tuple[str, int, str | None]], quantity: int, price: str | None
) -> None:
    world = World(cash=10_000_000)
    for kind, number, at in history:
        prices = {} if at is None else {"limit_price": at}
        if kind == "target":
            ask(world, target(number, **prices))
        elif kind == "by hand":
            world.buy(number, **prices)
        else:
            for order in world.state.working(ACCOUNT)[:1]:
                world.fill(order, min(dec(number), order.remaining))
    last = ask(world, target(quantity, **({} if price is None else {"limit_price": price})))
    for order in orders(world, last):
        world.fill(order)
    held = world.account.held("AAPL")
    assert (dec(0) if held is None else held.quantity) == quantity
    placed = world.state.batches.placed
    assert [one for one in world.state.working(ACCOUNT) if placed(one.id)] == []
    assert all(one.role is Role.ENTRY for one in world.state.orders.values())
