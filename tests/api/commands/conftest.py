"""The smallest market there is."""

from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five daily bars that rise by a hundred a day."""
    file = tmp_path / "x.csv"
    days = [f"2024-01-0{day},{day}00,{day}10,{day}00,{day}05,1000" for day in range(1, 6)]
    file.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(days) + "\n")
    return file
