"""Batches cut off anywhere: finished by the next process, reported, and never done twice."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from engine.batches import Batch
from engine.batching import BatchRun, begin, resume
from engine.core import Engine
from engine.instruments import Instrument
from engine.orders import Order
from engine.ports import Instruction
from engine.reports import Filled, Report
from engine.state import State
from engine.tape import MemoryTape
from engine.targets import Outcome, Target
from engine.values import Status
from tests.builders import ACCOUNT, Market, PaperBroker, World, dec, reread

SYMBOLS = tuple(f"S{number:02d}" for number in range(20))


def target(quantity: int, symbol: str = "AAPL", **prices: str) -> Target:
    return Target(symbol, dec(quantity), **{name: Decimal(text) for name, text in prices.items()})


def ask(world: World, *wanted: Target) -> Batch:
    return begin(world.engine, ACCOUNT, "client1", wanted).batch


def orders(world: World, batch: Batch) -> list[Order]:
    return [world.engine.order(ACCOUNT, order_id) for order_id in batch.order_ids()]


def outcomes(batch: Batch) -> list[Outcome]:
    return [batch.answers[one.symbol].outcome for one in batch.targets]


def test_batches_are_in_the_state_that_a_snapshot_keeps() -> None:
    world = World()
    batch = ask(world, target(100))
    restored = State.from_bytes(world.state.to_bytes())
    assert restored.to_bytes() == world.state.to_bytes()
    assert restored.batches.find(batch.id) == batch
    assert restored.batches.placed(batch.order_ids()[0]) == batch.id
    assert restored.batches.unanswered() == []


def test_a_batch_that_broke_is_reported_and_a_restart_does_not_carry_on_with_it() -> None:
    class Broken(PaperBroker):
        """Takes one order and breaks at the next."""

        def send(self, instruction: Instruction) -> Iterable[Report]:
            if self.sent:
                raise ZeroDivisionError("a bug")
            return super().send(instruction)

    world = World()
    world.engine.local[ACCOUNT] = Broken()
    asked = [target(5), target(7, "EUR/USD", limit_price="1"), target(2, "SAP", limit_price="1")]
    world.market.marks["EUR/USD"] = Decimal(1)
    with pytest.raises(ZeroDivisionError):
        begin(world.engine, ACCOUNT, "client1", asked)
    (batch,) = world.state.batches.all()
    assert outcomes(batch) == [Outcome.PLACED, Outcome.PLACED, Outcome.FAILED]
    assert orders(world, batch)[1].status is Status.PENDING
    again = world.restart()
    head = again.tape.head
    resume(again.engine)
    assert again.tape.head == head


def twenty(tape: MemoryTape) -> tuple[Engine, PaperBroker]:
    """An engine over twenty symbols whose broker takes orders and fills none by itself."""
    engine = Engine(tape, Market(**dict.fromkeys(SYMBOLS, 100)))
    engine.now = engine.now or 1_700_000_000_000_000_000
    for symbol in SYMBOLS:
        engine.list_instrument(Instrument(symbol))
    broker = PaperBroker()
    engine.open_account(ACCOUNT, broker, "USD", dec(10_000_000))
    return engine, broker


def wanted() -> list[Target]:
    """Longs, shorts, limits and one that is flat already."""
    priced = {"limit_price": Decimal(101)}
    return [
        Target(symbol, dec(number * (-1) ** number), **(priced if number % 3 == 0 else {}))
        for number, symbol in enumerate(SYMBOLS)
    ]


def fill_everything(engine: Engine) -> None:
    for order in engine.state.working(ACCOUNT):
        engine.report(Filled(order.id, f"x{order.id}", order.remaining, dec(100), 1))


def test_cut_off_after_any_fact_a_batch_is_finished_and_nothing_is_done_twice() -> None:
    tape = MemoryTape()
    engine, _ = twenty(tape)
    begin(engine, ACCOUNT, "client1", [Target(SYMBOLS[4], dec(9), Decimal(1))])
    started = tape.head
    begin(engine, ACCOUNT, "client1", wanted())
    for cut in range(started + 1, tape.head + 1):
        stump = MemoryTape()
        for record in reread(list(tape.records())[:cut]):
            stump.append(record.ts, record.account, record.causation, record.event)
        again, _ = twenty(stump)
        resume(again)
        assert again.state.batches.unanswered() == []
        fill_everything(again)
        held = {
            position.symbol: position.quantity
            for position in again.state.accounts[ACCOUNT].positions.values()
        }
        assert held == {one.symbol: one.quantity for one in wanted() if one.quantity}
        traded = [trade.symbol for trade in again.state.trades.values()]
        assert len(traded) == len(set(traded)) == 19, f"cut after record {cut}"
        after = stump.head
        resume(again)
        assert stump.head == after, "a second restart does nothing"


def test_a_target_whose_cancel_was_under_way_at_the_end_is_reported_after_a_restart() -> None:
    world = World()
    ask(world, target(100, limit_price="90"))
    world.broker.is_silent = True
    run = begin(world.engine, ACCOUNT, "client1", [target(40)])
    world.broker.is_silent = False
    again = world.restart()
    resume(again.engine)
    found = again.state.batches.find(run.batch.id)
    assert found is not None
    assert outcomes(found) == [Outcome.PLACED], "a local broker's cancel completed with its end"
    waiting = BatchRun(again.engine, found)
    assert waiting.advance()


def test_an_account_that_is_no_longer_served_has_its_batch_reported() -> None:
    world = World()
    (order,) = orders(world, ask(world, target(100, limit_price="90")))
    world.broker.is_silent = True
    begin(world.engine, ACCOUNT, "client1", [target(40)])
    engine = Engine(world.tape, world.market)
    resume(engine)
    (_, batch) = engine.state.batches.all()
    assert outcomes(batch) == [Outcome.FAILED]
    assert not engine.outbox
    assert engine.state.working_order(order.id).status is Status.PENDING_CANCEL
