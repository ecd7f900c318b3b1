"""A market data file to columns: CSV (plain or gzip) and Parquet, bars and quotes.

The fast road reads whole columns with Arrow. Whatever it does not like, a number with an exponent
or a price below zero, sends the file down the exact road, which either reads it or says in which
line it is wrong. Both roads give the same columns; nothing is rounded, sorted or dropped.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from adapters.market_files.checks import check
from adapters.market_files.csv_table import CsvTable
from adapters.market_files.errors import DataError, Fault
from adapters.market_files.layout import TIMESTAMP, Kind, Layout, layout
from adapters.market_files.moments import moments_exact, moments_fast
from adapters.market_files.numerals import Column, scaled_exact, scaled_fast
from adapters.market_files.parquet_table import ParquetTable
from adapters.market_files.spacing import base_timeframe, check_gaps
from engine.market.bars import Bars
from engine.market.calendar import Calendar
from engine.market.quotes import Quotes
from engine.market.resample import ResampleError, resample

Gaps = Literal["allow", "error"]
Table = CsvTable | ParquetTable


class _Rows:
    """The checked columns of one file."""

    __slots__ = ("columns", "price_scale", "size_scale", "ts")

    def __init__(
        self, ts: Column, columns: dict[str, Column], price_scale: int, size_scale: int
    ) -> None:
        self.ts = ts
        self.columns = columns
        self.price_scale = price_scale
        self.size_scale = size_scale

    def column(self, role: str) -> "array[int] | None":
        """A column as the engine keeps it; None if the file has none."""
        if role not in self.columns:
            return None
        return _array(self.columns[role])


def load(
    path: str | Path,
    symbol: str,
    *,
    kind: Kind | None = None,
    timeframe_ns: int | None = None,
    gaps: Gaps = "allow",
    calendar: Calendar | None = None,
) -> Bars | Quotes:
    """The bars or quotes of *symbol* in the file at *path*; which of them the header tells.

    *timeframe_ns* is how long bars last if the file does not show it, or a coarser timeframe to
    resample to; quotes have none. ``gaps="error"`` refuses a file that misses a bar while
    *calendar* (none: the market never closes) was open. DataError names the file, the line and
    what was expected.
    """
    path = Path(path)
    parquet = path.suffix.lower() in {".parquet", ".pq"}
    unit = "row" if parquet else "line"
    lines: Sequence[int] = ()
    table: Table = ParquetTable(path) if parquet else CsvTable(path)
    try:
        found = layout(table.header, kind)
        fast = _fast(table, found)
        if fast is not None:
            try:
                return _build(fast, found, symbol, timeframe_ns, gaps, calendar)
            except Fault:
                pass  # the exact road meets the same fault, and knows its line
        lines, texts = table.exact(found)
        return _build(_exact(texts, found), found, symbol, timeframe_ns, gaps, calendar)
    except Fault as fault:
        line = None if fault.row is None else lines[fault.row]
        raise DataError(path, line, fault.message, unit=unit) from None


def _fast(table: Table, found: Layout) -> _Rows | None:
    """The columns read by Arrow; None if anything in them is unusual."""
    columns = table.fast(found)
    if columns is None:
        return None
    ts = moments_fast(columns[TIMESTAMP])
    if ts is None:
        return None
    prices = scaled_fast([columns[role] for role in found.prices])
    sizes = scaled_fast([columns[role] for role in found.sizes]) if found.sizes else ([], 0)
    if prices is None or sizes is None:
        return None
    values = dict(zip((*found.prices, *found.sizes), (*prices[0], *sizes[0]), strict=True))
    return _Rows(ts, values, prices[1], sizes[1])


def _exact(texts: dict[str, list[str]], found: Layout) -> _Rows:
    """The columns read text by text; Fault at the first row that is wrong."""
    ts = moments_exact(texts[TIMESTAMP])
    prices, price_scale = scaled_exact({role: texts[role] for role in found.prices})
    sizes, size_scale = scaled_exact({role: texts[role] for role in found.sizes})
    return _Rows(ts, {**prices, **sizes}, price_scale, size_scale)


def _build(
    rows: _Rows,
    found: Layout,
    symbol: str,
    timeframe_ns: int | None,
    gaps: Gaps,
    calendar: Calendar | None,
) -> Bars | Quotes:
    """Checked *rows* as the engine's columns."""
    check(found.kind, rows.ts, rows.columns)
    if found.kind == "quotes":
        if gaps == "error":
            raise Fault(None, "it holds quotes; gaps can only be looked for in bars")
        return _quotes(rows, symbol)
    base = base_timeframe(rows.ts, timeframe_ns)
    if gaps == "error":
        check_gaps(rows.ts, base, calendar)
    bars = Bars(
        symbol,
        base,
        rows.price_scale,
        rows.size_scale,
        ts=_array(rows.ts),
        open=rows.column("open"),
        high=rows.column("high"),
        low=rows.column("low"),
        close=rows.column("close"),
        volume=rows.column("volume"),
    )
    try:
        return resample(bars, timeframe_ns or base)
    except ResampleError as error:
        raise Fault(None, str(error)) from error


def _quotes(rows: _Rows, symbol: str) -> Quotes:
    return Quotes(
        symbol,
        rows.price_scale,
        rows.size_scale,
        has_sizes="bid_size" in rows.columns,
        ts=_array(rows.ts),
        bid=rows.column("bid"),
        ask=rows.column("ask"),
        bid_size=rows.column("bid_size"),
        ask_size=rows.column("ask_size"),
    )


def _array(values: Column) -> "array[int]":
    out = array("q")
    out.frombytes(np.ascontiguousarray(values).tobytes())
    return out
