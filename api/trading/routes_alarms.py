"""Truth over REST: what is open, comparing books with the broker, and a person's decisions.

Nothing here sends an order. A reconciliation asks the broker and explains what differs; a decision
is a fact with a reason, which says what a person took for true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.auth import Scope
from api.endpoints import Call, Operation
from api.fields import Text
from api.trading import errors, parse, render, wire
from api.trading.accounts import account_alone
from engine import verdicts
from engine.alarms import alarms
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from api.trading.port import Desk

_TAG = "Truth"
_FAILS = {503: errors.UNAVAILABLE}
_SYMBOL = {"symbol": Text("A symbol; a slash in it may be percent-encoded", 64, "AAPL")}
_ORDER = {"order_id": Text("The order's id", 64, "ord_0000000042")}
_ALARM = {"alarm_id": Text("The alarm's id", 128, "order_overfilled:ord_0000000042")}


class Alarms:
    """The handlers of `/alarms`, `/reconcile` and `/positions/disputed`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._engine = desk.engine

    async def list_open(self, call: Call) -> list[wire.Alarm]:
        """What is open in the account, oldest first."""
        return self._open(account_alone(self._desk, call))

    async def clear(self, call: Call) -> list[wire.Alarm]:
        """Settle an alarm by a person's word."""
        account = account_alone(self._desk, call)
        reason = parse.REASON.read(call.body)["reason"]
        alarm_id = call.path["alarm_id"]
        if alarm_id not in {one.id for one in alarms(self._engine.state, account)}:
            raise InvalidRequest("alarm_id", alarm_id, "an alarm that is open in this account")
        verdicts.clear_alarm(self._engine, alarm_id, reason)
        return self._open(account)

    async def reconcile(self, call: Call) -> wire.Reconciliation:
        """Compare the account's books with its broker's now."""
        account = account_alone(self._desk, call)
        differences = await self._desk.lines.reconcile(account)
        broker = self._engine.account(account).broker
        return wire.Reconciliation(account, broker, differences, self._open(account))

    async def accept(self, call: Call) -> list[wire.Alarm]:
        """Take a disputed position as the broker states it."""
        account = account_alone(self._desk, call)
        reason = parse.REASON.read(call.body)["reason"]
        symbol = self._engine.resolve(account, call.path["symbol"]).symbol
        verdicts.accept_position(self._engine, account, symbol, reason)
        return self._open(account)

    async def give_up(self, call: Call) -> wire.Order:
        """Say that an order of unknown outcome has ended."""
        account = account_alone(self._desk, call)
        reason = parse.REASON.read(call.body)["reason"]
        order = verdicts.give_up(self._engine, account, call.path["order_id"], reason)
        return render.order(order)

    def _open(self, account: str) -> list[wire.Alarm]:
        return [render.alarm(one) for one in alarms(self._engine.state, account)]

    def operations(self) -> Iterator[list[Operation]]:
        """What can be done, one list for each path."""
        yield from self._asking()
        yield from self._deciding()

    def _asking(self) -> Iterator[list[Operation]]:
        yield [
            Operation(
                "GET",
                "/alarms",
                "List open alarms",
                self.list_open,
                list[wire.Alarm],
                tag=_TAG,
                description="Orders of unknown outcome, disputed positions, and what a broker did "
                "that it should not have; oldest first.",
                query=parse.NO_QUERY,
            )
        ]
        yield [
            Operation(
                "POST",
                "/reconcile",
                "Compare the account with its broker",
                self.reconcile,
                wire.Reconciliation,
                tag=_TAG,
                description="Asks the broker for open orders, executions, positions and cash, and "
                "explains every difference by facts. Doing it twice adds nothing.",
                query=parse.NO_QUERY,
                failures=_FAILS,
                scope=Scope.TRADE,
            )
        ]

    def _deciding(self) -> Iterator[list[Operation]]:
        yield [
            Operation(
                "POST",
                "/alarms/{alarm_id}/clear",
                "Settle an alarm",
                self.clear,
                list[wire.Alarm],
                tag=_TAG,
                description="Answers the alarms that are left. An unknown order and a disputed "
                "position are settled by the truth alone and can not be cleared.",
                parameters=_ALARM,
                query=parse.NO_QUERY,
                body=parse.REASON,
                failures=_FAILS,
                scope=Scope.ADMIN,
            )
        ]
        yield [
            Operation(
                "POST",
                "/positions/disputed/{symbol}",
                "Accept a disputed position",
                self.accept,
                list[wire.Alarm],
                tag=_TAG,
                description="Takes the position as the broker states it, for the reason given, and "
                "lets the symbol be traded again. Answers the alarms that are left.",
                parameters=_SYMBOL,
                query=parse.NO_QUERY,
                body=parse.REASON,
                failures=_FAILS | {404: errors.UNKNOWN_SYMBOL},
                scope=Scope.ADMIN,
            )
        ]
        yield [
            Operation(
                "POST",
                "/orders/{order_id}/give-up",
                "Say that an unknown order has ended",
                self.give_up,
                wire.Order,
                tag=_TAG,
                description="For an order whose fate can not be proven: that it never reached the "
                "broker, or if some of it traded, that the rest is cancelled. Nothing is sent. "
                "Should it trade after all, the trade counts and an alarm opens.",
                parameters=_ORDER,
                query=parse.NO_QUERY,
                body=parse.REASON,
                failures=_FAILS | {404: errors.UNKNOWN_ORDER, 409: "Its fate is known."},
                scope=Scope.ADMIN,
            )
        ]
