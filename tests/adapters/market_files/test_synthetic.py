"""Synthetic prices are the same for the same seed, and look like a market."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_files.calendars import calendar
from adapters.market_files.csv_table import file_bytes
from adapters.market_files.saving import csv_text
from adapters.market_files.synthetic import (
    COMMENT,
    FOLDER,
    RECIPES,
    PricePath,
    Recipe,
    make,
    write_bundled,
)

SECOND_NS = 10**9


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.symbol)
def test_making_the_bundled_files_again_gives_the_same_text(recipe: Recipe) -> None:
    shipped = file_bytes(FOLDER / recipe.file_name).decode()
    assert csv_text(make(recipe), COMMENT) == shipped
    assert shipped.startswith("# SYNTHETIC")
    assert "synthetic" in recipe.file_name


def test_every_bundled_file_can_be_written_again(tmp_path: Path) -> None:
    write_bundled(tmp_path)
    written = {path.name: file_bytes(path) for path in tmp_path.iterdir()}
    assert written == {path.name: file_bytes(path) for path in FOLDER.glob("*.gz")}


def test_stock_bars_lie_in_the_sessions_of_new_york() -> None:
    new_york = calendar("XNYS")
    assert all(new_york.is_open(ts) for ts in make(RECIPES[0]).ts)


def test_another_seed_gives_other_prices() -> None:
    assert make(RECIPES[0], 1).close != make(RECIPES[0], 2).close


@given(
    st.integers(),
    st.integers(1, 10**8),
    st.integers(0, 10_000),
    st.lists(st.integers(0, 10**15), min_size=1, max_size=30),
)
def test_every_quote_is_positive_uncrossed_and_repeatable(
    seed: int, start: int, volatility: int, steps: list[int]
) -> None:
    one = PricePath(seed, "X", start, 2, volatility)
    two = PricePath(seed, "X", start, 2, volatility)
    ts = 0
    for step in steps:
        ts += step
        quote = one.next_quote(ts)
        bid, ask, bid_size, ask_size, last = quote
        assert 0 < bid < ask
        assert bid <= last <= ask
        assert bid_size > 0
        assert ask_size > 0
        assert two.next_quote(ts) == quote


def test_a_price_moves_with_its_volatility() -> None:
    path = PricePath(7, "X", 100_00000, 5, 100)
    middles = []
    for second in range(4000):
        bid, ask, *_ = path.next_quote(second * SECOND_NS)
        middles.append((bid + ask) / 2)
    moves = [(after - before) / before for before, after in pairwise(middles)]
    deviation = (sum(move * move for move in moves) / len(moves)) ** 0.5
    assert 90e-6 < deviation < 110e-6


def test_time_does_not_go_back() -> None:
    path = PricePath(1, "X", 100, 2, 10)
    path.next_quote(5)
    with pytest.raises(ValueError, match="ts: 4, expected 5 or later"):
        path.next_quote(4)


def test_a_path_starts_above_zero() -> None:
    with pytest.raises(ValueError, match="start_price: 0, expected more than zero"):
        PricePath(1, "X", 0, 2, 10)
