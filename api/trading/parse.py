"""What the Trading API's clients may write, as forms, and the engine's values that they become.

The forms hold what can be said of each field alone; what fields mean together is judged by the
engine, in the same words for every dialect. An order's body is decoded once and straight into
`OrderRequest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.accounts import ACCOUNT
from api.fields import Flag, Moment, Number, Text, Whole, Word, Words
from api.forms import Field, Form
from api.market.source import BARS_MAX
from engine.market.timeframes import TIMEFRAMES
from engine.requests import OrderChange, OrderRequest
from engine.values import (
    MarginMode,
    OrderType,
    Side,
    Status,
    TimeInForce,
    TrailingType,
)

ORDERS_MAX = 1000
"""Most orders or trades in one answer, and how many there are when no limit is given."""
SYMBOL_CHARACTERS_MAX = 64

STATUSES = tuple(status for status in Status if status is not Status.UNKNOWN)
_CLOSE_TYPES = (OrderType.MARKET, OrderType.LIMIT)

_SYMBOL = Text("A trading symbol", SYMBOL_CHARACTERS_MAX, "AAPL")
NO_QUERY = Form({"account_id": ACCOUNT})

ORDER = Form(
    {
        "symbol": _SYMBOL,
        "side": Word(Side, "The side"),
        "quantity": Number("Order quantity", "100"),
        "order_type": Word(OrderType, "When the order may fill"),
        "limit_price": Number("Required for LIMIT and STOP_LIMIT orders", "150.00"),
        "stop_price": Number("Required for STOP and STOP_LIMIT orders"),
        "time_in_force": Word(TimeInForce, "How long the order works; GTC unless said"),
        "client_order_id": Text("The client's own id: the same id and body give the same order"),
        "stop_loss": Number("Stop-loss price of a bracket"),
        "take_profit": Number("Take-profit price of a bracket"),
        "reduce_only": Flag("Only ever reduce a position"),
        "post_only": Flag("Reject the order if it would fill at once"),
        "oco_group_id": Text("Orders of one group cancel each other"),
        "hidden": Flag("Not visible in the order book"),
        "display_quantity": Number("Visible quantity of an iceberg order"),
        "leverage": Number("Leverage multiplier"),
        "margin_mode": Word(MarginMode, "How margin is shared"),
        "position_id": Text("The position meant, in a hedging account"),
        "trailing_distance": Number("Distance of a TRAILING_STOP order"),
        "trailing_type": Word(TrailingType, "What the distance is measured in"),
    },
    required=("symbol", "side", "quantity", "order_type"),
)
CHANGE = Form(
    {
        "quantity": Number("New total quantity, at least what is filled"),
        "limit_price": Number("New limit price", "151.00"),
        "stop_price": Number("New stop price"),
        "stop_loss": Number("New stop-loss price"),
        "take_profit": Number("New take-profit price"),
        "trailing_distance": Number("New trailing distance"),
    }
)
CLOSE = Form(
    {
        "quantity": Number("Quantity to close; all of it unless said"),
        "order_type": Word(_CLOSE_TYPES, "MARKET unless said"),
        "limit_price": Number("Required if order_type is LIMIT"),
        "cancel_associated_orders": Flag("Cancel the position's exits; true unless said"),
    }
)
EXITS = Form(
    {
        "stop_loss": Number("New stop-loss price"),
        "take_profit": Number("New take-profit price"),
    }
)
REASON = Form(
    {"reason": Text("Why, in a person's words; it stands on the tape", 256, "confirmed by phone")},
    required=("reason",),
)

_RANGE: dict[str, Field] = {
    "since": Moment("Not before this time"),
    "until": Moment("Before this time"),
    "limit": Whole("The newest so many", 0, ORDERS_MAX),
    "account_id": ACCOUNT,
}
ORDERS_QUERY = Form(
    {
        "symbol": _SYMBOL,
        "status": Words(STATUSES, "Only orders in these states"),
        "side": Word(Side, "Only orders of this side"),
        "client_order_id": Text("Only the order with this id"),
        "oco_group_id": Text("Only orders of this group"),
        **_RANGE,
    }
)
TRADES_QUERY = Form({"symbol": _SYMBOL, "order_id": Text("Only fills of this order"), **_RANGE})
SYMBOL_QUERY = Form({"symbol": _SYMBOL, "account_id": ACCOUNT})
BARS_QUERY = Form(
    {
        "timeframe": Word(tuple(TIMEFRAMES), "Length of the bars"),
        "start": Moment("First bar start, inclusive"),
        "end": Moment("Last bar start, inclusive"),
        "limit": Whole("The newest so many", 0, BARS_MAX),
        "account_id": ACCOUNT,
    },
    required=("timeframe",),
)


def order(body: bytes) -> OrderRequest:
    """The order that a body asks for; raises InvalidRequest."""
    return OrderRequest(**ORDER.read(body))


def change(body: bytes) -> OrderChange:
    """The change that a body asks for; raises InvalidRequest."""
    return OrderChange(**CHANGE.read(body))


@dataclass(frozen=True)
class OrderFilter:
    """Which orders a list is to have. ``statuses`` is None where the query named none."""

    symbol: str | None
    side: Side | None
    statuses: frozenset[Status] | None
    client_order_id: str | None
    oco_group_id: str | None
    since: int | None
    until: int | None
    limit: int


def order_filter(values: dict[str, Any], symbol: str | None) -> OrderFilter:
    """The filter that the values of ``ORDERS_QUERY`` make. PENDING includes UNKNOWN."""
    words = values.get("status")
    statuses = None
    if words is not None:
        statuses = frozenset(Status(word) for word in words)
        if Status.PENDING in statuses:
            statuses |= {Status.UNKNOWN}
    return OrderFilter(
        symbol,
        values.get("side"),
        statuses,
        values.get("client_order_id"),
        values.get("oco_group_id"),
        values.get("since"),
        values.get("until"),
        values.get("limit", ORDERS_MAX),
    )
