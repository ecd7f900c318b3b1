"""Market data over REST: the newest quote and the closed bars of a symbol, never the future."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.accounts import account_of
from api.endpoints import Call, Operation
from api.fields import Text
from api.trading import errors, parse, render, wire
from api.trading.accounts import account_alone
from engine.market.timeframes import timeframe_ns

if TYPE_CHECKING:
    from api.trading.port import Desk

_SYMBOL = {"symbol": Text("A symbol; a slash in it may be percent-encoded", 64, "AAPL")}
_FAILS = {404: errors.UNKNOWN_SYMBOL, 503: errors.UNAVAILABLE}


class Market:
    """The handlers of `/quotes` and `/bars`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._engine = desk.engine

    async def quote(self, call: Call) -> wire.Quote:
        """The newest quote."""
        account = account_alone(self._desk, call)
        symbol, source = self._symbol(account, call), self._desk.markets.of(account)
        quote = await source.quote(symbol)
        return render.quote(quote, source.market.provider, source.market.mark(symbol))

    async def bars(self, call: Call) -> list[wire.Bar]:
        """Closed bars, oldest first; a limit keeps the newest."""
        query = parse.BARS_QUERY.read_query(call.query)
        account = account_of(self._desk, call, query)
        source = self._desk.markets.of(account)
        bars = await source.bars(
            self._symbol(account, call),
            timeframe_ns(query["timeframe"]),
            query.get("start"),
            query.get("end"),
            query.get("limit"),
        )
        return [render.bar(bar, source.market.provider) for bar in bars]

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        yield [
            Operation(
                "GET",
                "/quotes/{symbol}",
                "Get the newest quote",
                self.quote,
                wire.Quote,
                tag="Market data",
                parameters=_SYMBOL,
                query=parse.NO_QUERY,
                failures=_FAILS,
            )
        ]
        yield [
            Operation(
                "GET",
                "/bars/{symbol}",
                "Get closed bars",
                self.bars,
                list[wire.Bar],
                tag="Market data",
                description="Oldest first. `start` and `end` are inclusive; `limit` keeps the "
                "newest. A bar is shown once it is complete.",
                parameters=_SYMBOL,
                query=parse.BARS_QUERY,
                failures=_FAILS,
            )
        ]

    def _symbol(self, account: str, call: Call) -> str:
        name = _SYMBOL["symbol"].read("symbol", call.path["symbol"])
        return self._engine.resolve(account, name).symbol
