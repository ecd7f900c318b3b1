"""What clients of the target API may write, and the engine's targets that it becomes."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.accounts import ACCOUNT
from api.amounts import Amount, decode
from api.fields import Text
from api.forms import Form
from api.rows import Rows
from engine.targets import Target

TARGETS_MAX = 200
"""Most targets in one batch."""

_TARGET = Form(
    {
        "symbol": Text("The stock", 64, "AAPL"),
        "quantity": Amount(
            "The position wanted: negative is short, 0 closes", 100, least=None, is_whole=True
        ),
        "limit_price": Amount("A limit order at exactly this price", 150.5),
        "expected_price": Amount("What the tolerance is measured from", 150.0),
        "tolerance_pct": Amount(
            "Most percent from expected_price", 0.5, is_least_allowed=True, below=100
        ),
    },
    required=("symbol", "quantity"),
)
BATCH = Form(
    {
        "account_id": ACCOUNT,
        "orders": Rows(_TARGET, "The positions wanted, each symbol once", TARGETS_MAX),
    },
    required=("orders",),
    decode=decode,
)
ACCOUNT_QUERY = Form({"account_id": ACCOUNT})
BATCH_ID = {"batch_id": Text("The batch's id", 64, "a1b2c3d4e5f67890")}


class Wanted(NamedTuple):
    """The account named, if one is, and the positions wanted in it."""

    account: str | None
    targets: list[Target]


def batch(body: bytes) -> Wanted:
    """What a body asks for; raises InvalidRequest."""
    values: dict[str, Any] = BATCH.read(body)
    return Wanted(values.get("account_id"), [Target(**row) for row in values["orders"]])
