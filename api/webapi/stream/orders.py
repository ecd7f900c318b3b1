"""The topics of what was traded: orders (`sor`), executions (`str`).

Orders are sent whole first and then by what changed. Rows that the first answer already covers are
passed over by their place on the tape.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from api.webapi import order_rows, trade_rows, views
from api.webapi.reading import Count, Items, Truth, lenient
from api.webapi.stream import shown
from api.webapi.stream.shown import Shown
from api.webapi.stream.teller import streamed
from api.webapi.stream.topic import Message, Topic, changed

if TYPE_CHECKING:
    from api.webapi.gateway import Gateway
    from api.webapi.session import Session
    from api.webapi.stream.frames import Frame

_ORDERS = lenient(filters=Items("States of orders"))
_TRADES = lenient(
    days=Count("Days, with today", 1, trade_rows.DAYS_MAX),
    realtimeUpdatesOnly=Truth("Whether to leave out what has traded before"),
    realtime_updates_only=Truth("The same, as some clients write it"),
)


class Orders(Topic):
    """The orders of ``accounts``, and later those of whichever are meant."""

    def __init__(
        self, gateway: Gateway, session: Session, accounts: list[str], frame: Frame
    ) -> None:
        self._gateway = gateway
        self._session = session
        self._accounts = accounts
        self._states = {_plain(one) for one in _ORDERS.take(frame.arguments).get("filters", ())}
        self._since = gateway.engine.state.seq
        self._sent: dict[int, Message] = {}

    def first(self) -> Message | None:
        """Every order of the day; nothing while the stream of orders is stopped."""
        if self._session.is_order_stream_stopped:
            return None
        gateway = self._gateway
        rows = []
        found = (views.views(gateway.engine, account) for account in self._accounts)
        for view in chain.from_iterable(found):
            contract = gateway.contracts.of(view.order.symbol)
            row = order_rows.row(view, contract, numeric=True)
            if self._wants(row):
                self._sent[row["orderId"]] = row
                rows.append(row)
        return {"topic": "sor", "args": rows}

    def heard(self, event: Shown) -> Message | None:
        """What changed of one order."""
        row: Message = event.value
        if (
            event.name != shown.ORDER
            or event.seq <= self._since
            or self._session.is_order_stream_stopped
            or not self._wants(row)
        ):
            return None
        number = row["orderId"]
        news = changed(self._sent.get(number), row)
        self._sent[number] = row
        return {"topic": "sor", "args": [_named(row) | news]} if news else None

    def _wants(self, row: Message) -> bool:
        return not self._states or _plain(row["status"]) in self._states


class Trades(Topic):
    """The executions of ``accounts``, and later those of whichever are meant."""

    def __init__(self, gateway: Gateway, accounts: list[str], frame: Frame) -> None:
        asked = _TRADES.take(frame.arguments)
        self._gateway = gateway
        self._accounts = accounts
        self._days = asked.get("days", 1)
        only_new = (asked.get(name) for name in ("realtimeUpdatesOnly", "realtime_updates_only"))
        self._only_new = any(only_new)
        self._since = gateway.engine.state.seq

    def first(self) -> Message:
        """The executions so far."""
        gateway = self._gateway
        rows = [
            row
            for account in (() if self._only_new else self._accounts)
            for row in trade_rows.rows(gateway.engine, gateway.contracts, account, self._days)
        ]
        return {"topic": "str", "args": [streamed(row) for row in rows]}

    def heard(self, event: Shown) -> Message | None:
        """One more execution, or one that was corrected."""
        if event.name != shown.TRADE or event.seq <= self._since:
            return None
        return {"topic": "str", "args": [event.value]}


def _named(row: Message) -> dict[str, Any]:
    return {"acct": row["acct"], "orderId": row["orderId"]}


def _plain(state: str) -> str:
    """A state in either spelling: ``PreSubmitted``, ``pre_submitted``."""
    return state.replace("_", "").lower()
