"""Decimal text to scaled integers, exactly, without a float on the way.

Two roads to the same numbers: `scaled_fast` works on whole Arrow columns and gives up (None) at
the first thing it does not like; `scaled_exact` goes text by text and says which row is wrong.
The scale is the largest number of decimals written in any of the columns that share it.
"""

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adapters.market_files.errors import Fault

SCALE_MAX = 18
INT64_MAX = 2**63 - 1
DIGITS_MAX = 64  # of one number as written; real ones have far fewer

Column = NDArray[np.int64]
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WIDE = Context(prec=2 * DIGITS_MAX)


def scaled_fast(columns: Sequence[Any]) -> tuple[list[Column], int] | None:
    """Arrow columns (text or decimal) as integers of one scale; None if any value is unusual."""
    try:
        scale = max(_decimals(column) for column in columns)
        if scale > SCALE_MAX:
            return None
        wide = pa.decimal128(38, scale)
        return [_integers(pc.cast(column, wide)) for column in columns], scale
    except (pa.ArrowInvalid, OverflowError):
        return None


def _decimals(column: Any) -> int:
    """The most decimals in an Arrow column; ArrowInvalid if a number has an exponent."""
    if column.null_count:
        raise pa.ArrowInvalid("a value is missing")
    if pa.types.is_decimal(column.type):
        return max(0, int(column.type.scale))
    if pc.any(pc.match_substring(column, "e", ignore_case=True)).as_py():
        raise pa.ArrowInvalid("a number has an exponent")
    points = pc.find_substring(column, ".")
    after = pc.subtract(pc.subtract(pc.binary_length(column), points), 1)
    return int(pc.max(pc.if_else(pc.less(points, 0), 0, after)).as_py() or 0)


def _integers(column: Any) -> Column:
    """The unscaled integers of a decimal128 column; OverflowError if one leaves 64 bits."""
    parts = []
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        words = np.frombuffer(chunk.buffers()[1], np.int64).reshape(-1, 2)
        words = words[chunk.offset : chunk.offset + len(chunk)]
        low, high = words[:, 0], words[:, 1]
        if not np.array_equal(high, low >> 63):
            raise OverflowError
        parts.append(low)
    return np.concatenate(parts)


def scaled_exact(columns: dict[str, Sequence[str]]) -> tuple[dict[str, Column], int]:
    """Columns of text, by name, as integers of one scale; Fault at the first row that is wrong."""
    numbers = {name: _numbers(name, texts) for name, texts in columns.items()}
    scale = max((_written(n) for values in numbers.values() for n in values), default=0)
    largest = max((n.copy_abs() for values in numbers.values() for n in values), default=Decimal(0))
    if scale > SCALE_MAX or _unscale(largest, scale) > INT64_MAX:
        raise _too_fine(numbers, scale)
    return {
        name: np.array([_unscale(n, scale) for n in values], np.int64)
        for name, values in numbers.items()
    }, scale


def _numbers(name: str, texts: Sequence[str]) -> list[Decimal]:
    numbers = []
    for row, text in enumerate(texts):
        plain = text.strip()
        if len(plain) > DIGITS_MAX or _NUMBER.fullmatch(plain) is None:
            raise Fault(row, f"{name} is {text[:DIGITS_MAX]!r}, expected a decimal number")
        numbers.append(Decimal(plain))
    return numbers


def _written(number: Decimal) -> int:
    """How many decimals *number* was written with."""
    return max(0, -int(number.as_tuple().exponent))


def _unscale(number: Decimal, scale: int) -> int:
    """``number * 10**scale``, in a context wide enough to round nothing."""
    return int(_WIDE.scaleb(number, scale))


def _too_fine(numbers: dict[str, list[Decimal]], scale: int) -> Fault:
    """The fault of columns that fit no common scale, at the value that is to blame."""
    cells = [(name, row, n) for name, values in numbers.items() for row, n in enumerate(values)]
    for name, row, number in cells:
        if _written(number) > SCALE_MAX:
            return Fault(row, f"{name} is {number}, expected at most {SCALE_MAX} decimals")
    name, row, number = max(cells, key=lambda cell: cell[2].copy_abs())
    return Fault(
        row,
        f"{name} is {number}, expected a number that fits 64 bits with the {scale} decimals "
        f"used in this file (at most {INT64_MAX} / 10**{scale})",
    )
