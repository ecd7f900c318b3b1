"""Every message of the stream, one struct for each, and how a message becomes text.

The discriminator is ``type``. Messages that follow from a fact carry its ``seq``; every message but
``ping`` and ``error`` carries an ``event_id`` that a client acknowledges. What has no value is left
out. What a client may say is here too: ``pong`` and ``event_ack``.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from api.trading import wire

OrderEvent = Literal[
    "ORDER_CREATED",
    "ORDER_MODIFIED",
    "ORDER_CANCELLED",
    "ORDER_REJECTED",
    "ORDER_FILLED",
    "ORDER_PARTIALLY_FILLED",
    "ORDER_EXPIRED",
    "BRACKET_ORDER_CREATED",
    "BRACKET_ORDER_MODIFIED",
]
TradeEvent = Literal["TRADE_FILLED"]
PositionEvent = Literal["POSITION_OPENED", "POSITION_MODIFIED", "POSITION_CLOSED"]
AccountEvent = Literal["BALANCE_UPDATED", "MARGIN_WARNING", "MARGIN_CALL"]
ConnectionEvent = Literal[
    "CONNECTED",
    "DISCONNECTING",
    "RECONNECTING",
    "BROKER_DISCONNECTED",
    "BROKER_RECONNECTED",
    "BROKER_CONNECTION_FAILED",
]
StalenessEvent = Literal["STALE", "FRESH"]
RateLimitEvent = Literal["RATE_LIMIT_WARNING", "RATE_LIMIT_HIT"]
ErrorCode = Literal[
    "INVALID_MESSAGE", "INTERNAL_ERROR", "POSITION_UNPROTECTED", "LIQUIDATION", "OCO_DOUBLE_EXIT"
]


class Message(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True, tag_field="type"
):
    """What all messages have: the time it speaks of, and its place on the tape if it has one."""

    timestamp: wire.Moment
    event_id: str | None = None
    seq: int | None = None


class Ping(Message, frozen=True, tag="ping"):
    """A heartbeat; ``head`` is the last sequence number on the tape. Answer with ``pong``."""

    head: int


class Candle(Message, frozen=True, tag="candle"):
    """A bar that is complete."""

    bar: wire.Bar


class QuoteShown(Message, frozen=True, tag="quote"):
    """The best bid and ask now."""

    quote: wire.Quote


class OrderChanged(Message, frozen=True, tag="order"):
    """Something happened to an order; ``order`` is how it stands after it."""

    event: OrderEvent
    order: wire.Order
    parent_order_id: str | None = None


class TradeDone(Message, frozen=True, tag="trade"):
    """An order filled, in part or whole."""

    event: TradeEvent
    trade: wire.Trade


class PositionChanged(Message, frozen=True, tag="position"):
    """A position as it stands after a fact; a closed one has quantity 0."""

    event: PositionEvent
    position: wire.Position


class AccountChanged(Message, frozen=True, tag="account"):
    """The account's money after a fact."""

    event: AccountEvent
    account: wire.Account


class Financing(Message, frozen=True, tag="financing"):
    """Interest on a position; a negative amount is a charge."""

    symbol: str
    amount: wire.Number


class Connection(Message, frozen=True, tag="connection"):
    """This line, or the broker's. The first message of a stream is CONNECTED: it names the tape,
    its ``head``, and the place that was resumed ``after``.
    """

    event: ConnectionEvent
    broker: str | None = None
    error: str | None = None
    gap_duration_ms: int | None = None
    tape_id: str | None = None
    head: int | None = None
    after: int | None = None


class DataStaleness(Message, frozen=True, tag="data_staleness"):
    """Market data stopped coming for some symbols, or came back."""

    event: StalenessEvent
    symbols: list[str]
    stale_since: wire.Moment | None = None
    broker: str | None = None


class RateLimit(Message, frozen=True, tag="rate_limit"):
    """The provider's allowance is nearly or wholly used up."""

    event: RateLimitEvent
    requests_remaining: int
    reset_at: wire.Moment


class Error(Message, frozen=True, tag="error"):
    """What was wrong with the client's last frame, or what it must know at once."""

    code: ErrorCode
    message: str
    details: dict[str, Any] | None = None


class BacktestComplete(Message, frozen=True, tag="backtest_complete"):
    """The data is at its end; nothing follows but the close."""

    broker: str | None = None


class Pong(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    """The client is there."""


class EventAck(msgspec.Struct, frozen=True, tag_field="type", tag="event_ack"):
    """The client is done with exactly the events it names."""

    events_processed: list[str]
    correlation_id: str = ""
    timestamp: int = 0


_encoder = msgspec.json.Encoder()
decode_inbound = msgspec.json.Decoder(Pong | EventAck).decode
"""A client's frame; raises msgspec.DecodeError or msgspec.ValidationError for anything else."""


def encode(message: Message) -> str:
    """The message as the text of a frame."""
    return _encoder.encode(message).decode()
