"""The market's own messages: candles and quotes, of one simulated step or of a live feed.

Their ids say the step and the place in it, so the same run gives the same ids every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.streams.event import Event, event_of
from api.streams.messages import Candle, QuoteShown
from api.trading import render
from engine.market.bars import Bar, Bars

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


def events_of_step(
    step: Step, series: Sequence[Bars | Quotes], number: int, provider: str
) -> list[Event]:
    """Everything the market showed in one step, in the order of its series."""
    timestamp = render.moment(step.time)
    events = []
    for place, (source, row) in enumerate(step.rows):
        one, event_id = series[source], f"mkt_{number}_{place}"
        if isinstance(one, Bars):
            events.append(candle(one.bar(row), timestamp, event_id, provider))
        else:
            events.append(quote(one.quote(row), timestamp, event_id, provider))
    return events
