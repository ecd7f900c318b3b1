"""The line is cut at every step of a command: the broker has exactly one order, the final state is
proven, and the tape tells how.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.values import Status
from tests.remote.edge import edge
from tests.remote.hand import Hand

CUTS = ["taken", "told", "torn", "answered"]
SILENCE = ["silent", "late", "doubled"]


@pytest.mark.anyio
@pytest.mark.parametrize("step", [*CUTS, *SILENCE])
async def test_a_submit_disturbed_at_any_step_makes_one_order_that_is_found_open(
    hand: Hand, tmp_path: Path, step: str
) -> None:
    async with edge(hand, tmp_path / "cut.tape") as made:
        hand.plan("submit", step, seconds=0.8)
        placed = await made.order()
        assert placed["status"] == "PENDING"
        order = made.found(placed["id"])
        await made.until(lambda: order.status is Status.OPEN, f"{order.status}")
        if step in CUTS:
            await made.back()
        assert hand.received(order.id) == 1
        assert order.broker_ids == (hand.order(order.id).broker_id,)
        assert (await made.get("/alarms")) == []
        again = await made.post("/reconcile")
        assert (again["differences"], again["alarms"]) == (0, [])
    story = made.story(order.id)
    assert story[0] == "order_submitted"
    assert story[-1] in {"order_accepted", "order_resolved"}
    if step in {"taken", "silent"}:
        assert "order_outcome_unknown" in story


@pytest.mark.anyio
@pytest.mark.parametrize("step", [*CUTS, *SILENCE])
async def test_a_cancel_disturbed_at_any_step_ends_the_order_once(
    hand: Hand, tmp_path: Path, step: str
) -> None:
    async with edge(hand, tmp_path / "cut.tape") as made:
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.OPEN)
        hand.plan("cancel", step, seconds=0.8)
        answer = await made.client.delete(f"/orders/{order.id}")
        assert answer.json()["order"]["status"] == "PENDING_CANCEL"
        await made.until(lambda: order.status is Status.CANCELLED, f"{order.status}")
        if step in CUTS:
            await made.back()
        assert hand.received(order.id) == 1
        assert hand.order(order.id).status is Status.CANCELLED
        assert (await made.post("/reconcile"))["differences"] == 0
    assert made.story(order.id)[-1] in {"order_cancelled", "order_resolved"}


@pytest.mark.anyio
@pytest.mark.parametrize("step", [*CUTS, *SILENCE])
async def test_a_change_disturbed_at_any_step_is_made_once_and_seen(
    hand: Hand, tmp_path: Path, step: str
) -> None:
    async with edge(hand, tmp_path / "cut.tape") as made:
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.OPEN)
        hand.plan("change", step, seconds=0.8)
        answer = await made.client.patch(f"/orders/{order.id}", json={"quantity": "7"})
        assert answer.status_code == 200
        await made.until(
            lambda: order.quantity == 7 and order.status is Status.OPEN, f"{order.status}"
        )
        if step in CUTS:
            await made.back()
        theirs = hand.order(order.id)
        assert theirs.quantity == 7
        assert len(theirs.past_ids) == 1
        assert theirs.broker_id in order.live_ids
        assert (await made.post("/reconcile"))["differences"] == 0
    assert {"order_modified", "order_resolved"} & set(made.story(order.id))


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("step", ["arrived", "lost"])
async def test_an_order_that_vanished_is_proven_to_have_and_is_never_sent_again(
    hand: Hand, tmp_path: Path, step: str
) -> None:
    async with edge(hand, tmp_path / "cut.tape") as made:
        hand.plan("submit", step)
        order = made.found((await made.order())["id"])
        await made.until(lambda: order.status is Status.UNKNOWN)
        (alarm,) = await made.get("/alarms")
        assert (alarm["kind"], alarm["order_id"]) == ("ORDER_UNKNOWN", order.id)
        await made.until(lambda: order.status is Status.REJECTED, "proven", 30)
        assert hand.received(order.id) == 0
        assert hand.asked("lookup").count(order.id) >= 3
        assert (await made.get("/alarms")) == []
    assert made.story(order.id)[-1] == "order_resolved"
