"""What the target API answers: one struct for each object of its document.

Quantities and prices are JSON numbers, times are ISO 8601 with the offset of UTC. A field that has
no value is null; ``error`` alone is left out where there is none.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.amounts import Number

Moment = Annotated[str, Meta(description="ISO 8601, UTC.", examples=["2026-03-09T14:30:00+00:00"])]
Status = Annotated[
    str,
    Meta(
        description="Where the order, or the target without one, stands.",
        extra_json_schema={
            "enum": [
                "Submitted",
                "PreSubmitted",
                "Filled",
                "Cancelled",
                "Inactive",
                "no_change",
                "error",
            ]
        },
    ),
]
Error = Annotated[str, Meta(description="Why the target was not ordered, or the order refused.")]


class Health(msgspec.Struct, gc=False):
    """The service answers; ``accounts`` says whose broker can be reached."""

    status: str
    accounts: dict[str, bool]


class Result(msgspec.Struct, gc=False):
    """What one target led to."""

    symbol: str
    current_pos: Number
    desired_pos: Number
    delta: Number
    action: str | None
    qty: Number
    order_type: str | None
    ibkr_order_id: int | None
    status: Status
    error: Error | UnsetType = UNSET


class Submitted(msgspec.Struct, gc=False):
    """A batch right after it was submitted."""

    batch_id: str
    account_id: str
    submitted_at: Moment
    results: list[Result]


class Order(msgspec.Struct, gc=False):
    """One target of a batch as it stands now."""

    symbol: str
    ibkr_order_id: int | None
    status: Status
    filled_qty: Number
    avg_fill_price: Number | None
    commission: Number
    delta: Number
    action: str | None
    error: Error | UnsetType = UNSET


class Batch(msgspec.Struct, gc=False):
    """A batch as it stands now."""

    batch_id: str
    account_id: str
    submitted_at: Moment
    orders: list[Order]


class Listed(msgspec.Struct, gc=False):
    """A batch in the list; ``client`` is the name of the key that submitted it."""

    batch_id: str
    account_id: str
    client: str
    submitted_at: Moment


class Batches(msgspec.Struct, gc=False):
    """The newest batches first."""

    batches: list[Listed]


class Position(msgspec.Struct, gc=False):
    """What is held of one symbol; negative when short."""

    symbol: str
    quantity: Number
    avg_cost: Number
    conid: int


class Positions(msgspec.Struct, gc=False):
    """What is held, and what the account is worth with it."""

    account_id: str
    positions: list[Position]
    net_liquidation: Number
    updated_at: Moment


class Cancelled(msgspec.Struct, gc=False):
    """Whether an order of the batch is cancelled."""

    ibkr_order_id: int
    cancelled: bool


class Withdrawn(msgspec.Struct, gc=False):
    """What became of a batch's orders when it was cancelled."""

    batch_id: str
    results: list[Cancelled]
