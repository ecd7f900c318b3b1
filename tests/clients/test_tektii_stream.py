"""The published client, unmodified, runs whole backtests here, by its stream and its REST calls."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from tektii import AsyncTradingGateway, OrderType, Side, TradingGateway
from tektii.models import CandleEvent, OrderEvent, PositionEvent, TradeEvent

from tests.api.served import Served, bars, serving

pytestmark = pytest.mark.client

SYMBOLS = ("AAPL", "MSFT")


@pytest.fixture(autouse=True)
def _loops_left_behind() -> Iterator[None]:
    """The synchronous client never closes the event loop of its thread: let it go in silence."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class Crossing:
    """A strategy that buys and sells in turns every few bars, and notes what it is told."""

    def __init__(self) -> None:
        self.candles = 0
        self.events: list[str] = []
        self.trades: list[str] = []
        self.completed: list[Any] = []

    def hear(self, event: Any) -> Side | None:
        """Take one event; the side to trade now, if any."""
        if isinstance(event, CandleEvent) and event.bar.symbol == SYMBOLS[0]:
            self.candles += 1
            if self.candles % 5 == 0:
                return Side.BUY if self.candles % 10 else Side.SELL
        elif isinstance(event, TradeEvent):
            self.trades.append(event.trade.id)
        elif isinstance(event, OrderEvent | PositionEvent):
            self.events.append(event.event.value)
        return None


def check(served: Served, strategy: Crossing) -> None:
    """What must hold of a run over 40 bars."""
    assert strategy.candles == 40
    assert len(strategy.trades) == len(set(strategy.trades)) == 7
    assert strategy.events.count("ORDER_CREATED") == 8
    assert strategy.events.count("ORDER_FILLED") == 7
    assert strategy.events.count("POSITION_OPENED") == 4
    assert strategy.events.count("POSITION_CLOSED") == 3
    assert len(strategy.completed) == 1
    served.finish()
    assert len(served.desk.engine.state.trades) == 7


def market() -> list[Any]:
    """Forty bars of two symbols."""
    return [bars(SYMBOLS[0], 40), bars(SYMBOLS[1], 40, 900)]


def test_the_synchronous_client_runs_a_backtest_to_its_end() -> None:
    strategy = Crossing()
    with serving(*market()) as served, TradingGateway(base_url=served.url) as gateway:
        with gateway.stream(on_backtest_complete=strategy.completed.append) as stream:
            for event in stream:
                side = strategy.hear(event)
                if side is not None:
                    gateway.submit_order(SYMBOLS[0], side, "10", OrderType.MARKET)
        check(served, strategy)
        assert float(gateway.get_account().equity) > 0


def test_the_asynchronous_client_runs_a_backtest_to_its_end() -> None:
    strategy = Crossing()

    async def trade(served: Served) -> None:
        done = strategy.completed.append
        async with (
            AsyncTradingGateway(base_url=served.url) as gateway,
            gateway.stream(on_backtest_complete=done) as stream,
        ):
            async for event in stream:
                side = strategy.hear(event)
                if side is not None:
                    await gateway.submit_order(SYMBOLS[0], side, "10", OrderType.MARKET)

    with serving(*market()) as served:
        asyncio.run(trade(served))
        check(served, strategy)


@pytest.mark.parametrize("kind", ["LIMIT", "STOP"])
def test_its_models_take_every_message_of_a_bracket(kind: str) -> None:
    told: list[str] = []
    unknown: list[str] = []
    with serving(*market()) as served, TradingGateway(base_url=served.url) as gateway:
        with gateway.stream() as stream:
            for number, event in enumerate(stream):
                if number == 3:
                    gateway.submit_order(
                        SYMBOLS[0],
                        Side.BUY,
                        "10",
                        OrderType.MARKET,
                        stop_loss="99.50" if kind == "STOP" else "50.00",
                        take_profit="200.00" if kind == "STOP" else "99.95",
                    )
                if isinstance(event, OrderEvent):
                    told.append(event.event.value)
                    if event.event.value.startswith("BRACKET"):
                        assert event.parent_order_id is not None
                unknown += [event.type] if event.event_id is None else []
        assert told[:4] == [
            "ORDER_CREATED",
            "ORDER_FILLED",
            "BRACKET_ORDER_CREATED",
            "BRACKET_ORDER_CREATED",
        ]
        assert told.count("ORDER_FILLED") == 2
        assert told[-1] == "ORDER_CANCELLED"
        assert unknown == []
