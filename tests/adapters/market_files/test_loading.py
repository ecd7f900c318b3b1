"""Files become exact columns, the same on both roads, or an error with a file and a line."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from adapters.market_files import loading
from adapters.market_files.calendars import calendar
from adapters.market_files.errors import DataError
from adapters.market_files.loading import load
from adapters.market_files.saving import csv_text
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import DAY_NS, MINUTE_NS, WEEK_NS

HEADER = "timestamp,open,high,low,close,volume\n"
GOOD = [
    "2024-01-02T14:30:00Z,10.5,11,10,10.75,100",
    "2024-01-02T14:31:00Z,10.75,12,10.5,11.25,200",
    "2024-01-02T14:32:00Z,11.25,11.5,11,11,300",
]


def write(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load_bars(path: Path, timeframe_ns: int | None = None) -> Bars:
    bars = load(path, "AAPL", timeframe_ns=timeframe_ns)
    assert isinstance(bars, Bars)
    return bars


def same(one: Bars | Quotes, other: Bars | Quotes) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in type(one).__slots__)


def test_bars_are_read_exactly(tmp_path: Path) -> None:
    bars = load_bars(write(tmp_path, HEADER + "\n".join(GOOD) + "\n"))
    assert (bars.timeframe_ns, bars.price_scale, bars.volume_scale) == (MINUTE_NS, 2, 0)
    assert bars.open.tolist() == [1050, 1075, 1125]
    assert bars.volume.tolist() == [100, 200, 300]
    assert bars.bar(1).close == Decimal("11.25")


def test_quotes_are_read_exactly_with_and_without_sizes(tmp_path: Path) -> None:
    text = "Time,Bid,Ask\n1704205800,1.08450,1.08452\n1704205800,1.0845,1.0846\n"
    quotes = load(write(tmp_path, text), "EUR/USD")
    assert isinstance(quotes, Quotes)
    assert (quotes.bid.tolist(), quotes.price_scale, quotes.has_sizes) == ([108450] * 2, 5, False)
    text = "timestamp,bid,ask,bid_size,ask_size\n1704205800,10,11,0.5,2\n"
    sized = load(write(tmp_path, text), "X")
    assert isinstance(sized, Quotes)
    assert (sized.bid_size.tolist(), sized.size_scale, sized.has_sizes) == ([5], 1, True)


def test_the_daily_bars_of_the_backtesting_package_are_read() -> None:
    spec = find_spec("backtesting")
    assert spec is not None
    assert spec.origin is not None
    bars = load_bars(Path(spec.origin).parent / "test" / "GOOG.csv")
    assert (len(bars), bars.timeframe_ns, bars.price_scale) == (2148, DAY_NS, 2)
    assert bars.bar(0).close == Decimal("100.34")
    with pytest.raises(DataError, match="expected --timeframe"):
        load_bars(Path(spec.origin).parent / "test" / "BTCUSD.csv")


def test_gzip_byte_order_mark_comments_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    plain = load_bars(write(tmp_path, HEADER + "\n".join(GOOD)))
    odd = "\ufeff" + HEADER + "\n" + "\r\n".join(GOOD)
    assert same(load_bars(write(tmp_path, odd, "odd.csv")), plain)
    noted = tmp_path / "noted.csv.gz"
    noted.write_bytes(gzip.compress(("# a, note\n" + HEADER + "\n".join(GOOD)).encode()))
    assert same(load_bars(noted), plain)


prices = st.integers(1, 10**7)


@st.composite
def tables(draw: st.DrawFn) -> Bars:
    bars = Bars("AAPL", MINUTE_NS, draw(st.integers(0, 8)), draw(st.integers(0, 8)))
    ts = draw(st.integers(-(10**9), 4 * 10**9)) * 10**9
    for i in range(draw(st.integers(1, 20))):
        ts += MINUTE_NS * (draw(st.integers(1, 50)) if i else 1)
        low, first, last, high = sorted(draw(st.tuples(prices, prices, prices, prices)))
        bars.append(ts, first, high, low, last, draw(st.integers(0, 10**9)))
    bars.append(ts + MINUTE_NS, 1, 1, 1, 1, 0)
    return bars


@given(tables())
def test_both_roads_give_the_same_columns(
    tmp_path_factory: pytest.TempPathFactory, bars: Bars
) -> None:
    path = write(tmp_path_factory.mktemp("roads"), csv_text(bars))
    assert same(load_bars(path), bars)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_fast", lambda *_: None)
        assert same(load_bars(path), bars)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2024-01-02T14:30:30Z,abc,12,10,11,1", "open is 'abc', expected a decimal number"),
        ("2024-01-02T14:30:30Z,10,12,10,NaN,1", "close is 'NaN', expected a decimal number"),
        ("2024-01-02T14:30:30Z,10,12,10,11,", "volume is '', expected a decimal number"),
        ("yesterday,10,12,10,11,1", "timestamp is 'yesterday', expected an ISO 8601 time"),
        ("2024-01-02T14:30:30Z,10,12,10,11", "5 fields, expected 6"),
        ("2024-01-02T14:30:30Z,10,12,10,11,1,", "7 fields, expected 6"),
        ("2024-01-02T14:30:30Z,10,9,10,9,1", "high is below low"),
        ("2024-01-02T14:30:30Z,-1,9,-2,9,1", "open is not above zero"),
        ("2024-01-02T14:30:00Z,10,12,10,11,1", "timestamp is the same as in the row above"),
        ("2024-01-02T14:29:00Z,10,12,10,11,1", "timestamp is before the row above"),
        ("2024-01-02T14:30:30Z,10,12,10,11,1e99", "volume is 1E+99, expected a number that fits"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, "# made up\n" + HEADER + GOOD[0] + "\n\n" + line + "\n" + GOOD[1] + "\n")
    with pytest.raises(DataError) as caught:
        load(path, "AAPL")
    assert str(caught.value).startswith(f"{path}, line 5: {message}")
    assert (caught.value.path, caught.value.line) == (path, 5)


def test_a_line_with_an_exponent_is_read_by_the_exact_road(tmp_path: Path) -> None:
    plain = load_bars(write(tmp_path, HEADER + "\n".join(GOOD)))
    odd = load_bars(write(tmp_path, HEADER + "\n".join(GOOD).replace(",200", ",2e2")))
    assert same(odd, plain)


def test_a_file_that_is_no_file_of_data_is_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file is empty, expected a header"):
        load(write(tmp_path, ""), "X")
    with pytest.raises(DataError, match="there are no rows, expected at least one"):
        load(write(tmp_path, HEADER), "X")
    with pytest.raises(DataError, match="no column volume, which bars need"):
        load(write(tmp_path, "timestamp,open,high,low,close\n"), "X")
    with pytest.raises(DataError, match="can't be read: No such file"):
        load(tmp_path / "absent.csv", "X")
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(gzip.compress(HEADER.encode())[:-9])
    with pytest.raises(DataError, match="damaged gzip file"):
        load(damaged, "X")


def test_bytes_that_are_no_text_are_found_by_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes((HEADER + GOOD[0] + "\n2024-01-02T14:31:00Z,\xe9,1,1,1,1\n").encode("latin-1"))
    with pytest.raises(DataError, match="line 3: not UTF-8 text"):
        load(path, "X")


def test_a_field_longer_than_any_number_is_found_by_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 3: field larger than field limit"):
        load(write(tmp_path, HEADER + GOOD[0] + "\n" + "9" * 200_000 + ",1,1,1,1,1\n"), "X")


def test_a_coarser_timeframe_resamples(tmp_path: Path) -> None:
    bars = load_bars(write(tmp_path, HEADER + "\n".join(GOOD)), DAY_NS)
    assert (len(bars), bars.timeframe_ns) == (1, DAY_NS)
    assert (bars.high[0], bars.volume[0]) == (1200, 600)


def test_bars_that_would_lie_across_two_coarser_ones_are_refused(tmp_path: Path) -> None:
    text = HEADER + "2024-01-07T12:00:00Z,1,1,1,1,1\n2024-01-08T12:00:00Z,1,1,1,1,1\n"
    with pytest.raises(DataError, match="lies across two buckets"):
        load(write(tmp_path, text), "X", timeframe_ns=WEEK_NS)


def test_gaps_are_refused_only_where_asked(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "\n".join([GOOD[0], GOOD[1], "2024-01-02T14:35:00Z,1,1,1,1,1"]))
    assert len(load_bars(path)) == 3
    with pytest.raises(DataError, match="line 4: a gap before this row: expected a 1m bar at"):
        load(path, "X", gaps="error", calendar=calendar("XNYS"))
    quotes = write(tmp_path, "timestamp,bid,ask\n1704205800,1,1\n", "quotes.csv")
    with pytest.raises(DataError, match="gaps can only be looked for in bars"):
        load(quotes, "X", gaps="error")


def parquet_file(folder: Path, **changes: object) -> Path:
    minutes = [datetime(2024, 1, 2, 14, minute, tzinfo=UTC) for minute in (30, 31, 32)]
    columns: dict[str, object] = {
        "open": [10.5, 10.75, 11.25],
        "high": [11.0, 12.0, 11.5],
        "low": [10.0, 10.5, 11.0],
        "close": [10.75, 11.25, 11.0],
        "volume": [100, 200, 300],
        "Date": minutes,
    }
    path = folder / "data.parquet"
    parquet.write_table(pa.table({**columns, **changes}), path)
    return path


def test_parquet_gives_the_columns_of_the_same_csv(tmp_path: Path) -> None:
    plain = load_bars(write(tmp_path, HEADER + "\n".join(GOOD)))
    assert same(load_bars(parquet_file(tmp_path)), plain)
    epoch = [bar * 10**6 for bar in (1_704_205_800, 1_704_205_860, 1_704_205_920)]
    assert same(load_bars(parquet_file(tmp_path, Date=epoch)), plain)
    texts = [line.split(",")[0] for line in GOOD]
    assert same(load_bars(parquet_file(tmp_path, Date=texts)), plain)


def test_a_float_is_the_shortest_decimal_that_reads_back(tmp_path: Path) -> None:
    bars = load_bars(parquet_file(tmp_path, volume=[0.1, 2012.25343589, 3.0]))
    assert bars.volume_scale == 8
    assert bars.bar(0).volume == Decimal("0.1")
    assert bars.bar(1).volume == Decimal("2012.25343589")
    tiny = load_bars(parquet_file(tmp_path, volume=[1e-7, 2.0, 3.0]))
    assert tiny.bar(0).volume == Decimal("1E-7")
    narrow = pa.array([10.1, 10.6, 11.1], pa.float32())
    assert load_bars(parquet_file(tmp_path, close=narrow)).close.tolist() == [1010, 1060, 1110]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("close", [10.75, float("nan"), 11.0], "close is 'nan', expected a decimal number"),
        ("close", [10.75, None, 11.0], "close is '', expected a decimal number"),
        ("low", [10.0, 13.0, 11.0], "high is below low"),
        ("Date", ["2024-01-02", "x", "y"], "timestamp is 'x', expected an ISO 8601 time"),
        ("Date", [datetime(2024, 1, 2, tzinfo=UTC)] * 3, "timestamp is the same as in the row"),
    ],
)
def test_a_wrong_parquet_row_is_named(
    tmp_path: Path, column: str, values: list[object], message: str
) -> None:
    path = parquet_file(tmp_path, **{column: values})
    with pytest.raises(DataError) as caught:
        load(path, "X")
    assert str(caught.value).startswith(f"{path}, row 2: {message}")


def test_what_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a Parquet file"):
        load(write(tmp_path, "hello, I am text", "x.parquet"), "X")
    with pytest.raises(DataError, match="can't be read"):
        load(tmp_path / "absent.parquet", "X")
    nested = parquet_file(tmp_path, volume=[{"a": 1}, {"a": 2}, {"a": 3}])
    with pytest.raises(DataError, match="can't be read"):
        load(nested, "X")
