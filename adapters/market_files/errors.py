"""What is wrong with a data file, and where.

One error for every fault of a file, naming the file, the line (or the row, in a file without
lines) and what was expected there, so that a person can open it and look.
"""

from pathlib import Path


class DataError(ValueError):
    """Raised when a market data file can't be used; *line* is 1-based, None for the whole file."""

    def __init__(self, path: Path, line: int | None, message: str, *, unit: str = "line") -> None:
        where = str(path) if line is None else f"{path}, {unit} {line}"
        super().__init__(f"{where}: {message}")
        self.path = path
        self.line = line
        self.message = message


class Fault(Exception):
    """Something wrong in row *row* (0-based) of a table; a DataError once its line is known."""

    def __init__(self, row: int | None, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.message = message
