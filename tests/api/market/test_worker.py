"""A worker of an account behind a line waits for its broker's quotes and bars."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from inspect import isawaitable
from typing import Any

import pytest

from api.market.worker import RemoteBroker
from engine.market.bars import Bar
from engine.market.timeframes import HOUR_NS, MINUTE_NS
from engine.worker.line import Line
from tests.api.lines.far_end import ACCOUNT
from tests.api.market.quoting import QuotingEnd, Stall, stall

pytestmark = pytest.mark.anyio


async def asked(made: Stall, question: Callable[[RemoteBroker], Any]) -> Any:
    """What a worker in a thread of its own is given."""
    loop = asyncio.get_running_loop()

    async def carry(function: Callable[..., Any], *arguments: Any) -> Any:
        result = function(*arguments)
        return await result if isawaitable(result) else result

    def call(function: Callable[..., Any], *arguments: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(carry(function, *arguments), loop).result(5)

    broker = RemoteBroker(made.engine, made.remote, ACCOUNT, Line(call))
    return await asyncio.to_thread(question, broker)


async def test_a_quote_is_the_brokers_also_of_a_symbol_that_is_not_listed() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        far.on_want = lambda symbol: far.shown(made.quote(symbol, "9", "11"))
        quote = await asked(made, lambda broker: broker.quote("SHOP"))
        assert (quote.symbol, quote.bid) == ("SHOP", 9)


async def test_bars_are_the_brokers_of_a_minute_unless_said() -> None:
    price = Decimal(10)
    one = Bar("AAPL", MINUTE_NS, 0, price, price, price, price, price)
    far = QuotingEnd(on_bars=lambda _symbol: [one])
    async with stall(far) as made:
        assert await asked(made, lambda broker: broker.bars("AAPL", limit=1)) == [one]
        await asked(made, lambda broker: broker.bars("AAPL", "1h", limit=1))
        assert [each[1] for each in far.bars_asked] == [MINUTE_NS, HOUR_NS]
