"""From the engine's values to the Trading API's: numbers to text, times to ISO 8601, words as are.

Everything the engine holds is exact and is written exactly. Only quotients (an average price, a
profit in another currency) can have endless digits; they are rounded to twelve decimals here and
nowhere else. Times are cut to microseconds, which is what most clients can hold.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from api.trading import wire
from engine.market.timeframes import timeframe_name
from engine.valuation import summary, unrealized
from engine.values import NANOSECONDS, ZERO, Origin, Status, decimal_text

if TYPE_CHECKING:
    from engine.accounts import Account
    from engine.alarms import Alarm
    from engine.market.bars import Bar
    from engine.market.quotes import Quote
    from engine.orders import Order
    from engine.ports import Prices
    from engine.positions import Position
    from engine.trades import Trade

_DAY_S = 86_400
_FINEST = Decimal(1).scaleb(-12)
_SHOWN = {status: status.value for status in Status} | {Status.UNKNOWN: Status.PENDING.value}


@lru_cache(maxsize=1024)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * _DAY_S, UTC).strftime("%Y-%m-%dT")


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    days, rest = divmod(seconds, _DAY_S)
    return f"{_day(days)}{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def moment(ns: int) -> str:
    """A time as ISO 8601 in UTC: whole seconds, or with three or six digits after them."""
    seconds, rest = divmod(ns, NANOSECONDS)
    micros = rest // 1000
    if not micros:
        return _second(seconds) + "Z"
    if micros % 1000:
        return f"{_second(seconds)}.{micros:06d}Z"
    return f"{_second(seconds)}.{micros // 1000:03d}Z"


def number(value: Decimal) -> str:
    """A number in plain digits, at most twelve after the point."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -12:
        value = value.quantize(_FINEST).normalize()
    return decimal_text(value)


def optional(value: Decimal | None) -> str | None:
    """A number in plain digits, or None."""
    return None if value is None else number(value)


def status(order: Order) -> str:
    """The order's status in this API's words, which lack UNKNOWN."""
    return _SHOWN[order.status]


def handle(order: Order) -> wire.OrderHandle:
    """What names the order."""
    return wire.OrderHandle(order.id, _SHOWN[order.status], order.request.client_order_id)


def order(order: Order) -> wire.Order:
    """The order whole."""
    return wire.Order(*_order_fields(order))


def modified(order: Order, previous_order_id: str | None = None) -> wire.ModifiedOrder:
    """The order whole, twice: as its own fields and as ``order``."""
    fields = _order_fields(order)
    return wire.ModifiedOrder(
        *fields, order=wire.Order(*fields), previous_order_id=previous_order_id
    )


def trade(trade: Trade) -> wire.Trade:
    """One fill."""
    return wire.Trade(
        trade.id,
        trade.order_id,
        trade.symbol,
        trade.side,
        number(trade.quantity),
        number(trade.price),
        number(trade.commission),
        trade.commission_currency,
        trade.is_maker,
        moment(trade.executed_at),
    )


def position(position: Position, prices: Prices) -> wire.Position:
    """A position and what it is worth at ``prices``; at its own average where there is no price."""
    average = position.average_price if position.quantity else ZERO
    price = prices.mark(position.symbol)
    return wire.Position(
        position.id,
        position.symbol,
        position.side,
        number(abs(position.quantity)),
        number(average),
        number(average if price is None else price),
        number(unrealized(position, prices)),
        number(position.realized),
        moment(position.opened_at),
        moment(position.updated_at),
        leverage=number(position.leverage),
        margin_mode=position.margin_mode,
    )


def account(account: Account, prices: Prices) -> wire.Account:
    """An account's money at ``prices``."""
    sums = summary(account, prices)
    return wire.Account(
        number(sums.balance),
        number(sums.equity),
        number(sums.margin_used),
        number(sums.margin_available),
        number(sums.unrealized_pnl),
        sums.currency,
    )


def alarm(alarm: Alarm) -> wire.Alarm:
    """An open question."""
    return wire.Alarm(
        alarm.id,
        alarm.kind,
        alarm.account,
        alarm.symbol,
        alarm.message,
        moment(alarm.since),
        alarm.order_id or None,
        alarm.position_id or None,
    )


def quote(quote: Quote, provider: str, last: Decimal | None = None) -> wire.Quote:
    """A quote; ``last`` stands in for a last trade it lacks, the middle for want of both."""
    traded = quote.last if quote.last is not None else last
    if traded is None:
        traded = (quote.bid + quote.ask) / 2
    return wire.Quote(
        quote.symbol,
        provider,
        number(quote.bid),
        number(quote.ask),
        number(traded),
        moment(quote.ts),
        bid_size=optional(quote.bid_size),
        ask_size=optional(quote.ask_size),
    )


def bar(bar: Bar, provider: str) -> wire.Bar:
    """One bar."""
    return wire.Bar(
        bar.symbol,
        provider,
        timeframe_name(bar.timeframe_ns),
        moment(bar.ts),
        number(bar.open),
        number(bar.high),
        number(bar.low),
        number(bar.close),
        number(bar.volume),
    )


def _order_fields(order: Order) -> tuple[Any, ...]:
    """The fields of ``wire.Order``, in its order."""
    request = order.request
    display = request.display_quantity
    average = order.average_fill_price
    return (
        order.id,
        request.symbol,
        request.side,
        request.order_type,
        number(order.quantity),
        number(order.filled),
        number(order.remaining),
        _SHOWN[order.status],
        request.time_in_force,
        moment(order.created_at),
        moment(order.updated_at),
        request.reduce_only,
        request.post_only,
        request.hidden,
        order.holder,
        request.client_order_id,
        None,
        optional(order.limit_price),
        optional(order.stop_price),
        optional(order.stop_loss),
        optional(order.take_profit),
        optional(order.trailing_distance),
        request.trailing_type,
        optional(average),
        order.reject_reason,
        order.position_id or None,
        order.parent_order_id,
        optional(display),
        request.oco_group_id,
        None if order.origin is Origin.CLIENT else order.origin,
    )
