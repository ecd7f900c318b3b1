"""The life of an order: what was asked, what was answered, and what became of it."""

from __future__ import annotations

from decimal import Decimal

from engine.facts.fact import Fact
from engine.requests import OrderChange, OrderRequest
from engine.values import ZERO, Holder, RejectReason, Role, Status

BY_CLIENT = "client"
"""Why an order is cancelled that a client asked to cancel."""


class OrderSubmitted(Fact, frozen=True, tag="order_submitted"):
    """A client's (or a leg's) intent, whole, before anything is sent to a broker."""

    order_id: str
    request: OrderRequest
    role: Role = Role.ENTRY
    holder: Holder = Holder.BROKER
    parent_order_id: str | None = None
    replaces: str = ""
    """The protective leg in whose place this one stands, where it is placed anew."""


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
    reason: str = BY_CLIENT


class OrderCancelled(Fact, frozen=True, tag="order_cancelled"):
    """What was not filled will not be."""

    order_id: str
    reason: str = BY_CLIENT


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


class CloseSettled(Fact, frozen=True, tag="close_settled"):
    """A close owes its position no protection any more: what it left open has its legs again, as
    far as legs gave way to it. Should its fills be taken back, it owes again.
    """

    order_id: str
