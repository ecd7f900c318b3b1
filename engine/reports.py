"""What a broker says happened, as plain values: the only way news enters the engine from that side.

A report is a claim; the core dedupes and checks it and then writes a fact. ``order_id`` is ours:
adapters map their broker's ids before they report. Where an adapter can not, as for an order that
somebody else placed, ``order_id`` is empty, and ``account`` and ``broker_id`` find the order. Where
an order stands at the broker more than once, ``broker_id`` says which of them is meant. Times are
ns UTC in the broker's clock.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.requests import OrderChange
from engine.statements import BrokerOrder
from engine.values import ONE, ZERO, RejectReason


class Report(msgspec.Struct, frozen=True, gc=False):
    """The root of all reports."""


class Accepted(Report, frozen=True):
    """The broker took the order under ``broker_id``."""

    order_id: str
    broker_id: str = ""


class Rejected(Report, frozen=True):
    """The broker turned the order down."""

    order_id: str
    reason: RejectReason
    message: str
    broker_id: str = ""
    account: str = ""


class Filled(Report, frozen=True):
    """An execution. ``execution_id`` is unique at the broker; the same id again changes nothing."""

    order_id: str
    execution_id: str
    quantity: Decimal
    price: Decimal
    executed_at: int
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    broker_id: str = ""
    account: str = ""


class Triggered(Report, frozen=True):
    """A stop price was reached."""

    order_id: str
    broker_id: str = ""
    account: str = ""


class Trailed(Report, frozen=True):
    """A trailing order's stop price moved."""

    order_id: str
    stop_price: Decimal


class Modified(Report, frozen=True):
    """A change holds at the broker, perhaps under a new id."""

    order_id: str
    change: OrderChange
    broker_id: str = ""
    account: str = ""


class ModifyRejected(Report, frozen=True):
    """The broker kept the order as it was."""

    order_id: str
    message: str


class Cancelled(Report, frozen=True):
    """The rest of the order is cancelled."""

    order_id: str
    reason: str = "client"
    broker_id: str = ""
    account: str = ""


class CancelRejected(Report, frozen=True):
    """The broker would not cancel."""

    order_id: str
    message: str


class Expired(Report, frozen=True):
    """The order's time in force ran out."""

    order_id: str
    broker_id: str = ""
    account: str = ""


class CashMoved(Report, frozen=True):
    """The broker credited or debited ``account``: dividend, financing, borrow, fee or deposit."""

    account: str
    amount: Decimal
    currency: str
    kind: str
    symbol: str = ""


class PositionSplit(Report, frozen=True):
    """Every old unit of ``symbol`` in ``account`` became ``ratio`` new ones at unchanged cost."""

    account: str
    symbol: str
    ratio: Decimal = ONE


class OutcomeUnknown(Report, frozen=True):
    """The broker did not answer an instruction about the order; nothing is known of it."""

    order_id: str
    message: str


class Corrected(Report, frozen=True):
    """The broker changed an execution: these are its whole figures now. ``revision`` counts its
    corrections, so that an older one that comes late is known; 0 where the broker does not count.
    """

    order_id: str
    execution_id: str
    quantity: Decimal
    price: Decimal
    executed_at: int
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    revision: int = 0
    broker_id: str = ""
    account: str = ""


class Busted(Report, frozen=True):
    """The broker took an execution back, for good."""

    order_id: str
    execution_id: str
    reason: str
    broker_id: str = ""
    account: str = ""


class ForeignOrder(Report, frozen=True):
    """An order in ``account`` that was not placed here."""

    account: str
    order: BrokerOrder
