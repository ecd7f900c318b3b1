"""A board that shows what a remote broker quotes, for as long as it stands behind it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import ProviderUnavailable, SymbolNotFound
from engine.market.live import AGE_MAX_NS, IDLE_NS, LiveBoard
from engine.market.quotes import Quote
from engine.market.timeframes import MINUTE_NS
from engine.values import ONE
from tests.builders import dec

START = 1_700_000_000_000_000_000


class Live(LiveBoard):
    """A board whose clock is the test's."""

    def __init__(self) -> None:
        super().__init__("ibkr", lambda: self.time)
        self.time = START


def board() -> Live:
    return Live()


def quote(
    symbol: str = "AAPL",
    bid: str = "99",
    ask: str = "101",
    last: str | None = None,
    ts: int = START,
) -> Quote:
    known = None if last is None else Decimal(last)
    return Quote(symbol, ts, Decimal(bid), Decimal(ask), last=known)


def test_before_the_first_quote_there_is_no_price() -> None:
    empty = board()
    assert (empty.mark("AAPL"), empty.symbols) == (None, [])
    with pytest.raises(ProviderUnavailable, match="ibkr shows no price of AAPL yet"):
        empty.quote("AAPL")


def test_a_quote_is_shown_whole_with_its_own_time() -> None:
    live = board()
    shown = quote(ts=START - 5)
    live.show(shown)
    assert live.quote("AAPL") == shown
    assert live.symbols == ["AAPL"]


def test_an_older_quote_takes_no_newer_ones_place_and_confirms_it() -> None:
    live = board()
    live.show(quote(bid="100", ask="100"))
    live.time += AGE_MAX_NS - 1
    live.show(quote(bid="50", ask="50", ts=START - 1))
    live.time += AGE_MAX_NS - 1
    assert live.mark("AAPL") == 100


@pytest.mark.parametrize(
    ("last", "mark"), [(None, "100"), ("100.4", "100.4"), ("90", "99"), ("120", "101")]
)
def test_the_mark_is_the_last_price_within_bid_and_ask(last: str | None, mark: str) -> None:
    live = board()
    live.show(quote(last=last))
    assert live.mark("AAPL") == dec(mark)


def test_a_price_that_nobody_confirms_ends() -> None:
    live = board()
    live.show(quote())
    live.time = START + AGE_MAX_NS - 1
    assert live.mark("AAPL") == 100
    live.time = START + AGE_MAX_NS
    assert (live.mark("AAPL"), live.symbols) == (None, [])
    with pytest.raises(ProviderUnavailable, match="confirmed in the last 60 s"):
        live.quote("AAPL")
    live.show(quote())
    assert live.mark("AAPL") == 100


def test_rates_come_from_the_pair_or_its_inverse() -> None:
    live = board()
    assert live.rate("USD", "USD") == ONE
    assert live.rate("EUR", "USD") is None
    assert live.wanted() == ["EUR/USD", "USD/EUR"]
    live.show(quote("EUR/USD", "1.25", "1.25"))
    assert (live.rate("EUR", "USD"), live.rate("USD", "EUR")) == (dec("1.25"), dec("0.8"))


def test_what_was_asked_for_is_in_use_until_nobody_asks_for_a_while() -> None:
    live = board()
    heard: list[str] = []
    live.on_wish = lambda: heard.append("wish")
    live.mark("MSFT")
    live.time += 1
    live.want("AAPL")
    live.want("AAPL")
    assert (live.wanted(), len(heard)) == (["AAPL", "MSFT"], 2)
    live.time = START + IDLE_NS
    assert live.wanted() == ["AAPL"]
    live.time += 1
    assert live.wanted() == []


def test_no_bars_are_kept() -> None:
    live = board()
    live.show(quote())
    with pytest.raises(SymbolNotFound):
        live.bars("AAPL", MINUTE_NS)
    with pytest.raises(SymbolNotFound):
        live.timeframe_ns("AAPL")


def test_a_symbol_that_the_broker_lacks_is_unknown_until_it_quotes_it() -> None:
    live = board()
    live.lacks("NOSUCH")
    assert live.is_lacking("NOSUCH")
    with pytest.raises(SymbolNotFound):
        live.quote("NOSUCH")
    live.show(quote("NOSUCH"))
    assert live.quote("NOSUCH").bid == 99
