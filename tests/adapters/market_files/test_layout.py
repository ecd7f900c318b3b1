"""A header tells what a file holds."""

import pytest

from adapters.market_files.errors import Fault
from adapters.market_files.layout import layout

BARS = ["timestamp", "open", "high", "low", "close", "volume"]


def test_an_open_makes_bars_and_a_bid_makes_quotes() -> None:
    assert layout(BARS, None).kind == "bars"
    assert layout(["timestamp", "bid", "ask"], None).kind == "quotes"


def test_case_and_blanks_do_not_matter_and_other_columns_are_ignored() -> None:
    found = layout(
        ["Symbol", " Date ", "Open", "HIGH", "Low", "Close", "Adj Close", "Volume"], None
    )
    assert found.columns == {
        "timestamp": 1,
        "open": 2,
        "high": 3,
        "low": 4,
        "close": 5,
        "volume": 7,
    }


@pytest.mark.parametrize("name", ["timestamp", "Date", "Datetime", "TIME", "", "index"])
def test_the_time_column_has_many_names(name: str) -> None:
    assert layout([name, *BARS[1:]], None).columns["timestamp"] == 0


def test_the_saved_index_of_a_data_frame_is_the_time_wherever_it_is() -> None:
    assert layout([*BARS[1:], "__index_level_0__"], None).columns["timestamp"] == 5


def test_an_unnamed_column_is_the_time_only_if_it_is_the_first() -> None:
    with pytest.raises(Fault, match="no column timestamp, which bars need"):
        layout([*BARS[1:], ""], None)


def test_missing_columns_are_all_named() -> None:
    with pytest.raises(Fault, match="no column low, volume, which bars need; it has 'timestamp'"):
        layout(["timestamp", "open", "high", "close"], None)


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(Fault, match="two columns for timestamp: 'Date' and 'Time'"):
        layout(["Date", "Time", *BARS[1:]], None)


def test_quotes_may_have_both_sizes_or_none() -> None:
    sizes = ["bid_size", "ask_size"]
    assert layout(["timestamp", "bid", "ask"], None).sizes == ()
    assert layout(["timestamp", "bid", "ask", *sizes], None).sizes == ("bid_size", "ask_size")
    with pytest.raises(Fault, match="no column ask_size, which quotes need"):
        layout(["timestamp", "bid", "ask", "bid_size"], None)


def test_a_file_with_both_is_read_as_asked() -> None:
    both = [*BARS, "bid", "ask"]
    assert layout(both, None).kind == "quotes"
    assert layout(both, "bars").kind == "bars"
