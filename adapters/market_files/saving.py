"""Columns of market data back to a file, exactly: CSV (plain or gzip) or Parquet by its suffix.

What is saved loads again as the same columns with the same scales. Numbers are written with all
the decimals of their scale, times as ISO 8601 UTC (CSV) or as typed nanoseconds (Parquet). The
same columns give the same text; a gzip carries neither name nor time.
"""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from engine.market.bars import Bars
from engine.market.quotes import Quotes

SECOND_NS = 1_000_000_000
_INT64_DIGITS = 19
_Column = tuple[str, Any, int]  # name, values, scale


def save(data: Bars | Quotes, path: str | Path, *, comment: str | None = None) -> None:
    """Write *data* to *path*; ValueError if its suffix is not .csv, .csv.gz or .parquet.

    *comment* becomes the first line of a CSV file, after a ``#``.
    """
    path = Path(path)
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        parquet.write_table(_table(data), path)
    elif name.endswith(".csv.gz"):
        path.write_bytes(gzip.compress(csv_text(data, comment).encode(), 9, mtime=0))
    elif name.endswith(".csv"):
        path.write_text(csv_text(data, comment), encoding="utf-8", newline="")
    else:
        raise ValueError(f"path: {path.name!r}, expected a name in .csv, .csv.gz or .parquet")


def csv_text(data: Bars | Quotes, comment: str | None = None) -> str:
    """The text of a CSV file that holds *data*."""
    columns = _columns(data)
    out = io.StringIO()
    if comment is not None:
        out.write(f"# {comment}\n")
    out.write(",".join(["timestamp", *(name for name, _, _ in columns)]) + "\n")
    texts = [[_decimal(value, scale) for value in values] for _, values, scale in columns]
    for row in zip((_iso(ts) for ts in data.ts), *texts, strict=True):
        out.write(",".join(row) + "\n")
    return out.getvalue()


def _columns(data: Bars | Quotes) -> list[_Column]:
    price = data.price_scale
    if isinstance(data, Bars):
        return [
            ("open", data.open, price),
            ("high", data.high, price),
            ("low", data.low, price),
            ("close", data.close, price),
            ("volume", data.volume, data.volume_scale),
        ]
    sizes: list[_Column] = [
        ("bid_size", data.bid_size, data.size_scale),
        ("ask_size", data.ask_size, data.size_scale),
    ]
    return [("bid", data.bid, price), ("ask", data.ask, price), *(sizes if data.has_sizes else [])]


def _decimal(value: int, scale: int) -> str:
    """The scaled *value* as decimal text with *scale* decimals."""
    if not scale:
        return str(value)
    digits = str(abs(value)).rjust(scale + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def _iso(ts: int) -> str:
    """*ts* as ISO 8601 UTC, with nine decimals if it is not a whole second."""
    seconds, rest = divmod(ts, SECOND_NS)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09d}Z" if rest else f"{whole}Z"


def _table(data: Bars | Quotes) -> Any:
    """*data* as an Arrow table of UTC timestamps and exact decimals."""
    times = pa.array(np.array(data.ts, np.int64)).cast(pa.timestamp("ns", "UTC"))
    columns = {"timestamp": times}
    for name, values, scale in _columns(data):
        columns[name] = _decimals(np.array(values, np.int64), scale)
    return pa.table(columns)


def _decimals(values: Any, scale: int) -> Any:
    """int64 *values* as an Arrow decimal128 column: two words each, the high one all sign."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    kind = pa.decimal128(_INT64_DIGITS, scale)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words.tobytes())])
