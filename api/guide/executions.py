"""What the guide tells of executions: all from the tape, each once, with the source it stands for.

A broker has several lists of executions, which overlap and forget. Here each execution is told once
and by the first of these that it belongs to: ``trades()`` happened since this server started,
``reqExecutions`` on the day that it is now in UTC, ``reqCompletedOrders`` before. What is held
without any execution, because the broker's books said so, is told as ``positions()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from api.amounts import money, shares
from api.guide import wire
from engine.order_numbers import number
from engine.values import NANOSECONDS, Side

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.trades import Trade

EXECUTIONS_MAX = 10_000
"""Most executions in one answer: the newest."""
_DAY_NS = 86_400 * NANOSECONDS


class Executions:
    """Tells executions; what is recorded after ``started`` (a sequence number) is of this
    session.
    """

    def __init__(self, engine: Engine, started: int) -> None:
        self._engine = engine
        self._started = started

    def tell(self, account: str, symbol: str | None) -> list[wire.Execution]:
        """The account's executions, of one symbol or all, in the order of the tape."""
        newest = list(islice(self._traded(account, symbol), EXECUTIONS_MAX))
        told = [*newest, *self._stated(account, symbol)]
        told.sort(key=lambda one: one[0])
        return [row for _, row in told]

    def _traded(self, account: str, symbol: str | None) -> Iterator[tuple[int, wire.Execution]]:
        """Trades, newest first; one that the broker took back has no quantity and is not told."""
        for trade in reversed(self._engine.state.trades.values()):
            of_symbol = symbol is None or trade.symbol.upper() == symbol
            if trade.account == account and trade.quantity and of_symbol:
                yield _sequence(trade), self._row(trade)

    def _row(self, trade: Trade) -> wire.Execution:
        order = self._engine.state.order(trade.order_id)
        request = None if order is None else order.request
        return wire.Execution(
            trade.symbol,
            trade.side.value,
            shares(trade.quantity),
            money(trade.price),
            self._source(trade),
            _time(trade.executed_at),
            None if order is None else number(order),
            None if request is None else request.reference or request.client_order_id,
        )

    def _source(self, trade: Trade) -> str:
        if _sequence(trade) > self._started:
            return "trades()"
        now = self._engine.now
        is_today = trade.executed_at // _DAY_NS == now // _DAY_NS
        return "reqExecutions" if is_today else "reqCompletedOrders"

    def _stated(self, account: str, symbol: str | None) -> Iterator[tuple[int, wire.Execution]]:
        """What came to be held otherwise than by a trade, and at what cost."""
        for seq, ts, fact in self._engine.state.adjustments(account):
            if fact.quantity and (symbol is None or fact.symbol.upper() == symbol):
                side = Side.BUY if fact.quantity > 0 else Side.SELL
                yield (
                    seq,
                    wire.Execution(
                        fact.symbol,
                        side.value,
                        shares(abs(fact.quantity)),
                        money(abs(fact.cost / fact.quantity)),
                        "positions()",
                        _time(ts),
                    ),
                )


def _sequence(trade: Trade) -> int:
    return int(trade.id.removeprefix("trd_"))


def _time(ns: int) -> str:
    return datetime.fromtimestamp(ns // NANOSECONDS, UTC).strftime("%Y%m%d %H:%M:%S")
