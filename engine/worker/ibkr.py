"""``ctx.ibkr``: nineteen calls of the IBKR Web API by the names that worker code knows.

One class, whoever answers: the engine in this process, in a backtest or on paper, or a gateway over
HTTPS. What a call gives is the answer as it came, in JSON's own kinds; a status of 400 and above is
raised as `IbkrAPIError`. Three things are made good that a worker could not know of: a gateway that
wants its accounts listed first has them listed, positions are read to the last page, and a price is
freed of the letter before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from engine.worker.ibkr_line import Reply, Transport, error_of
from engine.worker.ibkr_wire import bare_figures, ticket

_NO_QUERY: Mapping[str, str] = MappingProxyType({})
_LISTED_FIRST = "query /accounts first"
SNAPSHOT_FIELDS = ("31", "84", "86", "88", "85", "7059", "87")
"""The fields of a snapshot for which none are named: last, bid, ask, their sizes, the volume."""
PAGE_ROWS = 100
"""Positions on a full page."""
PAGES_MAX = 100
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
"""The bytes that stand for themselves in a path."""


class Ibkr:
    """The Web API as calls, over a transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # Contracts

    def search_contract(self, symbol: str, sec_type: str = "STK") -> Any:
        """The contracts that ``symbol`` means, of one kind: STK, OPT, FUT, CASH, BOND, CFD, FUND,
        IND or WAR.
        """
        return self._get("/iserver/secdef/search", {"symbol": symbol, "secType": sec_type})

    def get_contract_details(self, conid: int) -> Any:
        """All that is known of a contract."""
        return self._get(f"/iserver/contract/{int(conid)}/info")

    # The session

    def tickle(self) -> Any:
        """Keep the session alive."""
        return self._post("/tickle")

    def auth_status(self) -> Any:
        """Whether there is a brokerage session: ``authenticated``, ``competing``, ``connected``."""
        return self._post("/iserver/auth/status")

    def select_account(self, account_id: str) -> Any:
        """Make an account the session's active one."""
        return self._post("/iserver/account", {"acctId": account_id})

    # Accounts

    def get_accounts(self) -> Any:
        """The accounts that the session sees."""
        return self._get("/portfolio/accounts")

    def get_subaccounts(self) -> Any:
        """The accounts that an adviser manages."""
        return self._get("/portfolio/subaccounts")

    def get_summary(self, account_id: str) -> Any:
        """Equity, funds and margin of an account, an object for each figure."""
        return self._get(f"/portfolio/{_named(account_id)}/summary")

    def get_ledger(self, account_id: str) -> Any:
        """The balances of an account by currency."""
        return self._get(f"/portfolio/{_named(account_id)}/ledger")

    def get_positions(self, account_id: str) -> Any:
        """Every open position of an account, from all pages."""
        path = f"/portfolio/{_named(account_id)}/positions"
        found: list[Any] = []
        for page in range(PAGES_MAX):
            rows = self._get(f"{path}/{page}")
            if not isinstance(rows, list):
                return rows
            found += rows
            if len(rows) < PAGE_ROWS:
                break
        return found

    # Market data

    def get_market_snapshot(
        self, conids: int | str | Iterable[int | str], fields: Iterable[int | str] | None = None
    ) -> Any:
        """What the market shows of one or many contracts, a row each, keyed by field number."""
        numbers = [conids] if isinstance(conids, int | str) else conids
        wanted = SNAPSHOT_FIELDS if fields is None else fields
        query = {"conids": _joined(numbers), "fields": _joined(wanted)}
        rows = self._get("/iserver/marketdata/snapshot", query)
        return [bare_figures(row) for row in rows] if isinstance(rows, list) else rows

    def get_historical_data(
        self, conid: int, period: str = "1d", bar: str = "5min", outside_rth: bool = False
    ) -> Any:
        """Bars of a period up to now, oldest first, in ``data``."""
        query = {"conid": str(int(conid)), "period": period, "bar": bar}
        query["outsideRth"] = "true" if outside_rth else "false"
        return self._get("/iserver/marketdata/history", query)

    # Orders

    def get_orders(self) -> Any:
        """The session's orders in any state, in ``orders``."""
        return self._get("/iserver/account/orders")

    def get_filled_orders(self, account_id: str | None = None) -> Any:
        """Those that have filled, of one account or the active one."""
        query = {"filters": "filled"}
        if account_id is not None:
            query["accountId"] = account_id
        return self._get("/iserver/account/orders", query)

    def place_order(
        self,
        account_id: str,
        conid: int,
        side: str,
        quantity: float,
        order_type: str = "MKT",
        price: float | None = None,
        tif: str = "DAY",
    ) -> Any:
        """Place an order: a list with its acknowledgement, or with the question that comes first
        (``id`` and ``message``, for `reply_to_order`); an object with ``error`` where it is
        refused.
        """
        order = ticket(conid, side, quantity, order_type, price, tif)
        return self._post(f"/iserver/account/{_named(account_id)}/orders", {"orders": [order]})

    def modify_order(
        self,
        account_id: str,
        order_id: str,
        conid: int,
        side: str,
        quantity: float,
        order_type: str = "LMT",
        price: float | None = None,
        tif: str = "DAY",
    ) -> Any:
        """Replace the terms of a working order by these, all of them; answers as `place_order`."""
        order = ticket(conid, side, quantity, order_type, price, tif)
        return self._post(_order(account_id, order_id), order)

    def cancel_order(self, account_id: str, order_id: str) -> Any:
        """Ask for an order to be cancelled; the answer says that this was heard."""
        return self._ask("DELETE", _order(account_id, order_id))

    def reply_to_order(self, message_id: str, confirmed: bool = True) -> Any:
        """Answer a question about an order; the answer is that of `place_order`."""
        return self._post(f"/iserver/reply/{_named(message_id)}", {"confirmed": confirmed})

    def suppress_messages(self, message_ids: Iterable[str]) -> Any:
        """Have some questions not asked for the rest of the session."""
        return self._post("/iserver/questions/suppress", {"messageIds": list(message_ids)})

    def _get(self, path: str, query: Mapping[str, str] = _NO_QUERY) -> Any:
        return self._ask("GET", path, query)

    def _post(self, path: str, body: Any = None) -> Any:
        return self._ask("POST", path, _NO_QUERY, {} if body is None else body)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] = _NO_QUERY, body: Any = None
    ) -> Any:
        """The answer to one call, asked again only where it was refused for coming too early."""
        reply = self._transport.ask(method, path, query, body)
        error = error_of(reply)
        if error is not None and _LISTED_FIRST in error.msg:
            self._list_accounts()
            reply = self._transport.ask(method, path, query, body)
            error = error_of(reply)
        if error is not None:
            raise error
        return reply.value

    def _list_accounts(self) -> None:
        """List the accounts both ways, so that orders, market data and the portfolio open."""
        for path in ("/iserver/accounts", "/portfolio/accounts"):
            reply: Reply = self._transport.ask("GET", path, _NO_QUERY, None)
            error = error_of(reply)
            if error is not None:
                raise error


def _named(name: str) -> str:
    """A name as a part of a path, percent-encoded."""
    return "".join(chr(one) if one in _PLAIN else f"%{one:02X}" for one in str(name).encode())


def _order(account_id: str, order_id: str) -> str:
    return f"/iserver/account/{_named(account_id)}/order/{_named(order_id)}"


def _joined(values: Iterable[int | str]) -> str:
    return ",".join(map(str, values))
