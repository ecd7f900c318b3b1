"""Seeded markets for the backtest benchmarks, as columns of cents in files that every contender
reads.

Bars open where the one before closed, so that an order fills at the same price whether a contender
takes the close it saw or the open that follows.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MINUTE_NS = 60_000_000_000
START_NS = 1_600_000_020_000_000_000
"""A full minute in September 2020."""
SEED = 20
START_CENTS = 100_000
LOWEST_CENTS = 20_000

Columns = NDArray[np.int64]


def bars(count: int, seed: int = SEED) -> Columns:
    """Rows ts, open, high, low, close, volume of a random walk in one-minute bars."""
    random = np.random.default_rng(seed)
    close = _walk(random, count)
    open_ = np.concatenate(([START_CENTS], close[:-1]))
    high = np.maximum(open_, close) + random.integers(0, 6, count)
    low = np.minimum(open_, close) - random.integers(0, 6, count)
    ts = START_NS + MINUTE_NS * np.arange(count)
    return np.array([ts, open_, high, low, close, random.integers(1_000, 9_000, count)], np.int64)


def quotes(count: int, seed: int = SEED) -> Columns:
    """Rows ts, bid, ask of a random walk, a quote a second, the spread always two cents."""
    random = np.random.default_rng(seed)
    middle = _walk(random, count)
    ts = START_NS + MINUTE_NS // 60 * np.arange(count)
    return np.array([ts, middle - 1, middle + 1], np.int64)


def saved(columns: Columns, path: Path) -> Path:
    """The file that now holds the columns."""
    with path.open("wb") as file:
        np.save(file, columns)
    return path


def _walk(random: np.random.Generator, count: int) -> Columns:
    """Prices in cents that wander and never come near zero."""
    steps = random.integers(-20, 21, count)
    walk = START_CENTS + np.cumsum(steps)
    return LOWEST_CENTS + np.abs(walk - LOWEST_CENTS)
