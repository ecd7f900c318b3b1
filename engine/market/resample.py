"""Coarser bars from finer ones, exactly.

Buckets are aligned to UTC: minutes and hours to the epoch, days to midnight, weeks to Monday.
Open is the first, close the last, high and low the extremes, volume the sum, all in the scaled
integers of the source. A bucket without bars gives no bar. The last bucket may be partial: it is
the caller's part not to show it before its end (see `engine.market.history`).
"""

from array import array

import numpy as np
from numpy.typing import NDArray

from engine.market.bars import Bars
from engine.market.timeframes import DAY_NS, WEEK_NS

MONDAY_NS = 4 * DAY_NS  # the epoch was a Thursday; the first Monday came four days later


class ResampleError(ValueError):
    """These bars can not make bars of that timeframe."""


def bucket_start(ts: int, timeframe_ns: int) -> int:
    """The start of the bucket of *timeframe_ns* that *ts* lies in."""
    offset = MONDAY_NS if timeframe_ns == WEEK_NS else 0
    return ts - (ts - offset) % timeframe_ns


def resample(bars: Bars, timeframe_ns: int) -> Bars:
    """*bars* in the coarser *timeframe_ns* (the same object if it is already that).

    ResampleError if the target is finer, is not a whole multiple, or if a bar lies across the edge
    of two buckets, since its part on either side can't be told.
    """
    if timeframe_ns == bars.timeframe_ns:
        return bars
    check_coarser(bars, timeframe_ns)
    out = Bars(bars.symbol, timeframe_ns, bars.price_scale, bars.volume_scale)
    extend(out, bars, 0)
    return out


def check_coarser(bars: Bars, timeframe_ns: int) -> None:
    """ResampleError unless *bars* can be resampled to *timeframe_ns*."""
    if timeframe_ns < bars.timeframe_ns or timeframe_ns % bars.timeframe_ns:
        raise ResampleError(
            f"timeframe: {timeframe_ns} ns, expected a whole multiple of the "
            f"{bars.timeframe_ns} ns that the bars of {bars.symbol} last"
        )


def extend(out: Bars, bars: Bars, first: int) -> None:
    """Append to *out* the buckets that rows *first* and later of *bars* make."""
    if first >= len(bars):
        return
    ts = _view(bars.ts, first)
    offset = MONDAY_NS if out.timeframe_ns == WEEK_NS else 0
    into = (ts - offset) % out.timeframe_ns
    across = into + bars.timeframe_ns > out.timeframe_ns
    if bool(across.any()):
        at = int(ts[int(across.argmax())])
        raise ResampleError(
            f"bars of {bars.symbol}: the bar at {at} ns lies across two buckets of "
            f"{out.timeframe_ns} ns, expected bars aligned to the coarser timeframe"
        )
    buckets = ts - into
    heads = np.concatenate(([0], np.flatnonzero(buckets[1:] != buckets[:-1]) + 1))
    tails = np.append(heads[1:], len(ts)) - 1
    _append(out.ts, buckets[heads])
    _append(out.open, _view(bars.open, first)[heads])
    _append(out.high, np.maximum.reduceat(_view(bars.high, first), heads))
    _append(out.low, np.minimum.reduceat(_view(bars.low, first), heads))
    _append(out.close, _view(bars.close, first)[tails])
    _append(out.volume, np.add.reduceat(_view(bars.volume, first), heads))


def _view(values: "array[int]", first: int) -> NDArray[np.int64]:
    """*values* from row *first* on, not copied; drop it before the column may grow again."""
    return np.frombuffer(values, np.int64)[first:]


def _append(values: "array[int]", more: NDArray[np.int64]) -> None:
    values.frombytes(more.tobytes())
