"""Snapshots under way on one line, and what happens meanwhile.

Before a line is connected everything heard is kept until the snapshots are in the books, then let
in, where what the snapshots already told changes nothing. On a line that is connected news goes
into the books at once, and the symbols it touched are left out of the comparison: the snapshot may
be older than the news, or younger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.actions import TakeSnapshot
from engine.core import Engine
from engine.dispatch import Dispatch
from engine.hearing import concern
from engine.reconcile import reconcile
from engine.reports import Report
from engine.statements import Snapshot


class Sync:
    """The comparison under way, if one is."""

    def __init__(self, engine: Engine, accounts: Collection[str], dispatch: Dispatch) -> None:
        self._engine = engine
        self._accounts = accounts
        self._dispatch = dispatch
        self._snapshots: dict[str, Snapshot | None] = {}
        self._touched: set[tuple[str, str]] = set()
        self._asked_at = 0
        self.buffer: list[Report] = []
        """What was heard and is not in the books yet."""

    @property
    def is_running(self) -> bool:
        """Whether snapshots are awaited."""
        return bool(self._snapshots)

    def begin(self) -> Iterator[TakeSnapshot]:
        """Ask for every account."""
        self._touched = set()
        self._asked_at = self._engine.now
        self._snapshots = dict.fromkeys(self._accounts)
        yield from (TakeSnapshot(account) for account in self._accounts)

    def stop(self) -> None:
        """Give the snapshots up; what is kept stays kept."""
        self._snapshots = {}

    def touch(self, account: str, symbol: str) -> None:
        """Something happened in a symbol."""
        if self._snapshots:
            self._touched.add((account, symbol))

    def took(self, snapshot: Snapshot) -> bool:
        """Take a snapshot that is awaited; says whether it was."""
        if self._snapshots.get(snapshot.account, snapshot) is not None:
            return False
        self._snapshots[snapshot.account] = snapshot
        return True

    @property
    def is_complete(self) -> bool:
        """Whether every snapshot is here."""
        return bool(self._snapshots) and None not in self._snapshots.values()

    def awaits(self, account: str) -> bool:
        """Whether the snapshot of an account is awaited."""
        return self._snapshots.get(account, account) is None

    def conclude(self) -> tuple[int, bool]:
        """Reconcile every account: gives how many differences there were, and whether any symbol
        was left out.
        """
        touched = set(self._touched)
        for report in self.buffer:
            about = concern(self._engine, report)
            if about is not None:
                touched.add(about)
        for flight in self._dispatch.flights.values():
            order = flight.instruction.order
            touched.add((order.account, order.symbol))
        differences = 0
        for snapshot in self._snapshots.values():
            if snapshot is not None:
                symbols = {symbol for account, symbol in touched if account == snapshot.account}
                differences += reconcile(
                    self._engine, snapshot, symbols, self._dispatch.unsent, self._asked_at
                )
        self._snapshots = {}
        return differences, bool(touched)
