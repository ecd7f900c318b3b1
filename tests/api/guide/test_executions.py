"""Executions come from the tape: each once, under the source that it stands for."""

from __future__ import annotations

from typing import Any

import msgspec

from api.guide.executions import Executions
from engine.events import PositionAdjusted, TradeBusted
from engine.order_numbers import number
from tests.builders import ACCOUNT, World, dec

DAY_NS = 86_400_000_000_000


def told(world: World, started: int, symbol: str | None = None) -> list[dict[str, Any]]:
    rows = Executions(world.engine, started).tell(ACCOUNT, symbol)
    return [msgspec.to_builtins(row) for row in rows]


def test_the_source_says_since_when_an_execution_is_known() -> None:
    world = World()
    now = world.engine.now
    world.engine.now = now - 2 * DAY_NS
    world.bought(1)
    world.engine.now = now
    world.bought(2)
    started = world.tape.head
    world.bought(3)
    rows = told(world, started)
    assert [(row["qty"], row["source"]) for row in rows] == [
        ("1", "reqCompletedOrders"),
        ("2", "reqExecutions"),
        ("3", "trades()"),
    ]


def test_an_execution_has_its_time_order_and_reference() -> None:
    world = World()
    order = world.fill(world.buy(10, reference="my_trade_001"), 4, "230.50")
    (row,) = told(world, 0)
    assert row == {
        "symbol": "AAPL",
        "side": "BUY",
        "qty": "4",
        "price": "230.5",
        "source": "trades()",
        "time": "20231114 22:13:20",
        "orderId": number(order),
        "orderRef": "my_trade_001",
    }


def test_every_execution_is_told_once_and_one_taken_back_is_not() -> None:
    world = World()
    order = world.buy(10)
    for quantity in (1, 2, 3):
        world.fill(order, quantity)
    trades = list(world.state.trades)
    world.engine.write(ACCOUNT, TradeBusted(trades[1], "an error"))
    assert [row["qty"] for row in told(world, 0)] == ["1", "3"]


def test_executions_are_narrowed_to_a_symbol_in_any_letter_case() -> None:
    world = World()
    world.bought(1)
    world.market.marks["EUR/USD"] = dec(1)
    world.bought(2, price=1, symbol="EUR/USD")
    assert [row["qty"] for row in told(world, 0, "EUR/USD")] == ["2"]


def test_what_the_broker_says_is_held_is_told_as_a_position() -> None:
    world = World()
    world.bought(10)
    fact = PositionAdjusted(world.position.id, "AAPL", "stated", dec(-4), dec(-440))
    world.engine.write(ACCOUNT, fact)
    row = told(world, 0)[-1]
    assert (row["source"], row["side"], row["qty"], row["price"]) == (
        "positions()",
        "SELL",
        "4",
        "110.0",
    )
    assert "orderId" not in row


def test_a_split_is_no_execution() -> None:
    world = World()
    world.bought(10)
    split = PositionAdjusted(world.position.id, "AAPL", "split", ratio=dec(2))
    world.engine.write(ACCOUNT, split)
    assert [row["source"] for row in told(world, 0)] == ["trades()"]
