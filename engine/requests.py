"""What a client may ask of an order: to place one, to change one.

These are the Trading API's own fields, already typed and exact. A request says nothing about what
became of it; that is the order's (``orders``). ``check_order`` and ``check_change`` hold every rule
that can be judged from the request alone, so that each dialect refuses the same nonsense with the
same words.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec.structs import astuple

from engine.errors import InvalidRequest
from engine.values import ZERO, MarginMode, OrderType, Side, TimeInForce, TrailingType

QUANTITY_DIGITS_MAX = 15
"""Most digits a quantity or a price may have before its point, and most after it: 15 and 12, so
that ten of the largest still add up exactly in the 28 digits that arithmetic carries.
"""
FRACTION_DIGITS_MAX = 12
CLIENT_ORDER_ID_CHARACTERS_MAX = 128
REFERENCE_CHARACTERS_MAX = 128
_OPTIONAL_PRICES = ("stop_price", "stop_loss", "take_profit", "trailing_distance")


class OrderRequest(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One order as a client asks for it. Prices are in the instrument's currency, quantity in its
    base units. ``reference`` is the client's own note, which many orders may share.
    """

    symbol: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    client_order_id: str | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    reduce_only: bool = False
    post_only: bool = False
    oco_group_id: str | None = None
    hidden: bool = False
    display_quantity: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: MarginMode | None = None
    position_id: str | None = None
    trailing_distance: Decimal | None = None
    trailing_type: TrailingType | None = None
    reference: str | None = None


class OrderChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """New values for a working order; what is None stays. ``quantity`` is the new total."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing_distance: Decimal | None = None


_MARKET, _LIMIT = OrderType.MARKET, OrderType.LIMIT


def check_number(field: str, value: Decimal) -> None:
    """Refuse a quantity or price that is not positive, or is too long to be one."""
    if not value.is_finite() or value <= ZERO:
        raise InvalidRequest(field, str(value), "a number greater than 0")
    magnitude = value.adjusted()
    if 0 <= magnitude < QUANTITY_DIGITS_MAX and len(str(value)) <= FRACTION_DIGITS_MAX:
        return  # as most numbers are, and cheaper to see than the exponent
    exponent = value.as_tuple().exponent
    if magnitude >= QUANTITY_DIGITS_MAX or (
        isinstance(exponent, int) and exponent < -FRACTION_DIGITS_MAX
    ):
        raise InvalidRequest(
            field,
            str(value),
            f"at most {QUANTITY_DIGITS_MAX} digits before the point, {FRACTION_DIGITS_MAX} after",
        )


def is_plain(request: OrderRequest) -> bool:
    """Whether it says no more than what to trade, how much, at what limit and for how long."""
    return (
        request.stop_price is None
        and request.client_order_id is None
        and request.stop_loss is None
        and request.take_profit is None
        and not request.reduce_only
        and not request.post_only
        and request.oco_group_id is None
        and not request.hidden
        and request.display_quantity is None
        and request.leverage is None
        and request.margin_mode is None
        and request.position_id is None
        and request.trailing_distance is None
        and request.trailing_type is None
        and request.reference is None
    )


def check_order(request: OrderRequest) -> None:
    """Raise :class:`InvalidRequest` for the first field of ``request`` that can never make an
    order.
    """
    if not request.symbol:
        raise InvalidRequest("symbol", request.symbol, "a symbol such as AAPL or EUR/USD")
    check_number("quantity", request.quantity)
    limit = request.limit_price
    if limit is not None:
        check_number("limit_price", limit)
    kind = _MARKET if limit is None else _LIMIT
    if request.order_type is kind and is_plain(request):
        return
    for field in _OPTIONAL_PRICES:
        value = getattr(request, field)
        if value is not None:
            check_number(field, value)
    _check_prices(request)
    _check_attributes(request)
    _check_exits(request)


_NEEDS = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("limit_price",),
    OrderType.STOP: ("stop_price",),
    OrderType.STOP_LIMIT: ("limit_price", "stop_price"),
    OrderType.TRAILING_STOP: ("trailing_distance",),
}
_PRICED = ("limit_price", "stop_price", "trailing_distance", "trailing_type")


def _check_prices(request: OrderRequest) -> None:
    kind = request.order_type
    needed = _NEEDS[kind]
    for field in needed:
        if getattr(request, field) is None:
            raise InvalidRequest(field, None, f"a price, as a {kind} order needs one")
    allowed = (*needed, "trailing_type") if kind is OrderType.TRAILING_STOP else needed
    for field in _PRICED:
        value = getattr(request, field)
        if value is not None and field not in allowed:
            raise InvalidRequest(field, str(value), f"no such field on a {kind} order")
    distance = request.trailing_distance
    if distance is not None and request.trailing_type is TrailingType.PERCENT and distance >= 100:
        raise InvalidRequest("trailing_distance", str(distance), "a percentage below 100")


def _check_attributes(request: OrderRequest) -> None:
    client_order_id = request.client_order_id
    if client_order_id is not None and not (
        0 < len(client_order_id) <= CLIENT_ORDER_ID_CHARACTERS_MAX and client_order_id.isprintable()
    ):
        raise InvalidRequest(
            "client_order_id",
            client_order_id,
            f"1 to {CLIENT_ORDER_ID_CHARACTERS_MAX} printable characters",
        )
    reference = request.reference
    if reference is not None and not (
        len(reference) <= REFERENCE_CHARACTERS_MAX and reference.isprintable()
    ):
        expected = f"at most {REFERENCE_CHARACTERS_MAX} printable characters"
        raise InvalidRequest("reference", reference, expected)
    if request.post_only and request.order_type is not OrderType.LIMIT:
        raise InvalidRequest("post_only", "true", "a LIMIT order")
    if request.post_only and request.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        raise InvalidRequest("time_in_force", request.time_in_force, "GTC or DAY when post_only")
    display = request.display_quantity
    if display is not None:
        check_number("display_quantity", display)
        if display > request.quantity:
            raise InvalidRequest("display_quantity", str(display), "at most the order's quantity")
    leverage = request.leverage
    if leverage is not None:
        check_number("leverage", leverage)
        if leverage < 1:
            raise InvalidRequest("leverage", str(leverage), "1 or more")
    if request.oco_group_id is not None and not 0 < len(request.oco_group_id) <= 128:
        raise InvalidRequest("oco_group_id", request.oco_group_id, "1 to 128 characters")


def _check_exits(request: OrderRequest) -> None:
    """A stop-loss lies on the losing side of the entry, a take-profit on the winning side."""
    sign = 1 if request.side is Side.BUY else -1
    entry = request.limit_price if request.limit_price is not None else request.stop_price
    loss, profit = request.stop_loss, request.take_profit
    if loss is not None and entry is not None and (entry - loss) * sign <= 0:
        side = "below" if sign > 0 else "above"
        raise InvalidRequest("stop_loss", str(loss), f"a price {side} the entry price {entry}")
    if profit is not None and entry is not None and (profit - entry) * sign <= 0:
        side = "above" if sign > 0 else "below"
        raise InvalidRequest("take_profit", str(profit), f"a price {side} the entry price {entry}")
    if loss is not None and profit is not None and (profit - loss) * sign <= 0:
        raise InvalidRequest("stop_loss", str(loss), f"a price apart from take_profit {profit}")
    if request.reduce_only and (loss is not None or profit is not None):
        field = "stop_loss" if loss is not None else "take_profit"
        raise InvalidRequest(field, "set", "no exits on a reduce_only order, which opens nothing")


def check_change(change: OrderChange) -> None:
    """Raise :class:`InvalidRequest` for an empty change or a value that can never hold."""
    fields = change.__struct_fields__
    is_empty = True
    for place, value in enumerate(astuple(change)):
        if value is not None:
            check_number(fields[place], value)
            is_empty = False
    if is_empty:
        raise InvalidRequest("body", "{}", f"at least one of {', '.join(fields)}")
