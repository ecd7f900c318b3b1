"""Protection at a broker process: it stands as before, or a person is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.orders import Order
from engine.values import Role, Status
from tests.remote.edge import Edge, edge
from tests.remote.hand import Hand
from tests.remote.wire import ACCOUNT

pytestmark = pytest.mark.anyio


async def enter(made: Edge) -> Order:
    """An entry with a stop-loss and a take-profit that the broker works."""
    body = {
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": "10",
        "order_type": "LIMIT",
        "limit_price": "90.00",
        "stop_loss": "80.00",
        "take_profit": "110.00",
    }
    entry = made.found((await made.post("/orders", body, 201))["id"])
    await made.until(lambda: entry.status is Status.OPEN, "the entry works")
    return entry


def legs(made: Edge) -> dict[Role, Order]:
    """The legs that the broker works, by role."""
    working = made.engine.state.working(ACCOUNT)
    return {one.role: one for one in working if one.is_exit and one.status is Status.OPEN}


async def test_a_busted_leg_leaves_the_position_protected_as_it_was(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        entry = await enter(made)
        hand.trade(entry.id, 10, "90")
        await made.until(lambda: len(legs(made)) == 2, "both legs work")
        profit = legs(made)[Role.TAKE_PROFIT]
        hand.trade(profit.id, 10, "110")
        await made.until(lambda: not made.engine.state.working(ACCOUNT), "the other leg is gone")
        hand.bust()  # and this broker does not bring the order back
        await made.until(lambda: len(legs(made)) == 2 and profit.is_final, "both legs work again")
        stop, again = legs(made)[Role.STOP_LOSS], legs(made)[Role.TAKE_PROFIT]
        assert (stop.remaining, stop.stop_price) == (Decimal(10), Decimal(80))
        assert (again.remaining, again.limit_price) == (Decimal(10), Decimal(110))
        assert await made.get("/alarms") == []
        assert (await made.post("/reconcile"))["differences"] == 0


async def test_a_leg_that_is_turned_down_is_an_alarm_until_another_one_works(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        entry = await enter(made)
        hand.reject()
        hand.trade(entry.id, 10, "90")
        await made.until(lambda: "AlarmRaised" in made.told(), "an alarm is raised")
        (alarm,) = await made.get("/alarms")
        (position,) = await made.get("/positions")
        assert alarm["kind"] == "POSITION_UNPROTECTED"
        assert alarm["position_id"] == position["id"]
        assert alarm["order_id"] in alarm["message"]
        change: dict[str, Any] = {"stop_loss": "85.00"}
        answer = await made.client.patch(f"/positions/{position['id']}", json=change)
        assert answer.status_code == 200, answer.text
        await made.until(lambda: "AlarmCleared" in made.told(), "it settles")
        assert await made.get("/alarms") == []


async def turned_down(made: Edge, step: str) -> tuple[Order, dict[Role, Order]]:
    """A close that the broker turns down while its line is disturbed, and the legs before it."""
    entry = await enter(made)
    made.hand.trade(entry.id, 10, "90")
    await made.until(lambda: len(legs(made)) == 2, "both legs work")
    before = legs(made)
    (position,) = await made.get("/positions")
    made.hand.reject()
    made.hand.plan("submit", step, seconds=0.8)
    answer = await made.client.delete(f"/positions/{position['id']}")
    close = made.found(answer.json()["id"])
    await made.until(lambda: close.status is Status.REJECTED, f"{close.status}")
    return close, before


@pytest.mark.parametrize("step", ["taken", "silent"])
async def test_a_close_whose_line_is_cut_and_that_is_turned_down_gives_its_legs_back(
    hand: Hand, tmp_path: Path, step: str
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        close, before = await turned_down(made, step)
        await made.until(lambda: len(legs(made)) == 2, "both legs work again")
        again = legs(made)
        assert all(again[role].request == before[role].request for role in again)
        assert {one.status for one in before.values()} == {Status.CANCELLED}
        assert made.told(close.id)[-1] == "CloseSettled"
        assert await made.get("/alarms") == []
        assert (await made.post("/reconcile"))["differences"] == 0


@pytest.mark.timeout(60)
async def test_legs_that_were_to_come_back_and_got_lost_on_the_way_are_an_alarm_each(
    hand: Hand, tmp_path: Path
) -> None:
    async with edge(hand, tmp_path / "edge.tape") as made:
        await turned_down(made, "told")  # and the line is gone with what it carried
        told = made.told
        await made.until(lambda: told().count("AlarmRaised") == 2, "alarms are raised", 40)
        kinds = [one["kind"] for one in await made.get("/alarms")]
        assert kinds == ["POSITION_UNPROTECTED", "POSITION_UNPROTECTED"]
