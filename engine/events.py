"""The facts on the tape: everything that happened, named in the past tense, and nothing that can be
derived.

Each fact is a frozen struct in one tagged union, encoded as MessagePack maps that leave out default
values, so a field may be added with a default and every older tape still reads. Positions and
balances are not here: they are folds (``state``). Times inside facts are integer nanoseconds since
1970 UTC; numbers are exact decimals.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.alarms import AlarmKind
from engine.instruments import Instrument
from engine.requests import OrderChange, OrderRequest
from engine.targets import Outcome, Target
from engine.values import ONE, ZERO, Holder, PositionMode, PromptAnswer, RejectReason, Role, Status

SCHEMA_VERSION = 1


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="type"):
    """The root of all facts."""


class SessionStarted(Fact, frozen=True, tag="session_started"):
    """An engine opened this tape. ``assumptions`` are the rules in force, as text, for whoever
    reads it later.
    """

    mode: str
    version: str
    schema: int = SCHEMA_VERSION
    nonce: str = ""
    assumptions: dict[str, str] = {}


class SessionEnded(Fact, frozen=True, tag="session_ended"):
    """The engine let go of the tape in good order."""

    reason: str


class AccountOpened(Fact, frozen=True, tag="account_opened"):
    """An account is served from here on, by ``broker``, its books kept in ``currency``."""

    currency: str
    broker: str
    position_mode: PositionMode = PositionMode.NETTING
    leverage: Decimal = ONE


class InstrumentListed(Fact, frozen=True, tag="instrument_listed"):
    """An instrument may be traded from here on, or its terms changed."""

    instrument: Instrument


class OrderSubmitted(Fact, frozen=True, tag="order_submitted"):
    """A client's (or a leg's) intent, whole, before anything is sent to a broker."""

    order_id: str
    request: OrderRequest
    role: Role = Role.ENTRY
    holder: Holder = Holder.BROKER
    parent_order_id: str | None = None


class OrderRefused(Fact, frozen=True, tag="order_refused"):
    """This engine decided not to send the order."""

    order_id: str
    reason: RejectReason
    message: str


class OrderAccepted(Fact, frozen=True, tag="order_accepted"):
    """The broker took the order, under its own id."""

    order_id: str
    broker_id: str = ""


class OrderRejected(Fact, frozen=True, tag="order_rejected"):
    """The broker turned the order down."""

    order_id: str
    reason: RejectReason
    message: str


class OrderTriggered(Fact, frozen=True, tag="order_triggered"):
    """A stop price was reached: from here the order is a market or a limit order."""

    order_id: str


class OrderTrailed(Fact, frozen=True, tag="order_trailed"):
    """The stop price of a trailing order moved with the market."""

    order_id: str
    stop_price: Decimal


class OrderModifyRequested(Fact, frozen=True, tag="order_modify_requested"):
    """A change was asked for and will be sent."""

    order_id: str
    change: OrderChange


class OrderModified(Fact, frozen=True, tag="order_modified"):
    """The change holds."""

    order_id: str
    change: OrderChange
    broker_id: str = ""


class OrderModifyRejected(Fact, frozen=True, tag="order_modify_rejected"):
    """The broker kept the order as it was."""

    order_id: str
    message: str


class OrderCancelRequested(Fact, frozen=True, tag="order_cancel_requested"):
    """A cancel was asked for and will be sent."""

    order_id: str
    reason: str = "client"


class OrderCancelled(Fact, frozen=True, tag="order_cancelled"):
    """What was not filled will not be."""

    order_id: str
    reason: str = "client"


class OrderCancelRejected(Fact, frozen=True, tag="order_cancel_rejected"):
    """The broker did not cancel; the order is what it was."""

    order_id: str
    message: str


class OrderExpired(Fact, frozen=True, tag="order_expired"):
    """Its time in force ran out."""

    order_id: str


class OrderOutcomeUnknown(Fact, frozen=True, tag="order_outcome_unknown"):
    """The broker did not answer; nothing is assumed and nothing is resent."""

    order_id: str
    message: str


class OrderResolved(Fact, frozen=True, tag="order_resolved"):
    """An unknown outcome was proven by looking: the order ``reached`` the broker, or never did."""

    order_id: str
    reached: bool
    evidence: str
    broker_id: str = ""


class OrderAdopted(Fact, frozen=True, tag="order_adopted"):
    """An order that was not placed here works at the broker: from here on it is shown and counted
    like the others. ``filled`` is what it had traded before we knew it, at ``average_price``, and
    is no trade of ours.
    """

    order_id: str
    broker_id: str
    request: OrderRequest
    filled: Decimal = ZERO
    average_price: Decimal | None = None


class BrokerOrderEnded(Fact, frozen=True, tag="broker_order_ended"):
    """What the broker knows as ``broker_id`` ended as ``status``, and the order did not end by it:
    it stands at the broker under other ids too, or was full already.
    """

    order_id: str
    broker_id: str
    status: Status
    message: str = ""
    reason: RejectReason | None = None


class TradeFilled(Fact, frozen=True, tag="trade_filled"):
    """Part or all of an order traded. ``executed_at`` is the broker's time, ``execution_id`` its
    own id.

    ``position_id`` names the position meant in a hedging account; empty where positions net.
    """

    trade_id: str
    order_id: str
    execution_id: str
    quantity: Decimal
    price: Decimal
    executed_at: int
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    position_id: str = ""


class TradeCorrected(Fact, frozen=True, tag="trade_corrected"):
    """The broker changed an execution it had reported; the fold takes the difference."""

    trade_id: str
    quantity: Decimal
    price: Decimal
    commission: Decimal = ZERO
    revision: int = 0


class TradeBusted(Fact, frozen=True, tag="trade_busted"):
    """The broker took an execution back."""

    trade_id: str
    reason: str


class ExecutionVoided(Fact, frozen=True, tag="execution_voided"):
    """The broker took back an execution that was never seen here: should it still come, it does not
    count.
    """

    execution_id: str
    reason: str


class CashAdjusted(Fact, frozen=True, tag="cash_adjusted"):
    """Money came or went otherwise than by a trade: ``kind`` is deposit, dividend, financing,
    borrow or fee.
    """

    amount: Decimal
    currency: str
    kind: str
    symbol: str = ""


class PositionAdjusted(Fact, frozen=True, tag="position_adjusted"):
    """A position changed otherwise than by a trade: a split (its ``ratio`` of new to old units), or
    a quantity and cost that the broker states and a person accepted. Cost is signed like quantity,
    in the instrument's currency.
    """

    position_id: str
    symbol: str
    reason: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    ratio: Decimal = ONE


class BrokerConnected(Fact, frozen=True, tag="broker_connected"):
    """The broker can be reached."""

    broker: str


class BrokerDisconnected(Fact, frozen=True, tag="broker_disconnected"):
    """The broker can not be reached."""

    broker: str
    reason: str


class BrokerReconciled(Fact, frozen=True, tag="broker_reconciled"):
    """The broker's books and ours were compared; ``differences`` were explained by facts before
    this one.
    """

    broker: str
    differences: int = 0


class DifferenceFound(Fact, frozen=True, tag="difference_found"):
    """The broker's books said ``theirs`` where ours said ``ours``. The facts that explain it name
    this one as their cause.
    """

    subject: str
    ours: str
    theirs: str
    symbol: str = ""
    order_id: str = ""


class BooksOpened(Fact, frozen=True, tag="books_opened"):
    """The account's books begin with what ``broker`` held and owed at ``taken_at``; executions up
    to then are in it.
    """

    broker: str
    taken_at: int


class PositionDisputed(Fact, frozen=True, tag="position_disputed"):
    """The broker holds ``theirs`` of a symbol and our trades come to ``ours``, and no execution
    explains it. New risk in the symbol is refused until the books agree or a person accepts what
    the broker states. ``cost`` is what the difference cost, by the broker.
    """

    symbol: str
    ours: Decimal
    theirs: Decimal
    cost: Decimal = ZERO


class PositionAgreed(Fact, frozen=True, tag="position_agreed"):
    """A disputed position is in dispute no longer."""

    symbol: str
    reason: str


class CashDiffered(Fact, frozen=True, tag="cash_differed"):
    """The broker's cash in one currency differs from ours by ``difference`` (theirs less ours). It
    is told and nothing is booked: the broker may count by other hours.
    """

    currency: str
    theirs: Decimal
    difference: Decimal


class AlarmRaised(Fact, frozen=True, tag="alarm_raised"):
    """A person must see this."""

    alarm_id: str
    kind: AlarmKind
    message: str
    symbol: str = ""
    order_id: str = ""


class AlarmCleared(Fact, frozen=True, tag="alarm_cleared"):
    """A person saw it, and said why it is settled."""

    alarm_id: str
    reason: str


class LimitsChanged(Fact, frozen=True, tag="limits_changed"):
    """Pre-trade limits were set anew."""

    limits: dict[str, str]


class TradingStateChanged(Fact, frozen=True, tag="trading_state_changed"):
    """New risk is allowed (ACTIVE), only reductions are (REDUCE), or nothing but cancels (HALT)."""

    trading_state: str
    reason: str


class WorkerStateSet(Fact, frozen=True, tag="worker_state_set"):
    """A worker keeps ``value``, a JSON text, under ``key``; None forgets the key."""

    worker: str
    key: str
    value: str | None = None


class BatchSubmitted(Fact, frozen=True, tag="batch_submitted"):
    """A client named the positions it wants, whole, before anything is ordered. ``client`` is the
    name of its key.
    """

    batch_id: str
    client: str
    targets: tuple[Target, ...]


class TargetAnswered(Fact, frozen=True, tag="target_answered"):
    """What became of one target of a batch: an order was placed or an earlier one kept, nothing was
    to be done, or it failed for the reason in ``message``. ``held`` is the position before.
    """

    batch_id: str
    symbol: str
    outcome: Outcome
    held: Decimal
    order_id: str = ""
    message: str = ""


class PromptRaised(Fact, frozen=True, tag="prompt_raised"):
    """A client was asked whether it means what it ordered, and the order is held back until it
    answers. ``held`` is what it asked for, a JSON text in its own words; ``confirmed`` names the
    questions about it that were answered yes before.
    """

    prompt_id: str
    message_id: str
    text: str
    held: str
    confirmed: tuple[str, ...] = ()


class PromptAnswered(Fact, frozen=True, tag="prompt_answered"):
    """A question was answered, or became void; what it held is carried out only if CONFIRMED."""

    prompt_id: str
    answer: PromptAnswer


class PromptsSuppressed(Fact, frozen=True, tag="prompts_suppressed"):
    """A client, named by its key, will not be asked these questions in its session any more; none
    of them: it will be asked all again.
    """

    client: str
    message_ids: tuple[str, ...]


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
