"""What prices an account's messages where its market shows nothing."""

from __future__ import annotations

from decimal import Decimal

from api.streams.fills import LastFills, RatesAlone
from engine.trades import Trade
from engine.values import Side
from tests.builders import Market, dec


def trade(account: str, price: int) -> Trade:
    return Trade("trd_1", "ord_1", account, "AAPL", Side.BUY, dec(1), Decimal(price), 0, 0)


def test_a_market_that_shows_a_price_is_believed() -> None:
    fills = LastFills(lambda _account: Market(AAPL=100))
    fills.note(trade("A", 90))
    assert fills.of("A").mark("AAPL") == 100


def test_without_a_price_the_accounts_own_last_fill_counts() -> None:
    fills = LastFills(lambda _account: Market())
    for price in (90, 91):
        fills.note(trade("A", price))
    assert fills.of("A").mark("AAPL") == 91
    assert fills.of("B").mark("AAPL") is None


def test_the_past_takes_its_rates_from_today_and_its_prices_from_fills() -> None:
    today = Market(AAPL=100)
    today.marks["EUR/USD"] = dec("1.1")
    past = RatesAlone(today)
    assert past.mark("AAPL") is None
    assert past.rate("EUR", "USD") == today.rate("EUR", "USD")
