"""A file of corporate actions is read whole, and what is wrong with it is named with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.brokers.simulator.action_file import Actions, read_actions
from adapters.brokers.simulator.options import Dividend, Split
from adapters.market_files.errors import DataError

DAY_NS = 86_400_000_000_000
HEADER = "symbol,date,action,value\n"
MAY_NS = 1_714_521_600_000_000_000


def read(folder: Path, text: str, *symbols: str) -> Actions:
    """What a file with this text holds."""
    file = folder / "actions.csv"
    file.write_text(text)
    return read_actions(file, symbols or None)


def test_splits_and_dividends_are_read_with_their_dates(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "# from the exchange\nnote, Value ,DATE,symbol,action\n"
        ",4,2024-05-01,AAPL,split\nspecial,0.82,2024-05-02T00:00:00Z,S:MSFT,Dividend\n",
    )
    assert found.splits == (Split("AAPL", MAY_NS, Decimal(4)),)
    assert found.dividends == (Dividend("S:MSFT", MAY_NS + DAY_NS, Decimal("0.82")),)


def test_a_file_of_a_header_alone_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER) == Actions((), ())


def test_other_symbols_are_left_out_and_checked_all_the_same(tmp_path: Path) -> None:
    text = HEADER + "AAPL,2024-05-01,split,4\nMSFT,2024-05-01,split,2\n"
    assert [one.symbol for one in read(tmp_path, text, "MSFT").splits] == ["MSFT"]
    with pytest.raises(DataError, match="line 2: splits: ratio 0 of AAPL"):
        read(tmp_path, text.replace("split,4", "split,0"), "MSFT")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty, expected a header"),
        ("symbol,date,action\n", "expected one value"),
        ("symbol,symbol,date,action,value\n", "expected one symbol"),
        (HEADER + "A,2024-05-01,split\n", "line 2: 3 fields, expected 4"),
        (HEADER + ",2024-05-01,split,2\n", "line 2: symbol is missing"),
        (HEADER + "A,2024-05-01,split,2\nA,2024-13-01,split,2\n", "line 3: date: timestamp is"),
        (HEADER + "A,2024-05-01,merger,2\n", "line 2: action is 'merger', expected split or"),
        (HEADER + "A,2024-05-01,split,two\n", "line 2: value is 'two', expected a decimal"),
        (HEADER + "A,2024-05-01,split,nan\n", "line 2: value is 'nan'"),
        (HEADER + "A,2024-05-01,dividend,-1\n", "line 2: dividends: amount -1 of A"),
        (HEADER + f"A,2024-05-01,split,{'1' * 65}\n", "line 2: value is '1111"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=r"actions\.csv") as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
