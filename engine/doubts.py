"""What is open: a fold of the tape beside the orders and positions it is about.

Orders of unknown outcome, positions in dispute, alarms that a person must clear, closes that may
owe protection, brokers that can not be reached; and what is known to differ without being in doubt:
cash, and executions that were taken back before they were seen. ``caution`` says what may be risked
meanwhile, ``alarms`` lists what a person must see, ``debts`` what is owed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from engine import events as ev
from engine.alarms import Alarm

if TYPE_CHECKING:
    from engine.orders import Order
    from engine.tape.record import Record


class Doubt(msgspec.Struct, frozen=True):
    """An order of unknown outcome, since ``since`` (ns UTC), and why."""

    order_id: str
    account: str
    symbol: str
    since: int
    message: str


class Dispute(msgspec.Struct, frozen=True):
    """A position that the broker states otherwise. ``cost`` is what the difference cost."""

    account: str
    symbol: str
    ours: Decimal
    theirs: Decimal
    cost: Decimal
    since: int

    @property
    def difference(self) -> Decimal:
        """What the broker holds more than we, signed."""
        return self.theirs - self.ours


class Doubts(msgspec.Struct):
    """All of them: unknown orders by id, disputes by account and symbol, alarms by id, differences
    of cash by account and currency (theirs less ours), voided executions by account; the legs that
    gave way to closes, by close; since when brokers can not be reached (ns UTC), by name.
    """

    orders: dict[str, Doubt] = {}
    disputes: dict[str, dict[str, Dispute]] = {}
    alarms: dict[str, Alarm] = {}
    cash: dict[str, dict[str, Decimal]] = {}
    voided: dict[str, list[str]] = {}
    debts: dict[str, tuple[str, ...]] = {}
    lost: dict[str, int] = {}

    def dispute(self, account: str, symbol: str) -> Dispute | None:
        """The dispute about a position, or None."""
        return self.disputes.get(account, {}).get(symbol)

    def lost_sight(self, order: Order, ts: int, message: str) -> None:
        """An order's outcome became unknown, or still is."""
        doubt = Doubt(order.id, order.account, order.request.symbol, ts, message)
        self.orders.setdefault(order.id, doubt)

    def position_disputed(self, record: Record, fact: ev.PositionDisputed) -> None:
        """Fold ``fact``."""
        self.disputes.setdefault(record.account, {})[fact.symbol] = Dispute(
            record.account, fact.symbol, fact.ours, fact.theirs, fact.cost, record.ts
        )

    def position_agreed(self, record: Record, fact: ev.PositionAgreed) -> None:
        """Fold ``fact``."""
        disputes = self.disputes[record.account]
        del disputes[fact.symbol]
        if not disputes:
            del self.disputes[record.account]

    def cash_differed(self, record: Record, fact: ev.CashDiffered) -> None:
        """Fold ``fact``."""
        self.cash.setdefault(record.account, {})[fact.currency] = fact.difference

    def alarm_raised(self, record: Record, fact: ev.AlarmRaised) -> None:
        """Fold ``fact``."""
        self.alarms[fact.alarm_id] = Alarm(
            fact.alarm_id,
            fact.kind,
            record.account,
            fact.symbol,
            fact.message,
            record.ts,
            fact.order_id,
            fact.position_id,
            fact.quantity,
        )

    def alarm_cleared(self, _record: Record, fact: ev.AlarmCleared) -> None:
        """Fold ``fact``."""
        del self.alarms[fact.alarm_id]

    def close_settled(self, _record: Record, fact: ev.CloseSettled) -> None:
        """Fold ``fact``."""
        del self.debts[fact.order_id]

    def broker_disconnected(self, record: Record, fact: ev.BrokerDisconnected) -> None:
        """Fold ``fact``."""
        self.lost.setdefault(fact.broker, record.ts)

    def broker_connected(self, _record: Record, fact: ev.BrokerConnected) -> None:
        """Fold ``fact``."""
        self.lost.pop(fact.broker, None)


FOLDS: dict[type, Callable[[Doubts, Record, Any], None]] = {
    ev.PositionDisputed: Doubts.position_disputed,
    ev.PositionAgreed: Doubts.position_agreed,
    ev.CashDiffered: Doubts.cash_differed,
    ev.AlarmRaised: Doubts.alarm_raised,
    ev.AlarmCleared: Doubts.alarm_cleared,
    ev.CloseSettled: Doubts.close_settled,
    ev.BrokerDisconnected: Doubts.broker_disconnected,
    ev.BrokerConnected: Doubts.broker_connected,
}
"""What each fact about doubts does to them."""
