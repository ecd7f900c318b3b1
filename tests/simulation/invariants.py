"""What must hold in the simulated world: after every step, after every crash, and in the end.

Each check raises `Violation` with what it found. They compare the engine with what the world knows
by other means: positions with a sum kept here from the facts alone, orders with the broker's own
list of what it received, acknowledgements with what each client was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from engine import events as ev
from engine.alarms import AlarmKind, alarm_id, alarms
from engine.state import State
from engine.tape import Record
from engine.values import FINAL, ZERO, Role, Side, Status, signed
from tests.simulation.broker import Venue, VenueExecution, VenueOrder
from tests.simulation.clients import Client

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order

WORKING = (Status.OPEN, Status.PARTIALLY_FILLED)


class Violation(AssertionError):
    """Something that must never be so."""


def require(holds: bool, what: str) -> None:
    """Raise unless it holds."""
    if not holds:
        raise Violation(what)


class Auditor:
    """Keeps its own books from the facts alone, and holds the engine's against them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.held: dict[tuple[str, str], Decimal] = {}
        self._trades: dict[str, tuple[tuple[str, str], int, Decimal]] = {}
        self._touched: set[str] = set()
        self._has_news = False
        self._gave_way: dict[int, list[str]] = {}
        """Legs that were to leave, by the fact that they were to leave for."""
        self._settled: list[str] = []
        """Closes that are said to owe nothing any more, since the last step."""
        for record in engine.tape.records():
            self.note(record)
        self._settled.clear()
        engine.listeners.append(self.note)

    def note(self, record: Record) -> None:
        """Take a fact into the auditor's books."""
        self._has_news = True
        fact = record.event
        order_id = getattr(fact, "order_id", "")
        if order_id:
            self._touched.add(order_id)
        match fact:
            case ev.TradeFilled():
                order = self.engine.state.order(fact.order_id)
                require(order is not None, f"a trade of an order that is not there: {fact}")
                if order is not None:
                    key = (order.account, order.symbol)
                    sign = int(signed(order.side, Decimal(1)))
                    self._trades[fact.trade_id] = (key, sign, ZERO)
                    self._restate(fact.trade_id, fact.quantity)
            case ev.TradeCorrected():
                self._restate(fact.trade_id, fact.quantity)
            case ev.TradeBusted():
                self._restate(fact.trade_id, ZERO)
            case ev.OrderCancelRequested() if record.causation:
                self._gave_way.setdefault(record.causation, []).append(fact.order_id)
            case ev.CloseSettled():
                self._settled.append(fact.order_id)
            case ev.PositionAdjusted():
                key = (record.account, fact.symbol)
                self.held[key] = self.held.get(key, ZERO) + fact.quantity

    def _restate(self, trade_id: str, quantity: Decimal) -> None:
        key, sign, before = self._trades[trade_id]
        self.held[key] = self.held.get(key, ZERO) + sign * (quantity - before)
        self._trades[trade_id] = (key, sign, quantity)

    def check(self) -> None:
        """After every step; one without facts has changed nothing."""
        if not self._has_news:
            return
        self._has_news = False
        state = self.engine.state
        for (account, symbol), held in self.held.items():
            position = state.accounts[account].positions.get(symbol)
            found = position.quantity if position is not None else ZERO
            require(found == held, f"{account} {symbol}: position {found}, facts give {held}")
        for order_id in self._touched:
            order = state.order(order_id)
            require(order is not None, f"facts speak of {order_id}, which is not there")
            if order is not None:
                _check_order(order)
        self._touched.clear()
        for order_id in self._settled:
            self._check_close(order_id)
        self._settled.clear()

    def _check_close(self, order_id: str) -> None:
        """What a close left open of its position is covered by as much as gave way to it."""
        state = self.engine.state
        close = state.orders[order_id]
        position = state.accounts[close.account].positions.get(close.symbol)
        if position is None or int(position.id[4:]) > int(order_id[4:]):
            return
        cause = int(order_id[4:])
        gone = (state.orders[each] for each in self._gave_way[cause])
        legs = [leg for leg in gone if leg.side is close.side]
        for role in (Role.STOP_LOSS, Role.TAKE_PROFIT):
            own = [leg for leg in legs if leg.role is role]
            gave = sum((min(_gave(leg, cause), leg.remaining) for leg in own), ZERO)
            least = min(gave, close.quantity - close.filled, abs(position.quantity))
            covered = _covered(state, close.account, close.symbol, role)
            require(
                (position.quantity > 0) is (close.side is Side.BUY) or covered >= least,
                f"{order_id} is {close.status} and left {position.quantity} {close.symbol}, of "
                f"which {role} legs cover {covered}; {gave} gave way",
            )


def _gave(leg: Order, cause: int) -> Decimal:
    """What a leg gave up to the fact with this number."""
    return max((units for to, units in leg.yielded if to == cause), default=ZERO)


def _check_order(order: Order) -> None:
    full = order.filled >= order.quantity
    require(order.filled >= 0, f"{order.id} has filled {order.filled}")
    require(
        not full or order.status in FINAL,
        f"{order.id} is {order.status} but filled {order.filled} of {order.quantity}",
    )


def check_never_twice(venue: Venue, since: int) -> int:
    """No order of ours arrived at the broker more than once; gives how far was checked."""
    for place in range(since, len(venue.received)):
        account, client_id = venue.received[place]
        times = venue.received.count((account, client_id))
        require(times == 1, f"{account} {client_id} arrived at the broker {times} times")
    return len(venue.received)


def check_written_ahead(state: State, order_id: str, durable: int) -> None:
    """What goes to the broker now is an order whose intent is on disk."""
    order = state.order(order_id)
    require(order is not None, f"{order_id} is sent but not known")
    require(int(order_id[4:]) <= durable, f"{order_id} is sent; the disk has only {durable}")


def check_fold(records: Iterable[Record], state: State) -> None:
    """The tape, folded from nothing, gives the live state to the last byte."""
    folded = State()
    for record in records:
        folded.apply(record)
    require(folded.to_bytes() == state.to_bytes(), "the tape folds to another state than the live")


def check_acknowledged(state: State, clients: Iterable[Client]) -> None:
    """Every order that a client was told of is there, under the id it was told."""
    for client in clients:
        for client_order_id, order_id in client.placed.items():
            order = state.by_client_id(client.account, client_order_id)
            require(
                order is not None and order.id == order_id,
                f"{client_order_id} was acknowledged as {order_id} and is now {order}",
            )


def check_settled(state: State, clients: Iterable[Client]) -> None:
    """Once faults have stopped: every order is working or final, every command has its end, and no
    close owes anything.
    """
    for order_id in state.doubts.debts:
        close = state.orders[order_id]
        held = close.symbol in state.accounts[close.account].positions
        require(not held, f"{order_id} is {close.status} and may owe protection still")
    for order in state.orders.values():
        require(
            order.status in WORKING or order.is_final,
            f"{order.id} of {order.account} is still {order.status}",
        )
        is_asked = not order.is_final and (order.asked or order.leaving)
        require(not is_asked, f"{order.id}: a change or a cancel is still unanswered")
    for client in clients:
        require(client.is_done, f"the client of {client.account} still waits for an answer")


def check_carried_out(state: State, records: Iterable[Record], clients: Iterable[Client]) -> None:
    """Every cancel and change that was acknowledged came to something, and the tape says what."""
    ends: dict[type, dict[str, int]] = {kind: {} for kind in (*_ASKED, *_ANSWERED)}
    for record in records:
        kind = type(record.event)
        if kind in ends:
            ends[kind][getattr(record.event, "order_id", "")] = record.seq
    for client in clients:
        for asked, answers, orders in (
            (ev.OrderCancelRequested, (ev.OrderCancelRejected,), client.cancelled),
            (ev.OrderModifyRequested, (ev.OrderModified, ev.OrderModifyRejected), client.changed),
        ):
            for order_id in orders:
                order, since = state.orders[order_id], ends[asked].get(order_id, 0)
                answered = max(ends[kind].get(order_id, 0) for kind in answers)
                require(
                    order.is_final or answered > since > 0,
                    f"{order_id} is {order.status}: nothing came of {asked.__name__} at {since}",
                )


_ASKED = (ev.OrderCancelRequested, ev.OrderModifyRequested)
_ANSWERED = (ev.OrderCancelRejected, ev.OrderModified, ev.OrderModifyRejected)


def check_overfills(state: State, records: Iterable[Record]) -> None:
    """An order that traded more than it was for had a person called."""
    raised = {one.event.alarm_id for one in records if isinstance(one.event, ev.AlarmRaised)}
    for order in state.orders.values():
        require(
            order.filled <= order.quantity
            or alarm_id(AlarmKind.ORDER_OVERFILLED, order.id) in raised,
            f"{order.id} has filled {order.filled} of {order.quantity}, and nobody was told",
        )


def check_protection(state: State, records: Iterable[Record]) -> None:
    """A leg that ended unasked before its time, while what it protected is still held and not all
    covered, had a person called; and no alarm is left about what is covered or closed.
    """
    raised = {one.event.alarm_id for one in records if isinstance(one.event, ev.AlarmRaised)}
    kind = AlarmKind.POSITION_UNPROTECTED
    restated = {(one.account, one.symbol) for one in state.trades.values() if one.restated}
    for leg in state.orders.values():
        position = state.accounts[leg.account].positions.get(leg.symbol)
        if (
            not leg.is_exit
            or not leg.is_final
            or leg.leaving
            or not min(leg.remaining, leg.prospect)
        ):
            continue
        if (leg.account, leg.symbol) in restated:
            continue  # the position may have been gone when the leg ended, and be back
        if position is None or (position.quantity > 0) is (leg.side is Side.BUY):
            continue
        is_older = int(leg.id[4:]) < int(position.id[4:])
        covered = _covered(state, leg.account, leg.symbol, leg.role)
        require(
            is_older or covered >= abs(position.quantity) or alarm_id(kind, leg.id) in raised,
            f"{leg.id} is {leg.status}, {leg.symbol} is not covered, and nobody was told",
        )
    for alarm in alarms(state):
        if alarm.kind is kind:
            leg = state.orders[alarm.order_id]
            position = state.accounts[alarm.account].position(alarm.position_id)
            held = abs(position.quantity) if position is not None else ZERO
            covered = _covered(state, alarm.account, alarm.symbol, leg.role)
            require(covered < min(held, alarm.quantity), f"{alarm} is settled and still open")


def _covered(state: State, account: str, symbol: str, role: Role) -> Decimal:
    """What the legs of a role at work cover of a symbol."""
    legs = (one for one in state.working(account, symbol) if one.role is role)
    return sum((one.remaining for one in legs), ZERO)


def check_agreement(state: State, venue: Venue, accounts: Iterable[str]) -> None:
    """Engine and broker say the same of every order, trade and position."""
    for account in accounts:
        _check_orders(state, venue, account)
        _check_trades(state, venue, account)
        positions = venue.positions(account)
        for symbol, held in positions.items():
            position = state.accounts[account].positions.get(symbol)
            found = position.quantity if position is not None else ZERO
            require(found == held, f"{account} {symbol}: we hold {found}, the broker says {held}")
        for symbol in state.accounts[account].positions:
            require(symbol in positions, f"{account} {symbol}: the broker knows of no position")


def _check_orders(state: State, venue: Venue, account: str) -> None:
    theirs = {_our_id(state, account, one): one for one in venue.of(account)}
    for order in state.orders.values():
        if order.account != account:
            continue
        there = theirs.pop(order.id, None)
        if there is None:
            require(
                order.status is Status.REJECTED or not order.broker_ids,
                f"{order.id} is {order.status} here and unknown to the broker",
            )
            require(order.is_final, f"{order.id} is {order.status} here; the broker has no such")
            continue
        if not _has_a_past(state, venue, there):
            _check_same(order, there)
    for name, there in theirs.items():
        require(
            there.client_id is None and there.is_final and not _news(state, venue, there),
            f"{account}: the broker has an order that we lack: {name} {there}",
        )


def _check_same(order: Order, there: VenueOrder) -> None:
    """Our order is what the broker's is."""
    require(
        _kind(order.status) == _kind(there.status),
        f"{order.id} is {order.status} here and {there.status} at the broker",
    )
    require(
        order.filled == there.filled,
        f"{order.id} has {order.filled} here and {there.filled} at the broker",
    )
    if not order.is_final:
        here = (order.quantity, order.limit_price, order.stop_price)
        require(
            here == (there.quantity, there.limit_price, there.stop_price),
            f"{order.id} stands at {here}, at the broker at {there}",
        )


def _our_id(state: State, account: str, one: VenueOrder) -> str:
    """Our id of the venue's order; for one entered by hand the id it was adopted under."""
    if one.client_id is not None:
        return one.client_id
    for order in state.orders.values():
        if order.account == account and one.broker_id in order.broker_ids:
            return order.id
    return f"by hand: {one.broker_id}"


def _has_a_past(state: State, venue: Venue, one: VenueOrder) -> bool:
    """Whether an order entered by hand traded before our books began, and that was restated since.
    We have no trade that could follow, and the position is in dispute until a person accepts it.
    """
    since = state.accounts[one.account].books_since
    return one.client_id is None and any(
        each.revision and each.executed_at <= since
        for each in venue.traded(one.account)
        if each.broker_id == one.broker_id
    )


def _news(state: State, venue: Venue, one: VenueOrder) -> list[VenueExecution]:
    """What the venue's order traded since our books began, and stands."""
    since = state.accounts[one.account].books_since
    ids = {one.broker_id, *one.past_ids}
    return [
        each
        for each in venue.traded(one.account)
        if each.broker_id in ids and each.client_id == one.client_id
        if each.quantity and each.executed_at > since
    ]


def _kind(status: Status) -> str:
    return "working" if status in WORKING else status.value


def _check_trades(state: State, venue: Venue, account: str) -> None:
    ours = {
        one.execution_id: (one.quantity, one.price)
        for one in state.trades.values()
        if one.account == account and one.quantity
    }
    since = state.accounts[account].books_since
    theirs = {
        one.id: (one.quantity, one.price)
        for one in venue.traded(account)
        if one.quantity and (one.executed_at > since or one.id in ours)
    }
    require(
        ours == theirs,
        f"{account}: trades differ: only here {_minus(ours, theirs)},"
        f" only at the broker {_minus(theirs, ours)}",
    )


def _minus(
    one: dict[str, tuple[Decimal, Decimal]], other: dict[str, tuple[Decimal, Decimal]]
) -> dict[str, tuple[Decimal, Decimal]]:
    return {key: value for key, value in one.items() if other.get(key) != value}
