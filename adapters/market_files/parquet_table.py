"""A Parquet file as columns, in the same two readings as `csv_table`.

Floats become the shortest decimal that reads back as the same float, which is what people meant
when they wrote it; decimals and text stay exact. Rows are counted from one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from adapters.market_files.errors import DataError
from adapters.market_files.layout import TIMESTAMP, Layout

UNIT = "row"


class ParquetTable:
    """An open Parquet file; its schema is read, its rows are not yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = parquet.ParquetFile(path)
        except OSError as error:
            raise DataError(path, None, f"can't be read: {error}", unit=UNIT) from None
        except pa.ArrowInvalid as error:
            raise DataError(path, None, f"not a Parquet file: {error}", unit=UNIT) from None
        self.header: list[str] = list(self._file.schema_arrow.names)

    def fast(self, layout: Layout) -> dict[str, Any] | None:
        """The columns of *layout*: numbers as Arrow text or decimals, time as it is."""
        names = {role: self.header[position] for role, position in layout.columns.items()}
        try:
            table = self._file.read(columns=list(names.values()))
            return {
                role: table.column(name) if role == TIMESTAMP else _numbers(table.column(name))
                for role, name in names.items()
            }
        except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(self.path, None, f"can't be read: {error}", unit=UNIT) from None

    def exact(self, layout: Layout) -> tuple[Sequence[int], dict[str, list[str]]]:
        """The number of each row, and the columns of *layout* as text."""
        columns = self.fast(layout) or {}
        texts = {role: _texts(role, column) for role, column in columns.items()}
        return range(1, len(texts[TIMESTAMP]) + 1), texts


def _numbers(column: Any) -> Any:
    """Floats and integers as text; text and decimals as they are."""
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_string(kind):
        return column
    return pc.cast(column, pa.string())


def _texts(role: str, column: Any) -> list[str]:
    """A column as text a person would have written; a missing value is empty."""
    if role == TIMESTAMP and getattr(column.type, "tz", None) is not None:
        column = pc.cast(column, pa.timestamp(column.type.unit, "UTC"))
    return [_or_empty(text) for text in pc.cast(column, pa.string()).to_pylist()]


def _or_empty(text: str | None) -> str:
    return "" if text is None else text
