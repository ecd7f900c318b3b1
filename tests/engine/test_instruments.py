"""One instrument goes by many names, and declares the increments it is traded in, if any."""

from decimal import Decimal

import pytest

from engine.errors import InvalidRequest, SymbolNotFound
from engine.instruments import Instrument, Instruments, check_increments, guess
from engine.values import AssetClass
from tests.builders import AAPL, dec

BTC = Instrument("BTC/USD", AssetClass.CRYPTO, ids={"paper": "btc-1"})


def registry(*instruments: Instrument) -> Instruments:
    found = Instruments()
    for each in instruments:
        found.add(each)
    return found


@pytest.mark.parametrize(
    "name", ["BTC/USD", "btc/usd", "BTCUSD", "C:BTCUSD", "c:btcusd", "X:BTC/USD", "BTC-1"]
)
def test_every_spelling_finds_the_instrument(name: str) -> None:
    assert registry(AAPL, BTC).resolve(name) is BTC


def test_a_prefixed_stock_is_the_stock() -> None:
    assert registry(AAPL, BTC).resolve("S:AAPL") is AAPL


@pytest.mark.parametrize("name", ["", "AAP", "S:", "AAPL/USD"])
def test_a_name_that_nothing_goes_by_is_not_found(name: str) -> None:
    with pytest.raises(SymbolNotFound, match="Symbol not found"):
        registry(AAPL).resolve(name)


def test_new_terms_replace_the_old_under_every_name() -> None:
    found = registry(AAPL)
    newer = Instrument("AAPL", tick=Decimal("0.01"))
    found.add(newer)
    assert found.resolve("s:aapl") is found.find("AAPL") is newer
    assert len(found) == 1
    assert list(found) == [newer]
    assert found.find("aapl") is None


@pytest.mark.parametrize(
    ("symbol", "kind", "currency"),
    [
        ("AAPL", AssetClass.STOCK, "USD"),
        ("BTC/EUR", AssetClass.CRYPTO, "EUR"),
        ("EUR/JPY", AssetClass.FOREX, "JPY"),
    ],
)
def test_a_bare_symbol_suggests_its_instrument(
    symbol: str, kind: AssetClass, currency: str
) -> None:
    likely = guess(symbol, 3)
    assert (likely.asset_class, likely.currency, likely.price_scale) == (kind, currency, 3)


def test_increments_hold_only_where_they_are_declared() -> None:
    odd = {"limit_price": dec("1.234567"), "stop_price": None}
    check_increments(AAPL, dec("0.333"), odd)
    tight = Instrument("ES", tick=Decimal("0.25"), lot=Decimal(5))
    check_increments(tight, dec(10), {"limit_price": dec("100.75"), "stop_price": None})
    with pytest.raises(InvalidRequest, match=r"limit_price is '1\.234567'; expected a"):
        check_increments(tight, None, odd)
    with pytest.raises(InvalidRequest, match="quantity is '7'; expected a multiple of the lot"):
        check_increments(tight, dec(7), {})
