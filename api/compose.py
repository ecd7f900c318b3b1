"""Where the outside world is plugged in: tapes, market data files, the simulator, by their ports.

Together with `app.py` this is the only part of `api` that knows an adapter by name; commands and
dialects ask here and get engine types. Whatever a file is wrong in is raised as `BadInput`.
"""

from __future__ import annotations

from pathlib import Path

from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.verify import verify
from engine.tape.verify import Report


def read_tape(file: Path) -> SqliteTapeReader:
    """A tape for reading, whether or not somebody writes it; raises TapeError."""
    return SqliteTapeReader.open(file)


def verify_tape(file: Path) -> Report:
    """What a check of the whole tape found; raises TapeError where there is none."""
    return verify(file)
