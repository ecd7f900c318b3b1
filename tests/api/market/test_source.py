"""The market of this process needs no waiting for."""

from __future__ import annotations

import pytest

from api.market.source import BARS_MAX
from engine.errors import SymbolNotFound
from engine.market.timeframes import MINUTE_NS
from engine.tape import MemoryTape
from tests.api.served import START_NS, bars, build

pytestmark = pytest.mark.anyio


async def test_it_shows_what_its_board_shows_and_no_more_bars_than_fit_an_answer() -> None:
    series = bars("AAPL", BARS_MAX + 5)
    desk = build([series], MemoryTape())
    here = desk.markets.here
    here.market.show(0, len(series) - 1)
    here.market.now = START_NS + len(series) * MINUTE_NS
    assert await here.quote("AAPL") == here.market.quote("AAPL")
    assert len(await here.bars("AAPL", MINUTE_NS)) == BARS_MAX
    assert len(await here.bars("AAPL", MINUTE_NS, limit=3)) == 3
    with pytest.raises(SymbolNotFound):
        await here.quote("MSFT")
