"""A synthetic market follows the clock it is shown, by its seed, and never runs out of room."""

import pytest

from adapters.market_files.feed import QUOTES_MAX, SyntheticFeed
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS

NOON = 1_709_553_600_000_000_000
SECOND = 1_000_000_000


def feed(seed: int = 1, history: int = 5, now: int = NOON) -> SyntheticFeed:
    return SyntheticFeed(seed, history, now)


def bars(of: SyntheticFeed) -> list[Bars]:
    return [one for one in of.series if isinstance(one, Bars)]


def test_it_opens_with_history_that_ends_now() -> None:
    made = feed(now=NOON + 30 * SECOND)
    assert {len(one) for one in bars(made)} == {5}
    assert {one.end(4) for one in bars(made)} == {NOON}
    assert len(made.visible()) == 10


def test_every_symbol_gets_a_quote_at_each_tick() -> None:
    made = feed()
    shown = made.tick(NOON + SECOND)
    quotes = [made.series[source] for source, _ in shown]
    assert [one.symbol for one in quotes] == ["AAPL", "MSFT", "SPY", "EUR/USD", "BTC/USD"]
    for one, (_, row) in zip(quotes, shown, strict=True):
        assert isinstance(one, Quotes)
        assert one.ts[row] == NOON + SECOND
        assert 0 < one.bid[row] < one.ask[row]


def test_a_bar_is_made_of_the_quotes_of_its_minute() -> None:
    made = feed()
    for i in range(1, 60):
        assert len(made.tick(NOON + i * SECOND)) == 5
    shown = made.tick(NOON + MINUTE_NS)
    assert len(shown) == 10
    for one in bars(made):
        assert (one.ts[-1], one.end(-1)) == (NOON, NOON + MINUTE_NS)
        assert one.low[-1] <= min(one.open[-1], one.close[-1])
        assert one.high[-1] >= max(one.open[-1], one.close[-1])


def test_a_minute_nobody_ticked_in_has_no_bar() -> None:
    made = feed()
    made.tick(NOON + 10 * MINUTE_NS)
    assert {one.ts[-1] for one in bars(made)} == {NOON}
    made.tick(NOON + 11 * MINUTE_NS)
    assert {one.ts[-1] for one in bars(made)} == {NOON + 10 * MINUTE_NS}


def test_the_same_seed_gives_the_same_prices() -> None:
    same, other = feed(), feed(seed=2)
    assert bars(feed())[0].close == bars(same)[0].close
    assert bars(other)[0].close != bars(same)[0].close


def test_a_clock_that_goes_back_is_not_followed() -> None:
    made = feed()
    made.tick(NOON + 2 * SECOND)
    made.tick(NOON + SECOND)
    assert made.now == NOON + 2 * SECOND


@pytest.mark.parametrize("ticks", [QUOTES_MAX + 10])
def test_old_quotes_are_let_go_of(ticks: int) -> None:
    made = feed(history=0)
    for i in range(ticks):
        source, row = made.tick(NOON + i)[0]
    quotes = made.series[source]
    assert len(quotes) <= QUOTES_MAX
    assert quotes.ts[row] == NOON + ticks - 1
