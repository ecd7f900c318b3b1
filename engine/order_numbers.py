"""Whole numbers for orders, for the APIs whose order ids are integers.

An order's id holds the sequence number N of its intent on the tape. Its number is ``4 N``. The legs
of a bracket are numbered from their entry, because clients are told of them before they exist:
``4 N + 1`` is the stop-loss of entry N and ``4 N + 2`` its take-profit. A permanent id is the
number plus 1,000,000,000, so that the two are never mistaken for each other. All of it follows from
the tape and is the same after every restart.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.orders import Order
from engine.values import Role

PERMANENT_FIRST = 1_000_000_000
_PREFIX = "ord_"
_SLOTS = 4
_SLOT = {Role.STOP_LOSS: 1, Role.TAKE_PROFIT: 2}
_ROLE = {slot: role for role, slot in _SLOT.items()}


class Named(NamedTuple):
    """What a number names: an order by its id, or with a ``role`` that leg of the order."""

    order_id: str
    role: Role | None


def sequence(order_id: str) -> int:
    """The sequence number in an order's id."""
    return int(order_id.removeprefix(_PREFIX))


def number(order: Order) -> int:
    """The number of an order."""
    if order.is_exit and order.parent_order_id is not None:
        return leg_number(order.parent_order_id, order.role)
    return entry_number(order.id)


def entry_number(order_id: str) -> int:
    """The number of an order that is no leg of a bracket, by its id."""
    return sequence(order_id) * _SLOTS


def leg_number(entry_id: str, role: Role) -> int:
    """The number of an entry's leg, whether or not the leg exists yet."""
    return sequence(entry_id) * _SLOTS + _SLOT[role]


def permanent(plain: int) -> int:
    """The permanent id that goes with a number."""
    return PERMANENT_FIRST + plain


def named_by_permanent(permanent_id: int) -> Named | None:
    """What a permanent id names; None for a number that is no such id."""
    seq, slot = divmod(permanent_id - PERMANENT_FIRST, _SLOTS)
    if seq < 1 or (slot and slot not in _ROLE):
        return None
    return Named(f"{_PREFIX}{seq:010d}", _ROLE.get(slot))
