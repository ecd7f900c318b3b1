"""The facts on the tape: everything that happened, named in the past tense, and nothing that can be
derived.

Each fact is a frozen struct in one tagged union, encoded as MessagePack maps that leave out default
values, so a field may be added with a default and every older tape still reads. Positions and
balances are not here: they are folds (``state``). Times inside facts are integer nanoseconds since
1970 UTC; numbers are exact decimals.
"""

from __future__ import annotations

import msgspec

from engine.facts.books import (
    CashAdjusted,
    PositionAdjusted,
)
from engine.facts.brokers import (
    AlarmCleared,
    AlarmRaised,
    BooksOpened,
    BrokerConnected,
    BrokerDisconnected,
    BrokerReconciled,
    CashDiffered,
    DifferenceFound,
    PositionAgreed,
    PositionDisputed,
)
from engine.facts.control import (
    LimitsChanged,
    TradingStateChanged,
    WorkerStateSet,
)
from engine.facts.dialects import (
    BatchSubmitted,
    PromptAnswered,
    PromptRaised,
    PromptsSuppressed,
    TargetAnswered,
)
from engine.facts.fact import Fact
from engine.facts.orders import (
    BrokerOrderEnded,
    CloseSettled,
    OrderAccepted,
    OrderAdopted,
    OrderCancelled,
    OrderCancelRejected,
    OrderCancelRequested,
    OrderExpired,
    OrderModified,
    OrderModifyRejected,
    OrderModifyRequested,
    OrderOutcomeUnknown,
    OrderRefused,
    OrderRejected,
    OrderResolved,
    OrderSubmitted,
    OrderTrailed,
    OrderTriggered,
)
from engine.facts.sessions import (
    SCHEMA_VERSION,
    AccountOpened,
    InstrumentListed,
    SessionEnded,
    SessionStarted,
)
from engine.facts.trades import (
    ExecutionVoided,
    TradeBusted,
    TradeCorrected,
    TradeFilled,
)

__all__ = [
    "SCHEMA_VERSION",
    "AccountOpened",
    "AlarmCleared",
    "AlarmRaised",
    "BatchSubmitted",
    "BooksOpened",
    "BrokerConnected",
    "BrokerDisconnected",
    "BrokerOrderEnded",
    "BrokerReconciled",
    "CashAdjusted",
    "CashDiffered",
    "CloseSettled",
    "DifferenceFound",
    "Event",
    "ExecutionVoided",
    "Fact",
    "InstrumentListed",
    "LimitsChanged",
    "OrderAccepted",
    "OrderAdopted",
    "OrderCancelRejected",
    "OrderCancelRequested",
    "OrderCancelled",
    "OrderExpired",
    "OrderModified",
    "OrderModifyRejected",
    "OrderModifyRequested",
    "OrderOutcomeUnknown",
    "OrderRefused",
    "OrderRejected",
    "OrderResolved",
    "OrderSubmitted",
    "OrderTrailed",
    "OrderTriggered",
    "PositionAdjusted",
    "PositionAgreed",
    "PositionDisputed",
    "PromptAnswered",
    "PromptRaised",
    "PromptsSuppressed",
    "SessionEnded",
    "SessionStarted",
    "TargetAnswered",
    "TradeBusted",
    "TradeCorrected",
    "TradeFilled",
    "TradingStateChanged",
    "WorkerStateSet",
    "decode",
    "encode",
]

Event = (
    SessionStarted
    | SessionEnded
    | AccountOpened
    | InstrumentListed
    | OrderSubmitted
    | OrderRefused
    | OrderAccepted
    | OrderRejected
    | OrderTriggered
    | OrderTrailed
    | OrderModifyRequested
    | OrderModified
    | OrderModifyRejected
    | OrderCancelRequested
    | OrderCancelled
    | OrderCancelRejected
    | OrderExpired
    | OrderOutcomeUnknown
    | OrderResolved
    | OrderAdopted
    | BrokerOrderEnded
    | CloseSettled
    | TradeFilled
    | TradeCorrected
    | TradeBusted
    | ExecutionVoided
    | CashAdjusted
    | PositionAdjusted
    | BrokerConnected
    | BrokerDisconnected
    | BrokerReconciled
    | DifferenceFound
    | BooksOpened
    | PositionDisputed
    | PositionAgreed
    | CashDiffered
    | AlarmRaised
    | AlarmCleared
    | LimitsChanged
    | TradingStateChanged
    | WorkerStateSet
    | BatchSubmitted
    | TargetAnswered
    | PromptRaised
    | PromptAnswered
    | PromptsSuppressed
)

encode = msgspec.msgpack.Encoder().encode
"""A fact as bytes."""

decode = msgspec.msgpack.Decoder(Event).decode
"""Bytes back to the fact; raises msgspec.DecodeError or msgspec.ValidationError for anything else.
"""
