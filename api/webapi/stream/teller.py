"""From facts to rows: what clients are shown of each record, rendered right after it was folded.

An order is shown with the legs that wait for it; an execution with its order; what a server asks
about an order as a notification. Rows are whole; each conversation sends what differs from what it
sent before. With nobody listening a record costs a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from api.webapi import order_rows, server_prompts, trade_rows
from api.webapi.stream import shown
from api.webapi.views import View, waiting
from engine import events as ev

if TYPE_CHECKING:
    from api.streams.event import Event
    from api.webapi.gateway import Gateway
    from engine.orders import Order
    from engine.tape import Record
    from engine.trades import Trade

_ORDERS = frozenset(
    {
        ev.OrderSubmitted,
        ev.OrderRefused,
        ev.OrderAccepted,
        ev.OrderRejected,
        ev.OrderTriggered,
        ev.OrderTrailed,
        ev.OrderModified,
        ev.OrderModifyRejected,
        ev.OrderCancelRequested,
        ev.OrderCancelled,
        ev.OrderCancelRejected,
        ev.OrderExpired,
        ev.OrderOutcomeUnknown,
        ev.OrderResolved,
        ev.OrderAdopted,
        ev.BrokerOrderEnded,
    }
)
_TRADES = frozenset({ev.TradeFilled, ev.TradeCorrected, ev.TradeBusted})


class Teller:
    """Tells the records of one gateway's engine."""

    def __init__(self, gateway: Gateway) -> None:
        self.listeners = 0
        """How many clients there are."""
        self._engine = gateway.engine
        self._contracts = gateway.contracts

    def tell(self, record: Record) -> list[Event]:
        """The rows that ``record``, which was folded last, changed."""
        if not self.listeners:
            return []
        return [
            shown.row(kind, record.seq, record.account, value)
            for kind, value in self._rows(record.event)
        ]

    def _rows(self, fact: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        kind, state = type(fact), self._engine.state
        if kind in _ORDERS:
            order = state.order(fact.order_id)
            if order is not None:
                yield from self._order(order)
        elif kind in _TRADES:
            trade = state.trades[fact.trade_id]
            if kind is not ev.TradeBusted:
                yield shown.TRADE, self.trade(trade)
            order = state.order(trade.order_id)
            if order is not None:
                yield from self._order(order)
        elif kind is ev.PromptRaised:
            prompt = state.prompts.find(fact.prompt_id)
            if prompt is not None and server_prompts.is_servers(prompt):
                yield shown.NOTICE, server_prompts.notification(self._engine, prompt)

    def _order(self, order: Order) -> Iterator[tuple[str, dict[str, Any]]]:
        contract = self._contracts.of(order.symbol)
        for view in (View(order), *waiting(self._engine, order)):
            yield shown.ORDER, order_rows.row(view, contract, numeric=True)

    def trade(self, trade: Trade) -> dict[str, Any]:
        """An execution as the stream shows it."""
        return streamed(trade_rows.row(self._engine, trade, self._contracts.of(trade.symbol)))


def streamed(row: dict[str, Any]) -> dict[str, Any]:
    """The row of an execution with what only the stream adds."""
    return row | {"open_close": "?", "contract_description_2": row["contract_description_1"]}
