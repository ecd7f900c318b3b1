"""From facts to messages: what a client is told of each record, in the order it is told.

``tell`` is called right after a record was folded and shows the state as of that record. The same
record gives the same messages with the same ids whether it is told live or from history; only
figures that need a market price depend on which prices the narrator was given, and an account that
can not be valued at those is left out. A fill is told as trade, order, position, account, in this
order: the account is last, so no other id depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from api.streams import messages as say
from api.streams.event import Event, event_of
from api.streams.fills import LastFills
from api.trading import render, wire
from engine import events as ev
from engine.errors import ProviderUnavailable
from engine.values import Status

if TYPE_CHECKING:
    from api.streams.fills import PricesOf
    from engine.orders import Order
    from engine.positions import Position
    from engine.state import State
    from engine.tape import Record

_MILLISECOND = 1_000_000
_OF_AN_EXIT: dict[say.OrderEvent, say.OrderEvent] = {
    "ORDER_CREATED": "BRACKET_ORDER_CREATED",
    "ORDER_MODIFIED": "BRACKET_ORDER_MODIFIED",
}
_INTEREST = frozenset({"financing", "borrow"})


class Narrator:
    """Tells records of one state. It remembers the open positions, to know which have closed."""

    def __init__(self, state: State, prices_of: PricesOf) -> None:
        self._state = state
        self._fills = LastFills(prices_of)
        self._open: dict[str, tuple[Position, wire.Position]] = {}
        self.look_around()

    def recall(self) -> None:
        """Remember the fills of a state whose records were not all noticed."""
        for trade in self._state.trades.values():
            self._fills.note(trade)

    def look_around(self) -> None:
        """Take the positions that are open now, and the brokers that are lost, as known. Call it
        after records went untold.
        """
        self._lost_at = dict(self._state.doubts.lost)
        self._open = {
            position.id: (position, render.position(position, self._fills.of(account.id)))
            for account in self._state.accounts.values()
            for position in account.positions.values()
        }

    def notice(self, record: Record) -> None:
        """Remember what a later message needs of a record that nobody was told of."""
        fact = record.event
        if type(fact) is ev.TradeFilled:
            self._fills.note(self._state.trades[fact.trade_id])
        elif type(fact) is ev.BrokerDisconnected:
            self._lost_at.setdefault(fact.broker, record.ts)

    def tell(self, record: Record) -> list[Event]:
        """The messages of ``record``, which was folded last; most records have one, some none."""
        teller = _TELLERS.get(type(record.event))
        if teller is None:
            return []
        told = list(teller(self, record, record.event))
        moment = render.moment(record.ts)
        final = len(told) - 1
        return [
            event_of(
                kind(
                    timestamp=moment,
                    event_id=f"evt_{record.seq}_{place}",
                    seq=record.seq,
                    **fields,
                ),
                record.account,
                is_last=place == final,
            )
            for place, (kind, fields) in enumerate(told)
        ]

    def _accepted(self, _record: Record, fact: ev.OrderAccepted) -> Iterator[_Told]:
        order = self._found(fact.order_id)
        # A stop that this engine held is accepted again when it is sent on; it was created before.
        again = order.triggered or len(order.broker_ids) > 1 or order.filled
        yield self._order(fact.order_id, "ORDER_MODIFIED" if again else "ORDER_CREATED")

    def _modified(self, _record: Record, fact: Any) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_MODIFIED")

    def _cancelled(self, _record: Record, fact: Any) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_CANCELLED")

    def _expired(self, _record: Record, fact: Any) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_EXPIRED")

    def _denied(self, _record: Record, fact: Any) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_REJECTED")

    def _adopted(self, _record: Record, fact: ev.OrderAdopted) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_CREATED")

    def _resolved(self, _record: Record, fact: ev.OrderResolved) -> Iterator[_Told]:
        yield self._order(fact.order_id, "ORDER_CREATED" if fact.reached else "ORDER_REJECTED")

    def _filled(self, record: Record, fact: ev.TradeFilled) -> Iterator[_Told]:
        trade = self._state.trades[fact.trade_id]
        self._fills.note(trade)
        yield say.TradeDone, {"event": "TRADE_FILLED", "trade": render.trade(trade)}
        whole = self._found(fact.order_id).status is Status.FILLED
        yield self._order(fact.order_id, "ORDER_FILLED" if whole else "ORDER_PARTIALLY_FILLED")
        yield from self._positions(record, trade.symbol, trade.position_id)
        yield from self._account(record)

    def _restated(
        self, record: Record, fact: ev.TradeCorrected | ev.TradeBusted
    ) -> Iterator[_Told]:
        trade = self._state.trades[fact.trade_id]
        yield self._order(trade.order_id, "ORDER_MODIFIED")
        yield from self._positions(record, trade.symbol)
        yield from self._account(record)

    def _adjusted(self, record: Record, fact: ev.PositionAdjusted) -> Iterator[_Told]:
        yield from self._positions(record, fact.symbol)
        yield from self._account(record)

    def _cash(self, record: Record, fact: ev.CashAdjusted) -> Iterator[_Told]:
        if fact.kind in _INTEREST:
            yield say.Financing, {"symbol": fact.symbol, "amount": render.number(fact.amount)}
        yield from self._account(record)

    def _broker_back(self, record: Record, fact: ev.BrokerConnected) -> Iterator[_Told]:
        lost_at = self._lost_at.pop(fact.broker, None)
        if lost_at is None:
            yield say.Connection, {"event": "CONNECTED", "broker": fact.broker}
            return
        gap = (record.ts - lost_at) // _MILLISECOND
        yield (
            say.Connection,
            {"event": "BROKER_RECONNECTED", "broker": fact.broker, "gap_duration_ms": gap},
        )

    def _broker_lost(self, record: Record, fact: ev.BrokerDisconnected) -> Iterator[_Told]:
        self.notice(record)
        yield (
            say.Connection,
            {"event": "BROKER_DISCONNECTED", "broker": fact.broker, "error": fact.reason},
        )

    def _found(self, order_id: str) -> Order:
        order = self._state.order(order_id)
        if order is None:
            raise KeyError(f"a record speaks of order {order_id}, which the state does not hold")
        return order

    def _order(self, order_id: str, event: say.OrderEvent) -> _Told:
        order = self._found(order_id)
        if order.is_exit:
            event = _OF_AN_EXIT.get(event, event)
        fields: dict[str, Any] = {"event": event, "order": render.order(order)}
        if order.parent_order_id is not None:
            fields["parent_order_id"] = order.parent_order_id
        return say.OrderChanged, fields

    def _account(self, record: Record) -> Iterator[_Told]:
        prices = self._fills.of(record.account)
        try:
            account = render.account(self._state.accounts[record.account], prices)
        except ProviderUnavailable:
            return  # it can not be valued now, and is told when something next happens in it
        yield say.AccountChanged, {"event": "BALANCE_UPDATED", "account": account}

    def _positions(self, record: Record, symbol: str, touched: str = "") -> Iterator[_Told]:
        """Those of ``symbol`` that closed, then the one ``touched``, or all where none is named."""
        account = self._state.accounts[record.account]
        for position, shown in list(self._open.values()):
            if (
                position.symbol == symbol
                and position.account == account.id
                and account.position(position.id) is None
            ):
                del self._open[position.id]
                yield self._closed(record, position, shown)
        for position in list(account.positions.values()):
            if position.symbol == symbol and touched in ("", position.id):
                known = position.id in self._open
                shown = render.position(position, self._fills.of(account.id))
                self._open[position.id] = (position, shown)
                event = "POSITION_MODIFIED" if known else "POSITION_OPENED"
                yield say.PositionChanged, {"event": event, "position": shown}

    def _closed(self, record: Record, position: Position, shown: wire.Position) -> _Told:
        """A position that is gone, shown with the side and entry it had."""
        price = self._fills.of(record.account).mark(position.symbol)
        last = msgspec.structs.replace(
            shown,
            quantity="0",
            unrealized_pnl="0",
            realized_pnl=render.number(position.realized),
            current_price=shown.current_price if price is None else render.number(price),
            updated_at=render.moment(record.ts),
        )
        return say.PositionChanged, {"event": "POSITION_CLOSED", "position": last}


_Told = tuple[type[say.Message], dict[str, Any]]

_TELLERS: dict[type[ev.Fact], Callable[[Narrator, Record, Any], Iterator[_Told]]] = {
    ev.OrderAccepted: Narrator._accepted,
    ev.OrderModified: Narrator._modified,
    ev.OrderTrailed: Narrator._modified,
    ev.OrderOutcomeUnknown: Narrator._modified,
    ev.OrderAdopted: Narrator._adopted,
    ev.OrderCancelled: Narrator._cancelled,
    ev.OrderExpired: Narrator._expired,
    ev.OrderRefused: Narrator._denied,
    ev.OrderRejected: Narrator._denied,
    ev.OrderResolved: Narrator._resolved,
    ev.TradeFilled: Narrator._filled,
    ev.TradeCorrected: Narrator._restated,
    ev.TradeBusted: Narrator._restated,
    ev.CashAdjusted: Narrator._cash,
    ev.PositionAdjusted: Narrator._adjusted,
    ev.BrokerConnected: Narrator._broker_back,
    ev.BrokerDisconnected: Narrator._broker_lost,
}
"""How each kind of fact is told; what is absent is nobody's news."""
