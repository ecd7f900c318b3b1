"""What must hold for the rows of a data file before anything trades on them.

Time goes forward (bars strictly, quotes may share a moment); prices are positive; a bar's high and
low contain its open and close; a bid is not above its ask; no volume or size is negative; and the
total volume fits 64 bits, so that resampling can add it up. The first row that breaks one of these
is the fault.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from adapters.market_files.errors import Fault
from adapters.market_files.layout import Kind
from adapters.market_files.numerals import INT64_MAX, Column

Mask = NDArray[np.bool_]


def check(kind: Kind, ts: Column, columns: dict[str, Column]) -> None:
    """Fault at the first row of *columns* that can't be true."""
    if not len(ts):
        raise Fault(None, "there are no rows, expected at least one after the header")
    found = [
        (int(mask.argmax()), message) for mask, message in _rules(kind, ts, columns) if mask.any()
    ]
    if found:
        raise Fault(*min(found, key=lambda fault: fault[0]))
    for role in ("volume", "bid_size", "ask_size"):
        if role in columns and columns[role].sum(dtype=np.float64) > INT64_MAX * 0.99:
            raise Fault(
                None,
                f"{role} adds up to more than 64 bits hold with the decimals it is written in; "
                f"expected fewer decimals or a shorter file",
            )


def _rules(kind: Kind, ts: Column, columns: dict[str, Column]) -> Iterator[tuple[Mask, str]]:
    """Each rule as the rows that break it and what to say of them."""
    yield _after(ts[1:] < ts[:-1]), "timestamp is before the row above, expected ascending order"
    if kind == "bars":
        yield (
            _after(ts[1:] == ts[:-1]),
            "timestamp is the same as in the row above, expected one bar",
        )
        yield from _bar_rules(columns)
    else:
        bid, ask = columns["bid"], columns["ask"]
        yield bid <= 0, "bid is not above zero"
        yield ask <= 0, "ask is not above zero"
        yield bid > ask, "bid is above ask"
    for role in ("volume", "bid_size", "ask_size"):
        if role in columns:
            yield columns[role] < 0, f"{role} is below zero"


def _bar_rules(columns: dict[str, Column]) -> Iterator[tuple[Mask, str]]:
    for role in ("open", "high", "low", "close"):
        yield columns[role] <= 0, f"{role} is not above zero"
    high, low = columns["high"], columns["low"]
    yield high < low, "high is below low"
    for role in ("open", "close"):
        yield high < columns[role], f"high is below {role}"
        yield low > columns[role], f"low is above {role}"


def _after(mask: Mask) -> Mask:
    """A mask over pairs of rows, as one over rows: the second of a pair is to blame."""
    return np.concatenate(([False], mask))
