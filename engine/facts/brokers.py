"""What became of the line to a broker, and of comparing its books with ours."""

from __future__ import annotations

from decimal import Decimal

from engine.alarms import AlarmKind
from engine.facts.fact import Fact
from engine.values import ZERO


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
    """A person must see this. ``quantity`` is how much of the position ``position_id`` protective
    legs must cover for it to settle by itself.
    """

    alarm_id: str
    kind: AlarmKind
    message: str
    symbol: str = ""
    order_id: str = ""
    position_id: str = ""
    quantity: Decimal = ZERO


class AlarmCleared(Fact, frozen=True, tag="alarm_cleared"):
    """It is settled: a person saw it and said why, or what it was about is so no more."""

    alarm_id: str
    reason: str
