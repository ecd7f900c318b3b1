"""Bars as the gateway answers them: of a period up to now, at most a thousand, the newest forming.

Everything comes from bars that are closed by now. The last one served may still be forming: it is
made of the closed bars inside it, as the gateway has it, and of nothing after now. `History.answer`
makes the answer of REST and of the stream, `History.since` what the stream adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from api.webapi import errors, figures
from api.webapi.periods import BARS, MONTH, POINTS_MAX, Period, bar_ns, month_start
from engine.errors import EngineError, SymbolNotFound
from engine.market.bars import Bar
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS, MINUTE_NS
from engine.values import NANOSECONDS, ZERO

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from engine.ports import Market

Row = dict[str, Any]
TRADES = ("trades", "last", "")
"""The sources that have volumes; the others are prices alone."""


class Wish(NamedTuple):
    """Which bars are wanted: those up to ``anchor``, which is now where it is None, or ``forward``
    from there.
    """

    period: Period
    bar: str
    source: str = ""
    anchor: int | None = None
    forward: bool = False
    outside_rth: bool = False


class History:
    """The bars of one market."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def answer(self, contract: Contract, text: str, wish: Wish) -> dict[str, Any]:
        """The answer to a wish, whose period the client wrote as ``text``; a refusal where there
        are no bars.
        """
        symbol = contract.instrument.symbol
        bars = self._wanted(symbol, wish)
        if not bars:
            raise errors.refusal(500, errors.NO_DATA)
        scale = contract.instrument.price_scale
        has_volume = wish.source.lower() in TRADES
        data = [_row(bar, scale, has_volume) for bar in bars]
        start = bars[0].ts
        return {
            "serverId": server_id(contract),
            "symbol": contract.ticker,
            "text": contract.name,
            "priceFactor": 10**scale,
            "startTime": figures.dashed(start),
            "high": _extreme(max(bars, key=lambda bar: bar.high), "high", start, scale),
            "low": _extreme(min(bars, key=lambda bar: bar.low), "low", start, scale),
            "timePeriod": text,
            "barLength": bar_ns(wish.bar) // NANOSECONDS,
            "mdAvailability": "S",
            "mktDataDelay": 0,
            "outsideRth": wish.outside_rth,
            "tradingDayDuration": 1440,
            "volumeFactor": 1,
            "priceDisplayRule": 1,
            "priceDisplayValue": str(scale),
            "negativeCapable": False,
            "messageVersion": 2,
            "data": data,
            "points": len(data) - 1,
            "travelTime": 0,
        }

    def since(self, contract: Contract, wish: Wish, start: int) -> dict[int, Row]:
        """The rows of the bars from the one that began at ``start`` up to now, by when they began;
        of a long time the newest.
        """
        instrument = contract.instrument
        length = bar_ns(wish.bar)
        if wish.bar == MONTH:
            bars = _months(self._resampled(instrument.symbol, DAY_NS, start, self._market.now))
        else:
            bars = self._resampled(instrument.symbol, length, start, self._market.now, POINTS_MAX)
        has_volume = wish.source.lower() in TRADES
        return {bar.ts: _row(bar, instrument.price_scale, has_volume) for bar in bars}

    def _wanted(self, symbol: str, wish: Wish) -> list[Bar]:
        try:
            bars = self._bars(symbol, wish)
        except SymbolNotFound:
            return []
        return bars[-POINTS_MAX:] if not wish.forward else bars[:POINTS_MAX]

    def _bars(self, symbol: str, wish: Wish) -> list[Bar]:
        start, end = self._window(symbol, wish)
        length = bar_ns(wish.bar)
        if wish.bar == MONTH:
            days = self._resampled(symbol, DAY_NS, month_start(start), end)
            return [bar for bar in _months(days) if bar.ts + length > start]
        if wish.forward:
            # With gaps in the market a thousand bars take longer; four times as long is enough.
            return self._resampled(symbol, length, start, min(end, start + 4 * POINTS_MAX * length))
        return self._resampled(symbol, length, start, end, POINTS_MAX)

    def _window(self, symbol: str, wish: Wish) -> tuple[int, int]:
        """From when to when, in ns; never past now."""
        now = self._market.now
        anchor = now if wish.anchor is None else min(wish.anchor, now)
        if wish.forward:
            return anchor, min(wish.period.after(anchor), now)
        if wish.period.unit != "d":
            return wish.period.before(anchor), anchor
        return self._days_before(symbol, anchor, wish.period.units), anchor

    def _days_before(self, symbol: str, anchor: int, days: int) -> int:
        """The same time of day as many days before as the contract traded on."""
        midnight = bucket_start(anchor - 1, DAY_NS)
        try:
            traded = self._market.bars(symbol, DAY_NS, None, midnight - DAY_NS, days)
        except (EngineError, ValueError):
            traded = []  # the data are of longer bars
        if len(traded) < days:
            return anchor - days * DAY_NS if not traded else min(traded[0].ts, anchor)
        return traded[0].ts + (anchor - midnight)

    def _resampled(
        self, symbol: str, length: int, start: int, end: int, limit: int | None = None
    ) -> list[Bar]:
        """The bars between, closed or forming; none where the data can not make them."""
        base = self._market.timeframe_ns(symbol)
        if length < base or length % base:
            return []
        first = bucket_start(start, length)
        first += length if first < start else 0
        try:
            closed = self._market.bars(symbol, length, first, end - length, limit)
        except (EngineError, ValueError):
            return []
        begun = max(bucket_start(end, length), first)
        parts = self._market.bars(symbol, base, begun, end - base) if begun < end else []
        if parts and length != base:
            closed.append(joined(parts, begun, length))
        return closed


def server_id(contract: Contract) -> str:
    """What the gateway calls the history of a contract; no two share it."""
    return f"{contract.conid}"


def joined(parts: list[Bar], start: int, length: int) -> Bar:
    """One bar of many, in their order."""
    return Bar(
        parts[0].symbol,
        length,
        start,
        parts[0].open,
        max(bar.high for bar in parts),
        min(bar.low for bar in parts),
        parts[-1].close,
        sum((bar.volume for bar in parts), ZERO),
    )


def _months(days: Iterable[Bar]) -> list[Bar]:
    """Bars of calendar months."""
    months: dict[int, list[Bar]] = {}
    for day in days:
        months.setdefault(month_start(day.ts), []).append(day)
    return [joined(parts, start, BARS[MONTH]) for start, parts in months.items()]


def _row(bar: Bar, scale: int, has_volume: bool) -> Row:
    return {
        "o": figures.price(bar.open, scale),
        "c": figures.price(bar.close, scale),
        "h": figures.price(bar.high, scale),
        "l": figures.price(bar.low, scale),
        "v": figures.number(bar.volume) if has_volume else ZERO,
        "t": figures.milliseconds(bar.ts),
    }


def _extreme(bar: Bar, field: str, start: int, scale: int) -> str:
    """A price without its point, the volume, and the minutes since the start."""
    value: Decimal = getattr(bar, field)
    factored = figures.text(value * 10**scale)
    return f"{factored}/{figures.text(bar.volume)}/{(bar.ts - start) // MINUTE_NS}"
