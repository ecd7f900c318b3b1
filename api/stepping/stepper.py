"""The stepped clock: simulated time moves on when everybody has acknowledged everything.

The gate is open when somebody is seated, nobody seated is absent, no seat awaits an acknowledgement
and nothing waits for the disk. Then the backtest makes one step, whose messages close the gate
again. Commands that arrive while it is closed happen at the simulated time of that step; so a run
gives the same tape however fast its clients and this machine are. Everything here is synchronous:
an acknowledgement makes the next step in the call that brings it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from api.stepping.seat import Seat
from api.streams.event import event_of
from api.streams.limits import CLOSED_NORMALLY
from api.streams.market import events_of_step
from api.streams.messages import BacktestComplete
from api.trading.render import moment

if TYPE_CHECKING:
    from api.streams.event import Event
    from api.streams.hub import Hub
    from api.streams.subscriber import Subscriber
    from engine.backtest import Backtest


log = logging.getLogger("onetape.clock")

COMPLETE = "backtest complete"


class State(StrEnum):
    """What the clock is doing."""

    WAITING_FOR_CLIENT = "waiting_for_client"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"


class Stepper:
    """Drives one backtest through the hub. ``finished`` is set after the last client was told that
    it is complete, or when a step could not be made.
    """

    def __init__(self, backtest: Backtest, hub: Hub) -> None:
        self.backtest = backtest
        self.finished = asyncio.Event()
        self.end: Event | None = None
        """What says that the data is at its end, once it is."""
        self._hub = hub
        self._provider = backtest.board.provider
        self._seats: list[Seat] = []
        self._by_hand = False
        self._is_moving = False
        hub.on_delivery = self._expect
        hub.on_idle = self.move
        hub.has_absent = self._has_absent

    @property
    def state(self) -> State:
        """What the clock is doing, as ``GET /clock`` shows it."""
        if self.end is not None:
            return State.COMPLETE
        if self._has_absent():
            return State.PAUSED
        if self._seats or self._by_hand:
            return State.RUNNING
        return State.WAITING_FOR_CLIENT

    @property
    def clients(self) -> int:
        """How many clients the clock waits for, absent ones included."""
        return len(self._seats)

    @property
    def waiting_acks(self) -> int:
        """How many acknowledgements the next step waits for."""
        return sum(len(seat.awaited) for seat in self._seats)

    @property
    def is_by_hand(self) -> bool:
        """Whether it is being stepped by hand at this moment."""
        return self._by_hand

    def sit(self, subscriber: Subscriber, *, takes_over: bool = True) -> Seat:
        """Give a client a seat: one that was left behind for its account, or a new one."""
        for seat in self._seats if takes_over else ():
            if seat.subscriber is None and seat.account == subscriber.account:
                seat.subscriber = subscriber
                return seat
        seat = Seat(subscriber)
        self._seats.append(seat)
        return seat

    def part(self, subscriber: Subscriber, *, is_goodbye: bool) -> None:
        """A client is gone. Was it seated: for good, or torn away and expected back?"""
        for seat in self._seats:
            if seat.subscriber is subscriber:
                seat.subscriber = None
                if is_goodbye or self.end is not None:
                    self._seats.remove(seat)
                break
        self._hub.listen()
        if self.end is None:
            self.move()
        else:
            self._check_finished()

    def acknowledge(self, seat: Seat, event_ids: Iterable[str]) -> None:
        """Release exactly these events; unknown ones change nothing."""
        awaited = seat.awaited
        for event_id in event_ids:
            awaited.pop(event_id, None)
        if awaited:
            return
        if self.end is None:
            self.move()
        elif seat.subscriber is not None:
            seat.subscriber.close(CLOSED_NORMALLY, COMPLETE)

    def move(self) -> None:
        """Make steps for as long as the gate is open."""
        if self._is_moving:
            return
        self._is_moving = True
        try:
            while self._is_open():
                if not self.step():
                    self._complete()
        finally:
            self._is_moving = False

    def step(self) -> bool:
        """Make one step and say what it caused; False at the end of the data."""
        hub = self._hub
        hub.begin_step()
        market: list[Event] = []
        try:
            step = self.backtest.advance()
            if step is not None and hub.is_telling:
                series, number = self.backtest.board.series, self.backtest.position
                market = events_of_step(step, series, number, self._provider)
        except Exception:
            log.exception("step %d can not be made; the run ends here", self.backtest.position)
            self.finished.set()
            raise
        finally:
            hub.end_step(market)
        return step is not None

    def idle(self, until: int) -> None:
        """Let simulated time pass between two steps, and say what fell due."""
        hub = self._hub
        hub.begin_step()
        try:
            self.backtest.idle(until)
        finally:
            hub.end_step([])

    def begin_by_hand(self) -> None:
        """Keep the gate shut while a person makes the steps."""
        self._by_hand = True

    def end_by_hand(self, *, keeps_open: bool = False) -> None:
        """Give the clock back to the clients; the end of the data ends the run, unless it is kept
        open for more to be said.
        """
        self._by_hand = False
        if self.backtest.is_done and not keeps_open:
            self._complete()
        self.move()

    def _is_open(self) -> bool:
        for seat in self._seats:
            if seat.awaited or seat.subscriber is None:
                return False
        return (
            bool(self._seats)
            and self.end is None
            and not self._by_hand
            and self._hub.is_idle
            and not self._hub.is_closing
            and not self.finished.is_set()
        )

    def _expect(self, events: list[Event]) -> None:
        for seat in self._seats:
            seat.expect(events)

    def _has_absent(self) -> bool:
        return any(seat.subscriber is None for seat in self._seats)

    def _complete(self) -> None:
        """Say that the data is at its end; who acknowledges that, or takes too long, is closed."""
        if self.end is not None:
            return
        hub = self._hub
        now, head = hub.engine.now, hub.engine.tape.head
        message = BacktestComplete(
            timestamp=moment(now), event_id=f"end_{head}", broker=self.backtest.broker.name
        )
        self.end = event_of(message)
        hub.publish([self.end])
        asyncio.get_running_loop().call_later(hub.limits.close_timeout_s, self._close_all)
        self._check_finished()

    def _check_finished(self) -> None:
        if not self._hub.subscribers:
            self.finished.set()

    def _close_all(self) -> None:
        for subscriber in list(self._hub.subscribers):
            subscriber.close(CLOSED_NORMALLY, COMPLETE)
        self.finished.set()
