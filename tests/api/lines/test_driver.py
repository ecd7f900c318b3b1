"""What the line asks for is done, every wait has a limit, and the line hears what came of it."""

from __future__ import annotations

import asyncio

import pytest

from engine.actions import Timing
from engine.errors import EngineError
from engine.line import LineState
from engine.ports import Cancel, Submit
from engine.reports import Accepted, Report
from engine.requests import OrderChange
from engine.values import NANOSECONDS, Status
from tests.api.lines.far_end import ACCOUNT, FarEnd, rig

pytestmark = pytest.mark.anyio
CONNECTED = LineState.CONNECTED


async def test_a_connection_that_does_not_open_in_time_is_dropped_and_tried_again() -> None:
    far = FarEnd(hangs={"run"})
    async with rig(far) as made:
        await made.until(lambda: far.connections >= 2)
        assert "run" in far.ended
        assert "in time" in made.driver.line.why
        far.hangs.clear()
        await made.until(lambda: made.driver.line.state is CONNECTED)


async def test_a_snapshot_that_does_not_come_in_time_leaves_the_line_not_connected() -> None:
    far = FarEnd(hangs={"snapshot"})
    async with rig(far) as made:
        await made.until(lambda: "no snapshot" in made.driver.line.why)
        assert made.driver.line.state is not CONNECTED
        far.hangs.clear()
        await made.until(lambda: made.driver.line.state is CONNECTED)


async def test_an_order_without_an_answer_is_unknown_is_let_go_of_and_is_looked_up() -> None:
    far = FarEnd(hangs={"send"})
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.until(lambda: order.status is Status.UNKNOWN)
        await made.until(lambda: far.looked_up > 0 and far.ended == ["send"])
        assert len(far.sent) == 1


async def test_a_lookup_without_an_answer_is_made_again() -> None:
    far = FarEnd(hangs={"send", "lookup"})
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        made.order()
        await made.until(lambda: far.looked_up > 1)
        assert "lookup" in far.ended


async def test_what_a_broker_raises_is_never_taken_for_an_answer() -> None:
    def fail(_instruction: object) -> None:
        raise ValueError("an HTML page\nof a proxy")

    async with rig(FarEnd(on_send=fail)) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.until(lambda: order.status is Status.UNKNOWN)
        doubt = made.engine.state.doubts.orders[order.id]
        assert doubt.message == "ValueError: an HTML page of a proxy"


async def test_an_order_that_waits_for_its_answer_holds_up_no_other() -> None:
    far = FarEnd(hangs={"MSFT"})
    async with rig(far, Timing()) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        other = made.order("AAPL")
        await made.until(lambda: other.status is Status.OPEN)
        made.order("MSFT")
        await made.until(lambda: len(far.sent) == 2)
        made.engine.cancel(ACCOUNT, other.id)
        await made.until(lambda: other.status is Status.CANCELLED)


async def test_orders_reach_the_broker_in_the_order_they_were_placed() -> None:
    far = FarEnd()
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        placed = [made.order().id for _ in range(50)]
        await made.until(lambda: len(far.sent) == 50)
        assert [each.order.id for each in far.sent] == placed


async def test_on_a_dead_tape_only_cancels_still_reach_the_broker() -> None:
    far = FarEnd()
    async with rig(far, Timing()) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.until(lambda: order.status is Status.OPEN)
        made.desk.tape_failed(OSError("no space left"))
        made.engine.modify(ACCOUNT, order.id, OrderChange(limit_price=order.limit_price))
        await asyncio.sleep(0.02)
        assert [type(each) for each in far.sent] == [Submit]
        other = made.order("MSFT")
        made.engine.cancel(ACCOUNT, other.id)
        await asyncio.sleep(0.02)
        assert all(isinstance(each, Submit | Cancel) for each in far.sent)
        assert other.id not in {each.order.id for each in far.sent if isinstance(each, Submit)}


async def test_an_order_that_waited_too_long_for_the_disk_is_never_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far, disk = FarEnd(), asyncio.Event()

    async def settled() -> None:
        await disk.wait()

    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        monkeypatch.setattr(made.desk, "settled", settled)
        order = made.order()
        await made.until(lambda: order.status is Status.UNKNOWN)
        disk.set()
        await asyncio.sleep(0.05)
        assert far.sent == []


async def test_refused_credentials_end_all_attempts_until_a_person_asks_for_another() -> None:
    def refuse() -> None:
        raise PermissionError("the key is not known")

    far = FarEnd(on_connect=refuse)
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is LineState.REFUSED)
        await asyncio.sleep(0.1)
        assert far.connections == 1
        assert "the key is not known" in made.driver.line.why
        far.on_connect = lambda: None
        made.desk.lines.retry()
        await made.until(lambda: made.driver.line.state is CONNECTED)


async def test_a_cut_line_comes_back_and_what_was_under_way_is_unknown() -> None:
    far = FarEnd(hangs={"send"})
    async with rig(far, Timing()) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.until(lambda: len(far.sent) == 1)
        far.cut.set()
        await made.until(lambda: order.status is Status.UNKNOWN)
        await made.until(lambda: far.connections == 2 and made.driver.line.state is CONNECTED)


async def test_reports_that_make_no_sense_are_counted_and_break_nothing() -> None:
    far = FarEnd()
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        far.tell(Accepted("ord_9999999999"))
        assert made.driver.line.refused_reports == 1


async def test_a_fault_of_ours_ends_the_lines_and_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    far = FarEnd()
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)

        def broken(*_: object) -> None:
            raise EngineError("a bug")

        monkeypatch.setattr(made.driver.line, "answered", broken)
        made.order()
        assert made.running is not None
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(made.running, 5)


async def test_a_fault_of_ours_that_a_report_finds_never_reaches_the_adapter() -> None:
    far = FarEnd()
    async with rig(far) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        far.tell(Report())
        assert made.running is not None
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(made.running, 5)
        assert made.driver.line.state is CONNECTED


async def test_closing_waits_a_while_and_then_lets_go_of_everything() -> None:
    outside = asyncio.all_tasks()
    far = FarEnd(hangs={"send"})
    async with rig(far, Timing(answer_ns=60 * NANOSECONDS)) as made:
        await made.until(lambda: made.driver.line.state is CONNECTED)
        order = made.order()
        await made.until(lambda: len(far.sent) == 1)
    assert order.status is Status.UNKNOWN
    assert far.ended == ["send"]
    assert made.driver.line.state is LineState.OFFLINE
    assert asyncio.all_tasks() == outside
