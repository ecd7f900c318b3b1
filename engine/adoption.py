"""Taking over what was not begun here: orders that somebody else placed, and an account's books.

An adopted order is shown and counted like the others, says that its origin is external, and is
never cancelled unless somebody asks. What it had traded before it was known is part of the order
and no trade. An account's books begin once, with what its broker holds at that moment, so that
everything after it can be explained by trades and named adjustments.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from engine import events as ev
from engine.alarms import AlarmKind, alarm_id
from engine.valuation import settled_daily
from engine.values import FINAL, ZERO, Origin

if TYPE_CHECKING:
    from engine.accounts import Account
    from engine.core import Engine
    from engine.orders import Order
    from engine.statements import BrokerOrder, Execution, Snapshot


def find(engine: Engine, account: str, stated: BrokerOrder) -> Order | None:
    """The order of ours that ``stated`` is, by our id, else by the broker's. An id that the broker
    gave away again to an order on another symbol, side or type names another order.
    """
    if stated.order_id is not None:
        order = engine.state.order(stated.order_id)
        if order is not None and order.account == account:
            return order
    for order in reversed(engine.state.by_broker_id(account, stated.broker_id)):
        ours, theirs = order.request, stated.request
        if (ours.symbol, ours.side, ours.order_type) == (
            theirs.symbol,
            theirs.side,
            theirs.order_type,
        ):
            return order
    return None


def owner(engine: Engine, account: str, stated: Execution) -> Order | None:
    """The order of ours that an execution belongs to, by our id, else by the broker's."""
    if stated.order_id is not None:
        order = engine.state.order(stated.order_id)
        if order is not None and order.account == account:
            return order
    for order in reversed(engine.state.by_broker_id(account, stated.broker_id)):
        if (order.request.symbol, order.request.side) == (stated.symbol, stated.side):
            return order
    return None


def is_opening(engine: Engine, order: Order, executed_at: int) -> bool:
    """Whether an execution of ``order`` is part of what the account's books began with: those of
    other people's orders up to then are, and must not count again.
    """
    since = engine.state.accounts[order.account].books_since
    return order.origin is Origin.EXTERNAL and executed_at <= since


def adopt(
    engine: Engine, account: Account, stated: BrokerOrder, filled: Decimal = ZERO
) -> Order | None:
    """Adopt an order that is not ours, ``filled`` of it before we knew it; None for one that is
    known, or that ended without anything to tell.
    """
    if find(engine, account.id, stated) is not None or stated.status in FINAL:
        return None
    return take_in(engine, account, stated, filled)


def take_in(engine: Engine, account: Account, stated: BrokerOrder, filled: Decimal) -> Order:
    """Adopt an order whatever its state; its end, if it ended, is a fact of its own."""
    request = msgspec.structs.replace(
        stated.request,
        client_order_id=None,
        position_id=None,
        oco_group_id=None,
        stop_loss=None,
        take_profit=None,
    )
    order_id = f"ord_{engine.next_seq:010d}"
    price = stated.average_price if filled else None
    engine.write(account.id, ev.OrderAdopted(order_id, stated.broker_id, request, filled, price))
    return engine.state.working_order(order_id)


def open_books(engine: Engine, account: Account, snapshot: Snapshot) -> None:
    """Begin the account's books with what the broker holds, less what our own trades explain."""
    record = engine.write(account.id, ev.BooksOpened(account.broker, snapshot.taken_at))
    outer, engine.cause = engine.cause, record.seq
    try:
        held = net(account)
        for symbol in sorted({*held, *snapshot.positions}):
            stated = snapshot.positions.get(symbol)
            theirs = stated.quantity if stated is not None else ZERO
            difference = theirs - held.get(symbol, ZERO)
            if difference:
                cost = difference_of_cost(engine, account, snapshot, symbol)
                adjust(engine, account, symbol, "opening balance", difference, cost)
        unpaid = settled_daily(account, engine.instrument)
        for currency in sorted(snapshot.cash.keys() | unpaid.keys()):
            theirs = snapshot.cash.get(currency, ZERO) - unpaid.get(currency, ZERO)
            missing = theirs - account.cash.get(currency, ZERO)
            if missing:
                engine.write(account.id, ev.CashAdjusted(missing, currency, "opening"))
    finally:
        engine.cause = outer


def warn_of_guesses(engine: Engine, account: Account, snapshot: Snapshot) -> None:
    """Open an alarm about each position whose terms the broker, which tells them, did not tell."""
    if not engine.capabilities[account.id].terms:
        return
    kind = AlarmKind.TERMS_GUESSED
    for symbol in sorted(snapshot.positions.keys() - net(account).keys()):
        name = alarm_id(kind, f"{account.id}:{symbol}")
        if engine.instruments.find(symbol) is None and name not in engine.state.doubts.alarms:
            text = (
                f"{account.broker} does not tell the terms of {symbol}: until it does, one unit "
                f"counts as its price in {engine.instrument(symbol).currency}"
            )
            engine.write(account.id, ev.AlarmRaised(name, kind, text, symbol))


def net(account: Account) -> dict[str, Decimal]:
    """What the account holds of each symbol, signed."""
    held: dict[str, Decimal] = {}
    for position in account.positions.values():
        held[position.symbol] = held.get(position.symbol, ZERO) + position.quantity
    return held


def difference_of_cost(
    engine: Engine, account: Account, snapshot: Snapshot, symbol: str
) -> Decimal:
    """What the broker's position cost more than ours: by its own word, else at our price for it."""
    ours = [one for one in account.positions.values() if one.symbol == symbol]
    cost = sum((one.cost for one in ours), ZERO)
    stated = snapshot.positions.get(symbol)
    if stated is None:
        return -cost
    if stated.cost is not None:
        return stated.cost - cost
    price = ours[0].average_price if ours else engine.prices_of(account.id).mark(symbol) or ZERO
    difference = stated.quantity - sum((one.quantity for one in ours), ZERO)
    return difference * price * engine.instrument(symbol).multiplier


def adjust(
    engine: Engine, account: Account, symbol: str, reason: str, quantity: Decimal, cost: Decimal
) -> None:
    """Change a position otherwise than by a trade; one that is not open is opened."""
    position = next((one for one in account.positions.values() if one.symbol == symbol), None)
    position_id = position.id if position is not None else f"pos_{engine.next_seq:010d}"
    engine.write(account.id, ev.PositionAdjusted(position_id, symbol, reason, quantity, cost))
