"""Bars as they could be known at a moment, in any timeframe.

`History.bars` returns only bars that are completely closed at *now*; what is served at a time
never depends on data after it. Coarser timeframes are resampled once for the whole series and
then cut by the end of each bar: a bucket that ends by *now* is made of bars that end by *now*.
Series may grow (a live feed appends): only the buckets that changed are made again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from engine.errors import InvalidRequest, SymbolNotFound
from engine.market.bars import Bar, Bars
from engine.market.resample import ResampleError, bucket_start, check_coarser, extend
from engine.market.timeframes import timeframe_name


class _Resampled:
    """One series in a coarser timeframe, kept up with its growth."""

    __slots__ = ("bars", "rows", "source")

    def __init__(self, source: Bars, timeframe_ns: int) -> None:
        check_coarser(source, timeframe_ns)
        self.source = source
        self.rows = 0  # of the source, already in *bars*
        self.bars = Bars(source.symbol, timeframe_ns, source.price_scale, source.volume_scale)

    def current(self) -> Bars:
        """The resampled bars of all rows that the source has now."""
        rows = len(self.source)
        if rows != self.rows:
            first = self.rows
            if self.bars.ts:  # the last bucket may have been partial: make it again
                last = self.bars.ts[-1]
                if bucket_start(self.source.ts[first], self.bars.timeframe_ns) == last:
                    first = bisect_left(self.source.ts, last)
                    _drop_last(self.bars)
            extend(self.bars, self.source, first)
            self.rows = rows
        return self.bars


def _drop_last(bars: Bars) -> None:
    for values in (bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume):
        values.pop()


class History:
    """Closed bars of several symbols, one series each."""

    __slots__ = ("_resampled", "_series")

    def __init__(self, series: Iterable[Bars]) -> None:
        self._series: dict[str, Bars] = {}
        self._resampled: dict[tuple[str, int], _Resampled] = {}
        for one in series:
            if one.symbol in self._series:
                raise ValueError(f"symbol: {one.symbol!r} has two series of bars, expected one")
            self._series[one.symbol] = one

    @property
    def symbols(self) -> list[str]:
        """The symbols that have bars, in the order given."""
        return list(self._series)

    def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        now: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Bars of *symbol* closed at *now*, ascending, the newest *limit* of them.

        *start* and *end* bound the bars' own start times, both inclusive. SymbolNotFound if there
        are no bars of the symbol; InvalidRequest if the data can't make *timeframe_ns*.
        """
        if limit is not None and limit < 0:
            raise InvalidRequest("limit", str(limit), "zero or more")
        bars = self.series(symbol, timeframe_ns)
        newest = now - timeframe_ns
        last = bisect_right(bars.ts, newest if end is None else min(end, newest))
        first = 0 if start is None else bisect_left(bars.ts, start)
        if limit is not None:
            first = max(first, last - limit)
        return [bars.bar(i) for i in range(first, last)]

    def series(self, symbol: str, timeframe_ns: int) -> Bars:
        """All bars of *symbol* in *timeframe_ns*, the future included: cut them yourself."""
        source = self._series.get(symbol)
        if source is None:
            raise SymbolNotFound(symbol)
        if timeframe_ns == source.timeframe_ns:
            return source
        try:
            key = (symbol, timeframe_ns)
            if key not in self._resampled:
                self._resampled[key] = _Resampled(source, timeframe_ns)
            return self._resampled[key].current()
        except ResampleError as error:
            wish, base = timeframe_name(timeframe_ns), timeframe_name(source.timeframe_ns)
            raise InvalidRequest(
                "timeframe", wish, f"one that the {base} bars of {symbol} can make ({error})"
            ) from error
