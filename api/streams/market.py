"""The market's own messages: candles and quotes, of one simulated step or of a live feed.

Their ids say the step and the place in it, so the same run gives the same ids every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.streams.event import Event, event_of
from api.streams.messages import Candle, QuoteShown, encode
from api.trading import render, wire
from engine.market.bars import Bar, Bars
from engine.market.timeframes import timeframe_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.backtest import Step
    from engine.market.quotes import Quote, Quotes


def candle(bar: Bar, timestamp: str, event_id: str, provider: str) -> Event:
    """A bar that just became complete."""
    shown = render.bar(bar, provider)
    return event_of(Candle(timestamp=timestamp, event_id=event_id, bar=shown))


def quote(quote: Quote, timestamp: str, event_id: str, provider: str) -> Event:
    """The best bid and ask as they just became."""
    shown = render.quote(quote, provider)
    return event_of(QuoteShown(timestamp=timestamp, event_id=event_id, quote=shown))


def row_of(bars: Bars, row: int, provider: str) -> wire.Bar:
    """What ``render.bar`` makes of a row, straight from the columns: a run shows millions."""
    scale = bars.price_scale
    return wire.Bar(
        bars.symbol,
        provider,
        timeframe_name(bars.timeframe_ns),
        render.moment(bars.ts[row]),
        digits(bars.open[row], scale),
        digits(bars.high[row], scale),
        digits(bars.low[row], scale),
        digits(bars.close[row], scale),
        digits(bars.volume[row], bars.volume_scale),
    )


def digits(value: int, scale: int) -> str:
    """A scaled integer in plain digits, ``scale`` of them after the point."""
    if not scale:
        return str(value)
    if value < 0:
        return "-" + digits(-value, scale)
    text = str(value)
    if len(text) <= scale:
        text = text.zfill(scale + 1)
    return f"{text[:-scale]}.{text[-scale:]}"


def events_of_step(
    step: Step, series: Sequence[Bars | Quotes], number: int, provider: str
) -> list[Event]:
    """Everything the market showed in one step, in the order of its series."""
    timestamp = render.moment(step.time)
    events = []
    for place, (source, row) in enumerate(step.rows):
        one, event_id = series[source], f"mkt_{number}_{place}"
        if isinstance(one, Bars):
            shown = row_of(one, row, provider)
            text = encode(Candle(timestamp=timestamp, event_id=event_id, bar=shown))
            events.append(Event(event_id, text, "candle"))
        else:
            events.append(quote(one.quote(row), timestamp, event_id, provider))
    return events
