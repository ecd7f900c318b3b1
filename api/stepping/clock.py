"""The clock over HTTP: what it shows, and moving a stepped one by hand.

Who trades without a stream steps a backtest with `POST /clock/step`; the answer comes when the
steps are done, with their facts durable. Time can be let pass as well, also between two steps, as
it does for a program that sleeps. While a client drives the clock by its acknowledgements (or is
expected back), a hand at it would break that client's run, so the answer is 409.
"""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from api.auth import Scope
from api.endpoints import Call, Operation
from api.fields import Flag, Moment, Number, Whole
from api.forms import Form
from api.refusals import Refusal
from api.stepping.stepper import State, Stepper
from api.trading import wire
from api.trading.render import moment
from engine.errors import InvalidRequest
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.desk import Desk

STEPS_MAX = 10_000_000
SECONDS_MAX = 366 * 24 * 3_600
BATCH_S = 0.01
"""Longest stretch of steps between two chances for other requests."""
PATH = "/clock"
STEP = Form(
    {
        "steps": Whole("How many steps to make; fewer if the data ends first", 1, STEPS_MAX),
        "until": Moment("Make every step up to this time, inclusive"),
        "seconds": Number("Let so much time pass, with every step in it", "0.4"),
        "keep_open": Flag("Leave the run open after its last step, until the clock moves again"),
    }
)
_BUSY = (
    "A client drives the clock, another hand is at it, it is no stepped clock, or `seconds` are to "
    "pass after the run is complete."
)


class Clock(msgspec.Struct, gc=False, omit_defaults=True):
    """A clock. ``step`` of ``steps_total`` were made; ``waiting_acks`` holds up the next one."""

    mode: Literal["stepped", "wall"]
    now: wire.Moment
    state: Literal["waiting_for_client", "running", "paused", "complete"]
    step: Annotated[int | None, Meta(description="Steps made so far.")] = None
    steps_total: int | None = None
    next: Annotated[wire.Moment | None, Meta(description="Time of the next step.")] = None
    clients: Annotated[int | None, Meta(description="Clients that the clock waits for.")] = None
    waiting_acks: int | None = None


class ClockHand:
    """The handlers of `/clock`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, _call: Call) -> Clock:
        """What the clock shows now."""
        return self._shown()

    async def step(self, call: Call) -> Clock:
        """Move a stepped clock by hand."""
        given = STEP.read(call.body)
        keeps_open: bool = given.pop("keep_open", False)
        if len(given) != 1:
            raise InvalidRequest("body", ", ".join(given) or "{}", "steps, until or seconds")
        stepper = self._free()
        if "seconds" in given and stepper.state is State.COMPLETE:
            why = "the run is complete, and no time passes after its end"
            raise Refusal(409, "INVALID_REQUEST", why, {"mode": "stepped", "state": stepper.state})
        passes = self._end_of(given.get("seconds"))
        until: int | None = given.get("until")
        if until is not None and until < self._desk.engine.now:
            shown = moment(self._desk.engine.now)
            raise InvalidRequest("until", moment(until), f"a time not before {shown}, which is now")
        stepper.begin_by_hand()
        try:
            last = until if passes is None else passes
            await self._run(stepper, given.get("steps", STEPS_MAX), last)
            if passes is not None and self._can_idle(passes):
                stepper.idle(passes)
        finally:
            stepper.end_by_hand(keeps_open=keeps_open)
        await self._desk.settled()
        return self._shown()

    def operations(self) -> Iterator[list[Operation]]:
        """What can be done, one list for each path."""
        yield [
            Operation(
                "GET",
                PATH,
                "Show the clock",
                self.show,
                Clock,
                description="Simulated time and progress of a backtest; real time otherwise.",
            )
        ]
        yield [
            Operation(
                "POST",
                PATH + "/step",
                "Step a backtest by hand",
                self.step,
                Clock,
                description="Give one of `steps`, `until` and `seconds`.",
                body=STEP,
                failures={409: _BUSY, 503: "Facts can not be kept any more."},
                scope=Scope.TRADE,
            )
        ]

    def _end_of(self, seconds: Decimal | None) -> int | None:
        """When so many seconds will have passed; None if none are asked for."""
        if seconds is None:
            return None
        if seconds > SECONDS_MAX:
            raise InvalidRequest("seconds", str(seconds), f"a number from 0 to {SECONDS_MAX}")
        return self._desk.engine.now + int(seconds * NANOSECONDS)

    async def _run(self, stepper: Stepper, steps: int, until: int | None) -> None:
        """Make steps in short stretches, so that others are served between them."""
        pause_at = time.monotonic() + BATCH_S
        for _ in range(steps):
            if self._desk.is_stopping or self._desk.halted.is_set() or not self._is_due(until):
                return
            stepper.step()
            if time.monotonic() >= pause_at:
                await self._desk.settled()
                await asyncio.sleep(0)
                pause_at = time.monotonic() + BATCH_S

    def _can_idle(self, until: int) -> bool:
        """Whether no step, and nothing else, stands between now and then."""
        is_open = not self._desk.is_stopping and not self._desk.halted.is_set()
        return is_open and until > self._desk.engine.now and not self._is_due(until)

    def _is_due(self, until: int | None) -> bool:
        following = self._following()
        return following is not None and (until is None or following <= until)

    def _following(self) -> int | None:
        """The time of the next step; None at the end."""
        backtest = self._desk.backtest
        if backtest is None or backtest.is_done:
            return None
        timeline = backtest.timeline
        return timeline.visible[timeline.steps[backtest.position]]

    def _free(self) -> Stepper:
        """The stepper, if a hand may move it now."""
        stepper = self._desk.stepper
        if stepper is None:
            why = "the clock follows real time; only a backtest's can be stepped"
            raise Refusal(409, "UNSUPPORTED_OPERATION", why, {"mode": "wall"})
        if stepper.is_by_hand:
            why = "another request is stepping the clock now"
        elif stepper.state is State.PAUSED:
            why = (
                "the clock waits for a client that left without closing its stream; "
                "it goes on when one connects"
            )
        elif stepper.clients:
            why = "a connected client moves the clock by its acknowledgements"
        else:
            return stepper
        raise Refusal(409, "INVALID_REQUEST", why, {"mode": "stepped", "state": stepper.state})

    def _shown(self) -> Clock:
        desk, stepper = self._desk, self._desk.stepper
        if stepper is None:
            return Clock("wall", desk.timestamp(), "running")
        following = self._following()
        return Clock(
            "stepped",
            desk.timestamp(),
            stepper.state.value,
            step=stepper.backtest.position,
            steps_total=stepper.backtest.total,
            next=None if following is None else moment(following),
            clients=stepper.clients,
            waiting_acks=stepper.waiting_acks,
        )
