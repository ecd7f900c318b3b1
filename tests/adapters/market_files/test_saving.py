"""What is saved loads again as it was."""

from pathlib import Path

import pytest

from adapters.market_files.bundle import bundled
from adapters.market_files.loading import load
from adapters.market_files.saving import csv_text, save
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS

SUFFIXES = ["csv", "csv.gz", "parquet"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_bars_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    bars = bundled()[4]
    save(bars, tmp_path / f"x.{suffix}")
    again = load(tmp_path / f"x.{suffix}", bars.symbol)
    assert all(getattr(again, name) == getattr(bars, name) for name in Bars.__slots__)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("has_sizes", [True, False])
def test_quotes_come_back_as_they_were(tmp_path: Path, suffix: str, has_sizes: bool) -> None:
    quotes = Quotes("X", 3, 0, has_sizes=has_sizes)
    quotes.append(1_704_205_800_123_456_789, 5, 2**62, 1, 2)
    quotes.append(1_704_205_801_000_000_000, 10_000, 10_001, 3, 4)
    save(quotes, tmp_path / f"x.{suffix}")
    again = load(tmp_path / f"x.{suffix}", "X")
    assert all(getattr(again, name) == getattr(quotes, name) for name in Quotes.__slots__)


def test_the_text_is_plain_and_exact() -> None:
    bars = Bars("X", MINUTE_NS, 2, 0)
    bars.append(1_704_205_800_000_000_000, 5, 12345, 1, 100, 7)
    assert csv_text(bars, "a note") == (
        "# a note\n"
        "timestamp,open,high,low,close,volume\n"
        "2024-01-02T14:30:00Z,0.05,123.45,0.01,1.00,7\n"
    )


def test_the_same_bars_give_the_same_bytes(tmp_path: Path) -> None:
    bars = bundled()[0]
    save(bars, tmp_path / "one.csv.gz")
    save(bars, tmp_path / "two.csv.gz")
    assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path: 'x.txt', expected a name in .csv"):
        save(bundled()[0], tmp_path / "x.txt")
