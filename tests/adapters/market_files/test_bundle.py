"""The package ships a small synthetic week."""

from adapters.market_files.bundle import SYMBOLS, bundled
from adapters.market_files.synthetic import FOLDER
from engine.market.timeframes import MINUTE_NS


def test_five_symbols_of_one_minute_bars_are_bundled() -> None:
    series = bundled()
    assert tuple(bars.symbol for bars in series) == SYMBOLS
    assert SYMBOLS == ("AAPL", "MSFT", "SPY", "EUR/USD", "BTC/USD")
    assert {bars.timeframe_ns for bars in series} == {MINUTE_NS}
    assert [len(bars) for bars in series] == [1950, 1950, 1950, 7200, 7200]


def test_the_files_are_small_and_say_what_they_are() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.gz")) < 500_000
    readme = (FOLDER / "README.txt").read_text()
    assert "SYNTHETIC" in readme
    assert all(path.name in readme for path in FOLDER.glob("*.gz"))
