"""What became of orders, over REST: the list of today's orders, one order's state, executions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.webapi import books, errors, order_rows, trade_rows, views
from api.webapi.gateway import Row
from api.webapi.reading import Count, Items, Line, Truth, lenient, pairs
from api.webapi.session import Needs, Session
from api.webapi.today import Today
from api.webapi.views import SCAN_MAX

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.gateway import Gateway

TAG = "Order monitoring"
ORDERS_MAX = 1000
FILTERS = {
    "inactive": "Inactive",
    "pending_submit": "PendingSubmit",
    "pre_submitted": "PreSubmitted",
    "submitted": "Submitted",
    "filled": "Filled",
    "pending_cancel": "PendingCancel",
    "pre_cancelled": "PreCancelled",
    "cancelled": "Cancelled",
    "warn_state": "WarnState",
}
"""The states that a list may be cut down to, and what they are called in its rows."""
SORT = "sort_by_time"
_ACCOUNT = Line("Only this account", 64)
_ORDERS = lenient(
    filters=Items(f"Only orders in these states: {', '.join(FILTERS)}"),
    force=Truth("Whether to forget what was told before"),
    accountId=_ACCOUNT,
)
_TRADES = lenient(
    days=Count("Of how many days, today included", 1, trade_rows.DAYS_MAX), accountId=_ACCOUNT
)


class MonitoringCalls:
    """The handlers of everything that only looks at orders."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._engine = gateway.engine
        self._days: dict[str, Today] = {}

    async def orders(self, session: Session, call: Call) -> Row:
        """The orders that work or ended today."""
        asked = _ORDERS.read_query(call.query)
        is_forced = asked.get("force", False)
        filters = self._filters(call)
        if is_forced:
            session.is_order_stream_stopped = False
        elif filters and self._gateway.manner.filters_mute:
            session.is_order_stream_stopped = True
        is_first = self._gateway.is_empty_first(session, "orders")
        if is_first or (is_forced and self._gateway.manner.empty_first_calls):
            return {"orders": [], "snapshot": False}
        accounts = self._accounts(session, call, asked.get("accountId"))
        of = [self._today(account) for account in accounts]
        if len(of) == 1 and not filters - {SORT}:
            return {"orders": of[0].rows(ORDERS_MAX), "snapshot": True}
        found = [view for one in of for view in one.views(SCAN_MAX)]
        found.sort(key=lambda view: (view.is_final, -view.order.created_at))
        if filters - {SORT}:
            wanted = {FILTERS[each] for each in filters - {SORT} if each in FILTERS}
            found = [view for view in found if view.status in wanted]
        contract = self._gateway.contracts.of
        rows = [order_rows.row(view, contract(view.order.symbol)) for view in found[:ORDERS_MAX]]
        return {"orders": rows, "snapshot": True}

    async def order(self, session: Session, call: Call) -> Row:
        """One order's state; 503 for one that this session can not see, as the gateway has it."""
        order_id = call.path["order_id"]
        view = views.find(self._engine, order_id)
        strict = self._gateway.manner.accounts_first
        if view is None or not call.caller.may_use(view.order.account):
            raise errors.refusal(503, f"no order {order_id[:40]} in this session")
        if strict and view.order.account != session.selected:
            raise errors.refusal(503, f"no order {order_id[:40]} in the selected account")
        return order_rows.status(view, self._gateway.contracts.of(view.order.symbol))

    async def trades(self, session: Session, call: Call) -> list[Row]:
        """The executions of up to seven days, newest first."""
        asked = _TRADES.read_query(call.query)
        if self._gateway.is_empty_first(session, "trades"):
            return []
        rows = [
            row
            for account in self._accounts(session, call, asked.get("accountId"))
            for row in trade_rows.rows(
                self._engine, self._gateway.contracts, account, asked.get("days", 1)
            )
        ]
        rows.sort(key=lambda row: -int(row["trade_time_r"]))
        return rows

    async def profit(self, session: Session, call: Call) -> Row:
        """The profit of the day, by account."""
        if self._gateway.is_empty_first(session, "profit"):
            return {"upnl": {}}
        accounts = self._accounts(session, call, None)
        worths = {name: self._gateway.worth(name) for name in accounts}
        return {"upnl": {f"{name}.Core": books.partitioned(one) for name, one in worths.items()}}

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        operation, needs = self._gateway.operation, Needs.ACCOUNTS
        path, said = "/iserver/account/orders", "List orders"
        yield [operation("GET", path, said, self.orders, Row, needs, _ORDERS, tag=TAG)]
        path, said = "/iserver/account/order/status/{order_id}", "Get an order's state"
        yield [operation("GET", path, said, self.order, Row, needs, tag=TAG)]
        path, said = "/iserver/account/trades", "List executions"
        yield [operation("GET", path, said, self.trades, list[Row], needs, _TRADES, tag=TAG)]
        path, said = "/iserver/account/pnl/partitioned", "Get the profit of the day"
        yield [operation("GET", path, said, self.profit, Row, needs, tag=TAG)]

    def _today(self, account: str) -> Today:
        """Today's orders of an account."""
        found = self._days.get(account)
        if found is None:
            made = Today(self._engine, self._gateway.contracts, account)
            found = self._days[account] = made
        return found

    def _filters(self, call: Call) -> set[str]:
        """The states asked for, in the gateway's spelling; they may come one by one."""
        given = [
            word.strip()
            for name, text in pairs(call.query)
            if name == "filters"
            for word in text.split(",")
        ]
        if self._gateway.manner.exact_filters:
            return {word for word in given if word}
        plain = {name.replace("_", ""): name for name in (*FILTERS, SORT)}
        return {plain.get(word.replace("_", "").lower(), word) for word in given if word}

    def _accounts(self, session: Session, call: Call, named: str | None) -> list[str]:
        """The account that is named; else the selected one where that is the manner, or all."""
        if named is not None:
            return [self._gateway.account(call.caller, named)]
        return self._gateway.meant(session, call.caller)
