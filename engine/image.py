"""A state as bytes and back: what a snapshot holds.

An image is a convenience and never the truth: it can be thrown away and folded again from the tape.
Finished orders and trades stay encoded inside it until somebody asks, so that a restart costs what
is at work, not the history.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.accounts import Account
from engine.batches import Batch
from engine.doubts import Doubts
from engine.events import PositionAdjusted
from engine.instruments import Instrument
from engine.orders import Order
from engine.prompts import Prompt
from engine.trades import Trade

Adjustments = dict[str, dict[str, list[tuple[int, int, PositionAdjusted]]]]
"""Position adjustments by account, then symbol: sequence number, time, fact."""
Workers = dict[str, dict[str, str]]
"""What workers keep: JSON texts by worker, then by key."""

_encoder = msgspec.msgpack.Encoder()
_orders = msgspec.msgpack.Decoder(list[Order])
_trades = msgspec.msgpack.Decoder(list[Trade])


class Image(msgspec.Struct):
    """Everything in a state."""

    seq: int
    ts: int
    accounts: dict[str, Account]
    instruments: dict[str, Instrument]
    limits: dict[str, str]
    trading_state: str
    adjustments: Adjustments
    working: list[Order]
    finished: msgspec.Raw
    trades: msgspec.Raw
    workers: Workers = {}
    batches: list[Batch] = []
    prompts: list[Prompt] = []
    doubts: Doubts = msgspec.field(default_factory=Doubts)

    def finished_orders(self) -> list[Order]:
        """Decode the orders that were final."""
        return _orders.decode(self.finished)

    def finished_trades(self) -> list[Trade]:
        """Decode the trades."""
        return _trades.decode(self.trades)

    def to_bytes(self) -> bytes:
        """The image as MessagePack."""
        return _encoder.encode(self)


_decoder = msgspec.msgpack.Decoder(Image)


def from_bytes(data: bytes) -> Image:
    """Read an image; raises msgspec.DecodeError or msgspec.ValidationError if it is not one."""
    return _decoder.decode(data)


def raw(values: Iterable[Order] | Iterable[Trade]) -> msgspec.Raw:
    """Orders or trades, encoded to be left alone."""
    return msgspec.Raw(_encoder.encode(list(values)))
