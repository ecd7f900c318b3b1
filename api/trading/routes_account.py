"""The account over REST: its money, and the fills that made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.accounts import account_of
from api.endpoints import Call, Operation
from api.trading import errors, parse, render, wire
from api.trading.accounts import account_alone, symbol_of

if TYPE_CHECKING:
    from api.trading.port import Desk


class Accounts:
    """The handlers of `/account` and `/trades`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._engine = desk.engine

    async def get(self, call: Call) -> wire.Account:
        """Balance, equity and margin."""
        account = self._engine.account(account_alone(self._desk, call))
        return render.account(account, self._engine.prices_of(account.id))

    async def trades(self, call: Call) -> list[wire.Trade]:
        """Fills, newest first. One that the broker took back is not shown."""
        query = parse.TRADES_QUERY.read_query(call.query)
        account = account_of(self._desk, call, query)
        symbol, order_id = symbol_of(self._desk, query), query.get("order_id")
        since, until = query.get("since"), query.get("until")
        limit = query.get("limit", parse.ORDERS_MAX)
        found: list[wire.Trade] = []
        for trade in reversed(self._engine.state.trades.values()):
            if len(found) >= limit:
                break
            if (
                trade.account == account
                and trade.quantity
                and (symbol is None or trade.symbol == symbol)
                and (order_id is None or trade.order_id == order_id)
                and (since is None or trade.executed_at >= since)
                and (until is None or trade.executed_at < until)
            ):
                found.append(render.trade(trade))
        return found

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        yield [
            Operation(
                "GET",
                "/account",
                "Get the account",
                self.get,
                wire.Account,
                query=parse.NO_QUERY,
                failures={503: errors.UNAVAILABLE},
            )
        ]
        yield [
            Operation(
                "GET",
                "/trades",
                "List fills",
                self.trades,
                list[wire.Trade],
                description="Newest first. `since` is inclusive, `until` is not.",
                query=parse.TRADES_QUERY,
            )
        ]
