"""What passes and is no fact is told once: a line tries, a line fails, a limit is near."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.lines.teller import Teller
from api.streams.event import Event
from engine.actions import Timing
from engine.line import LineState
from engine.ports import Capabilities, RateLimits
from engine.values import NANOSECONDS
from tests.api.lines.far_end import FarEnd, Rig, rig

pytestmark = pytest.mark.anyio


class Ears:
    """Whoever listens."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def publish(self, events: list[Event]) -> None:
        """Take it down."""
        self.heard += [msgspec.json.decode(each.text) for each in events]

    def said(self) -> list[str]:
        """What was said since the last look."""
        heard, self.heard = self.heard, []
        return [each["event"] for each in heard]


def listen(made: Rig) -> Ears:
    """Have ears instead of the desk's hub."""
    ears = Ears()
    teller = Teller(ears.publish, made.desk.lines.now)
    made.driver.on_turn = teller.look
    return ears


async def test_the_first_attempt_after_a_loss_is_told_and_the_later_ones_are_not() -> None:
    far = FarEnd()
    async with rig(far) as made:
        ears = listen(made)
        await made.until(lambda: made.driver.line.state is LineState.CONNECTED)
        assert ears.said() == []
        far.hangs.add("run")
        far.cut.set()
        await made.until(lambda: far.connections > 3)
        assert ears.said() == ["RECONNECTING"]


async def test_a_line_out_of_reach_for_too_long_is_told_as_failed_once() -> None:
    far = FarEnd(hangs={"run"})
    timing = Timing(open_ns=NANOSECONDS // 20, alarm_ns=NANOSECONDS // 5)
    async with rig(far, timing) as made:
        ears = listen(made)
        await made.until(lambda: made.driver.line.has_failed(made.desk.lines.now()))
        connections = far.connections
        await made.until(lambda: far.connections > connections + 2)
        (failed,) = ears.heard
        assert failed["event"] == "BROKER_CONNECTION_FAILED"
        assert (failed["type"], failed["broker"]) == ("connection", "far")
        assert "in time" in failed["error"]


async def test_refused_credentials_are_told_as_failed_at_once() -> None:
    def refuse() -> None:
        raise PermissionError("no")

    async with rig(FarEnd(on_connect=refuse)) as made:
        ears = listen(made)
        await made.until(lambda: made.driver.line.state is LineState.REFUSED)
        assert ears.said() == ["BROKER_CONNECTION_FAILED"]


async def test_limits_are_told_when_they_come_near_and_when_they_are_reached() -> None:
    limits = RateLimits(orders_per_day=10)
    far = FarEnd(capabilities=Capabilities(rate_limits=limits))
    async with rig(far) as made:
        ears = listen(made)
        await made.until(lambda: made.driver.line.state is LineState.CONNECTED)
        for _ in range(8):
            made.order()
        await made.until(lambda: len(far.sent) == 8)
        (warned,) = ears.heard
        assert (warned["type"], warned["event"]) == ("rate_limit", "RATE_LIMIT_WARNING")
        assert warned["requests_remaining"] == 2
        ears.said()
        for order in list(made.engine.state.working())[:2]:
            made.engine.cancel(order.account, order.id)
        await made.until(lambda: len(far.sent) == 10)
        assert ears.said() == ["RATE_LIMIT_HIT"]
