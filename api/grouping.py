"""When the disk begins with what was written: once the loop would rest, or a group is full.

A sync takes the same time for one fact as for a hundred, and each one costs the loop some too: the
thread that waits for the disk needs the interpreter before and after. So a group is closed when the
loop's turns bring nothing more. Where every turn brings some, it is closed when it is full or has
waited for a few milliseconds: the disk works while the loop gathers the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

GROUP_FACTS = 64
"""Facts of a full group: 32 orders. At 64 connections the disk then has one group while the loop
gathers another; smaller groups cost a sixth more processor time, larger ones leave the disk idle.
"""
QUIET_TURNS = 2
"""Turns of the loop that bring nothing before a group is closed. One is not enough: what a turn
hears is carried out in the next.
"""
PATIENCE_S = 0.005
"""The longest that a group waits for others to join it."""


class Grouping:
    """Gathers the facts that ``begin`` is to make durable together. ``head`` is the number of the
    last one written. Everything happens on the loop's thread, between commands.
    """

    def __init__(self, head: Callable[[], int], begin: Callable[[], object]) -> None:
        self._head = head
        self._begin = begin
        self._begun = 0
        self._seen = 0
        self._quiet = 0
        self._closes_at = 0.0
        self._is_open = False

    def ask(self) -> None:
        """Have everything written up to now made durable soon."""
        head = self._head()
        if head - self._begun >= GROUP_FACTS:
            self._close(head)
        elif not self._is_open:
            asyncio.get_running_loop().call_soon(self._look)
            self._is_open = True
            self._closes_at = monotonic() + PATIENCE_S
            self._quiet, self._seen = 0, head

    def _look(self) -> None:
        """See what a turn of the loop has brought."""
        head = self._head()
        self._quiet = self._quiet + 1 if head == self._seen else 0
        self._seen = head
        if self._quiet < QUIET_TURNS and monotonic() < self._closes_at:
            asyncio.get_running_loop().call_soon(self._look)
        else:
            self._is_open = False
            self._close(head)

    def _close(self, head: int) -> None:
        """Let the disk begin, if it has not yet."""
        if head != self._begun:
            self._begun = head
            self._begin()
