"""``ctx.broker`` for an account behind a line: its broker's quotes and bars, waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.market.timeframes import MINUTE_NS
from engine.worker.broker import Broker

if TYPE_CHECKING:
    from api.market.remote import Remote
    from engine.core import Engine
    from engine.orders import Order
    from engine.requests import OrderRequest
    from engine.worker.line import Line


class RemoteBroker(Broker):
    """The verbs of an account whose market is ``source``; its line brings what awaitables give.
    Without a timeframe, bars are those of one minute.
    """

    def __init__(self, engine: Engine, source: Remote, account: str, line: Line) -> None:
        super().__init__(engine, source.market, account, line)
        self._source = source

    async def _submit(self, request: OrderRequest) -> Order:
        await self._source.know(self._account, [request.symbol])
        order: Order = super()._submit(request)
        return order

    def _quote(self, symbol: str) -> Any:
        return self._source.quote(symbol)

    def _bars(
        self,
        symbol: str,
        length: int | None,
        first: int | None,
        last: int | None,
        limit: int | None,
    ) -> Any:
        return self._source.bars(symbol, length or MINUTE_NS, first, last, limit)
