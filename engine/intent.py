"""Judging a request against the state of the world, before anything is written.

What can never be an order raises ``InvalidRequest`` or ``UnsupportedOperation`` and leaves no
trace. What could be an order but must not be one now is refused: it gets a :class:`Refusal`, which
goes on the tape with the request.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine import caution
from engine.accounts import Account
from engine.errors import (
    InvalidRequest,
    PositionNotFound,
    ProviderUnavailable,
    UnsupportedOperation,
)
from engine.exits import GROUP_PREFIX
from engine.funds import closable, only_closes, shortfall
from engine.instruments import Instrument, check_increments
from engine.orders import Order
from engine.ports import Capabilities, Prices
from engine.requests import OrderRequest
from engine.valuation import convert
from engine.values import (
    ONE,
    ZERO,
    OrderType,
    PositionMode,
    RejectReason,
    Side,
    TimeInForce,
    decimal_text,
)

if TYPE_CHECKING:
    from engine.state import State


class Refusal(NamedTuple):
    """Why an order is not sent."""

    reason: RejectReason
    message: str


def check_capabilities(request: OrderRequest, capabilities: Capabilities) -> None:
    """Raise UnsupportedOperation, naming the capability, for what neither broker nor engine can."""
    kind = request.order_type
    if kind not in capabilities.order_types:
        if kind is not OrderType.TRAILING_STOP:
            raise UnsupportedOperation("order_types", f"this broker takes no {kind} orders")
        if request.time_in_force is not TimeInForce.GTC:
            held = "a TRAILING_STOP that the engine holds for this broker is GTC"
            raise UnsupportedOperation("times_in_force", f"{held}, not {request.time_in_force}")
    if request.time_in_force not in capabilities.times_in_force:
        raise UnsupportedOperation(
            "times_in_force", f"this broker takes no {request.time_in_force} orders"
        )
    if request.stop_loss is not None or request.take_profit is not None:
        check_exit_types(request.stop_loss, request.take_profit, capabilities)
    if request.post_only and not capabilities.post_only:
        raise _lacks("post_only")
    if request.hidden and not capabilities.hidden:
        raise _lacks("hidden")
    if request.display_quantity is not None and not capabilities.iceberg:
        raise _lacks("iceberg")
    leverage = request.leverage
    if leverage is not None and leverage > capabilities.max_leverage:
        most = decimal_text(capabilities.max_leverage)
        raise InvalidRequest("leverage", str(leverage), f"at most {most}, the broker's maximum")


def check_exit_types(
    stop_loss: Decimal | None, take_profit: Decimal | None, capabilities: Capabilities
) -> None:
    """Raise UnsupportedOperation where the broker lacks the orders that protective legs are."""
    if stop_loss is not None and OrderType.STOP not in capabilities.order_types:
        raise UnsupportedOperation("order_types", "a stop_loss needs STOP orders at the broker")
    if take_profit is not None and OrderType.LIMIT not in capabilities.order_types:
        raise UnsupportedOperation("order_types", "a take_profit needs LIMIT orders at the broker")


def check_group(group: str, members: list[Order]) -> None:
    """Raise InvalidRequest for an OCO group that clients may not join, or that has ended."""
    if group.startswith(GROUP_PREFIX):
        raise InvalidRequest("oco_group_id", group, f"a group that does not begin {GROUP_PREFIX!r}")
    filled = next((member for member in members if member.filled), None)
    if filled is not None:
        raise InvalidRequest(
            "oco_group_id", group, f"a new group: order {filled.id} filled and ended this one"
        )


def _lacks(feature: str) -> UnsupportedOperation:
    return UnsupportedOperation(feature, f"this broker has no {feature} orders")


def check_unlisted(account: Account, request: OrderRequest) -> None:
    """Raise unless an order closes what is held: its broker has not told what it is for."""
    if not closable(account, request, request.position_id):
        told = f"{account.broker} has not told the terms of {request.symbol}"
        raise ProviderUnavailable(told, symbol=request.symbol)


def check_place(account: Account, request: OrderRequest, instrument: Instrument) -> None:
    """Raise for increments and positions that the request gets wrong."""
    if instrument.tick is not None or instrument.lot is not None:
        _check_increments(request, instrument)
    if request.position_id is not None:
        position = account.position(request.position_id)
        if position is None:
            raise PositionNotFound(request.position_id)
        if position.symbol != request.symbol:
            raise InvalidRequest(
                "position_id", request.position_id, f"a position in {request.symbol}"
            )


def _check_increments(request: OrderRequest, instrument: Instrument) -> None:
    check_increments(
        instrument,
        request.quantity,
        {
            "limit_price": request.limit_price,
            "stop_price": request.stop_price,
            "stop_loss": request.stop_loss,
            "take_profit": request.take_profit,
        },
    )


def check_flip(account: Account, request: OrderRequest) -> None:
    """Raise UnsupportedOperation for an order that would take its position through zero, for a
    broker that does not do that.
    """
    held = closable(account, request, request.position_id)
    if not request.reduce_only and ZERO < held < request.quantity:
        raise UnsupportedOperation(
            "flips",
            f"this broker takes no position through zero: {request.side} at most {held} "
            f"{request.symbol} to close it first, then order the rest",
        )


def judge(
    account: Account,
    request: OrderRequest,
    instrument: Instrument,
    capabilities: Capabilities,
    prices: Prices,
) -> Refusal | None:
    """Why ``request`` must not be sent now, or None if it may."""
    if request.reduce_only:
        held = closable(account, request, request.position_id)
        if held < request.quantity:
            return Refusal(
                RejectReason.REDUCE_ONLY_VIOLATED,
                f"reduce_only: the order is for {request.quantity}, the position it could "
                f"reduce holds {held}",
            )
        return None
    if not capabilities.short_selling:
        refusal = short(account, request)
        if refusal is not None:
            return refusal
    has_exits = request.stop_loss is not None or request.take_profit is not None
    position = account.held(request.symbol, request.position_id)
    if not has_exits and only_closes(position, request, request.quantity):
        return None
    price = _reference(request, prices)
    if price is None:
        convert(ONE, instrument.currency, account.currency, prices)  # raises where no rate is known
        return None
    if has_exits:
        wrong = _wrong_exit(request, price)
        if wrong is not None:
            return wrong
    missing = shortfall(account, instrument, position, request, request.quantity, price, prices)
    return _unaffordable(account, request, price, missing) if missing else None


def judge_doubts(
    state: State,
    account: Account,
    request: OrderRequest,
    terms: Callable[[str], Instrument],
    prices: Prices,
) -> Refusal | None:
    """Why ``request`` must not be sent while orders or positions are in doubt, or None: it would be
    new risk in a symbol in doubt, or take margin that an unknown order may have taken.
    """
    objection = caution.objection(state, account, request.symbol, request.side, request.quantity)
    if objection is not None:
        return Refusal(RejectReason.UNKNOWN, objection)
    price = _reference(request, prices)
    reserved = caution.reserved(state, account, terms, prices)
    if price is None or not reserved or request.reduce_only:
        return None
    held = account.held(request.symbol, request.position_id)
    instrument, quantity = terms(request.symbol), request.quantity
    missing = shortfall(account, instrument, held, request, quantity, price, prices, reserved)
    return _unaffordable(account, request, price, missing) if missing else None


def _reference(request: OrderRequest, prices: Prices) -> Decimal | None:
    """The price to judge the order at: its own, else the mark."""
    if request.limit_price is not None:
        return request.limit_price
    if request.stop_price is not None:
        return request.stop_price
    return prices.mark(request.symbol)


def _wrong_exit(request: OrderRequest, price: Decimal) -> Refusal | None:
    """A protective price on the wrong side of where the order would fill."""
    buys = request.side is Side.BUY
    for field, below in (("stop_loss", buys), ("take_profit", not buys)):
        value = getattr(request, field)
        if value is not None and (value >= price if below else value <= price):
            where = "below" if below else "above"
            return Refusal(
                RejectReason.INVALID_PRICE,
                f"{field} {value} is not {where} {price}, where the order would enter",
            )
    return None


def _unaffordable(
    account: Account, request: OrderRequest, price: Decimal, missing: Decimal
) -> Refusal:
    return Refusal(
        RejectReason.INSUFFICIENT_MARGIN,
        f"{request.side} {request.quantity} {request.symbol} at {price} needs {missing:.2f} "
        f"{account.currency} more margin than is free",
    )


def short(account: Account, request: OrderRequest) -> Refusal | None:
    """A refusal of a sale of more than is held."""
    if request.side is Side.BUY:
        return None
    netting = account.position_mode is PositionMode.NETTING
    held = closable(account, request, None if netting else request.position_id)
    if request.quantity <= held:
        return None
    return Refusal(
        RejectReason.SYMBOL_NOT_TRADEABLE, "this broker sells only what is held: no short selling"
    )
