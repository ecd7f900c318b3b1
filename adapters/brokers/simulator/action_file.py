"""A CSV file of corporate actions: what it may hold, and what is wrong with it, line by line.

The header names the columns ``symbol``, ``date``, ``action`` and ``value``, in any order; others
are passed over. An action is a ``split``, whose value is the new units for each old one, or a
``dividend``, whose value is the money for each unit held. A date is a day or a time, as in the
files of market data. One file may serve many runs: what is of other symbols is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from adapters.brokers.simulator.options import Dividend, Split
from adapters.market_files.csv_table import CsvTable
from adapters.market_files.errors import DataError, Fault
from adapters.market_files.layout import Layout
from adapters.market_files.moments import moments_exact

COLUMNS = ("symbol", "date", "action", "value")
ACTIONS = ("split", "dividend")
_VALUE_CHARACTERS_MAX = 64


class Actions(NamedTuple):
    """The corporate actions of a file."""

    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]


def read_actions(path: Path, symbols: Collection[str] | None = None) -> Actions:
    """The actions in the file at ``path``, those of ``symbols`` if they are given.

    Every line is checked. Raises DataError, which names the file, the line and what was expected.
    """
    table = CsvTable(path)
    lines, columns = table.exact(Layout("bars", _positions(table)))
    try:
        times = moments_exact(columns["date"])
    except Fault as fault:
        line = None if fault.row is None else lines[fault.row]
        raise DataError(path, line, f"date: {fault.message}") from None
    splits: list[Split] = []
    dividends: list[Dividend] = []
    rows = zip(lines, columns["symbol"], times, columns["action"], columns["value"], strict=True)
    for line, symbol, time, action, value in rows:
        try:
            one = _action(symbol.strip(), int(time), action.strip().lower(), value.strip())
        except ValueError as error:
            raise DataError(path, line, str(error)) from None
        if symbols is not None and one.symbol not in symbols:
            continue
        if isinstance(one, Split):
            splits.append(one)
        else:
            dividends.append(one)
    return Actions(tuple(splits), tuple(dividends))


def _positions(table: CsvTable) -> dict[str, int]:
    """Where each column is."""
    names = [name.strip().lower() for name in table.header]
    for name in COLUMNS:
        if names.count(name) != 1:
            found = ", ".join(table.header)
            raise DataError(table.path, None, f"the header is {found[:200]!r}, expected one {name}")
    return {name: names.index(name) for name in COLUMNS}


def _action(symbol: str, ex_ts: int, action: str, value: str) -> Split | Dividend:
    """The action of one line; ValueError says what is wrong with it."""
    if not symbol:
        raise ValueError("symbol is missing, expected one as in the data")
    try:
        number = Decimal(value[:_VALUE_CHARACTERS_MAX])
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or len(value) > _VALUE_CHARACTERS_MAX:
        shown = value[:_VALUE_CHARACTERS_MAX]
        raise ValueError(f"value is {shown!r}, expected a decimal number more than 0")
    if action == "split":
        return Split(symbol, ex_ts, number)
    if action == "dividend":
        return Dividend(symbol, ex_ts, number)
    raise ValueError(f"action is {action[:64]!r}, expected {' or '.join(ACTIONS)}")
