"""Columns from a file into the engine's own series; one symbol, or several that share the times."""

from array import array

import numpy as np

from engine.market.bars import Bars
from engine.market.quotes import Quotes

MINUTE_NS = 60_000_000_000


def read_bars(path: str, symbols: int = 1) -> list[Bars]:
    """The bars of a file: the first symbol's rows, then the next one's, all over the same times."""
    columns = np.load(path)
    rows = columns.shape[1] // symbols
    parts = (columns[:, k * rows : (k + 1) * rows].copy() for k in range(symbols))
    made = []
    for k, part in enumerate(parts):
        part[0] = columns[0, :rows]
        ts, open_, high, low, close, volume = (_column(one) for one in part)
        prices = {"open": open_, "high": high, "low": low, "close": close}
        made.append(Bars(symbol(k), MINUTE_NS, 2, 0, ts=ts, volume=volume, **prices))
    return made


def read_quotes(path: str) -> Quotes:
    """The quotes of a file."""
    ts, bid, ask = (_column(one) for one in np.load(path))
    return Quotes(symbol(0), 2, has_sizes=False, ts=ts, bid=bid, ask=ask)


def symbol(number: int) -> str:
    """A made-up stock's name."""
    return f"STOCK{number}" if number else "AAPL"


def _column(values: np.ndarray) -> "array[int]":
    column = array("q")
    column.frombytes(np.ascontiguousarray(values).tobytes())
    return column
