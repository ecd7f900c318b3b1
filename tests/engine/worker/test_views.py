"""A view is one row, exact, and moves on."""

from decimal import Decimal

from engine.market.timeframes import MINUTE_NS
from engine.worker.clock import moment
from engine.worker.views import BarView, QuoteView, view_of
from tests.adapters.brokers.simulator.kit import bars_of, quotes_of


def test_a_bar_is_shown_in_decimals_and_in_scaled_integers() -> None:
    bars = bars_of(["1.5 2.25 1 2 10", "2 3 2 2.5 20"])
    view = view_of(bars)
    assert isinstance(view, BarView)
    assert "rows=2" in repr(view)
    view.row = 0
    assert (view.open, view.high, view.low, view.close) == tuple(
        Decimal(price) for price in ("1.5", "2.25", "1", "2")
    )
    assert (view.open_ticks, view.high_ticks, view.low_ticks, view.close_ticks) == (
        150,
        225,
        100,
        200,
    )
    assert (view.volume_ticks, view.scale, view.volume_scale) == (10, 2, 0)
    assert view.volume == 10
    assert (view.symbol, view.ts, view.end, view.time) == ("AAPL", 0, MINUTE_NS, moment(0))
    kept = view.copy()
    view.row = 1
    assert (view.close, view.copy()) == (Decimal("2.5"), bars.bar(1))
    assert kept.close == 2
    assert "close=Decimal('2.50')" in repr(view)


def test_a_quote_is_shown_with_sizes_where_there_are_any() -> None:
    view = view_of(quotes_of(["1.5 1.6 10 20"]))
    assert isinstance(view, QuoteView)
    assert "rows=1" in repr(view)
    view.row = 0
    assert (view.bid, view.ask) == (Decimal("1.5"), Decimal("1.6"))
    assert (view.bid_ticks, view.ask_ticks, view.scale) == (150, 160, 2)
    assert (view.bid_size, view.ask_size) == (Decimal(10), Decimal(20))
    assert (view.ts, view.time) == (MINUTE_NS, moment(MINUTE_NS))
    assert view.copy().ask_size == 20
    assert "ask_size=Decimal('20')" in repr(view)
    bare = QuoteView(quotes_of(["1.5 1.6"]))
    bare.row = 0
    assert (bare.bid_size, bare.ask_size) == (None, None)
