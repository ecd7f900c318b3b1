"""Small builders of bars and quotes for the tests of market data."""

from hypothesis import strategies as st

from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS

START_NS = 1_704_153_600 * 1_000_000_000  # 2024-01-02T00:00:00Z, a Tuesday


def bars_at(minutes: list[int], symbol: str = "AAPL", timeframe_ns: int = MINUTE_NS) -> Bars:
    """Bars that start *minutes* after START_NS, each with its own prices."""
    bars = Bars(symbol, timeframe_ns, 2, 0)
    for i, minute in enumerate(minutes):
        price = 10_000 + (i * 37) % 101
        bars.append(START_NS + minute * MINUTE_NS, price, price + 5, price - 5, price + 2, 10 + i)
    return bars


def quotes_at(seconds: list[int], symbol: str = "AAPL") -> Quotes:
    """Quotes *seconds* after START_NS."""
    quotes = Quotes(symbol, 2)
    for i, second in enumerate(seconds):
        quotes.append(START_NS + second * 1_000_000_000, 10_000 + i, 10_002 + i, 100, 200)
    return quotes


def rows(bars: Bars) -> list[tuple[int, ...]]:
    """All rows of *bars* as plain tuples."""
    return list(zip(bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True))


minute_lists = st.lists(st.integers(0, 3000), unique=True, max_size=120).map(sorted)
