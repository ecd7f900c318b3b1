"""The ledger: every order and trade a tape tells of, and the indexes that find them.

What is finished is by far the most and is rarely asked for, so a ledger restored from a snapshot
leaves it sealed in its encoded form until something needs it; orders at work are always open.
Reading never changes an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.errors import OrderNotFound
from engine.image import Image
from engine.orders import Order
from engine.trades import Trade
from engine.values import Role

OrderBooks = defaultdict[str, dict[str, dict[str, Order]]]

_ENTRY = Role.ENTRY


class Ledger:
    """Orders, trades and their indexes."""

    def __init__(self) -> None:
        self.books: OrderBooks = defaultdict(dict)
        """Working orders by account, symbol and id, oldest first."""
        self._legs: OrderBooks = defaultdict(dict)
        """Those of them that are protective legs; an entry stays when its last one has gone."""
        self._orders: dict[str, Order] = {}
        self._trades: dict[str, Trade] = {}
        self._client_ids: dict[tuple[str, str], Order] = {}
        self._executions: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """By account: what trade a broker's execution became, "" where it was taken back before."""
        self._filled: list[Trade] = []
        """Fills that are not made up into trades yet: few ask for trades, and a replay nobody."""
        self._is_indexed = False
        """Whether the index of executions is kept: from when it is first asked for, which a replay
        never does.
        """
        self._groups: dict[tuple[str, str], list[Order]] = {}
        self._named: dict[tuple[str, str], list[Order]] | None = None
        self._sealed: Image | None = None

    @property
    def orders(self) -> dict[str, Order]:
        """Every order by id, oldest first."""
        self._unseal()
        return self._orders

    @property
    def trades(self) -> dict[str, Trade]:
        """Every trade by id, oldest first."""
        self._unseal()
        if self._filled:
            self._make_up_trades()
        return self._trades

    def order(self, order_id: str) -> Order | None:
        """The order with this id, or None."""
        found = self._orders.get(order_id)
        return found if found is not None or self._sealed is None else self.orders.get(order_id)

    def known(self, order_id: str) -> Order:
        """The order with this id; OrderNotFound where there is none."""
        order = self._orders.get(order_id) or self.order(order_id)
        if order is None:
            raise OrderNotFound(order_id)
        return order

    def working_order(self, order_id: str) -> Order:
        """The order with this id, which is known to be open; KeyError otherwise."""
        return self._orders[order_id]

    def by_client_id(self, account: str, client_order_id: str) -> Order | None:
        """The order that ``account`` placed under its own ``client_order_id``, or None."""
        if self._sealed is not None:
            self._unseal()
        return self._client_ids.get((account, client_order_id))

    def by_broker_id(self, account: str, broker_id: str) -> list[Order]:
        """The account's orders that its broker knows, or knew, by ``broker_id``, oldest first: more
        than one where a broker gave an id away again.
        """
        if self._named is None:
            self._named = {}
            for order in self.orders.values():
                for each in order.broker_ids:
                    self._named.setdefault((order.account, each), []).append(order)
        return self._named.get((account, broker_id), [])

    def _name(self, order: Order, broker_id: str) -> None:
        """Note an id the broker knows an order by. The index is built when it is first asked for:
        a broker in this process never asks.
        """
        if broker_id and broker_id not in order.broker_ids:
            order.broker_ids = (*order.broker_ids, broker_id)
            if self._named is not None:
                self._named.setdefault((order.account, broker_id), []).append(order)

    def execution(self, account: str, execution_id: str) -> str | None:
        """The trade that a broker's execution became, or None while it is news; "" if it was taken
        back before it came.
        """
        if not self._is_indexed:
            self._is_indexed = True
            for trade in self.trades.values():
                if trade.execution_id:
                    self._executions[trade.account][trade.execution_id] = trade.id
        return self._executions.get(account, {}).get(execution_id)

    def group(self, account: str, oco_group_id: str) -> list[Order]:
        """The orders of one OCO group, oldest first."""
        self._unseal()
        return self._groups.get((account, oco_group_id), [])

    def working(self, account: str | None = None, symbol: str | None = None) -> list[Order]:
        """Orders that are not final, of one account and symbol or of all, oldest first."""
        if account is not None and symbol is not None:
            return list(self.books.get(account, {}).get(symbol, {}).values())
        found = [
            order
            for owner, books in self.books.items()
            if account is None or owner == account
            for name, book in books.items()
            if symbol is None or name == symbol
            for order in book.values()
        ]
        found.sort(key=lambda order: order.id)
        return found

    def legs(self, account: str, symbol: str) -> list[Order]:
        """The protective legs that are not final, oldest first."""
        legs = self._legs.get(account, {}).get(symbol)
        return sorted(legs.values(), key=lambda leg: leg.id) if legs else []

    def is_guarded(self, account: str, symbol: str) -> bool:
        """Whether protective legs work in a symbol, or may have: where it says no, a fill there
        concerns none, and no alarm about one.
        """
        return symbol in self._legs.get(account, ())

    def _add_order(self, order: Order) -> None:
        """Take in an order; one that works is put on its book besides."""
        self._orders[order.id] = order
        request = order.request
        if request.client_order_id is not None:
            self._client_ids[order.account, request.client_order_id] = order
        if request.oco_group_id is not None and self._sealed is None:  # else when the seal opens
            self._groups.setdefault((order.account, request.oco_group_id), []).append(order)

    def _make_up_trades(self) -> None:
        """Make trades of the fills that came since they were last asked for."""
        for trade in self._filled:
            self._trades[trade.id] = trade
        self._filled.clear()

    def _put_on(self, order: Order) -> None:
        """Put an order on its book, behind the others."""
        account, symbol = order.account, order.request.symbol
        books = self.books[account]
        book = books.get(symbol)
        if book is None:
            book = books[symbol] = {}
        book[order.id] = order
        if order.role is not _ENTRY and order.is_exit:
            self._legs[account].setdefault(symbol, {})[order.id] = order

    def _put_back(self, order: Order) -> None:
        """Put an order that had left its book on it again, among the others by age."""
        self._put_on(order)
        books, symbol = self.books[order.account], order.request.symbol
        books[symbol] = dict(sorted(books[symbol].items()))

    def _take_off(self, order: Order) -> None:
        """Take a final order off its book."""
        symbol = order.request.symbol
        book = self.books[order.account].get(symbol)
        if book is not None:
            book.pop(order.id, None)
        if order.role is not _ENTRY:
            legs = self._legs[order.account].get(symbol)
            if legs is not None:
                legs.pop(order.id, None)

    def _unseal(self) -> None:
        """Open what a snapshot left sealed, and put everything back in the order of the tape."""
        sealed, self._sealed = self._sealed, None
        if sealed is None:
            return
        newer_orders, newer_trades = self._orders, self._trades
        self._orders, self._trades, self._groups = {}, {}, {}
        self._index(sealed.finished_orders(), newer_orders.values())
        for trade in (*sealed.finished_trades(), *newer_trades.values()):
            self._trades[trade.id] = trade

    def _index(self, finished: Iterable[Order], newer: Iterable[Order]) -> None:
        for order in sorted((*finished, *newer), key=lambda one: one.id):
            self._add_order(order)
