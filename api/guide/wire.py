"""What the order guide answers: one struct for each object of its document.

Numbers are JSON numbers. An execution leaves out what its source does not tell.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from api.amounts import Number

Action = Annotated[str, Meta(extra_json_schema={"enum": ["BUY", "SELL"]})]


class Account(msgspec.Struct, gc=False):
    """``balance`` is what the account is worth, ``cash`` what is free for trading."""

    balance: Number
    cash: Number


class Position(msgspec.Struct, gc=False):
    """What is held of a symbol, negative when short; ``market_value`` is qty times avg_cost."""

    symbol: str
    qty: Number
    avg_cost: Number
    market_value: Number


class Positions(msgspec.Struct, gc=False):
    """Every open position."""

    positions: list[Position]


class Order(msgspec.Struct, gc=False, rename="camel"):
    """An order that is neither filled nor cancelled. ``trigger`` is its limit or stop price, a
    number, or a dash for an order that has none.
    """

    order_id: int
    perm_id: int
    symbol: str
    action: Action
    quantity: Number
    type: str
    trigger: Annotated[Any, Meta(extra_json_schema={"anyOf": [{"type": "number"}, {"const": "—"}]})]
    status: Annotated[
        str,
        Meta(
            extra_json_schema={"enum": ["PENDINGSUBMIT", "PRESUBMITTED", "SUBMITTED", "APIPENDING"]}
        ),
    ]


class Orders(msgspec.Struct, gc=False):
    """Every pending order, oldest first."""

    orders: list[Order]


class Execution(msgspec.Struct, gc=False, omit_defaults=True, rename="camel"):
    """One execution, and the source that tells of it."""

    symbol: str
    side: Action
    qty: Number
    price: Number
    source: Annotated[
        str,
        Meta(
            extra_json_schema={
                "enum": ["reqExecutions", "trades()", "reqCompletedOrders", "positions()"]
            }
        ),
    ]
    time: Annotated[str, Meta(examples=["20240115 14:30:25"])] | None = None
    order_id: int | None = None
    order_ref: str | None = None


class Executions(msgspec.Struct, gc=False):
    """Executions, oldest first."""

    executions: list[Execution]


class Sent(msgspec.Struct, gc=False, rename="camel"):
    """An order was sent."""

    status: str
    perm_id: int


class BracketSent(msgspec.Struct, gc=False, rename="camel"):
    """A bracket was sent: the ids of its entry, its stop-loss and its take-profit."""

    status: str
    perm_ids: list[int]


class Cancelled(msgspec.Struct, gc=False):
    """An order was cancelled."""

    status: str
