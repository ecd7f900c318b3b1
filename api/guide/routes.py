"""Every path of the order guide below a base, for one desk: `/guide`, or nothing on its own port.

Orders go into the account that the key or a header means. Each success says what happened in the
guide's own words, and nothing is answered before it is on disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from api.accounts import account_of
from api.amounts import money, shares
from api.auth import Scope
from api.dialect import Dialect, dialect
from api.endpoints import Call, Operation
from api.forms import Form
from api.guide import errors, parse, wire
from api.guide.executions import Executions
from api.guide.pending import find, pending
from api.metrics import Metrics
from api.openapi import About
from api.refusals import Detail
from api.waiting import until
from engine.errors import EngineError
from engine.order_numbers import leg_number, number, permanent
from engine.valuation import summary
from engine.values import Role, Status

if TYPE_CHECKING:
    from api.desk import Desk
    from engine.orders import Order
    from engine.requests import OrderRequest

BASE = "/guide"
CANCEL_TIMEOUT_S = 5.0
"""Longest wait for the broker to confirm a cancel."""
SENT = "✅ {kind} order sent"
CANCELLED = "✅ Order {perm_id} cancelled"

ABOUT = About(
    "OneTape: order guide",
    "Short paths to place, list and cancel orders of one account. Numbers are JSON numbers. An "
    "order is named by its `permId`, which never changes.",
    ("/",),
    Detail,
)


class Guide:
    """The handlers of the guide."""

    def __init__(self, desk: Desk, cancel_timeout_s: float = CANCEL_TIMEOUT_S) -> None:
        self._desk = desk
        self._engine = desk.engine
        self._executions = Executions(desk.engine, desk.engine.tape.head)
        self._timeout_s = cancel_timeout_s

    async def account(self, call: Call) -> wire.Account:
        """What the account is worth, and what of it is free."""
        account = self._engine.account(self._account(call))
        sums = summary(account, self._engine.prices_of(account.id))
        return wire.Account(money(sums.equity), money(sums.margin_available))

    async def positions(self, call: Call) -> wire.Positions:
        """What is held."""
        account = self._engine.account(self._account(call))
        return wire.Positions(
            [
                wire.Position(
                    held.symbol,
                    shares(held.quantity),
                    money(held.cost / held.quantity),
                    money(held.cost),
                )
                for held in account.positions.values()
                if held.quantity
            ]
        )

    async def orders(self, call: Call) -> wire.Orders:
        """What is pending."""
        return wire.Orders(pending(self._engine, self._account(call)))

    async def executions(self, call: Call) -> wire.Executions:
        """What was executed."""
        query = parse.EXECUTIONS_QUERY.read_query(call.query)
        symbol: str | None = query.get("symbol")
        account = account_of(self._desk, call, query)
        told = self._executions.tell(account, None if symbol is None else symbol.upper())
        return wire.Executions(told)

    async def limit(self, call: Call) -> wire.Sent:
        """Place a limit order."""
        return await self._sent(call, "Limit", parse.limit(call.body))

    async def market(self, call: Call) -> wire.Sent:
        """Place a market order."""
        return await self._sent(call, "Market", parse.market(call.body))

    async def stop(self, call: Call) -> wire.Sent:
        """Place a stop order."""
        return await self._sent(call, "Stop", parse.stop(call.body))

    async def bracket(self, call: Call) -> wire.BracketSent:
        """Place an entry with both exits."""
        order = await self._place(call, "Bracket", parse.bracket(call.body))
        exits = [leg_number(order.id, role) for role in (Role.STOP_LOSS, Role.TAKE_PROFIT)]
        perm_ids = [permanent(plain) for plain in (number(order), *exits)]
        return wire.BracketSent(SENT.format(kind="Bracket"), perm_ids)

    async def cancel(self, call: Call) -> wire.Cancelled:
        """Cancel an order."""
        account, perm_id = self._account(call), parse.cancel(call.body)
        found = find(self._engine, account, perm_id)
        if found is None or found.order.is_final:
            raise errors.not_found()
        if found.is_waiting_leg:
            raise errors.waits_for(perm_id, permanent(number(found.order)))
        order = self._engine.cancel(account, found.order.id)
        await until(
            self._engine, lambda: order.status is not Status.PENDING_CANCEL, self._timeout_s
        )
        if order.status is Status.FILLED:
            raise errors.not_found()
        if order.status is not Status.CANCELLED:
            raise errors.not_cancelled(f"the broker has it {order.status.value}")
        return wire.Cancelled(CANCELLED.format(perm_id=perm_id))

    def operations(self, base: str) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path below ``base``."""
        yield [_read(f"{base}/account", "Get balance and cash", self.account, wire.Account)]
        yield [_read(f"{base}/positions", "Get open positions", self.positions, wire.Positions)]
        yield [_read(f"{base}/orders", "Get pending orders", self.orders, wire.Orders)]
        yield [
            _read(
                f"{base}/executions",
                "Get executions",
                self.executions,
                wire.Executions,
                parse.EXECUTIONS_QUERY,
            )
        ]
        for kind, handler, form in (
            ("limit", self.limit, parse.LIMIT),
            ("market", self.market, parse.MARKET),
            ("stop", self.stop, parse.STOP),
        ):
            path = f"{base}/order/{kind}"
            yield [_command(path, f"Place a {kind} order", handler, wire.Sent, form)]
        path = f"{base}/order/bracket"
        said = "Place a bracket order"
        yield [_command(path, said, self.bracket, wire.BracketSent, parse.BRACKET)]
        path = f"{base}/order/cancel"
        yield [_command(path, "Cancel an order", self.cancel, wire.Cancelled, parse.CANCEL)]

    def _account(self, call: Call) -> str:
        query = parse.NO_QUERY.read_query(call.query) if call.query else {}
        return account_of(self._desk, call, query)

    async def _sent(self, call: Call, kind: str, request: OrderRequest) -> wire.Sent:
        order = await self._place(call, kind, request)
        return wire.Sent(SENT.format(kind=kind), permanent(number(order)))

    async def _place(self, call: Call, kind: str, request: OrderRequest) -> Order:
        account = self._account(call)
        try:
            await self._desk.markets.know(account, request.symbol)
            order = self._engine.submit(account, request)
        except EngineError as error:
            raise errors.not_placed(kind.lower(), error) from error
        return order


def guide(desk: Desk, version: str, metrics: Metrics, base: str = BASE) -> Dialect:
    """The order guide of one desk below ``base``."""
    operations = Guide(desk).operations(base)
    return dialect(operations, errors.refusal_of, base, ABOUT, version, metrics, desk)


def _read(
    path: str,
    summary: str,
    handler: Callable[[Call], Awaitable[object]],
    answer: type,
    query: Form = parse.NO_QUERY,
) -> Operation:
    return Operation("GET", path, summary, handler, answer, tag="Account", query=query)


def _command(
    path: str, summary: str, handler: Callable[[Call], Awaitable[object]], answer: type, body: Form
) -> Operation:
    is_cancel = answer is wire.Cancelled
    failures = {500: errors.NOT_CANCELLED if is_cancel else errors.NOT_PLACED}
    return Operation(
        "POST",
        path,
        summary,
        handler,
        answer,
        tag="Orders",
        query=parse.NO_QUERY,
        body=body,
        failures=failures | ({404: errors.NOT_FOUND} if is_cancel else {}),
        scope=Scope.TRADE,
        reduces=is_cancel,
    )
