"""A path for a tape, with no file there yet."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the test's tape goes."""
    return tmp_path / "run.tape"
