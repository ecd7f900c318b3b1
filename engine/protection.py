"""Closing positions and moving their protection, as orders.

A position is closed by a reduce-only order like any other; its protective legs make way for it when
all of it is closed (``debts`` tells when they come back), and otherwise shrink as it fills. Exits
can be moved through the entry that brought them or through the position they protect; either way
the legs at work move, and missing ones are placed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine import exits
from engine.accounts import Account
from engine.errors import (
    AccountNotFound,
    EngineError,
    InvalidRequest,
    PositionsNotClosed,
    ProviderUnavailable,
    TradingHalted,
    UnsupportedOperation,
)
from engine.instruments import check_increments
from engine.intent import check_exit_types
from engine.orders import Order
from engine.positions import Position
from engine.requests import OrderChange, OrderRequest, check_number
from engine.values import OrderType, PositionMode, Role, Side

if TYPE_CHECKING:
    from engine.core import Engine


def close_position(
    engine: Engine,
    account_id: str,
    position_id: str,
    quantity: Decimal | None = None,
    limit_price: Decimal | None = None,
    cancel_exits: bool = True,
) -> Order:
    """Submit the order that closes a position, or ``quantity`` of it; at market, or at
    ``limit_price``.

    With ``cancel_exits`` the legs of a position that is closed whole are withdrawn once the close
    is on the tape and before it is sent; they are placed anew for what it leaves open in the end.
    Raises PositionNotFound, InvalidRequest, or what ``Engine.submit`` raises.
    """
    account = engine.account(account_id)
    position = engine.position(account_id, position_id)
    held = abs(position.quantity)
    amount = held if quantity is None else quantity
    if quantity is not None and quantity > held:
        raise InvalidRequest("quantity", str(amount), f"at most {held}, which the position holds")
    request = OrderRequest(
        position.symbol,
        Side.SELL if position.quantity > 0 else Side.BUY,
        amount,
        OrderType.MARKET if limit_price is None else OrderType.LIMIT,
        limit_price=limit_price,
        reduce_only=True,
        position_id=position.id if account.position_mode is PositionMode.HEDGING else None,
    )
    give_way = legs(engine, account, position) if cancel_exits and amount == held else ()
    return engine.submit(account_id, request, Role.CLOSE, give_way)


def close_all(engine: Engine, account_id: str, symbol: str | None = None) -> list[Order]:
    """Close every position at market, of one symbol or all; each is tried, whatever becomes of the
    others. Raises what the only one there is raises, what bars all of them alike, and otherwise
    PositionsNotClosed.
    """
    if symbol is not None:
        symbol = engine.resolve(account_id, symbol).symbol
    orders: dict[str, Order] = {}
    refused: dict[str, EngineError] = {}
    for position in list(engine.account(account_id).positions.values()):
        if symbol is None or position.symbol == symbol:
            try:
                orders[position.id] = close_position(engine, account_id, position.id)
            except EngineError as error:
                refused[position.id] = error
    if not refused:
        return list(orders.values())
    kinds = {type(error) for error in refused.values()}
    if not orders and (len(refused) == 1 or kinds <= _ALIKE):
        raise next(iter(refused.values()))
    closing = {name: order.id for name, order in orders.items()}
    raise PositionsNotClosed(refused, closing)


_ALIKE = {TradingHalted, ProviderUnavailable, UnsupportedOperation}
"""What bars every order of an account, with nothing written."""


def legs(engine: Engine, account: Account, position: Position) -> list[Order]:
    """The protective legs at work for ``position``, oldest first."""
    hedging = account.position_mode is PositionMode.HEDGING
    return [
        order
        for order in engine.state.working(account.id, position.symbol)
        if order.is_exit and (not hedging or order.position_id == position.id)
    ]


def protect(
    engine: Engine,
    account_id: str,
    position_id: str,
    stop_loss: Decimal | None = None,
    take_profit: Decimal | None = None,
) -> dict[Role, list[Order]]:
    """Move a position's exits, or give it some; gives the legs at work for each role that was set.

    Raises PositionNotFound, or InvalidRequest for a price on the wrong side of the market.
    """
    account = engine.account(account_id)
    position = engine.position(account_id, position_id)
    wanted = {Role.STOP_LOSS: stop_loss, Role.TAKE_PROFIT: take_profit}
    if stop_loss is None and take_profit is None:
        raise InvalidRequest("body", "{}", "at least one of stop_loss, take_profit")
    capabilities = engine.capabilities.get(account_id)
    if capabilities is None:
        raise AccountNotFound(account_id)
    check_exit_types(stop_loss, take_profit, capabilities)
    instrument = engine.instrument(position.symbol)
    check_increments(instrument, None, {"stop_loss": stop_loss, "take_profit": take_profit})
    for role, price in wanted.items():
        if price is not None:
            _check_side(engine, position, role, price)
    if stop_loss is not None and take_profit is not None:
        _check_order(position, stop_loss, take_profit)
    hedged = position.id if account.position_mode is PositionMode.HEDGING else None
    for role, price in wanted.items():
        if price is not None:
            at_work = legs(engine, account, position)
            exits.reprice(engine, at_work, position, role, price, abs(position.quantity), hedged)
    at_work = legs(engine, account, position)
    return {
        role: [leg for leg in at_work if leg.role is role]
        for role, price in wanted.items()
        if price is not None
    }


def _check_side(engine: Engine, position: Position, role: Role, price: Decimal) -> None:
    field = role.value.lower()
    check_number(field, price)
    mark = engine.prices_of(position.account).mark(position.symbol)
    if mark is None:
        return
    below = (role is Role.STOP_LOSS) is (position.quantity > 0)
    if price >= mark if below else price <= mark:
        where = "below" if below else "above"
        raise InvalidRequest(field, str(price), f"a price {where} the market at {mark}")


def _check_order(position: Position, stop_loss: Decimal, take_profit: Decimal) -> None:
    """The stop-loss lies on the losing side of the take-profit."""
    if (take_profit - stop_loss) * position.quantity <= 0:
        side = "below" if position.quantity > 0 else "above"
        raise InvalidRequest("stop_loss", str(stop_loss), f"a price {side} take_profit")


def follow_entry(engine: Engine, entry: Order, change: OrderChange) -> None:
    """Move the legs of a partly filled entry when its protective prices were changed."""
    if change.stop_loss is None and change.take_profit is None:
        return
    if entry.is_exit or not entry.filled:
        return
    prices = {Role.STOP_LOSS: change.stop_loss, Role.TAKE_PROFIT: change.take_profit}
    account = engine.account(entry.account)
    position = account.held(entry.symbol, entry.position_id)
    if position is None or (position.quantity > 0) is not (entry.side is Side.BUY):
        return
    hedged = position.id if account.position_mode is PositionMode.HEDGING else None
    group = exits.group_of(entry.id)
    for role, price in prices.items():
        if price is not None:
            own = exits.at_work(engine.state.group(entry.account, group))
            most = _part_of(engine, entry, position, own, role)
            exits.reprice(engine, own, position, role, price, most, hedged)


def _part_of(
    engine: Engine, entry: Order, position: Position, own: list[Order], role: Role
) -> Decimal:
    """How much of ``position`` the ``own`` legs of ``entry`` should cover: what they protect, or
    what it filled if it has none; never what legs of other entries cover.
    """
    by_role = [exits.covered(leg for leg in own if leg.role is each) for each in exits.ROLES]
    others = [
        leg
        for leg in exits.at_work(legs(engine, engine.account(entry.account), position))
        if leg.role is role and leg not in own
    ]
    free = abs(position.quantity) - exits.covered(others)
    return min(max(by_role) or entry.filled, free)
