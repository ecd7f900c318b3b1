"""Symbols of which nothing is heard are told as stale once, and as fresh when they come back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from api import desk
from api.streams.freshness import Freshness
from api.streams.limits import StreamLimits
from engine.market.quotes import Quote
from engine.values import NANOSECONDS
from tests.api.line import line
from tests.api.served import serving

LIMIT_NS = 30 * NANOSECONDS


class Watch:
    """A market whose time the test moves."""

    def __init__(self) -> None:
        self.now = 0
        self.freshness = Freshness(LIMIT_NS, lambda: self.now, "synthetic")
        self.freshness.watch(["AAPL", "MSFT"])

    def told(self, seconds: int) -> list[dict[str, Any]]:
        """What is told after so many seconds more."""
        self.now += seconds * NANOSECONDS
        return [msgspec.json.decode(each.text) for each in self.freshness.changes()]


def test_symbols_that_fall_silent_together_are_told_in_one_message() -> None:
    watch = Watch()
    assert watch.told(29) == []
    (stale,) = watch.told(1)
    assert stale == {
        "type": "data_staleness",
        "event": "STALE",
        "symbols": ["AAPL", "MSFT"],
        "stale_since": "1970-01-01T00:00:00Z",
        "broker": "synthetic",
        "event_id": "dat_1_0",
        "timestamp": "1970-01-01T00:00:30Z",
    }
    assert watch.told(60) == []


def test_the_next_word_of_a_symbol_makes_it_fresh_and_the_others_stay_stale() -> None:
    watch = Watch()
    watch.told(31)
    watch.freshness.heard("AAPL")
    (fresh,) = watch.told(0)
    assert (fresh["event"], fresh["symbols"]) == ("FRESH", ["AAPL"])
    assert "stale_since" not in fresh
    assert not watch.freshness.is_stale("AAPL")
    assert watch.freshness.is_stale("MSFT")


def test_a_market_that_goes_on_is_never_told() -> None:
    watch = Watch()
    for _ in range(10):
        for symbol in ("AAPL", "MSFT"):
            watch.freshness.heard(symbol)
        assert watch.told(20) == []


def test_a_live_stream_tells_that_a_symbol_fell_silent_and_that_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "LOOK_S", 0.02)
    limits = StreamLimits(stale_after_s=0.1, close_timeout_s=2.0)
    with serving(stepped=False, limits=limits) as served, line(served) as stream:
        stream.next()
        quote = Quote("AAPL", 1, Decimal(99), Decimal(101))
        served.call(served.desk.publish_quote, quote)
        assert stream.next()["type"] == "quote"
        stale = stream.next()
        assert (stale["type"], stale["event"]) == ("data_staleness", "STALE")
        served.call(served.desk.publish_quote, quote)
        assert stream.next()["type"] == "quote"
        assert stream.next()["event"] == "FRESH"


def test_what_is_not_watched_any_more_is_never_told_as_stale() -> None:
    watch = Watch()
    watch.freshness.watch_only(["MSFT", "SPY"])
    (stale,) = watch.told(31)
    assert stale["symbols"] == ["MSFT", "SPY"]
