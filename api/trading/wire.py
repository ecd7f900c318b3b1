"""What the Trading API answers: one struct for each object of its document, ready to be encoded.

Numbers are decimal strings, times are ISO 8601 in UTC ending in ``Z``, and words are upper case.
Orders, positions and quotes leave out what they have no value for; a handle names all its fields.
These types are the only description of the answers: the OpenAPI document is generated from them.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from engine.alarms import AlarmKind
from engine.line import LineState
from engine.values import (
    AssetClass,
    Holder,
    MarginMode,
    OrderType,
    Origin,
    PositionMode,
    PositionSide,
    RejectReason,
    Side,
    TimeInForce,
    TrailingType,
)

NUMBER_PATTERN = r"^-?[0-9]+(\.[0-9]+)?$"
Number: TypeAlias = Annotated[
    str, Meta(pattern=NUMBER_PATTERN, description="A decimal number.", examples=["150.25"])
]
Moment: TypeAlias = Annotated[
    str,
    Meta(
        description="ISO 8601, UTC.",
        examples=["2025-01-15T10:30:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
OrderStatus: TypeAlias = Annotated[
    str,
    Meta(
        description="Where the order stands. An order whose fate is not yet known is PENDING.",
        extra_json_schema={
            "enum": [
                "PENDING",
                "PENDING_CANCEL",
                "OPEN",
                "PARTIALLY_FILLED",
                "FILLED",
                "CANCELLED",
                "REJECTED",
                "EXPIRED",
            ]
        },
    ),
]
TimeframeName: TypeAlias = Annotated[
    str,
    Meta(
        description="Length of a bar.",
        extra_json_schema={
            "enum": ["1m", "2m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "12h", "1d", "1w"]
        },
    ),
]


class Order(msgspec.Struct, gc=False, omit_defaults=True):
    """An order as it stands."""

    id: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Number
    filled_quantity: Number
    remaining_quantity: Number
    status: OrderStatus
    time_in_force: TimeInForce
    created_at: Moment
    updated_at: Moment
    reduce_only: bool
    post_only: bool
    hidden: bool
    held_by: Annotated[
        Holder,
        Meta(description="Who keeps the order: the broker, or this engine while it runs."),
    ]
    client_order_id: str | None = None
    correlation_id: str | None = None
    limit_price: Number | None = None
    stop_price: Number | None = None
    stop_loss: Number | None = None
    take_profit: Number | None = None
    trailing_distance: Number | None = None
    trailing_type: TrailingType | None = None
    average_fill_price: Number | None = None
    reject_reason: RejectReason | None = None
    position_id: str | None = None
    parent_order_id: str | None = None
    display_quantity: Number | None = None
    oco_group_id: str | None = None
    origin: Annotated[
        Origin | None,
        Meta(description="EXTERNAL for an order that somebody placed elsewhere; else left out."),
    ] = None


class ModifiedOrder(Order, gc=False, omit_defaults=True, kw_only=True):
    """The order's own fields, and beside them the order again as ``order``.

    ``previous_order_id`` names the order that the broker replaced by this one; null when the order
    kept its id.
    """

    order: Order
    previous_order_id: Annotated[str | None, Meta(description="Id before the change.")]


class OrderHandle(msgspec.Struct, gc=False):
    """What names a new order: its id, and where it stood when it was answered."""

    id: str
    status: OrderStatus
    client_order_id: str | None = None
    correlation_id: str | None = None


class CancelOrderResult(msgspec.Struct, gc=False):
    """The order after a cancel; ``success`` says that it is cancelled or about to be."""

    success: bool
    order: Order


class CancelAllResult(msgspec.Struct, gc=False):
    """How many open orders were cancelled, and the ids of those that were not."""

    cancelled_count: Count
    failed_count: Count
    failed_order_ids: list[str] | None = None


class Position(msgspec.Struct, gc=False, omit_defaults=True):
    """An open position; the quantity has no sign, ``side`` says the direction."""

    id: str
    symbol: str
    side: PositionSide
    quantity: Number
    average_entry_price: Number
    current_price: Number
    unrealized_pnl: Number
    realized_pnl: Number
    opened_at: Moment
    updated_at: Moment
    leverage: Number | None = None
    margin_mode: MarginMode | None = None
    liquidation_price: Number | None = None


class ExitOrders(msgspec.Struct, gc=False):
    """The orders that leave a position at ``trigger_price``."""

    order_ids: list[str]
    trigger_price: Number


class PositionExits(msgspec.Struct, gc=False, omit_defaults=True):
    """The exits of a position after they were moved; an exit that was not named is left out."""

    position_id: str
    stop_loss: ExitOrders | None = None
    take_profit: ExitOrders | None = None


class Trade(msgspec.Struct, gc=False):
    """One fill of an order."""

    id: str
    order_id: str
    symbol: str
    side: Side
    quantity: Number
    price: Number
    commission: Number
    commission_currency: str
    is_maker: bool
    timestamp: Moment


class Account(msgspec.Struct, gc=False):
    """Balance (without unrealized profit), equity (with it) and margin, in ``currency``."""

    balance: Number
    equity: Number
    margin_used: Number
    margin_available: Number
    unrealized_pnl: Number
    currency: str


class Quote(msgspec.Struct, gc=False, omit_defaults=True):
    """The best bid and ask, and the last price."""

    symbol: str
    provider: str
    bid: Number
    ask: Number
    last: Number
    timestamp: Moment
    bid_size: Number | None = None
    ask_size: Number | None = None
    volume: Number | None = None


class Bar(msgspec.Struct, gc=False):
    """One bar; ``timestamp`` is its start."""

    symbol: str
    provider: str
    timeframe: TimeframeName
    timestamp: Moment
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number


class RateLimits(msgspec.Struct, gc=False):
    """The provider's own ceilings; null where it states none."""

    orders_per_second: Count | None = None
    orders_per_day: Count | None = None
    requests_per_minute: Count | None = None


class Capabilities(msgspec.Struct, gc=False):
    """What can be traded here, and how."""

    supported_asset_classes: list[AssetClass]
    supported_order_types: list[OrderType]
    position_mode: PositionMode
    features: list[str]
    max_leverage: Number | None = None
    rate_limits: RateLimits | None = None


class Alarm(msgspec.Struct, gc=False):
    """An open question that a person should see. The first two kinds bar new risk in their symbol
    until they are settled.
    """

    id: str
    kind: AlarmKind
    account_id: str
    symbol: str
    message: str
    since: Moment
    order_id: str | None = None
    position_id: str | None = None


class Reconciliation(msgspec.Struct, gc=False):
    """The account's books were compared with its broker's; what differed was explained by facts."""

    account_id: str
    broker: str
    differences: Annotated[
        Count, Meta(description="Differences found; the facts that explain them are on the tape.")
    ]
    alarms: Annotated[list[Alarm], Meta(description="What is open in the account after it.")]


class ConnectionStatus(msgspec.Struct, gc=False, omit_defaults=True):
    """Whether the provider can be reached, how fast, and when it was last heard; while it never
    was, since when it is listened for. A provider behind a line says as well where the line stands,
    and what was last wrong with it.
    """

    connected: bool
    latency_ms: Count
    last_heartbeat: Moment
    state: LineState | None = None
    message: str | None = None


class Health(msgspec.Struct, gc=False):
    """The process answers."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["ok"]})] = "ok"


class Ready(msgspec.Struct, gc=False, omit_defaults=True):
    """Whether orders can be taken, and through whom."""

    ready: bool
    providers: list[str]
    provider_count: Count
    message: str | None = None


class Breaker(msgspec.Struct, gc=False):
    """One circuit breaker: ``open`` means that it lets nothing through."""

    state: Annotated[str, Meta(extra_json_schema={"enum": ["open", "closed"]})]
    failure_count: Count


class Breakers(msgspec.Struct, gc=False):
    """The breaker of the provider's line, and the one of exit orders that could not be placed."""

    adapter: Breaker
    exit_order: Breaker
