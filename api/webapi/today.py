"""Today's orders of one account, kept up as they come and go, and their rows, written once.

A client may ask for the list every minute while orders come by the thousand. Orders that ended do
not change, so each is looked at when it ends, its row is encoded once, and asking again costs what
is new. One that works again after all (its fill was taken back) is found among those at work.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import msgspec

from api.refusals import encode
from api.webapi import order_rows
from api.webapi.views import SCAN_MAX, View, waiting
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS

if TYPE_CHECKING:
    from api.webapi.contracts import Contracts
    from engine.core import Engine
    from engine.orders import Order


class Today:
    """The orders of ``account`` that work or ended today."""

    def __init__(self, engine: Engine, contracts: Contracts, account: str) -> None:
        self._engine = engine
        self._contracts = contracts
        self._account = account
        self._midnight = 0
        self._newest = ""
        self._at_work: list[Order] = []
        """Those that worked when they were last looked at."""
        self._ended: dict[str, Order] = {}
        """Those that ended today, oldest first."""
        self._has_exits = False
        """Whether one of them was to have exits, which are told of beside it."""
        self._rows: list[msgspec.Raw] = []
        """A row for each that ended, as it was at the time in ``_stamps``."""
        self._stamps: list[int] = []

    def views(self, most: int) -> list[View]:
        """At most so many: those at work, then those that ended, newest first each, every order
        followed by its legs that are no orders yet.
        """
        working = self._look()
        ended = islice(reversed(self._ended.values()), max(most - len(working), 0))
        found = (View(order) for order in chain(reversed(working), ended))
        return [one for view in found for one in (view, *waiting(self._engine, view.order))][:most]

    def rows(self, most: int) -> list[dict[str, Any] | msgspec.Raw]:
        """The rows of the same, encoded already where the order has ended."""
        working = self._look()
        if self._has_exits:
            return [self._row(view) for view in self.views(most)]
        self._write()
        rows: list[dict[str, Any] | msgspec.Raw] = [
            self._row(one)
            for order in reversed(working)
            for one in (View(order), *waiting(self._engine, order))
        ]
        rows += islice(reversed(self._rows), max(most - len(rows), 0))
        return rows[:most]

    def _row(self, view: View) -> dict[str, Any]:
        return order_rows.row(view, self._contracts.of(view.order.symbol))

    def _encoded(self, order: Order) -> msgspec.Raw:
        return msgspec.Raw(encode(self._row(View(order))))

    def _write(self) -> None:
        """Encode the rows that are missing, and those of orders that were changed after all."""
        ended = self._ended.values()
        stamps = [order.updated_at for order in ended]
        known = self._stamps
        if stamps == known:
            return
        if stamps[: len(known)] != known:
            for n, (order, stamp, last) in enumerate(zip(ended, stamps, known, strict=False)):
                if stamp != last:
                    self._rows[n] = self._encoded(order)
        self._rows += [self._encoded(order) for order in islice(ended, len(known), None)]
        self._stamps = stamps

    def _look(self) -> list[Order]:
        """Take in what is new and what ended; those at work now, oldest first."""
        today = bucket_start(self._engine.now, DAY_NS)
        if today != self._midnight:
            self._midnight = today
            self._keep({name: one for name, one in self._ended.items() if one.updated_at >= today})
        fresh = {
            order.id: order
            for order in (*self._at_work, *self._fresh())
            if order.is_final and order.updated_at >= today
        }
        last = next(reversed(self._ended), "")
        if fresh and min(fresh) > last:
            self._ended |= dict(sorted(fresh.items()))
            self._has_exits = self._has_exits or any(map(_has_exits, fresh.values()))
        elif fresh:
            self._keep(dict(sorted((self._ended | fresh).items())))
        self._at_work = self._engine.state.working(self._account)
        if any(order.id in self._ended for order in self._at_work):
            self._keep({name: one for name, one in self._ended.items() if one.is_final})
        return self._at_work

    def _keep(self, ended: dict[str, Order]) -> None:
        """Have these be the ended ones, in this order; their rows are written again."""
        written = dict(zip(self._ended, zip(self._stamps, self._rows, strict=True), strict=False))
        again = [written.get(name) for name in ended]
        first_new = next((n for n, one in enumerate(again) if one is None), len(again))
        kept = [one for one in again[:first_new] if one is not None]
        self._ended = ended
        self._stamps, self._rows = [one[0] for one in kept], [one[1] for one in kept]
        self._has_exits = any(map(_has_exits, ended.values()))

    def _fresh(self) -> list[Order]:
        """The account's orders since the last look, oldest first; at the first, the newest many."""
        found: list[Order] = []
        newest = ""
        for order in islice(reversed(self._engine.state.orders.values()), SCAN_MAX):
            newest = newest or order.id
            if order.id == self._newest:
                break
            if order.account == self._account:
                found.append(order)
        self._newest = newest
        return found[::-1]


def _has_exits(order: Order) -> bool:
    return order.stop_loss is not None or order.take_profit is not None
