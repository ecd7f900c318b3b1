"""What a worker is told of its orders and fills: facts turned into events as they are folded.

An event carries copies of how things stood right after its fact, however much later it is
delivered. The words are those of the Trading API's stream.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

import msgspec

from engine import events as ev
from engine.orders import Order
from engine.state import State
from engine.tape import Record
from engine.trades import Trade
from engine.values import Status


class OrderEvent(msgspec.Struct, frozen=True):
    """What happened to an order: ``event`` is ORDER_CREATED, ORDER_MODIFIED, ORDER_CANCELLED,
    ORDER_EXPIRED, ORDER_REJECTED, ORDER_PARTIALLY_FILLED or ORDER_FILLED.
    """

    event: str
    order: Order
    ts: int


class TradeEvent(msgspec.Struct, frozen=True):
    """A fill, or the correction of one: ``event`` is TRADE_FILLED, TRADE_CORRECTED or
    TRADE_BUSTED.
    """

    event: str
    trade: Trade
    order: Order
    ts: int


_OrderFact = (
    ev.OrderAccepted
    | ev.OrderModified
    | ev.OrderTrailed
    | ev.OrderCancelled
    | ev.OrderExpired
    | ev.OrderRefused
    | ev.OrderRejected
)


class Inbox:
    """Listens to an engine for one account and passes events on."""

    def __init__(
        self,
        state: State,
        account: str,
        on_order: Callable[[OrderEvent], object] | None,
        on_trade: Callable[[TradeEvent], object] | None,
    ) -> None:
        self._state = state
        self._account = account
        self._on_order = on_order
        self._on_trade = on_trade

    def hear(self, record: Record) -> None:
        """Take in a record that was just folded."""
        if record.account != self._account:
            return
        fact = record.event
        if isinstance(fact, ev.TradeFilled):
            self._filled(fact, record.ts)
        elif isinstance(fact, ev.TradeCorrected | ev.TradeBusted):
            busted = isinstance(fact, ev.TradeBusted)
            self._traded("TRADE_BUSTED" if busted else "TRADE_CORRECTED", fact.trade_id, record.ts)
        elif self._on_order is not None and isinstance(fact, _OrderFact):
            order = self._order(fact.order_id)
            self._on_order(OrderEvent(_EVENTS[type(fact)], order, record.ts))

    def _filled(self, fact: ev.TradeFilled, ts: int) -> None:
        self._traded("TRADE_FILLED", fact.trade_id, ts)
        if self._on_order is not None:
            order = self._order(fact.order_id)
            whole = order.status is Status.FILLED
            event = "ORDER_FILLED" if whole else "ORDER_PARTIALLY_FILLED"
            self._on_order(OrderEvent(event, order, ts))

    def _traded(self, event: str, trade_id: str, ts: int) -> None:
        if self._on_trade is not None:
            trade = copy(self._state.trades[trade_id])
            self._on_trade(TradeEvent(event, trade, self._order(trade.order_id), ts))

    def _order(self, order_id: str) -> Order:
        return copy(self._state.orders[order_id])


_EVENTS: dict[type[_OrderFact], str] = {
    ev.OrderAccepted: "ORDER_CREATED",
    ev.OrderModified: "ORDER_MODIFIED",
    ev.OrderTrailed: "ORDER_MODIFIED",
    ev.OrderCancelled: "ORDER_CANCELLED",
    ev.OrderExpired: "ORDER_EXPIRED",
    ev.OrderRefused: "ORDER_REJECTED",
    ev.OrderRejected: "ORDER_REJECTED",
}
"""What a worker hears of each."""
