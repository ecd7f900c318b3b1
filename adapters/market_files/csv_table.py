"""A CSV file, plain or gzip, as columns: a fast reading, and an exact one that knows its lines.

Lines that start with ``#`` before the header are comments. The fast reading lets Arrow split the
whole file and returns None if it will not; the exact one walks it with the csv module and is asked
only when something is wrong, or unusual.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from adapters.market_files.errors import DataError
from adapters.market_files.layout import Layout

UNIT = "line"
_ENCODING = "utf-8-sig"  # a byte order mark, as spreadsheets write it, is not part of the header


class CsvTable:
    """The text of a CSV file; its header is read, its rows are not yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = file_bytes(path)
        self._before = 0  # lines down to and including the header
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        for line in io.BytesIO(self._data):
            self._before += 1
            if line.startswith(b"#") or not line.strip():
                continue
            return next(csv.reader([self._text(line)]))
        raise DataError(self.path, None, "the file is empty, expected a header")

    def _text(self, data: bytes) -> str:
        try:
            return data.decode(_ENCODING)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise DataError(self.path, line, "not UTF-8 text") from None

    def fast(self, layout: Layout) -> dict[str, Any] | None:
        """The columns of *layout* as Arrow text; None if the file is not plainly rectangular."""
        names = [str(position) for position in range(len(self.header))]
        wanted = {role: str(position) for role, position in layout.columns.items()}
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(self._data),
                read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=self._before),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(wanted.values()),
                    column_types=dict.fromkeys(wanted.values(), pa.string()),
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return {role: table.column(name) for role, name in wanted.items()}

    def exact(self, layout: Layout) -> tuple[Sequence[int], dict[str, list[str]]]:
        """The line of each row, and the columns of *layout* as text; DataError if ragged."""
        text = self._text(self._data)
        reader = csv.reader(io.StringIO(text, newline=""))
        width = len(self.header)
        lines: list[int] = []
        columns: dict[str, list[str]] = {role: [] for role in layout.columns}
        cells = list(layout.columns.items())
        try:
            for fields in reader:
                if reader.line_num <= self._before or not fields:
                    continue
                if len(fields) != width:
                    raise DataError(
                        self.path, reader.line_num, f"{len(fields)} fields, expected {width}"
                    )
                lines.append(reader.line_num)
                for role, position in cells:
                    columns[role].append(fields[position])
        except csv.Error as error:
            raise DataError(self.path, reader.line_num, str(error)) from None
        return lines, columns


def file_bytes(path: Path) -> bytes:
    """What is in the file, unpacked if it is a gzip; DataError if it can't be had."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(path, None, f"can't be read: {error.strerror}") from None
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(path, None, f"damaged gzip file: {error}") from None
