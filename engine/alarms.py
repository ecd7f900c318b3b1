"""Alarms: open questions about orders and positions that a person must see.

An alarm is open from the fact that raised it until the fact that settled it, on the tape like all
else. An unknown order and a disputed position are alarms by what they are and close when they are
proven; a position that lost its protection closes when it is covered again; notices of what a
broker did wrong stay open until somebody clears them. ``alarms`` lists them all, oldest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from engine.values import ZERO

if TYPE_CHECKING:
    from engine.state import State


class AlarmKind(StrEnum):
    """What is asked. The first two block new risk in their symbol until they are settled."""

    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    POSITION_DISPUTED = "POSITION_DISPUTED"
    ORDER_OVERFILLED = "ORDER_OVERFILLED"
    ORDER_FILLED_LATE = "ORDER_FILLED_LATE"
    ENDED_ORDER_WORKS = "ENDED_ORDER_WORKS"
    ORDER_DOUBLED = "ORDER_DOUBLED"
    POSITION_UNPROTECTED = "POSITION_UNPROTECTED"
    TERMS_GUESSED = "TERMS_GUESSED"


class Alarm(msgspec.Struct, frozen=True):
    """One open question. ``since`` is ns UTC; ``order_id`` and ``position_id`` are empty where none
    is meant; ``quantity`` is how much legs must cover for POSITION_UNPROTECTED to settle.
    """

    id: str
    kind: AlarmKind
    account: str
    symbol: str
    message: str
    since: int
    order_id: str = ""
    position_id: str = ""
    quantity: Decimal = ZERO


def alarm_id(kind: AlarmKind, subject: str) -> str:
    """The id of the alarm of one kind about one subject: the same question is asked once."""
    return f"{kind.value.lower()}:{subject}"


def alarms(state: State, account: str | None = None) -> list[Alarm]:
    """Every open alarm, oldest first, of one account or of all."""
    found = [one for one in _alarms(state) if account in (None, one.account)]
    return sorted(found, key=lambda one: (one.since, one.id))


def _alarms(state: State) -> Iterator[Alarm]:
    for doubt in state.doubts.orders.values():
        kind = AlarmKind.ORDER_UNKNOWN
        name, order_id = alarm_id(kind, doubt.order_id), doubt.order_id
        text = f"what became of order {order_id} is not known: {doubt.message}"
        yield Alarm(name, kind, doubt.account, doubt.symbol, text, doubt.since, order_id)
    for by_symbol in state.doubts.disputes.values():
        for one in by_symbol.values():
            kind = AlarmKind.POSITION_DISPUTED
            name = alarm_id(kind, f"{one.account}:{one.symbol}")
            text = f"the broker holds {one.theirs} {one.symbol}, our trades come to {one.ours}"
            yield Alarm(name, kind, one.account, one.symbol, text, one.since)
    yield from state.doubts.alarms.values()
