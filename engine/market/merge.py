"""The order in which a run may see several series of bars and quotes.

A row becomes visible when its information exists: a bar at its end, a quote at its own time.
`timeline` merges all rows by that time once, with numpy, into flat columns that a loop can walk;
rows that become visible at the same time form one step, in the order the series were given.
Nothing is copied but three small integers a row.
"""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.market.bars import Bars
from engine.market.quotes import Quotes

SERIES_MAX = 65_535
ROWS_MAX = 2**31 - 1


class Timeline:
    """Rows of *series* by visible time; step k is rows steps[k]:steps[k + 1], at times[k]."""

    __slots__ = ("is_even", "row", "series", "source", "steps", "times", "visible")

    def __init__(
        self,
        series: "list[Bars | Quotes]",
        visible: "array[int]",
        source: "array[int]",
        row: "array[int]",
        steps: "array[int]",
        times: "array[int]",
        *,
        is_even: bool,
    ) -> None:
        self.series = series
        self.visible = visible  # ns, ascending
        self.source = source  # index into series
        self.row = row  # row of that series
        self.steps = steps  # offsets, one more than there are steps
        self.times = times  # visible, an item a step
        self.is_even = is_even  # whether step k shows row k of every series, and nothing else

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.steps) - 1


def timeline(series: "Sequence[Bars | Quotes]") -> Timeline:
    """Merge *series* by visible time; ValueError if one of them is not in order of time."""
    if len(series) > SERIES_MAX:
        raise ValueError(f"series: {len(series)}, expected at most {SERIES_MAX}")
    times = [_visible(one) for one in series]
    total = sum(len(one) for one in times)
    if total > ROWS_MAX:
        raise ValueError(f"rows: {total}, expected at most {ROWS_MAX} in one run")
    visible = np.concatenate(times) if times else np.empty(0, np.int64)
    source = np.repeat(np.arange(len(times), dtype=np.uint16), [len(one) for one in times])
    rows = [np.arange(len(one), dtype=np.int32) for one in times]
    row = np.concatenate(rows) if rows else np.empty(0, np.int32)
    if len(times) > 1:
        order = np.argsort(visible, kind="stable")
        visible, source, row = visible[order], source[order], row[order]
    changes = np.flatnonzero(visible[1:] != visible[:-1]) + 1
    steps = np.concatenate([[0], changes, [total]] if total else [[0]]).astype(np.int32)
    columns = _array("q", visible), _array("H", source), _array("i", row)
    opens = steps[:-1]
    each = columns[0] if len(opens) == total else _array("q", visible[opens])
    numbers = np.repeat(np.arange(len(opens), dtype=np.int32), np.diff(steps))
    is_even = all(len(one) == len(opens) for one in times) and bool((numbers == row).all())
    return Timeline(list(series), *columns, _array("i", steps), each, is_even=is_even)


def _visible(one: "Bars | Quotes") -> NDArray[np.int64]:
    """When each row of *one* may be seen."""
    ts = np.frombuffer(one.ts, np.int64)
    if len(ts) > 1 and bool((ts[1:] < ts[:-1]).any()):
        raise ValueError(f"ts: {one!r} is not in order of time")
    return ts + one.timeframe_ns if isinstance(one, Bars) else ts.copy()


def _array(typecode: str, values: "NDArray[np.generic]") -> "array[int]":
    """*values* as an array, whose items are plain ints to a loop."""
    out: array[int] = array(typecode)
    out.frombytes(values.tobytes())
    return out
