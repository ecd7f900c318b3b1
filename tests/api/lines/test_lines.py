"""What clients may ask of the lines: an answer, a comparison, another try."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from engine import events as ev
from engine.actions import Timing
from engine.errors import ProviderUnavailable
from engine.line import LineState
from engine.requests import OrderRequest
from engine.values import OrderType, Side, Status
from tests.api.lines.far_end import ACCOUNT, FarEnd, rig
from tests.api.world import World

pytestmark = pytest.mark.anyio
CONNECTED = LineState.CONNECTED


async def test_a_call_waits_for_the_answer_as_long_as_its_account_has_patience() -> None:
    async with rig(FarEnd(), patience_s=2.0) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        assert await made.desk.lines.answered(order) == ""
        assert order.status is Status.OPEN


async def test_a_call_does_not_wait_longer_than_that() -> None:
    async with rig(FarEnd(hangs={"send"}), Timing(), patience_s=0.05) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.desk.lines.answered(order)
        assert order.status is Status.PENDING


async def test_what_a_local_broker_answered_is_not_waited_for() -> None:
    world = World()
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.MARKET)
    order = world.engine.submit("A", request)
    assert await world.desk.lines.answered(order) == ""


async def test_the_books_of_a_broker_in_this_process_agree_and_that_is_a_fact() -> None:
    world = World()
    price = Decimal(1)
    request = OrderRequest("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=price)
    world.engine.submit("A", request)
    assert await world.desk.lines.reconcile("A") == 0
    *_, last = world.engine.tape.records()
    assert (last.account, last.event) == ("A", ev.BrokerReconciled("simulator"))


async def test_a_comparison_needs_a_line_that_stands() -> None:
    far = FarEnd(hangs={"run"})
    async with rig(far, Timing()) as made:
        await made.until(lambda: far.connections == 1)
        with pytest.raises(ProviderUnavailable, match="far is CONNECTING"):
            await made.desk.lines.reconcile(ACCOUNT)


async def test_a_comparison_that_is_not_answered_says_so() -> None:
    far = FarEnd()
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        far.hangs.add("snapshot")
        with pytest.raises(ProviderUnavailable, match="no snapshot"):
            await made.desk.lines.reconcile(ACCOUNT)


async def test_many_who_ask_at_once_are_all_answered() -> None:
    async with rig(FarEnd()) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        asked = [made.desk.lines.reconcile(ACCOUNT) for _ in range(5)]
        assert await asyncio.gather(*asked) == [0] * 5
        assert made.engine.listeners.count(made.desk.hub.on_record) == 1
